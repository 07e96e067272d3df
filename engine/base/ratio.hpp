// SPDX-License-Identifier: Apache-2.0
// Ratio: an exact rational number. All quantities, shares and money are Ratios until they are printed; no
// float decides a verdict.
//
// Numerator and denominator are 128-bit and kept reduced. An operation whose exact result does not fit gives
// the `unknown` value, which is contagious, is equal to nothing and less than nothing: callers turn it into
// an evaluation error. Bounded input (quantities below 2^63, prices below 1e12) never reaches it in practice.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

__extension__ using Int128 = __int128;

class Ratio {
  public:
    constexpr Ratio() = default;
    constexpr Ratio(std::int64_t value) : numerator_(value) {}  // implicit: whole numbers are Ratios
    /// num/den; den must not be 0.
    static Ratio of(std::int64_t num, std::int64_t den);
    static Ratio unknown();

    bool is_known() const { return denominator_ != 0; }
    bool is_zero() const { return denominator_ != 0 && numerator_ == 0; }
    bool is_negative() const { return denominator_ != 0 && numerator_ < 0; }
    bool is_integer() const { return denominator_ == 1; }

    Ratio operator-() const;
    friend Ratio operator+(const Ratio& a, const Ratio& b);
    friend Ratio operator-(const Ratio& a, const Ratio& b);
    friend Ratio operator*(const Ratio& a, const Ratio& b);
    friend Ratio operator/(const Ratio& a, const Ratio& b);  // by zero: unknown
    Ratio& operator+=(const Ratio& b) { return *this = *this + b; }
    Ratio& operator*=(const Ratio& b) { return *this = *this * b; }
    friend bool operator==(const Ratio& a, const Ratio& b);
    friend std::partial_ordering operator<=>(const Ratio& a, const Ratio& b);

    /// Rounded towards minus / plus infinity; empty when unknown or outside 64 bits.
    std::optional<std::int64_t> floor() const;
    std::optional<std::int64_t> ceil() const;
    /// For charts and benchmarks only, never for a decision.
    double approximate() const;
    /// Decimal text with at most `places` digits after the point, rounded half away from zero, trailing zeros
    /// cut down to `min_places`. "unknown" when unknown.
    std::string to_decimal(int places, int min_places = 0) const;
    /// "3/8", "2".
    std::string to_string() const;

  private:
    static Ratio reduced(Int128 num, Int128 den);
    Int128 numerator_ = 0;
    Int128 denominator_ = 1;  // > 0; 0 marks the unknown value
};

/// Exact decimal such as "6.88" or "-0.5" or "1e3". Empty when malformed or out of range.
std::optional<Ratio> parse_decimal(std::string_view text);

const Ratio& min(const Ratio& a, const Ratio& b);
const Ratio& max(const Ratio& a, const Ratio& b);

}  // namespace tollgate
