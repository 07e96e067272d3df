// SPDX-License-Identifier: Apache-2.0
#include "engine/base/ratio.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>

namespace tollgate {
namespace {

// Arithmetic goes through unsigned magnitudes: checked signed 128-bit multiplication needs a runtime function
// that not every toolchain links.
__extension__ using UInt128 = unsigned __int128;

constexpr UInt128 kMaxMagnitude = ~UInt128{0} >> 1U;  // 2^127 - 1: every value can be negated

UInt128 magnitude(Int128 value) {
    return value < 0 ? UInt128{0} - static_cast<UInt128>(value) : static_cast<UInt128>(value);
}

Int128 with_sign(UInt128 size, bool negative) {
    return negative ? -static_cast<Int128>(size) : static_cast<Int128>(size);
}

bool fits_64(UInt128 value) {
    return (value >> 64U) == 0;
}

// What does not divide by one is spared the division: it is a function call at this width.
UInt128 divided(UInt128 value, UInt128 divisor) {
    if (divisor == 1) return value;
    if (fits_64(value) && fits_64(divisor))
        return static_cast<std::uint64_t>(value) / static_cast<std::uint64_t>(divisor);
    return value / divisor;
}

struct Wide {
    UInt128 high = 0;
    UInt128 low = 0;

    // clang-tidy 14 sees a 0 for a pointer in the defaulted operator.
    friend std::strong_ordering operator<=>(const Wide&, const Wide&) = default;  // NOLINT
};

// The full 256-bit product, from four 64-bit ones.
Wide multiply_wide(UInt128 a, UInt128 b) {
    constexpr UInt128 kLow = ~std::uint64_t{0};
    const UInt128 low = (a & kLow) * (b & kLow);
    const UInt128 cross_a = (a >> 64U) * (b & kLow);
    const UInt128 cross_b = (a & kLow) * (b >> 64U);
    const UInt128 middle = (low >> 64U) + (cross_a & kLow) + (cross_b & kLow);
    return {(a >> 64U) * (b >> 64U) + (cross_a >> 64U) + (cross_b >> 64U) + (middle >> 64U),
            (middle << 64U) | (low & kLow)};
}

std::optional<UInt128> multiply(UInt128 a, UInt128 b) {
    if (fits_64(a) && fits_64(b)) {
        const UInt128 product = a * b;
        if (product > kMaxMagnitude) return std::nullopt;
        return product;
    }
    const Wide product = multiply_wide(a, b);
    if (product.high != 0 || product.low > kMaxMagnitude) return std::nullopt;
    return product.low;
}

std::optional<Int128> multiply(Int128 a, UInt128 b) {
    const std::optional<UInt128> product = multiply(magnitude(a), b);
    if (!product) return std::nullopt;
    return with_sign(*product, a < 0);
}

std::optional<Int128> add(Int128 a, Int128 b) {
    const bool negative = a < 0;
    if (negative != (b < 0)) return a + b;  // of opposite signs: cannot overflow
    const UInt128 sum = magnitude(a) + magnitude(b);
    if (sum > kMaxMagnitude) return std::nullopt;
    return with_sign(sum, negative);
}

UInt128 gcd(UInt128 a, UInt128 b) {
    if (a == 1 || b == 1) return 1;
    while (b != 0) {
        if (fits_64(a) && fits_64(b))
            return std::gcd(static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(b));
        const UInt128 rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

std::string digits_of(UInt128 value) {
    std::string text;
    do {
        text += static_cast<char>('0' + static_cast<int>(value % 10));
        value /= 10;
    } while (value != 0);
    std::reverse(text.begin(), text.end());
    return text;
}

// Multiplies the remainder by ten and divides: the next decimal digit. By addition, since ten times it may
// overflow.
int next_digit(UInt128& rest, UInt128 divisor) {
    const UInt128 step = rest;
    int digit = 0;
    rest = 0;
    for (int i = 0; i < 10; ++i) {
        rest += step;  // both below 2^127
        if (rest >= divisor) {
            rest -= divisor;
            ++digit;
        }
    }
    return digit;
}

}  // namespace

Ratio Ratio::of(std::int64_t num, std::int64_t den) {
    if (den == 0) return unknown();
    return reduced(num, den);
}

Ratio Ratio::unknown() {
    Ratio result;
    result.denominator_ = 0;
    return result;
}

Ratio Ratio::reduced(Int128 num, Int128 den) {
    const bool negative = (num < 0) != (den < 0);
    const UInt128 top = magnitude(num);
    const UInt128 bottom = magnitude(den);
    const UInt128 divisor = bottom == 1 ? UInt128{1} : gcd(top, bottom);
    Ratio result;
    result.numerator_ = with_sign(divided(top, divisor), negative);
    result.denominator_ = static_cast<Int128>(divided(bottom, divisor));
    return result;
}

Ratio Ratio::operator-() const {
    Ratio result = *this;
    result.numerator_ = -numerator_;
    return result;
}

Ratio operator+(const Ratio& a, const Ratio& b) {
    if (!a.is_known() || !b.is_known()) return Ratio::unknown();
    if (a.denominator_ == b.denominator_) {
        const std::optional<Int128> sum = add(a.numerator_, b.numerator_);
        return sum ? Ratio::reduced(*sum, a.denominator_) : Ratio::unknown();
    }
    const UInt128 den_a = magnitude(a.denominator_);
    const UInt128 den_b = magnitude(b.denominator_);
    const UInt128 common = gcd(den_a, den_b);
    const std::optional<Int128> left = multiply(a.numerator_, den_b / common);
    const std::optional<Int128> right = multiply(b.numerator_, den_a / common);
    const std::optional<UInt128> den = multiply(den_a / common, den_b);
    if (!left || !right || !den) return Ratio::unknown();
    const std::optional<Int128> sum = add(*left, *right);
    return sum ? Ratio::reduced(*sum, static_cast<Int128>(*den)) : Ratio::unknown();
}

Ratio operator-(const Ratio& a, const Ratio& b) {
    return a + -b;
}

Ratio operator*(const Ratio& a, const Ratio& b) {
    if (!a.is_known() || !b.is_known()) return Ratio::unknown();
    const UInt128 den_a = magnitude(a.denominator_);
    const UInt128 den_b = magnitude(b.denominator_);
    // Reducing crosswise first keeps the products as small as they can be, and the result reduced.
    const UInt128 left = den_b == 1 ? UInt128{1} : gcd(magnitude(a.numerator_), den_b);
    const UInt128 right = den_a == 1 ? UInt128{1} : gcd(magnitude(b.numerator_), den_a);
    const std::optional<UInt128> num =
        multiply(divided(magnitude(a.numerator_), left), divided(magnitude(b.numerator_), right));
    const std::optional<UInt128> den = multiply(divided(den_a, right), divided(den_b, left));
    if (!num || !den) return Ratio::unknown();
    Ratio result;
    result.numerator_ = with_sign(*num, (a.numerator_ < 0) != (b.numerator_ < 0));
    result.denominator_ = static_cast<Int128>(*den);
    return result;
}

Ratio operator/(const Ratio& a, const Ratio& b) {
    if (!b.is_known() || b.numerator_ == 0) return Ratio::unknown();
    Ratio inverse;
    inverse.numerator_ = b.numerator_ < 0 ? -b.denominator_ : b.denominator_;
    inverse.denominator_ = b.numerator_ < 0 ? -b.numerator_ : b.numerator_;
    return a * inverse;
}

bool operator==(const Ratio& a, const Ratio& b) {
    return a.is_known() && a.numerator_ == b.numerator_ && a.denominator_ == b.denominator_;
}

std::partial_ordering operator<=>(const Ratio& a, const Ratio& b) {
    if (!a.is_known() || !b.is_known()) return std::partial_ordering::unordered;
    if (a.denominator_ == b.denominator_) return a.numerator_ <=> b.numerator_;
    const bool negative = a.numerator_ < 0;
    if (negative != (b.numerator_ < 0)) {
        return negative ? std::partial_ordering::less : std::partial_ordering::greater;
    }
    const UInt128 top_a = magnitude(a.numerator_), bottom_a = magnitude(a.denominator_);
    const UInt128 top_b = magnitude(b.numerator_), bottom_b = magnitude(b.denominator_);
    if (fits_64(top_a | bottom_a | top_b | bottom_b)) {
        return negative ? top_b * bottom_a <=> top_a * bottom_b : top_a * bottom_b <=> top_b * bottom_a;
    }
    const Wide left = multiply_wide(top_a, bottom_b);
    const Wide right = multiply_wide(top_b, bottom_a);
    return negative ? right <=> left : left <=> right;
}

std::optional<std::int64_t> Ratio::floor() const {
    if (!is_known()) return std::nullopt;
    Int128 quotient = numerator_ / denominator_;
    if (numerator_ < 0 && numerator_ % denominator_ != 0) --quotient;
    if (quotient < std::numeric_limits<std::int64_t>::min() ||
        quotient > std::numeric_limits<std::int64_t>::max()) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(quotient);
}

std::optional<std::int64_t> Ratio::ceil() const {
    if (!is_known()) return std::nullopt;
    Int128 quotient = numerator_ / denominator_;
    if (numerator_ > 0 && numerator_ % denominator_ != 0) ++quotient;
    if (quotient < std::numeric_limits<std::int64_t>::min() ||
        quotient > std::numeric_limits<std::int64_t>::max()) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(quotient);
}

double Ratio::approximate() const {
    if (!is_known()) return std::numeric_limits<double>::quiet_NaN();
    return static_cast<double>(numerator_) / static_cast<double>(denominator_);
}

std::string Ratio::to_decimal(int places, int min_places) const {
    if (!is_known()) return "unknown";
    const UInt128 divisor = magnitude(denominator_);
    UInt128 whole = magnitude(numerator_) / divisor;
    UInt128 rest = magnitude(numerator_) % divisor;
    std::string fraction;
    for (int i = 0; i < places; ++i) fraction += static_cast<char>('0' + next_digit(rest, divisor));
    if (rest >= divisor - rest) {
        std::size_t i = fraction.size();
        while (i > 0 && fraction[i - 1] == '9') fraction[--i] = '0';
        if (i > 0) {
            ++fraction[i - 1];
        } else {
            ++whole;
        }
    }
    const std::size_t least = static_cast<std::size_t>(std::clamp(min_places, 0, std::max(places, 0)));
    while (fraction.size() > least && fraction.back() == '0') fraction.pop_back();

    const bool zero = whole == 0 && fraction.find_first_not_of('0') == std::string::npos;
    std::string text = numerator_ < 0 && !zero ? "-" : "";
    text += digits_of(whole);
    if (!fraction.empty()) text += '.' + fraction;
    return text;
}

std::string Ratio::to_string() const {
    if (!is_known()) return "unknown";
    std::string text = numerator_ < 0 ? "-" : "";
    text += digits_of(magnitude(numerator_));
    if (denominator_ != 1) text += '/' + digits_of(magnitude(denominator_));
    return text;
}

// decimal = [ "+" / "-" ] ( digits [ "." [ digits ] ] / "." digits ) [ ( "e" / "E" ) [ "+" / "-" ] digits ]
std::optional<Ratio> parse_decimal(std::string_view text) {
    constexpr std::int64_t kMaxExponent = 36;  // 10^37 still fits next to one more digit
    std::size_t at = 0;
    const auto is_digit = [&] { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
    const bool negative = !text.empty() && text[0] == '-';
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) ++at;

    Ratio value;
    std::size_t digits = 0;
    std::int64_t places = 0;
    bool after_point = false;
    for (; is_digit() || (!after_point && at < text.size() && text[at] == '.'); ++at) {
        if (text[at] == '.') {
            after_point = true;
            continue;
        }
        value = value * Ratio(10) + Ratio(text[at] - '0');
        ++digits;
        if (after_point) ++places;
    }
    if (digits == 0) return std::nullopt;

    std::int64_t exponent = 0;
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        const bool down = at < text.size() && text[at] == '-';
        if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
        if (!is_digit()) return std::nullopt;
        for (; is_digit(); ++at) exponent = std::min<std::int64_t>(exponent * 10 + (text[at] - '0'), 1000);
        if (down) exponent = -exponent;
    }
    if (at != text.size()) return std::nullopt;
    exponent -= places;
    if (exponent > kMaxExponent || exponent < -kMaxExponent) return std::nullopt;
    for (; exponent > 0; --exponent) value = value * Ratio(10);
    for (; exponent < 0; ++exponent) value = value / Ratio(10);
    if (!value.is_known()) return std::nullopt;
    return negative ? -value : value;
}

const Ratio& min(const Ratio& a, const Ratio& b) {
    return b < a ? b : a;
}
const Ratio& max(const Ratio& a, const Ratio& b) {
    return a < b ? b : a;
}

}  // namespace tollgate
