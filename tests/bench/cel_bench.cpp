// SPDX-License-Identifier: Apache-2.0
// One comparison, and whole policies of other people on the first object that they are tried with: all
// validations, with the variables that they use. The arena is used again, as it is from review to review.
#include "engine/base/json/document.hpp"
#include "engine/cel/authorizer.hpp"
#include "engine/cel/program.hpp"
#include "tests/bench/allocations.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace tollgate;
namespace fs = std::filesystem;

std::optional<json::Document> read_json(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    auto document = json::parse(text);
    return document ? std::optional(std::move(*document)) : std::nullopt;
}

/// What is fixed comes first; `variables.x` are worked out when they are first asked for.
class PolicyVariables : public cel::Variables {
  public:
    cel::Value get(std::uint32_t variable) override {
        if (variable < fixed.size()) return fixed[variable];
        Late& late = late_[variable - fixed.size()];
        if (!late.known) {
            cel::Evaluation evaluation{*arena_, *this};
            late.value = late.program.run(evaluation);
            late.known = true;
        }
        return late.value;
    }
    void add(cel::Program program) { late_.push_back({std::move(program), {}, false}); }
    void start(cel::Arena& arena) {
        arena_ = &arena;
        for (Late& each : late_) each.known = false;
    }

    std::vector<cel::Value> fixed;

  private:
    struct Late {
        cel::Program program;
        cel::Value value;
        bool known = false;
    };
    std::vector<Late> late_;
    cel::Arena* arena_ = nullptr;
};

struct Policy {
    std::string name;
    std::vector<json::Document> documents;  // what the values view
    PolicyVariables variables;
    std::vector<cel::Program> validations;

    /// How many validations came to an error.
    std::size_t evaluate(cel::Arena& arena) {
        arena.reset();
        variables.start(arena);
        std::size_t failed = 0;
        for (const cel::Program& program : validations) {
            cel::Evaluation evaluation{arena, variables};
            failed += program.run(evaluation).is_error() ? 1U : 0U;
        }
        return failed;
    }
};

/// Null when it does not compile here, or has nothing to judge.
std::unique_ptr<Policy> make_policy(const fs::path& folder, json::Node program, json::Node first_case) {
    auto policy = std::make_unique<Policy>();
    policy->name = folder.filename().string();
    std::vector<cel::Variable> declared;
    const auto bind = [&](const char* name, json::Node file) {
        cel::Value value = cel::null_value();
        if (file.is_string()) {
            if (auto document = read_json(folder / std::string(file.string()))) {
                value = cel::from_json(document->root());
                policy->documents.push_back(std::move(*document));
            }
        }
        declared.push_back({name, cel::dyn_type()});
        policy->variables.fixed.push_back(value);
    };
    bind("object", first_case["object"]);
    bind("oldObject", first_case["oldObject"]);
    bind("params", first_case["params"]);
    bind("namespaceObject", first_case["namespaceObject"]);
    policy->documents.push_back(*json::parse(
        R"({"operation": "CREATE", "name": "n", "namespace": "default", "userInfo": {"username": "u"}})"));
    declared.push_back({"request", cel::dyn_type()});
    policy->variables.fixed.push_back(cel::from_json(policy->documents.back().root()));
    for (std::size_t i = 0; i < 2; ++i) {
        declared.push_back(cel::authorizer_variables()[i]);
        policy->variables.fixed.push_back(cel::authorizer_values()[i]);
    }
    for (const json::Node variable : program["variables"].elements()) {
        auto compiled = cel::compile(variable["expression"].string(), cel::Environment(declared));
        if (!compiled) return nullptr;
        declared.push_back({"variables." + std::string(variable["name"].string()), compiled->type()});
        policy->variables.add(std::move(*compiled));
    }
    for (const json::Node validation : program["validations"].elements()) {
        auto compiled = cel::compile(validation["expression"].string(), cel::Environment(declared));
        if (!compiled) return nullptr;
        policy->validations.push_back(std::move(*compiled));
    }
    return policy->validations.empty() ? nullptr : std::move(policy);
}

/// The first case that matches the policy and of which it is known what becomes of it.
json::Node first_judged(json::Node cases) {
    for (const json::Node each : cases.elements())
        if (each["status"].string() == "verified" && each["object"].is_string() &&
            each["cel_go"]["outcome"].string() != "not_matched")
            return each;
    return {};
}

std::vector<std::unique_ptr<Policy>> read_policies() {
    std::vector<std::unique_ptr<Policy>> out;
    const char* data = std::getenv("TOLLGATE_CEL_DATA");
    if (data == nullptr || !fs::is_directory(fs::path(data) / "policies")) return out;
    for (const auto& file : fs::recursive_directory_iterator(fs::path(data) / "policies")) {
        if (file.path().filename() != "vap.json") continue;
        const fs::path folder = file.path().parent_path();
        const auto policy = read_json(file.path()), cases = read_json(folder / "cases.json");
        if (!policy || !cases) continue;
        const json::Node first =
            first_judged(cases->root().is_array() ? cases->root() : cases->root()["cases"]);
        if (!first.exists()) continue;
        for (const json::Node program : policy->root()["programs"].elements())
            if (auto made = make_policy(folder, program, first)) out.push_back(std::move(made));
    }
    return out;
}

void compare(benchmark::State& state) {
    const auto document =
        json::parse(R"({"metadata": {"name": "n"}, "spec": {"replicas": 3, "paused": false}})");
    const auto program =
        cel::compile("object.spec.replicas <= 5", cel::Environment({{"object", cel::dyn_type()}}));
    const std::array<cel::Value, 1> values{cel::from_json(document->root())};
    cel::FixedVariables variables(values);
    cel::Arena arena;
    const std::size_t before = bench::allocations();
    for (auto _ : state) {
        arena.reset();
        cel::Evaluation evaluation{arena, variables};
        benchmark::DoNotOptimize(program->run(evaluation));
    }
    state.counters["allocs"] = benchmark::Counter(static_cast<double>(bench::allocations() - before),
                                                  benchmark::Counter::kAvgIterations);
}
BENCHMARK(compare);

struct Measured {
    double nanoseconds = 0, allocations = 0;
};

/// Of this thread: what others do on the machine does not count.
double processor_nanoseconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

Measured measure(Policy& policy, cel::Arena& arena, int rounds) {
    for (int i = 0; i < 3; ++i) benchmark::DoNotOptimize(policy.evaluate(arena));
    const std::size_t before = bench::allocations();
    const double start = processor_nanoseconds();
    for (int i = 0; i < rounds; ++i) benchmark::DoNotOptimize(policy.evaluate(arena));
    const double taken = processor_nanoseconds() - start;
    const double allocated = static_cast<double>(bench::allocations() - before);
    return {taken / rounds, allocated / rounds};
}

double part(std::vector<double>& values, double share) {
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(static_cast<double>(values.size() - 1) * share)];
}

/// One iteration is all policies, each a number of times. TOLLGATE_BENCH_CEL_EACH prints them one by one.
void whole_policies(benchmark::State& state) {
    constexpr int kRounds = 200;
    const auto policies = read_policies();
    if (policies.empty()) {
        state.SkipWithError("not run: TOLLGATE_CEL_DATA names no folder with policies");
        return;
    }
    cel::Arena arena;
    std::vector<double> times, allocations;
    std::size_t without_heap = 0, with_errors = 0;
    for (auto _ : state) {
        times.clear();
        allocations.clear();
        without_heap = with_errors = 0;
        for (const auto& policy : policies) {
            const Measured measured = measure(*policy, arena, kRounds);
            times.push_back(measured.nanoseconds);
            allocations.push_back(measured.allocations);
            without_heap += measured.allocations == 0 ? 1U : 0U;
            with_errors += policy->evaluate(arena) > 0 ? 1U : 0U;
            if (std::getenv("TOLLGATE_BENCH_CEL_EACH") != nullptr)
                std::printf("%-60s %8.0f ns %6.1f allocations\n", policy->name.c_str(), measured.nanoseconds,
                            measured.allocations);
        }
    }
    state.counters["policies"] = static_cast<double>(policies.size());
    state.counters["median_ns"] = part(times, 0.5);
    state.counters["p90_ns"] = part(times, 0.9);
    state.counters["max_ns"] = part(times, 1);
    state.counters["allocs_median"] = part(allocations, 0.5);
    state.counters["allocs_p90"] = part(allocations, 0.9);
    state.counters["with_errors"] = static_cast<double>(with_errors);
    state.counters["without_heap"] = static_cast<double>(without_heap);
}
BENCHMARK(whole_policies)->Unit(benchmark::kMillisecond);

}  // namespace
