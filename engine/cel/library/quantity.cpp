// SPDX-License-Identifier: Apache-2.0
// Kubernetes quantities in expressions: quantity("1.5Gi"). Unlike engine/base/quantity.hpp, which reads what
// a manifest asks for, this follows the API server digit by digit. It shows in the texts that are taken ("k"
// is 0) and in that a number is either 64 bits times a power of ten or a big one: asInteger() refuses every
// big one, and of the others those with a negative power, also when they are whole ("1000m", "1.0").
//
// Not followed: there, comparing with a big number makes the receiver a big one too, and subtracting the
// least int from a positive number overflows.
//
// Source: k8s.io/apiserver pkg/cel/library/quantity.go, gopkg.in/inf.v0, Go's math.Pow10,
// k8s.io/apimachinery pkg/api/resource/{quantity,amount,math,suffix}.go.
#include "engine/base/limits.hpp"
#include "engine/base/quantity_suffix.hpp"
#include "engine/base/result.hpp"
#include "engine/cel/library/library.hpp"

#include <boost/multiprecision/cpp_int.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace tollgate::cel {
namespace {

using boost::multiprecision::cpp_int;
__extension__ using Int128 = __int128;

constexpr std::int64_t kNano = -9;  // the finest power of ten that is kept
constexpr std::size_t kFixedDigits = 18;
constexpr std::int64_t kFixedPlaces = 19;  // 10^19 > 2^63
// Of a big number's digits. The API server has no bound here: 1e1000000 plus 1 is a million digits to it.
constexpr std::size_t kMaxBits = 8 * limits::kMaxQuantityBytes;
constexpr std::int64_t kMaxPlaces = kMaxBits * 302 / 1000;  // 10^kMaxPlaces > 2^kMaxBits
static_assert(302 * 33219 > 1000 * 10'000);                 // log2(10) > 3.3219

constexpr std::string_view kNoFormat = "quantities are a number and a suffix, such as 2, 500m, 16Gi or 1e3";
constexpr std::string_view kNoNumber = "unable to parse numeric part of quantity";
constexpr std::string_view kNoSuffix = "unable to parse quantity's suffix";
constexpr std::string_view kNoInteger = "cannot convert value to integer";
constexpr std::string_view kTooLong = "quantity has too many digits";

/// value * 10^exponent.
struct Fixed {
    std::int64_t value = 0;
    std::int64_t exponent = 0;
};
struct Big {
    cpp_int value;
    std::int64_t exponent = 0;
};
using Amount = std::variant<Fixed, Big>;
using Parsed = tl::expected<Amount, std::string_view>;

// --- reading
// -------------------------------------------------------------------------------------------------

struct Parts {
    bool negative = false;
    bool has_digits = false;
    std::string_view whole, fraction, suffix;  // whole without leading zeros
};

struct Suffix {
    std::int64_t decimal = 0;  // power of ten
    unsigned binary = 0;       // power of two
};

std::string_view take(std::string_view& text, std::string_view letters) {
    const std::size_t count = std::min(text.find_first_not_of(letters), text.size());
    const std::string_view taken = text.substr(0, count);
    text.remove_prefix(count);
    return taken;
}

// Digits may be missing altogether: "k", "." and "-" are zero, as with the API server.
tl::expected<Parts, std::string_view> split(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789";
    if (text.empty()) return tl::unexpected(kNoFormat);
    if (text.size() > limits::kMaxQuantityBytes) return tl::unexpected(kTooLong);
    Parts parts;
    parts.negative = text.front() == '-';
    if (text.front() == '-' || text.front() == '+') text.remove_prefix(1);
    const bool zeros = !take(text, "0").empty();
    parts.whole = take(text, kDigits);
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        parts.fraction = take(text, kDigits);
    }
    parts.has_digits = zeros || !parts.whole.empty() || !parts.fraction.empty();
    if (parts.whole.empty()) parts.whole = "0";
    parts.suffix = text;
    take(text, "eEinumkKMGTP");
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    take(text, kDigits);
    if (!text.empty()) return tl::unexpected(kNoFormat);
    return parts;
}

// An exponent is a whole number of 64 bits, with or without a sign, of which the API server keeps 32:
// 1e4294967296 is 1 to it.
std::optional<Suffix> interpret(std::string_view text) {
    const auto* row = std::find_if(kQuantitySuffixes.begin(), kQuantitySuffixes.end(),
                                   [text](const QuantitySuffix& known) { return known.text == text; });
    if (row != kQuantitySuffixes.end()) return Suffix{row->decimal, static_cast<unsigned>(row->binary)};
    if (text.size() < 2 || (text[0] != 'e' && text[0] != 'E')) return std::nullopt;
    text.remove_prefix(1);
    if (text[0] == '+') text.remove_prefix(1);  // never "+-": split() takes one sign
    std::int64_t exponent = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return Suffix{static_cast<std::int32_t>(exponent), 0};
}

bool is_fixed(const Parts& parts, const Suffix& suffix) {
    const std::size_t digits = parts.whole.size() + parts.fraction.size();
    if (suffix.binary > 0) return parts.fraction.empty() && digits + suffix.binary * 3 / 10 <= 14;
    return digits <= kFixedDigits &&
           suffix.decimal - static_cast<std::int64_t>(parts.fraction.size()) >= kNano;
}

Fixed read_fixed(const Parts& parts, const Suffix& suffix) {
    std::int64_t value = 0;
    for (const std::string_view digits : {parts.whole, parts.fraction})
        for (const char digit : digits) value = value * 10 + (digit - '0');
    value *= std::int64_t{1} << suffix.binary;
    return {parts.negative ? -value : value,
            suffix.decimal - static_cast<std::int64_t>(parts.fraction.size())};
}

cpp_int power_of_ten(std::int64_t exponent) {
    return boost::multiprecision::pow(cpp_int(10), static_cast<unsigned>(exponent));
}

bool fits(const cpp_int& value) {
    return value.is_zero() || msb(cpp_int(abs(value))) < kMaxBits;
}

// Moves the power of ten down to `exponent`; false: too many digits.
bool spread(Big& number, std::int64_t exponent) {
    const std::int64_t places = number.exponent - exponent;
    number.exponent = exponent;
    if (number.value.is_zero() || places == 0) return true;
    if (places > kMaxPlaces) return false;
    number.value *= power_of_ten(places);
    return fits(number.value);
}

// Finer than nano: away from zero, so that who wants something gets something. The value is positive.
void round_to_nano(Big& number) {
    const std::int64_t places = kNano - number.exponent;
    number.exponent = kNano;
    if (places > kMaxPlaces) {
        number.value = 1;
        return;
    }
    cpp_int quotient, rest;
    divide_qr(number.value, power_of_ten(places), quotient, rest);
    number.value = rest.is_zero() ? quotient : cpp_int(quotient + 1);
}

Parsed read_big(const Parts& parts, const Suffix& suffix) {
    if (!parts.has_digits) return tl::unexpected(kNoNumber);
    std::string digits(parts.whole);
    digits += parts.fraction;
    digits.erase(0, digits.find_first_not_of('0'));  // a leading zero would mean octal
    Big number{digits.empty() ? cpp_int(0) : cpp_int(digits),
               suffix.decimal - static_cast<std::int64_t>(parts.fraction.size())};
    number.value <<= suffix.binary;
    if (number.value.is_zero()) return number;
    if (number.exponent < kNano) round_to_nano(number);
    if (!spread(number, kNano)) return tl::unexpected(kTooLong);
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    if (suffix.binary > 0 && number.value > cpp_int(kMost) * power_of_ten(-kNano)) number = {kMost, 0};
    if (parts.negative) number.value = -number.value;
    return number;
}

Parsed parse(std::string_view text) {
    const auto parts = split(text);
    if (!parts) return tl::unexpected(parts.error());
    const std::optional<Suffix> suffix = interpret(parts->suffix);
    if (!suffix) return tl::unexpected(kNoSuffix);
    if (is_fixed(*parts, *suffix)) return read_fixed(*parts, *suffix);
    return read_big(*parts, *suffix);
}

// --- in the arena
// --------------------------------------------------------------------------------------------

constexpr std::string_view kType = "kubernetes.Quantity";

bool equal_quantities(const Opaque& a, const Opaque& b);

struct Quantity : Opaque {
    explicit Quantity(Fixed number) : Opaque(kType, equal_quantities), fixed(number) {}
    Quantity(std::span<const unsigned char> bytes, bool below_zero, std::int64_t exponent)
        : Opaque(kType, equal_quantities),
          fixed{0, exponent},
          magnitude(bytes),
          big(true),
          negative(below_zero) {}

    Fixed fixed;                               // of a big number the exponent alone
    std::span<const unsigned char> magnitude;  // most significant byte first
    bool big = false, negative = false;
};

const Quantity& quantity_of(const Value& value) {
    return static_cast<const Quantity&>(*value.opaque);
}

Value made(const CallContext& context, const Quantity* quantity) {
    return quantity == nullptr ? context.error("") : opaque_value(quantity);
}

Value store(const CallContext& context, const Amount& amount) {
    if (const auto* fixed = std::get_if<Fixed>(&amount))
        return made(context, context.arena.make<Quantity>(*fixed));
    const Big& number = std::get<Big>(amount);
    const cpp_int magnitude = abs(number.value);
    const std::size_t size = magnitude.is_zero() ? 1 : msb(magnitude) / 8 + 1;
    auto* bytes = static_cast<unsigned char*>(context.arena.allocate(size));
    if (bytes == nullptr) return context.error("");
    const unsigned char* end = export_bits(magnitude, bytes, 8);
    const std::span<const unsigned char> all(bytes, static_cast<std::size_t>(end - bytes));
    return made(context, context.arena.make<Quantity>(all, number.value < 0, number.exponent));
}

Big big_of(const Quantity& quantity) {
    if (!quantity.big) return {quantity.fixed.value, quantity.fixed.exponent};
    Big number{0, quantity.fixed.exponent};
    import_bits(number.value, quantity.magnitude.begin(), quantity.magnitude.end(), 8);
    if (quantity.negative) number.value = -number.value;
    return number;
}

// --- order and arithmetic
// --------------------------------------------------------------------------------------

template <class T>
int order(const T& a, const T& b) {
    return a < b ? -1 : (b < a ? 1 : 0);
}

int sign_of(const Quantity& quantity) {
    if (!quantity.big) return order<std::int64_t>(quantity.fixed.value, 0);
    const auto is_zero = [](unsigned char byte) { return byte == 0; };
    if (std::all_of(quantity.magnitude.begin(), quantity.magnitude.end(), is_zero)) return 0;
    return quantity.negative ? -1 : 1;
}

// Of one sign, not zero.
int compare_fixed(Fixed a, Fixed b, int sign) {
    if (a.exponent < b.exponent) return -compare_fixed(b, a, sign);
    const std::int64_t places = a.exponent - b.exponent;
    if (places >= kFixedPlaces) return sign;
    Int128 wide = a.value;
    for (std::int64_t i = 0; i < places; ++i) wide *= 10;
    return order<Int128>(wide, b.value);
}

int compare_big(Big a, const Big& b, int sign) {
    if (a.exponent < b.exponent) return -compare_big(b, a, sign);
    const std::int64_t places = a.exponent - b.exponent;
    if (places > kMaxPlaces) return sign;
    if (places > 0) a.value *= power_of_ten(places);
    return order(a.value, b.value);
}

int compare_quantities(const Quantity& a, const Quantity& b) {
    const int sign = sign_of(a);
    if (sign == 0 || sign != sign_of(b)) return order(sign, sign_of(b));
    return a.big || b.big ? compare_big(big_of(a), big_of(b), sign) : compare_fixed(a.fixed, b.fixed, sign);
}

bool equal_quantities(const Opaque& a, const Opaque& b) {
    return compare_quantities(static_cast<const Quantity&>(a), static_cast<const Quantity&>(b)) == 0;
}

std::optional<std::int64_t> shifted(std::int64_t value, std::int64_t places) {
    for (; places > 0 && value != 0; --places)
        if (__builtin_mul_overflow(value, std::int64_t{10}, &value)) return std::nullopt;
    return value;
}

// Nothing: 64 bits are not enough.
std::optional<Fixed> add_fixed(Fixed a, Fixed b) {
    if (b.value == 0) return a;
    if (a.value == 0) return b;
    if (a.exponent < b.exponent) std::swap(a, b);
    const std::optional<std::int64_t> wide = shifted(a.value, a.exponent - b.exponent);
    std::int64_t sum = 0;
    if (!wide || __builtin_add_overflow(*wide, b.value, &sum)) return std::nullopt;
    return Fixed{sum, b.exponent};
}

Value sum(const CallContext& context, const Quantity& a, const Quantity& b, bool minus) {
    if (!a.big && !b.big && !(minus && b.fixed.value == std::numeric_limits<std::int64_t>::min())) {
        const Fixed other{minus ? -b.fixed.value : b.fixed.value, b.fixed.exponent};
        if (const std::optional<Fixed> fixed = add_fixed(a.fixed, other)) return store(context, *fixed);
    }
    Big left = big_of(a);
    Big right = big_of(b);
    const std::int64_t exponent = std::min(left.exponent, right.exponent);
    if (!spread(left, exponent) || !spread(right, exponent)) return context.error(kTooLong);
    if (minus)
        left.value -= right.value;
    else
        left.value += right.value;
    return fits(left.value) ? store(context, left) : context.error(kTooLong);
}

std::optional<std::int64_t> integer_of(const Quantity& quantity) {
    if (quantity.big || quantity.fixed.exponent < 0) return std::nullopt;
    return shifted(quantity.fixed.value, quantity.fixed.exponent);
}

// Go's, to the last bit: a product or quotient of two table entries, not the nearest double.
double go_power_of_ten(std::int64_t exponent) {
    constexpr std::array<double, 32> kOnes{1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10,
                                           1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
                                           1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31};
    constexpr std::array<double, 10> kLarge{1e0, 1e32, 1e64, 1e96, 1e128, 1e160, 1e192, 1e224, 1e256, 1e288};
    constexpr std::array<double, 11> kSmall{1e-0,   1e-32,  1e-64,  1e-96,  1e-128, 1e-160,
                                            1e-192, 1e-224, 1e-256, 1e-288, 1e-320};
    if (exponent > 308) return std::numeric_limits<double>::infinity();
    if (exponent < -323) return 0;
    const auto size = static_cast<std::size_t>(exponent < 0 ? -exponent : exponent);
    return exponent < 0 ? kSmall[size / 32] / kOnes[size % 32] : kLarge[size / 32] * kOnes[size % 32];
}

// The nearest double.
double real_of(const cpp_int& value) {
    const std::string digits = value.str();
    double real = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), real);
    if (error == std::errc{}) return real;
    return value < 0 ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
}

// --- functions
// -------------------------------------------------------------------------------------------------

Value quantity(CallContext& context, Arguments arguments) {
    const Parsed parsed = parse(arguments[0].view());
    return parsed ? store(context, *parsed) : context.error(parsed.error());
}
Value is_quantity(CallContext&, Arguments arguments) {
    return bool_value(parse(arguments[0].view()).has_value());
}
Value sign(CallContext&, Arguments arguments) {
    return int_value(sign_of(quantity_of(arguments[0])));
}
Value compare_to(CallContext&, Arguments arguments) {
    return int_value(compare_quantities(quantity_of(arguments[0]), quantity_of(arguments[1])));
}
Value is_greater_than(CallContext&, Arguments arguments) {
    return bool_value(compare_quantities(quantity_of(arguments[0]), quantity_of(arguments[1])) > 0);
}
Value is_less_than(CallContext&, Arguments arguments) {
    return bool_value(compare_quantities(quantity_of(arguments[0]), quantity_of(arguments[1])) < 0);
}
Value as_approximate_float(CallContext&, Arguments arguments) {
    const Quantity& number = quantity_of(arguments[0]);
    const double base = number.big ? real_of(big_of(number).value) : static_cast<double>(number.fixed.value);
    const std::int64_t exponent = number.fixed.exponent;
    return double_value(exponent == 0 ? base : base * go_power_of_ten(exponent));
}
Value as_integer(CallContext& context, Arguments arguments) {
    const std::optional<std::int64_t> integer = integer_of(quantity_of(arguments[0]));
    return integer ? int_value(*integer) : context.error(kNoInteger);
}
Value is_integer(CallContext&, Arguments arguments) {
    return bool_value(integer_of(quantity_of(arguments[0])).has_value());
}
Value add(CallContext& context, Arguments arguments) {
    return sum(context, quantity_of(arguments[0]), quantity_of(arguments[1]), false);
}
Value add_int(CallContext& context, Arguments arguments) {
    return sum(context, quantity_of(arguments[0]), Quantity(Fixed{arguments[1].integer, 0}), false);
}
Value sub(CallContext& context, Arguments arguments) {
    return sum(context, quantity_of(arguments[0]), quantity_of(arguments[1]), true);
}
Value sub_int(CallContext& context, Arguments arguments) {
    return sum(context, quantity_of(arguments[0]), Quantity(Fixed{arguments[1].integer, 0}), true);
}

std::uint64_t cost_text(Arguments arguments, const Value&) {
    return traversal_cost(cost_size(arguments[0]));
}

constexpr std::array<Overload, 13> kRows{{
    {"quantity", Style::Global, "string_to_quantity", "string->kubernetes.Quantity", quantity, cost_text},
    {"isQuantity", Style::Global, "is_quantity_string", "string->bool", is_quantity, cost_text},
    {"sign", Style::Global, "quantity_sign", "kubernetes.Quantity->int", sign},
    {"isGreaterThan", Style::Member, "quantity_is_greater_than",
     "kubernetes.Quantity,kubernetes.Quantity->bool", is_greater_than},
    {"isLessThan", Style::Member, "quantity_is_less_than", "kubernetes.Quantity,kubernetes.Quantity->bool",
     is_less_than},
    {"compareTo", Style::Member, "quantity_compare_to", "kubernetes.Quantity,kubernetes.Quantity->int",
     compare_to},
    {"asApproximateFloat", Style::Member, "quantity_get_float", "kubernetes.Quantity->double",
     as_approximate_float},
    {"asInteger", Style::Member, "quantity_get_int", "kubernetes.Quantity->int", as_integer},
    {"isInteger", Style::Member, "quantity_is_integer", "kubernetes.Quantity->bool", is_integer},
    {"add", Style::Member, "quantity_add", "kubernetes.Quantity,kubernetes.Quantity->kubernetes.Quantity",
     add},
    {"add", Style::Member, "quantity_add_int", "kubernetes.Quantity,int->kubernetes.Quantity", add_int},
    {"sub", Style::Member, "quantity_sub", "kubernetes.Quantity,kubernetes.Quantity->kubernetes.Quantity",
     sub},
    {"sub", Style::Member, "quantity_sub_int", "kubernetes.Quantity,int->kubernetes.Quantity", sub_int},
}};

}  // namespace

Value make_quantity(Arena& arena, std::string_view text) {
    Meter meter;
    CallContext context{arena, meter};
    const Value argument = string_value(text);
    return quantity(context, Arguments(&argument, 1));
}

std::span<const Overload> quantity_overloads() {
    return kRows;
}

}  // namespace tollgate::cel
