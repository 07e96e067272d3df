// SPDX-License-Identifier: Apache-2.0
// One review of a 4 KB pod with the shipped policies and the sample fleet: decode, decide, encode, all of it,
// and the stages by themselves.
#include "policies/load.hpp"
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
        policies::LoadedDocuments documents = policies::load_embedded(options);
        for (rules::Policy& policy : documents.policies) policy.mode = rules::Mode::Enforce;
        decide::Snapshot out;
        out.rules = decide::make_rulebook(std::move(documents.policies), std::move(documents.exceptions),
                                          std::move(documents.kinds));
        out.market = std::make_shared<const fleet::Market>(std::move(documents.market));
        out.digest = std::string(64, 'd');
        return out;
    }();
    return made;
}

void whole(benchmark::State& state, decide::Phase phase, int gpus) {
    const std::string body = bench::sample_review(gpus);
    telemetry::Metrics metrics;
    const admission::Recorder recorder(metrics, nullptr);
    snapshot();
    for (auto _ : state) {
        const auto review = admission::decode_review(body, {.phase = phase, .now_unix_ms = kNow});
        const decide::Decision decision = decide::decide(review->request, snapshot(), {});
        benchmark::DoNotOptimize(admission::encode_reply(review->request, decision));
        recorder.record(*review, decision, std::chrono::microseconds(50));
    }
    state.counters["bytes"] = static_cast<double>(body.size());
}

void decode(benchmark::State& state, int gpus) {
    const std::string body = bench::sample_review(gpus);
    for (auto _ : state) benchmark::DoNotOptimize(admission::decode_review(body, {.now_unix_ms = kNow}));
}

void decide_only(benchmark::State& state, decide::Phase phase, int gpus) {
    const auto review =
        admission::decode_review(bench::sample_review(gpus), {.phase = phase, .now_unix_ms = kNow});
    snapshot();
    for (auto _ : state) benchmark::DoNotOptimize(decide::decide(review->request, snapshot(), {}));
}

void encode(benchmark::State& state) {
    const auto review = admission::decode_review(bench::sample_review(1),
                                                 {.phase = decide::Phase::Mutate, .now_unix_ms = kNow});
    const decide::Decision decision = decide::decide(review->request, snapshot(), {});
    for (auto _ : state) benchmark::DoNotOptimize(admission::encode_reply(review->request, decision));
}

BENCHMARK_CAPTURE(whole, mutate_one_gpu, decide::Phase::Mutate, 1);
BENCHMARK_CAPTURE(whole, validate_one_gpu, decide::Phase::Validate, 1);
BENCHMARK_CAPTURE(whole, validate_without_gpu, decide::Phase::Validate, 0);
BENCHMARK_CAPTURE(decode, one_gpu, 1);
BENCHMARK_CAPTURE(decide_only, mutate_one_gpu, decide::Phase::Mutate, 1);
BENCHMARK_CAPTURE(decide_only, validate_one_gpu, decide::Phase::Validate, 1);
BENCHMARK_CAPTURE(decide_only, validate_without_gpu, decide::Phase::Validate, 0);
BENCHMARK(encode);

}  // namespace
