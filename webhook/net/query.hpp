// SPDX-License-Identifier: Apache-2.0
// The one query parameter that matters: `?timeout=10s`, a Go duration, which the API server adds to each
// call. Source: pkg.go.dev/time#ParseDuration; kubernetes.io "Dynamic Admission Control", timeouts.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tollgate::net {

/// A positive Go duration such as "10s", "1m30s", "1.5s" or "300ms", in whole milliseconds (rounded down);
/// nothing for anything else and for more than an hour.
std::optional<std::uint32_t> parse_go_duration_ms(std::string_view text);

/// The value of `name` in a query string, undecoded; nothing if absent. The first of several counts.
std::optional<std::string_view> query_value(std::string_view query, std::string_view name);

/// Whether `name` is in a query string, with or without a value: "verbose", "verbose=1".
bool has_query_flag(std::string_view query, std::string_view name);

/// How long a handler may take of the caller's `timeout_ms`: all but a margin for the way back (a twentieth,
/// 10 ms to 200 ms, at most half of it).
std::chrono::milliseconds handling_time(std::uint32_t timeout_ms);

}  // namespace tollgate::net
