// SPDX-License-Identifier: Apache-2.0
// One review, from body to reply: decode, decide, encode, record. What webhook/net calls for POST /mutate and
// POST /validate.
//
// A request that is no AdmissionReview gets 400 and one line; every other gets an answer, because a webhook
// that fails leaves the decision to its failurePolicy. Past the deadline the engine stops and says for each
// policy what its failure mode asks; a rewrite is then simply not sent. What a stranger can have logged is
// bounded: refusals in each second, errors of each review. Thread rule: any thread.
#pragma once

#include "engine/base/limits.hpp"
#include "webhook/admission/recorder.hpp"
#include "webhook/admission/snapshot_slot.hpp"
#include "webhook/net/http_types.hpp"
#include "webhook/telemetry/line_quota.hpp"
#include "webhook/telemetry/logger.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace tollgate::admission {

struct HandlerOptions {
    std::size_t max_depth = limits::kMaxJsonDepth;
    /// The one clock of a review.
    std::function<std::int64_t()> now_unix_ms;
};

class ReviewHandler {
  public:
    static constexpr std::uint64_t kRefusalLinesPerSecond = 10;

    ReviewHandler(const SnapshotSlot& snapshots, Recorder recorder, const telemetry::Logger& log,
                  HandlerOptions options)
        : snapshots_(snapshots), recorder_(recorder), log_(log), options_(std::move(options)) {}

    [[nodiscard]] net::Response answer(decide::Phase phase, const net::Request& request) const;
    /// Called every second or so, and at the end: logs how many refusals were not logged one by one.
    void tell_left_out(std::chrono::steady_clock::time_point now) const;

  private:
    void report_refusal(decide::Phase phase, const BadReview& why) const;
    void report(const Review& review, const decide::Decision& decision) const;

    const SnapshotSlot& snapshots_;
    Recorder recorder_;
    const telemetry::Logger& log_;
    HandlerOptions options_;
    mutable telemetry::LineQuota refusals_{kRefusalLinesPerSecond};
};

}  // namespace tollgate::admission
