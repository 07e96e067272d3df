// SPDX-License-Identifier: Apache-2.0
// Numbers as text: the grammar of RFC 8259 section 6 and the exact value behind the text. Nothing is ever
// rounded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate::json {

/// One past the longest number that starts at `at`, or null when none does. The text must end in a byte that
/// no number has (NUL).
const char* scan_number(const char* at);

/// True if the whole text is a JSON number; what Builder::number demands.
bool is_number_text(std::string_view text);

/// value = +-0.d1d2d3... x 10^exponent with d1 and the last digit not 0; zero has no digits and is not
/// negative.
struct ExactDecimal {
    bool negative = false;
    std::string digits;
    std::int64_t exponent = 0;

    friend bool operator==(const ExactDecimal&, const ExactDecimal&) = default;
};

/// Empty when the text is no number or its exponent has more than 15 digits.
std::optional<ExactDecimal> exact_decimal(std::string_view text);

/// The whole number behind the text if it fits in 64 bits: "3", "3.0", "3e0".
std::optional<std::int64_t> whole_number(std::string_view text);

}  // namespace tollgate::json
