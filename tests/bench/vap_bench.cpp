// SPDX-License-Identifier: Apache-2.0
// A request and a thousand admission policies: none of which can apply, for each of the ways to see that; and
// ten that do apply.
#include "engine/base/json/document.hpp"
#include "engine/vap/environment.hpp"
#include "engine/vap/evaluate.hpp"
#include "tests/bench/allocations.hpp"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace tollgate;
using namespace tollgate::vap;

constexpr std::string_view kPod = R"({"apiVersion": "v1", "kind": "Pod",
    "metadata": {"name": "a", "namespace": "here", "labels": {"app": "a"}},
    "spec": {"containers": [{"name": "main", "image": "registry.example/a:1"},
                            {"name": "side", "image": "registry.example/b:2"}]}})";

class Nowhere final : public World {
  public:
    json::Node find_namespace(std::string_view) const override { return {}; }
    std::vector<json::Node> find_objects(std::string_view, std::string_view) const override { return {}; }
};

Expression compiled(Use use, const std::string& source) {
    auto program = cel::compile(source, make_environment(use, false, {}));
    if (program) return {source, std::move(*program)};
    std::cerr << source << ": " << program.error().front().message << "\n";
    std::exit(1);
}

Policy on_pods(int number) {
    Policy policy;
    policy.name = "policy-" + std::to_string(number);
    policy.match.rules.push_back({{""}, {"v1"}, {"pods"}, {}, {Operation::Create}, Scope::Any});
    policy.validations.push_back({compiled(Use::Expression,
                                           "object.spec.containers.all(c, has(c.image) && "
                                           "c.image.startsWith('registry.example/'))"),
                                  "foreign image", std::nullopt, Reason::Invalid});
    return policy;
}

PolicySet many(int count, const std::function<void(int, Policy&)>& change) {
    std::vector<Policy> policies;
    for (int i = 0; i < count; ++i) {
        Policy policy = on_pods(i);
        change(i, policy);
        policies.push_back(std::move(policy));
    }
    return PolicySet(std::move(policies), {});
}

void run(benchmark::State& state, const PolicySet& set, std::size_t applied) {
    const json::Document pod = std::move(*json::parse(kPod));
    Input input;
    input.kind = {"", "v1", "Pod"};
    input.resource = {"", "v1", "pods"};
    input.name = "a";
    input.ns = "here";
    input.user = "jane";
    input.object = pod.root();
    const Nowhere world;
    const std::uint64_t before = bench::allocations();
    for (auto _ : state) {
        const Outcome outcome = judge(set, input, world);
        if (outcome.applied != applied || !outcome.findings.empty()) state.SkipWithError("another outcome");
        benchmark::DoNotOptimize(outcome.cost);
    }
    state.counters["allocs"] = benchmark::Counter(static_cast<double>(bench::allocations() - before),
                                                  benchmark::Counter::kAvgIterations);
}

void other_resources(benchmark::State& state) {
    run(state,
        many(1'000, [](int i, Policy& p) { p.match.rules[0].resources = {"r" + std::to_string(i % 50)}; }),
        0);
}
void other_operations(benchmark::State& state) {
    run(state, many(1'000, [](int, Policy& p) { p.match.rules[0].operations = {Operation::Delete}; }), 0);
}
void other_namespaces(benchmark::State& state) {
    run(state,
        many(1'000,
             [](int i, Policy& p) {
                 p.conditions.push_back({"ns", compiled(Use::MatchCondition, "request.namespace == 'n" +
                                                                                 std::to_string(i) + "'")});
             }),
        0);
}
void other_kinds_of_everything(benchmark::State& state) {
    run(state,
        many(1'000,
             [](int i, Policy& p) {
                 p.match.rules[0].resources = {"*"};
                 p.conditions.push_back(
                     {"kind", compiled(Use::MatchCondition, "object.kind == 'K" + std::to_string(i) + "'")});
             }),
        0);
}
void ten_that_apply(benchmark::State& state) {
    run(state, many(10, [](int, Policy&) {}), 10);
}

BENCHMARK(other_resources);
BENCHMARK(other_operations);
BENCHMARK(other_namespaces);
BENCHMARK(other_kinds_of_everything);
BENCHMARK(ten_that_apply);

}  // namespace
