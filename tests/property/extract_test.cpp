// SPDX-License-Identifier: Apache-2.0
// Properties of extraction over generated pods: totals agree with a simulation of how the pod runs, however
// each count is spelled and wherever the pod stands; what the pre-check passes by holds nothing.
#include "tests/support/catch.hpp"
#include "tests/unit/engine/workload/kinds.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <random>

namespace tollgate::workload {
using namespace test;

namespace {

constexpr int kRounds = 2000;

constexpr std::array kResources{"nvidia.com/gpu", "nvidia.com/mig-1g.10gb", "amd.com/gpu", "google.com/tpu"};

struct Asked {
    enum class Role { Init, Sidecar, Main } role = Role::Main;
    std::map<std::string, int> counts;  // by resource, above zero
};

class Generator {
  public:
    explicit Generator(unsigned seed) : random_(seed) {}

    int up_to(int most) { return std::uniform_int_distribution<int>(0, most)(random_); }
    bool sometimes(int one_in) { return up_to(one_in - 1) == 0; }

    std::vector<Asked> containers() {
        std::vector<Asked> list;
        for (int n = up_to(4); n > 0; --n) {
            list.push_back(
                {.role = sometimes(2) ? Asked::Role::Init : Asked::Role::Sidecar, .counts = counts()});
        }
        for (int n = 1 + up_to(2); n > 0; --n)
            list.push_back({.role = Asked::Role::Main, .counts = counts()});
        return list;
    }

    /// One of many ways to write a whole number.
    std::string spelled(int count) {
        const std::string digits = std::to_string(count);
        const std::array ways{digits,
                              digits + "e0",
                              digits + ".0",
                              '"' + digits + '"',
                              '"' + digits + "000m\"",
                              '"' + digits + "e0\"",
                              "\"0" + digits + '"',
                              "\"0.00" + digits + "k\""};
        // 0.00Nk is N only for one digit, as all counts here are.
        return ways[static_cast<std::size_t>(up_to(static_cast<int>(ways.size()) - 1))];
    }

    std::string resources(const std::map<std::string, int>& counts) {
        std::string limits, requests;
        const auto append = [](std::string& list, const std::string& name, const std::string& amount) {
            list += (list.empty() ? "" : ",") + ('"' + name + "\":" + amount);
        };
        for (const auto& [name, count] : counts) {
            const int place = up_to(2);
            if (place != 1) append(limits, name, spelled(count));
            if (place != 0) append(requests, name, spelled(count));
        }
        if (sometimes(3)) append(limits, "nvidia.com/gpu.shared", "0");
        if (sometimes(3)) append(requests, "cpu", "\"500m\"");
        return R"({"limits":{)" + limits + R"(},"requests":{)" + requests + "}}";
    }

    std::string spec(const std::vector<Asked>& containers) {
        std::string inits, mains;
        for (const Asked& asked : containers) {
            std::string& list = asked.role == Asked::Role::Main ? mains : inits;
            list += list.empty() ? "" : ",";
            list += R"({"name":"c",)";
            if (asked.role == Asked::Role::Sidecar) list += R"("restartPolicy":"Always",)";
            list += R"("resources":)" + resources(asked.counts) + "}";
        }
        return R"({"initContainers":[)" + inits + R"(],"containers":[)" + mains + "]}";
    }

  private:
    std::map<std::string, int> counts() {
        std::map<std::string, int> counts;
        for (int n = up_to(2); n > 0; --n) {
            const auto which = static_cast<std::size_t>(up_to(static_cast<int>(kResources.size()) - 1));
            counts[kResources[which]] = 1 + up_to(8);
        }
        return counts;
    }

    std::mt19937 random_;
};

/// Runs the pod in time: at each moment, who is alive, and what they hold together.
std::map<std::string, std::int64_t> simulate(const std::vector<Asked>& containers) {
    std::map<std::string, std::int64_t> most;
    std::vector<const Asked*> alive;
    const auto observe = [&] {
        std::map<std::string, std::int64_t> held;
        for (const Asked* asked : alive) {
            for (const auto& [name, count] : asked->counts) held[name] += count;
        }
        for (const auto& [name, count] : held) most[name] = std::max(most[name], count);
    };
    for (const Asked& asked : containers) {
        alive.push_back(&asked);
        if (asked.role != Asked::Role::Main) observe();
        if (asked.role == Asked::Role::Init) alive.pop_back();
    }
    observe();
    return most;
}

std::map<std::string, std::int64_t> totals_of(const Pod& pod) {
    std::map<std::string, std::int64_t> totals;
    for (const PodDemand& total : pod.totals) {
        REQUIRE(total.known);
        totals[std::string(total.resource)] += total.count;
    }
    return totals;
}

}  // namespace

TEST_CASE("totals are what the pod holds at its fullest moment, in every kind and spelling") {
    Generator generate(20261122);
    for (int round = 0; round < kRounds; ++round) {
        const std::vector<Asked> containers = generate.containers();
        const std::string spec = generate.spec(containers);
        const std::string again = generate.spec(containers);
        INFO(spec);
        const std::map<std::string, std::int64_t> expected = simulate(containers);
        CHECK(totals_of(read_pod(spec).pod()) == expected);
        CHECK(totals_of(read_pod(again).pod()) == expected);
        const Read deployment =
            read(R"({"spec":{"replicas":3,"template":{"spec":)" + again + "}}}", deployment_kind());
        CHECK(totals_of(deployment.pod()) == expected);
        const Read cronjob =
            read(R"({"spec":{"jobTemplate":{"spec":{"template":{"spec":)" + spec + "}}}}}", cronjob_kind());
        CHECK(totals_of(cronjob.pod()) == expected);
        const Read inlined = read(R"({"spec":{"predictor":)" + spec + "}}",
                                  kind("x", "X", {pods("spec.predictor", Shape::PodSpecInline)}));
        CHECK(totals_of(inlined.pod()) == expected);
    }
}

TEST_CASE("what the pre-check passes by holds nothing") {
    Generator generate(7);
    int passed_by = 0;
    for (int round = 0; round < kRounds; ++round) {
        std::vector<Asked> containers = generate.containers();
        if (generate.sometimes(2)) {
            for (Asked& asked : containers) asked.counts.clear();
        }
        std::string spec = generate.spec(containers);
        spec.pop_back();
        if (generate.sometimes(4)) spec += R"(,"runtimeClassName":"nvidia")";
        if (generate.sometimes(4)) spec += R"(,"resourceClaims":[{"name":"g"}])";
        if (generate.sometimes(4)) spec += R"(,"volumes":[{"hostPath":{"path":"/dev/nvidia0"}}])";
        if (generate.sometimes(4)) spec += R"(,"resources":{"limits":{"nvidia.com/unheard-of":1}})";
        if (generate.sometimes(4))
            spec += R"(,"ephemeralContainers":[{"env":[{"name":"NVIDIA_VISIBLE_DEVICES","value":"all"}]}])";
        spec += "}";
        const std::string metadata =
            generate.sometimes(6) ? R"({"annotations":{"gpu-fraction":"0.5"}})" : "{}";
        INFO(spec);
        const Read read = read_pod(spec, metadata);
        const Pod& pod = read.pod();
        const bool holds =
            !pod.demands.empty() || !pod.device_access.empty() || !pod.unknown_accelerators.empty();
        const bool mentioned = mentions_accelerator(read.document.root(), *read.kind);
        if (holds) CHECK(mentioned);
        passed_by += mentioned ? 0 : 1;
    }
    CHECK(passed_by > 50);
}

}  // namespace tollgate::workload
