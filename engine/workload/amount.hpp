// SPDX-License-Identifier: Apache-2.0
// Amounts as containers write them: device counts, and CPU and memory. The usual spellings ("1", 8, "500m",
// "16Gi") are read on a short way; all others by Kubernetes' quantity grammar, with the same result.
#pragma once

#include "engine/base/json/node.hpp"
#include "engine/base/ratio.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate::workload {

/// A count of devices. Unreadable, negative and fractional amounts, and those no 64-bit number holds, are
/// known == false.
struct Count {
    std::int64_t value = 0;
    bool known = true;
    std::string why;  // "the count '500m' is not a whole number of devices"
};
Count read_count(json::Node node);

/// An amount of CPU, memory or another resource, not negative; empty when it cannot be read.
std::optional<Ratio> read_amount(json::Node node);

/// a + b, a * b for counts that are not negative; INT64_MAX when that is too large, with `exact` set to
/// false.
std::int64_t saturating_add(std::int64_t a, std::int64_t b, bool& exact);
std::int64_t saturating_multiply(std::int64_t a, std::int64_t b, bool& exact);

}  // namespace tollgate::workload
