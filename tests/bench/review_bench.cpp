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

#include <chrono>
#include <memory>
#include <string>

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

using bench::Sample;
using decide::Phase;
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
