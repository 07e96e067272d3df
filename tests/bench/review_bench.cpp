// SPDX-License-Identifier: Apache-2.0
// One review of a 4 KB pod with the shipped policies and the sample fleet: decode, decide, encode, all of it,
// and the stages by themselves.
#include "policies/load.hpp"
#include "tests/bench/allocations.hpp"
#include "tests/bench/review_sample.hpp"
#include "webhook/admission/recorder.hpp"
#include "webhook/admission/reply.hpp"
#include "webhook/admission/review.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace tollgate;

constexpr std::int64_t kNow = 1'795'348'800'000;  // 2026-11-22

const decide::Snapshot& snapshot() {
    static const decide::Snapshot made = [] {
        policies::LoadOptions options;
        options.now_unix_ms = kNow;
        policies::LoadedDocuments documents =
            policies::load_paths({"policies/library", "policies/fleets/aws.yaml"}, options);
        decide::Snapshot out;
        out.rules = decide::make_rulebook(std::move(documents.policies), std::move(documents.exceptions),
                                          std::move(documents.kinds));
        out.market = std::make_shared<const fleet::Market>(std::move(documents.market));
        out.digest = std::string(64, 'd');
        return out;
    }();
    return made;
}

/// What became of the sample, so that a number never stands for another case than its name says.
bool is_as_named(bench::Sample sample, decide::Phase phase, const decide::Decision& decision) {
    switch (sample) {
        case bench::Sample::NoGpu:
        case bench::Sample::Kept:
            return decision.allowed && decision.patch.empty();
        case bench::Sample::Rewritten:
            return phase == decide::Phase::Validate || !decision.patch.empty();
        case bench::Sample::Denied:
            return phase == decide::Phase::Mutate || !decision.allowed;
    }
    return false;
}

void whole(benchmark::State& state, decide::Phase phase, bench::Sample sample) {
    const std::string body = bench::sample_review(sample);
    telemetry::Metrics metrics;
    const admission::Recorder recorder(metrics, nullptr);
    const auto review_once = [&] {
        const auto review = admission::decode_review(body, {.phase = phase, .now_unix_ms = kNow});
        const decide::Decision decision = decide::decide(review->request, snapshot(), {});
        benchmark::DoNotOptimize(admission::encode_reply(review->request, decision));
        recorder.record(*review, decision, std::chrono::microseconds(50));
        return is_as_named(sample, phase, decision);
    };
    if (!review_once()) state.SkipWithError("the sample is not judged as its name says");
    const std::size_t before = bench::allocations();
    for (auto _ : state) review_once();
    state.counters["allocs"] = benchmark::Counter(static_cast<double>(bench::allocations() - before),
                                                  benchmark::Counter::kAvgIterations);
    state.counters["bytes"] = static_cast<double>(body.size());
}

void decode(benchmark::State& state, bench::Sample sample) {
    const std::string body = bench::sample_review(sample);
    for (auto _ : state) benchmark::DoNotOptimize(admission::decode_review(body, {.now_unix_ms = kNow}));
}

void decide_only(benchmark::State& state, decide::Phase phase, bench::Sample sample) {
    const std::string body = bench::sample_review(sample);
    const auto review = admission::decode_review(body, {.phase = phase, .now_unix_ms = kNow});
    snapshot();
    for (auto _ : state) benchmark::DoNotOptimize(decide::decide(review->request, snapshot(), {}));
}

void encode(benchmark::State& state, decide::Phase phase, bench::Sample sample) {
    const std::string body = bench::sample_review(sample);
    const auto review = admission::decode_review(body, {.phase = phase, .now_unix_ms = kNow});
    const decide::Decision decision = decide::decide(review->request, snapshot(), {});
    for (auto _ : state) benchmark::DoNotOptimize(admission::encode_reply(review->request, decision));
}

/// So many policies of which none can apply to the sample: other kinds, other namespaces, in the match or as
/// literals of a condition. `general`: with a condition that must be looked at to know.
const decide::Snapshot& strangers(std::int64_t policies, bool general) {
    static std::map<std::pair<std::int64_t, bool>, decide::Snapshot> made;
    const auto [place, is_new] = made.try_emplace({policies, general});
    if (!is_new) return place->second;
    constexpr std::array<std::string_view, 4> kMatches = {
        "kinds: [Job], conditions: [{name: c, expression: 'workload.gpus > 1'}]",
        "namespaces: [other-N, another-N]",
        "conditions: [{name: c, expression: 'workload.gpus > 1 && workload.kind == \"Job\"'}]",
        "conditions: [{name: c, expression: 'request.namespace == \"other-N\"'}]"};
    std::string text;
    for (std::int64_t i = 0; i < policies; ++i) {
        std::string match(general ? "conditions: [{name: c, expression: 'workload.gpus > N + 1'}]"
                                  : kMatches[static_cast<std::size_t>(i) % kMatches.size()]);
        for (std::size_t at = match.find('N'); at != std::string::npos; at = match.find('N', at))
            match.replace(at, 1, std::to_string(i));
        text += "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: p" +
                std::to_string(i) + "}\nspec:\n  match: {" + match +
                "}\n  rules: [{name: r, check: {expression: 'false'}}]\n";
    }
    policies::LoadedDocuments documents = policies::load_sources({{"strangers.yaml", text}}, {});
    place->second.rules =
        decide::make_rulebook(std::move(documents.policies), {}, std::move(documents.kinds));
    place->second.market = snapshot().market;
    return place->second;
}

/// Compare policies:1000 with policies:0 of the same run: the difference is what they cost a request.
void unconcerned(benchmark::State& state, bool general) {
    const std::string body = bench::sample_review(bench::Sample::Kept);
    const auto review =
        admission::decode_review(body, {.phase = decide::Phase::Validate, .now_unix_ms = kNow});
    const decide::Snapshot& few = strangers(state.range(0), general);
    if (static_cast<std::int64_t>(few.rules->policies.size()) != state.range(0) ||
        !decide::decide(review->request, few, {}).findings.empty())
        state.SkipWithError("the policies are not what they are called");
    for (auto _ : state) benchmark::DoNotOptimize(decide::decide(review->request, few, {}));
}

using bench::Sample;
using decide::Phase;
BENCHMARK_CAPTURE(unconcerned, by_index, false)->ArgName("policies")->Arg(0)->Arg(1000);
BENCHMARK_CAPTURE(unconcerned, by_condition, true)->ArgName("policies")->Arg(0)->Arg(1000);
BENCHMARK_CAPTURE(whole, validate_no_gpu, Phase::Validate, Sample::NoGpu);
BENCHMARK_CAPTURE(whole, mutate_kept, Phase::Mutate, Sample::Kept);
BENCHMARK_CAPTURE(whole, validate_kept, Phase::Validate, Sample::Kept);
BENCHMARK_CAPTURE(whole, mutate_rewritten, Phase::Mutate, Sample::Rewritten);
BENCHMARK_CAPTURE(whole, validate_denied, Phase::Validate, Sample::Denied);
BENCHMARK_CAPTURE(decode, kept, Sample::Kept);
BENCHMARK_CAPTURE(decide_only, validate_no_gpu, Phase::Validate, Sample::NoGpu);
BENCHMARK_CAPTURE(decide_only, mutate_kept, Phase::Mutate, Sample::Kept);
BENCHMARK_CAPTURE(decide_only, validate_kept, Phase::Validate, Sample::Kept);
BENCHMARK_CAPTURE(decide_only, mutate_rewritten, Phase::Mutate, Sample::Rewritten);
BENCHMARK_CAPTURE(decide_only, validate_denied, Phase::Validate, Sample::Denied);
BENCHMARK_CAPTURE(encode, mutate_rewritten, Phase::Mutate, Sample::Rewritten);
BENCHMARK_CAPTURE(encode, validate_denied, Phase::Validate, Sample::Denied);

}  // namespace
