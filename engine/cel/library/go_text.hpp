// SPDX-License-Identifier: Apache-2.0
// Values as Go writes them: what string(), format() and strings.quote() have in common with cel-go.
// Sources: Go strconv (FormatFloat, Quote), time (RFC3339Nano), golang.org/x/text/message (%f, %e in
// English).
#pragma once

#include "engine/cel/value.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tollgate::cel {

struct CodePoint {
    std::uint32_t code = 0;
    std::uint32_t bytes = 1;
    bool valid = false;  // not: one byte that is no UTF-8, as Go reads it
};
/// The code point at a byte of the text; `at` must be inside.
CodePoint code_point_at(std::string_view text, std::size_t at);
bool is_utf8(std::string_view text);

/// In double quotes, with Go's escapes for what is not printable (%q).
std::string quoted(std::string_view text);
void append_hex(std::string& out, std::uint32_t value, int digits);

/// The shortest digits, with an exponent below 1e-4 and from 1e6 on: FormatFloat 'g'. "NaN", "+Inf", "-Inf".
std::string general_text(double value);
/// That many digits after the point, nothing else: fmt's %.6f.
std::string plain_text(double value, int digits);
/// %f of x/text: thousands apart, "∞".
std::string fixed_text(double value, std::uint64_t precision);
/// %e of x/text: "1.500000×10⁰³". The precision is the width, as cel-go passes it on.
std::string scientific_text(double value, std::uint64_t precision);
/// RFC 3339 in UTC, with as much of the nanoseconds as there is.
std::string timestamp_text(const Value& timestamp);
/// Seconds: "5400s", "0.000000002s".
std::string duration_text(const Value& duration);

}  // namespace tollgate::cel
