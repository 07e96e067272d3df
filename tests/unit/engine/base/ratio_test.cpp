// SPDX-License-Identifier: Apache-2.0
#include "engine/base/ratio.hpp"

#include "tests/support/catch.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

using tollgate::parse_decimal;
using tollgate::Ratio;

namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

Ratio power_of_ten(int exponent) {
    Ratio value(1);
    for (int i = 0; i < exponent; ++i) value = value * Ratio(10);
    return value;
}

}  // namespace

TEST_CASE("ratios are kept reduced with a positive denominator") {
    CHECK(Ratio::of(6, 8).to_string() == "3/4");
    CHECK(Ratio::of(6, -8).to_string() == "-3/4");
    CHECK(Ratio::of(-8, -4).to_string() == "2");
    CHECK(Ratio::of(0, -5).to_string() == "0");
    CHECK(Ratio::of(kMin, kMin) == Ratio(1));
    CHECK(Ratio::of(kMin, -1).to_string() == "9223372036854775808");
}

TEST_CASE("arithmetic is exact") {
    CHECK(Ratio::of(1, 3) + Ratio::of(1, 6) == Ratio::of(1, 2));
    CHECK(Ratio::of(1, 3) - Ratio::of(1, 3) == Ratio(0));
    CHECK(Ratio::of(-2, 3) * Ratio::of(9, 4) == Ratio::of(-3, 2));
    CHECK(Ratio::of(2, 3) / Ratio::of(-4, 9) == Ratio::of(-3, 2));
    CHECK(Ratio(kMax) + Ratio(kMax) == Ratio(kMax) * Ratio(2));
    CHECK((Ratio(kMin) * Ratio(kMin)).to_string() == "85070591730234615865843651857942052864");
    CHECK(Ratio(kMin) * Ratio(kMin) / Ratio(kMin) == Ratio(kMin));
}

TEST_CASE("what does not fit is unknown, and unknown is contagious and compares with nothing") {
    const Ratio huge = power_of_ten(38);
    REQUIRE(huge.is_known());
    const Ratio unknown = huge * Ratio(10);
    CHECK_FALSE(unknown.is_known());
    CHECK_FALSE((huge + huge).is_known());
    CHECK_FALSE((Ratio(1) / huge / huge).is_known());
    CHECK_FALSE((unknown + Ratio(1)).is_known());
    CHECK_FALSE((unknown * Ratio(0)).is_known());
    CHECK_FALSE((-unknown).is_known());
    CHECK_FALSE((Ratio(1) / Ratio(0)).is_known());
    CHECK_FALSE(Ratio::of(1, 0).is_known());
    CHECK_FALSE(unknown == unknown);
    CHECK_FALSE(unknown < Ratio(1));
    CHECK_FALSE(unknown > Ratio(1));
    CHECK_FALSE(unknown <= unknown);
    CHECK_FALSE(unknown.is_zero());
    CHECK_FALSE(unknown.is_negative());
    CHECK_FALSE(unknown.is_integer());
    CHECK_FALSE(unknown.floor().has_value());
    CHECK(unknown.to_string() == "unknown");
    CHECK(unknown.to_decimal(2) == "unknown");
    CHECK(std::isnan(unknown.approximate()));
}

TEST_CASE("overflow is seen when only the carry between the halves shows it") {
    const Ratio two_63 = Ratio(std::int64_t{1} << 62) * Ratio(2);
    const Ratio wide = Ratio(4'294'967'295) * two_63 * Ratio(2) + two_63;  // just below 2^96
    REQUIRE(wide.is_known());
    CHECK_FALSE((wide * Ratio(4'294'967'297)).is_known());  // just above 2^128
    CHECK((wide * Ratio(2'147'483'647)).is_known());
}

TEST_CASE("comparison never overflows") {
    const Ratio near_one = (power_of_ten(37) - Ratio(1)) / power_of_ten(37);
    const Ratio nearer = (power_of_ten(38) - Ratio(1)) / power_of_ten(38);
    REQUIRE(near_one.is_known());
    REQUIRE(nearer.is_known());
    CHECK(near_one < nearer);
    CHECK(nearer > near_one);
    CHECK(-nearer < -near_one);
    CHECK(-near_one < nearer);
    CHECK(nearer < Ratio(1));
    CHECK(Ratio::of(1, 3) < Ratio::of(1, 2));
    CHECK(Ratio::of(-1, 2) < Ratio::of(-1, 3));
    CHECK(Ratio(0) > Ratio::of(-1, kMax));
}

TEST_CASE("comparison agrees with cross multiplication on random fractions") {
    std::mt19937_64 random(20260101);
    std::uniform_int_distribution<std::int64_t> any(-1'000'000'000, 1'000'000'000);
    std::uniform_int_distribution<std::int64_t> positive(1, 1'000'000'000);
    for (int i = 0; i < 20'000; ++i) {
        const std::int64_t a = any(random), b = positive(random), c = any(random), d = positive(random);
        INFO(a << "/" << b << " against " << c << "/" << d);
        const Ratio left = Ratio::of(a, b);
        const Ratio right = Ratio::of(c, d);
        REQUIRE((left < right) == (a * d < c * b));
        REQUIRE((left + right) - right == left);
        if (c != 0) REQUIRE(left * right / right == left);
        REQUIRE((left - right).is_negative() == (left < right));
    }
}

TEST_CASE("rounding to whole numbers") {
    CHECK(Ratio::of(7, 2).floor() == 3);
    CHECK(Ratio::of(7, 2).ceil() == 4);
    CHECK(Ratio::of(-7, 2).floor() == -4);
    CHECK(Ratio::of(-7, 2).ceil() == -3);
    CHECK(Ratio(kMax).floor() == kMax);
    CHECK(Ratio(kMin).ceil() == kMin);
    CHECK_FALSE((Ratio(kMax) + Ratio(1)).floor().has_value());
    CHECK_FALSE((Ratio(kMax) + Ratio::of(1, 2)).ceil().has_value());
    CHECK((Ratio(kMax) + Ratio::of(1, 2)).floor() == kMax);
    CHECK_FALSE((Ratio(kMin) - Ratio::of(1, 2)).floor().has_value());
}

TEST_CASE("decimal text") {
    CHECK(Ratio::of(6880, 1000).to_decimal(6, 2) == "6.88");
    CHECK(Ratio(55).to_decimal(6, 2) == "55.00");
    CHECK(Ratio::of(1, 3).to_decimal(4) == "0.3333");
    CHECK(Ratio::of(2, 3).to_decimal(4) == "0.6667");
    CHECK(Ratio::of(1, 8).to_decimal(2) == "0.13");
    CHECK(Ratio::of(-1, 8).to_decimal(2) == "-0.13");
    CHECK(Ratio::of(999'999, 1'000'000).to_decimal(2, 2) == "1.00");
    CHECK(Ratio::of(19'999, 10'000).to_decimal(0) == "2");
    CHECK(Ratio::of(-1, 1000).to_decimal(2, 2) == "0.00");
    CHECK(Ratio::of(5, 2).to_decimal(0) == "3");
    CHECK((power_of_ten(38) / Ratio(3)).to_decimal(1) == "33333333333333333333333333333333333333.3");
    CHECK(((power_of_ten(38) - Ratio(1)) / power_of_ten(38)).to_decimal(3) == "1");
}

TEST_CASE("decimals are read exactly or not at all") {
    CHECK(parse_decimal("6.88") == Ratio::of(688, 100));
    CHECK(parse_decimal("-0.5") == Ratio::of(-1, 2));
    CHECK(parse_decimal("+1e3") == Ratio(1000));
    CHECK(parse_decimal("1E-2") == Ratio::of(1, 100));
    CHECK(parse_decimal("5.") == Ratio(5));
    CHECK(parse_decimal(".5") == Ratio::of(1, 2));
    for (const char* bad : {"", "-", ".", "1e", "1e+", "1.2.3", "0x1", " 1", "1 ", "1e400", "1e-400", "NaN",
                            "--1", "1000000000000000000000000000000000000000000"}) {
        INFO(bad);
        CHECK_FALSE(parse_decimal(bad).has_value());
    }
}

TEST_CASE("min and max") {
    const Ratio third = Ratio::of(1, 3);
    const Ratio half = Ratio::of(1, 2);
    CHECK(tollgate::min(third, half) == third);
    CHECK(tollgate::min(half, third) == third);
    CHECK(tollgate::max(third, half) == half);
    CHECK(tollgate::max(half, third) == half);
}
