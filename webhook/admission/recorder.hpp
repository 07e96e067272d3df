// SPDX-License-Identifier: Apache-2.0
// What is kept of a decision: metrics, and a line of the decision log when there is one.
//
// Dry runs are answered and not counted. No object name is a metric label. Dollars are rates at the moment of
// admission, counted once per top-level object: at a controller when it is created, at a Pod only when no
// judged controller made it; they measure activity, not a bill. What is done and what Warn and Audit policies
// only propose never share a metric. A log line has the facts of the request and the verdict; it never quotes
// an env value of the object. Thread rule: any thread.
#pragma once

#include "webhook/admission/review.hpp"
#include "webhook/telemetry/decision_log.hpp"
#include "webhook/telemetry/metrics.hpp"

#include <chrono>
#include <string>

namespace tollgate::admission {

std::string_view webhook_name(decide::Phase phase);  // "mutate", "validate"

class Recorder {
  public:
    /// `log` may be null.
    Recorder(telemetry::Metrics& metrics, telemetry::DecisionLog* log) : metrics_(metrics), log_(log) {}

    /// `paused`: the snapshot was, so that nothing is done that the decision speaks of.
    void record(const Review& review, const decide::Decision& decision, std::chrono::nanoseconds took,
                bool paused = false) const;
    void record_bad_request(decide::Phase phase, std::chrono::nanoseconds took) const;

  private:
    void count_findings(const decide::Decision& decision) const;
    void count_rewrites(const decide::Decision& decision) const;
    void count_savings(const decide::Request& request, const decide::Decision& decision, bool paused) const;
    void count_dollars(const decide::Decision& decision) const;

    telemetry::Metrics& metrics_;
    telemetry::DecisionLog* log_;
};

/// One line of JSON without its line feed.
std::string decision_line(const Review& review, const decide::Decision& decision,
                          std::chrono::nanoseconds took);

}  // namespace tollgate::admission
