// SPDX-License-Identifier: Apache-2.0
#include "engine/base/quantity.hpp"

#include "engine/base/limits.hpp"
#include "engine/base/quantity_suffix.hpp"
#include "engine/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <limits>
#include <string>

namespace tollgate {
namespace {

__extension__ using UInt128 = unsigned __int128;

constexpr std::int64_t kNano = 1'000'000'000;
constexpr std::int64_t kNanoPlaces = 9;
constexpr std::int64_t kMaxDigits = 19;  // of 2^63 - 1
constexpr UInt128 kCapNano = static_cast<UInt128>(std::numeric_limits<std::int64_t>::max()) * kNano;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

tl::unexpected<Error> malformed(std::string_view text, std::string_view why) {
    std::string message = '\'' + to_ascii(truncated(text, 40)) + "' is not a quantity: ";
    message += why;
    message += "; write it like \"2\", \"500m\" or \"16Gi\"";
    return fail(std::move(message));
}

Ratio from_nano(UInt128 nano, bool negative) {
    nano = std::min(nano, kCapNano);
    const auto whole = static_cast<std::int64_t>(nano / kNano);
    const auto rest = static_cast<std::int64_t>(nano % kNano);
    const Ratio value = rest == 0 ? Ratio(whole) : Ratio(whole) + Ratio::of(rest, kNano);
    return negative ? -value : value;
}

// digits x 10^exponent in nano, rounded up; digits do not start with 0.
UInt128 decimal_nano(std::string_view digits, std::int64_t exponent) {
    if (digits.empty()) return 0;
    const auto count = static_cast<std::int64_t>(digits.size());
    if (count + exponent > kMaxDigits) return kCapNano;
    const std::int64_t places = count + exponent + kNanoPlaces;  // digits of the result
    UInt128 nano = 0;
    for (std::int64_t i = 0; i < places; ++i) {
        nano = nano * 10 + static_cast<UInt128>(i < count ? digits[static_cast<std::size_t>(i)] - '0' : 0);
    }
    const std::size_t cut = static_cast<std::size_t>(std::clamp<std::int64_t>(places, 0, count));
    const bool finer = digits.find_first_not_of('0', cut) != std::string_view::npos;
    return finer ? nano + 1 : nano;
}

// whole.fraction x 2^bits in nano, rounded up: the fraction is doubled digit by digit, so that nothing is
// lost.
UInt128 binary_nano(std::string_view whole, std::string fraction, int bits) {
    if (static_cast<std::int64_t>(whole.size()) > kMaxDigits) return kCapNano;
    UInt128 value = 0;
    for (const char digit : whole) value = value * 10 + static_cast<UInt128>(digit - '0');
    for (int bit = 0; bit < bits; ++bit) {
        int carry = 0;
        for (std::size_t i = fraction.size(); i-- > 0;) {
            const int doubled = 2 * (fraction[i] - '0') + carry;
            fraction[i] = static_cast<char>('0' + doubled % 10);
            carry = doubled / 10;
        }
        value = 2 * value + static_cast<UInt128>(carry);
    }
    if (value > std::numeric_limits<std::int64_t>::max()) return kCapNano;
    UInt128 nano = value;
    for (std::size_t i = 0; i < kNanoPlaces; ++i) {
        nano = nano * 10 + static_cast<UInt128>(i < fraction.size() ? fraction[i] - '0' : 0);
    }
    const bool finer =
        fraction.size() > kNanoPlaces && fraction.find_first_not_of('0', kNanoPlaces) != std::string::npos;
    return finer ? nano + 1 : nano;
}

std::optional<std::int64_t> parse_exponent(std::string_view text) {
    if (text.size() > 1 && text[0] == '+' && is_digit(text[1])) text.remove_prefix(1);
    std::int32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

struct Scale {
    std::int64_t decimal = 0;
    int binary = 0;
};

Result<Scale> parse_suffix(std::string_view text, std::string_view suffix) {
    const auto* row = std::find_if(kQuantitySuffixes.begin(), kQuantitySuffixes.end(),
                                   [suffix](const QuantitySuffix& known) { return known.text == suffix; });
    if (row != kQuantitySuffixes.end()) return Scale{row->decimal, row->binary};
    if (suffix.front() == 'e' || suffix.front() == 'E') {
        const std::optional<std::int64_t> exponent = parse_exponent(suffix.substr(1));
        if (!exponent) return malformed(text, "the exponent must be a whole number of 32 bits");
        return Scale{*exponent, 0};
    }
    return malformed(text, "unknown suffix '" + to_ascii(truncated(suffix, 20)) +
                               "' (n u m k M G T P E, Ki Mi Gi Ti Pi Ei or an exponent)");
}

std::string_view kind_name(json::Kind kind) {
    switch (kind) {
        case json::Kind::Missing:
            return "nothing";
        case json::Kind::Null:
            return "null";
        case json::Kind::Bool:
            return "a boolean";
        case json::Kind::Number:
            return "a number";
        case json::Kind::String:
            return "a string";
        case json::Kind::Array:
            return "a list";
        case json::Kind::Object:
            return "an object";
    }
    return "nothing";
}

}  // namespace

Result<Ratio> parse_quantity(std::string_view text) {
    if (text.empty()) return malformed(text, "it is empty");
    if (text.size() > limits::kMaxQuantityBytes) return malformed(text, "it is too long");
    std::string_view rest = text;
    const bool negative = rest.front() == '-';
    if (rest.front() == '-' || rest.front() == '+') rest.remove_prefix(1);

    const auto take_digits = [&rest] {
        std::size_t count = 0;
        while (count < rest.size() && is_digit(rest[count])) ++count;
        const std::string_view digits = rest.substr(0, count);
        rest.remove_prefix(count);
        return digits;
    };
    std::string_view whole = take_digits();
    std::string_view fraction;
    const bool has_whole = !whole.empty();
    if (!rest.empty() && rest.front() == '.') {
        rest.remove_prefix(1);
        fraction = take_digits();
    }
    if (!has_whole && fraction.empty()) return malformed(text, "it has no digits");
    whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size()));

    // Nearly every quantity: a small whole number.
    if (rest.empty() && fraction.empty() && whole.size() < static_cast<std::size_t>(kMaxDigits)) {
        std::int64_t value = 0;
        for (const char digit : whole) value = value * 10 + (digit - '0');
        return Ratio(negative ? -value : value);
    }
    TOLLGATE_TRY(const Scale scale, parse_suffix(text, rest));
    if (scale.binary > 0) return from_nano(binary_nano(whole, std::string(fraction), scale.binary), negative);
    std::string digits(whole);
    digits += fraction;
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
    const std::int64_t exponent = scale.decimal - static_cast<std::int64_t>(fraction.size());
    return from_nano(decimal_nano(digits, exponent), negative);
}

// Like Quantity.UnmarshalJSON: null is zero, spaces around the text of a string do not count.
Result<Ratio> read_quantity(json::Node node) {
    if (node.is_null()) return Ratio(0);
    if (node.is_number()) return parse_quantity(node.text());
    if (!node.is_string()) {
        std::string message = "expected a quantity such as \"2\", \"500m\" or \"16Gi\", got ";
        message += kind_name(node.kind());
        return fail(std::move(message));
    }
    std::string_view text = node.string();
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return parse_quantity(text);
}

std::string format_cpu(const Ratio& cores) {
    if (cores.is_integer()) return cores.to_string();
    const Ratio milli = cores * Ratio(1000);
    if (milli.is_integer()) return milli.to_string() + 'm';
    const Ratio micro = cores * Ratio(1'000'000);
    if (micro.is_integer()) return micro.to_string() + 'u';
    const std::optional<std::int64_t> nano = (cores * Ratio(kNano)).ceil();
    return nano ? std::to_string(*nano) + 'n' : "unknown";
}

std::string format_bytes(const Ratio& bytes) {
    const std::optional<std::int64_t> whole = bytes.ceil();
    if (!whole) return "unknown";
    const QuantitySuffix* best = kQuantitySuffixes.data();
    for (const QuantitySuffix& suffix : kQuantitySuffixes) {
        const bool divides =
            suffix.binary > 0 && *whole != 0 && *whole % (std::int64_t{1} << suffix.binary) == 0;
        if (divides) best = &suffix;
    }
    return std::to_string(*whole / (std::int64_t{1} << best->binary)) + std::string(best->text);
}

std::string format_mib(std::int64_t mib) {
    constexpr std::int64_t kMibPerGib = 1024;
    if (mib == 0) return "0";
    if (mib % kMibPerGib == 0) return std::to_string(mib / kMibPerGib) + "Gi";
    return std::to_string(mib) + "Mi";
}

}  // namespace tollgate
