// SPDX-License-Identifier: Apache-2.0
// Kubernetes quantities ("1", "1000m", "1e0", "2Ki", "1.5Gi") and durations, exactly.
// Source: k8s.io/apimachinery/pkg/api/resource/quantity.go (grammar in its doc comment); durations are Go's
// time.ParseDuration with "d" (24 h) added.
#pragma once

#include "engine/base/json/node.hpp"
#include "engine/base/ratio.hpp"
#include "engine/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

/// Grammar: <sign>? <digits>("."<digits>?)? | "."<digits>, then one of n u m "" k M G T P E, Ki Mi Gi Ti Pi
/// Ei, or e|E <signed integer>. Values finer than nano are rounded up to nano, values above 2^63-1 are
/// capped, as the API server does. Errors name the text and what is wrong with it.
Result<Ratio> parse_quantity(std::string_view text);

/// A quantity as it appears in a manifest: a JSON string or a JSON number.
Result<Ratio> read_quantity(json::Node node);

/// Canonical short text for a CPU amount ("23", "500m") and for bytes ("1900Gi", "512Mi", "1000").
std::string format_cpu(const Ratio& cores);
std::string format_bytes(const Ratio& bytes);
/// MiB as people write it: "18Gi" when whole GiB, else "9856Mi".
std::string format_mib(std::int64_t mib);

/// "24h", "90m", "1h30m", "7d", "1.5h", "500ms" -> milliseconds. Negative and empty are errors.
Result<std::int64_t> parse_duration_ms(std::string_view text);
/// "24h", "90m", "26h30m", "45s": one unit where fewer than 100 of it say it, else h, m and s.
std::string format_duration(std::int64_t seconds);

/// RFC 3339 -> Unix milliseconds ("2026-12-01T00:00:00Z", offsets allowed), and back (UTC, seconds).
Result<std::int64_t> parse_time_ms(std::string_view text);
std::string format_time(std::int64_t unix_ms);

}  // namespace tollgate
