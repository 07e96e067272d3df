// SPDX-License-Identifier: Apache-2.0
#include "webhook/admission/handler.hpp"

#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

/// A rulebook that knows Pods; its policies ask for labels of namespaces, which nobody knows.
std::shared_ptr<const decide::Snapshot> snapshot(std::size_t policies = 0) {
    workload::KindSpec pod;
    pod.name = "pod";
    pod.kind = "Pod";
    pod.versions = {"v1"};
    workload::PodPath path;
    path.path = *workload::parse_path("spec");
    path.shape = workload::Shape::PodSpec;
    pod.pods.push_back(path);
    std::vector<rules::Policy> unjudgeable(policies);
    for (std::size_t i = 0; i < policies; ++i) {
        unjudgeable[i].name = "policy-" + std::to_string(i);
        unjudgeable[i].match.namespace_selector.emplace();
        rules::Limits one_gpu;
        one_gpu.gpus_per_pod = 1;
        unjudgeable[i].rules.push_back({"size", one_gpu});
    }
    auto made = std::make_shared<decide::Snapshot>();
    made->rules = decide::make_rulebook(std::move(unjudgeable), {}, {pod});
    made->market = std::make_shared<const fleet::Market>();
    made->digest = "d";
    return made;
}

struct Desk {
    explicit Desk(std::size_t policies = 0) : slot(snapshot(policies)) {}

    telemetry::Metrics metrics;
    std::FILE* file = std::tmpfile();
    telemetry::Logger log{telemetry::LogFormat::Json, telemetry::Level::Info, ::fileno(file)};
    admission::SnapshotSlot slot;
    admission::ReviewHandler handler{slot,
                                     admission::Recorder(metrics, nullptr),
                                     log,
                                     {.max_depth = 64, .now_unix_ms = [] { return std::int64_t{1000}; }}};
    ~Desk() { std::fclose(file); }

    net::Response ask(decide::Phase phase, std::string_view body) const {
        net::Request request;
        request.method = "POST";
        request.body = body;
        return handler.answer(phase, request);
    }
    /// The `field`s of all lines with this message.
    std::vector<nlohmann::json> logged(std::string_view message, const char* field) const {
        std::ifstream lines("/proc/self/fd/" + std::to_string(::fileno(file)));
        std::vector<nlohmann::json> found;
        for (std::string line; std::getline(lines, line);) {
            const auto entry = nlohmann::json::parse(line);
            if (entry["msg"] == message) found.push_back(entry[field]);
        }
        return found;
    }
};

const char* const kPod =
    R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-7",
  "kind":{"group":"","version":"v1","kind":"Pod"},"operation":"CREATE","namespace":"n",
  "object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},
  "spec":{"containers":[{"name":"c","resources":{"limits":{"nvidia.com/gpu":"8"}}}]}}}})";

}  // namespace

TEST_CASE("handler: a review is answered with its uid") {
    const Desk desk;
    for (const auto phase : {decide::Phase::Mutate, decide::Phase::Validate}) {
        const net::Response response = desk.ask(phase, kPod);
        CHECK(response.status == 200);
        CHECK(response.content_type == "application/json");
        const auto body = nlohmann::json::parse(response.body);
        CHECK(body["response"]["uid"] == "u-7");
        CHECK(body["response"]["allowed"] == true);
    }
}

TEST_CASE("handler: what is no review gets 400 and one line, and is counted") {
    Desk desk;
    const net::Response response = desk.ask(decide::Phase::Validate, "[1,2");
    CHECK(response.status == 400);
    CHECK(response.body.find('\n') == response.body.size() - 1);
    CHECK(desk.metrics.render().find(R"(outcome="bad_request"} 1)") != std::string::npos);
}

TEST_CASE("handler: every prefix of a review is answered, none crashes") {
    const Desk desk;
    const std::string whole = kPod;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CHECK(desk.ask(decide::Phase::Validate, std::string_view(whole).substr(0, size)).status == 400);
    }
    CHECK(desk.ask(decide::Phase::Validate, whole).status == 200);
}

TEST_CASE("handler: refusals cost ten lines a second, the others are counted") {
    const Desk desk;
    constexpr std::size_t kAsked = 200;
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < kAsked; ++i) desk.ask(decide::Phase::Validate, "{");
    const auto seconds = static_cast<std::size_t>((std::chrono::steady_clock::now() - start) / 1s) + 1;
    desk.handler.tell_left_out(std::chrono::steady_clock::now() + 1s);
    std::size_t said = desk.logged("request refused", "reason").size();
    CHECK(said <= 10 * seconds);
    for (const auto& count : desk.logged("more requests were refused", "count"))
        said += count.get<std::size_t>();
    CHECK(said == kAsked);
}

TEST_CASE("handler: policies that could not judge a review are named up to a bound, then counted") {
    const Desk few(3);
    few.ask(decide::Phase::Validate, kPod);
    CHECK(few.logged("a policy could not be judged", "policy").size() == 3);
    CHECK(few.logged("more policies could not be judged", "count").empty());
    const Desk many(40);
    many.ask(decide::Phase::Validate, kPod);
    CHECK(many.logged("a policy could not be judged", "policy").size() == limits::kMaxLoggedErrors);
    CHECK(many.logged("more policies could not be judged", "count") ==
          std::vector<nlohmann::json>{40 - limits::kMaxLoggedErrors});
}

TEST_CASE("handler: past the deadline there is still an answer") {
    const Desk desk;
    const std::atomic<bool> over{true};
    net::Request request;
    request.method = "POST";
    request.body = kPod;
    request.cancelled = &over;
    for (const auto phase : {decide::Phase::Mutate, decide::Phase::Validate}) {
        const auto body = nlohmann::json::parse(desk.handler.answer(phase, request).body);
        CHECK(body["response"]["allowed"] == true);
        CHECK(!body["response"].contains("patch"));
    }
}
