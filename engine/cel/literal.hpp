// SPDX-License-Identifier: Apache-2.0
// What literals of the language mean: their source text to a value.
// Sources: the CEL language definition, "Lexical analysis" and "Escape sequences"; cel-go parser/CEL.g4.
#pragma once

#include "engine/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate::cel {

struct LiteralError {
    std::size_t offset = 0;  // byte of the literal's text
    std::string message;
};

/// Whether a text literal is one of bytes.
bool is_bytes(std::string_view token);
/// The content of a string or bytes literal, given as it is written: prefix, quotes and all. Line ends become
/// "\n"; what is no UTF-8 becomes U+FFFD.
tl::expected<std::string, LiteralError> decode_string(std::string_view token);

/// `negative`: the '-' in front of the literal belongs to it.
tl::expected<std::int64_t, LiteralError> decode_int(std::string_view token, bool negative);
/// With its suffix.
tl::expected<std::uint64_t, LiteralError> decode_uint(std::string_view token);
tl::expected<double, LiteralError> decode_double(std::string_view token);

/// A floating-point number as Go's strconv.ParseFloat reads it: also hexadecimal, "Inf", "NaN". Nothing when
/// it is none or too large; too small is 0.
std::optional<double> parse_double(std::string_view text);

}  // namespace tollgate::cel
