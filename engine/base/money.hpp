// SPDX-License-Identifier: Apache-2.0
// Money: exact USD. Printed for people as "$1,321" or "$55.04"; in JSON as a decimal string with at least two
// and at most six places (micro-dollars).
#pragma once

#include "engine/base/ratio.hpp"

#include <string>

namespace tollgate {

struct Money {
    Ratio usd;

    friend bool operator==(const Money&, const Money&) = default;
    friend std::partial_ordering operator<=>(const Money& a, const Money& b) { return a.usd <=> b.usd; }
    friend Money operator+(const Money& a, const Money& b) { return {a.usd + b.usd}; }
    friend Money operator-(const Money& a, const Money& b) { return {a.usd - b.usd}; }
    friend Money operator*(const Money& a, const Ratio& factor) { return {a.usd * factor}; }
    Money& operator+=(const Money& b) { return *this = *this + b; }
};

/// "$55.04/h" needs "$55.04": two places below $1,000, whole dollars with separators from there on; amounts
/// below one cent get as many places as they need (at most six).
std::string format_usd(const Money& money);
/// "55.04", "0.0625": JSON and reports.
std::string to_decimal_string(const Money& money);

}  // namespace tollgate
