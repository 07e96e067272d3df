// SPDX-License-Identifier: Apache-2.0
#include "engine/base/money.hpp"

#include <cstddef>
#include <string_view>

namespace tollgate {
namespace {

constexpr int kMicroPlaces = 6;
constexpr int kCentPlaces = 2;

std::string with_separators(std::string_view digits) {
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
        text += digits[i];
    }
    return text;
}

}  // namespace

std::string format_usd(const Money& money) {
    if (!money.usd.is_known()) return "unknown";
    const bool negative = money.usd.is_negative();
    const Ratio size = negative ? -money.usd : money.usd;
    std::string amount;
    // Judged after rounding, so that $999.999 is "$1,000" and not "$1000.00".
    if (size >= Ratio::of(199'999, 200)) {
        amount = with_separators(size.to_decimal(0));
    } else if (size >= Ratio::of(1, 100)) {
        amount = size.to_decimal(kCentPlaces, kCentPlaces);
    } else {
        amount = size.to_decimal(kMicroPlaces, kCentPlaces);
    }
    const bool nothing = amount.find_first_not_of("0.") == std::string::npos;
    return (negative && !nothing ? "-$" : "$") + amount;
}

std::string to_decimal_string(const Money& money) {
    return money.usd.to_decimal(kMicroPlaces, kCentPlaces);
}

}  // namespace tollgate
