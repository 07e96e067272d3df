// SPDX-License-Identifier: Apache-2.0
// What Prometheus answers to an instant query: series with their labels and one number each.
//
// Limits: limits::kMaxPrometheusSeries, kMaxPrometheusLabels. Numbers stay exact; NaN and infinities are left
// out. Thread rule: pure. Source: Prometheus HTTP API, /api/v1/query, resultType vector.
#pragma once

#include "engine/base/ratio.hpp"
#include "engine/base/result.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate::workload {

struct Series {
    std::vector<std::pair<std::string, std::string>> labels;
    Ratio value;
    /// "" where there is none, as to Prometheus.
    std::string_view label(std::string_view name) const;
};

/// The error says what else it is: no JSON, another API's JSON, or Prometheus' own refusal in its words.
Result<std::vector<Series>> read_prometheus_answer(std::string_view text);

}  // namespace tollgate::workload
