// SPDX-License-Identifier: Apache-2.0
#include "webhook/net/query.hpp"

#include <algorithm>
#include <array>

namespace tollgate::net {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t nanoseconds;
};
// Longer names first: "ms" before "m".
constexpr std::array kUnits = {
    Unit{"ns", 1},         Unit{"us", 1'000},        Unit{"\xC2\xB5s", 1'000},  Unit{"\xCE\xBCs", 1'000},
    Unit{"ms", 1'000'000}, Unit{"s", 1'000'000'000}, Unit{"m", 60'000'000'000}, Unit{"h", 3'600'000'000'000},
};
constexpr std::uint64_t kLongest = 3'600'000'000'000;  // an hour; the API server allows 30 s
constexpr std::size_t kMaxDigits = 13;                 // keeps digits x unit of the longest value in 64 bits

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Takes the digits at the start of `text`; false if there are more than any sensible duration has.
bool take_digits(std::string_view& text, std::uint64_t& value, std::size_t& count) {
    value = 0;
    count = 0;
    while (!text.empty() && is_digit(text[0])) {
        if (++count > kMaxDigits) return false;
        value = value * 10 + static_cast<std::uint64_t>(text[0] - '0');
        text.remove_prefix(1);
    }
    return true;
}

const Unit* take_unit(std::string_view& text) {
    for (const Unit& unit : kUnits) {
        if (text.starts_with(unit.name)) {
            text.remove_prefix(unit.name.size());
            return &unit;
        }
    }
    return nullptr;
}

/// One "1.5s" of a duration, in nanoseconds.
std::optional<std::uint64_t> take_component(std::string_view& text) {
    std::uint64_t whole = 0;
    std::uint64_t fraction = 0;
    std::size_t whole_digits = 0;
    std::size_t fraction_digits = 0;
    if (!take_digits(text, whole, whole_digits)) return std::nullopt;
    if (!text.empty() && text[0] == '.') {
        text.remove_prefix(1);
        if (!take_digits(text, fraction, fraction_digits)) return std::nullopt;
    }
    if (whole_digits + fraction_digits == 0) return std::nullopt;
    const Unit* const unit = take_unit(text);
    if (unit == nullptr || whole > kLongest / unit->nanoseconds) return std::nullopt;
    // Digits of the fraction are worth less and less; those below a nanosecond vanish.
    std::uint64_t part = unit->nanoseconds;
    std::uint64_t fraction_nanoseconds = 0;
    std::uint64_t divisor = 1;
    for (std::size_t i = 0; i < fraction_digits; ++i) divisor *= 10;
    for (std::uint64_t rest = fraction; divisor > 1 && part > 0;) {
        divisor /= 10;
        part /= 10;
        fraction_nanoseconds += rest / divisor * part;
        rest %= divisor;
    }
    return whole * unit->nanoseconds + fraction_nanoseconds;
}

/// The first "name=value" of a query, which is shortened by it.
std::string_view take_pair(std::string_view& query) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    return pair;
}

}  // namespace

std::optional<std::uint32_t> parse_go_duration_ms(std::string_view text) {
    std::uint64_t total = 0;
    if (text.empty()) return std::nullopt;
    while (!text.empty()) {
        const std::optional<std::uint64_t> component = take_component(text);
        if (!component) return std::nullopt;
        total += *component;
        if (total > kLongest) return std::nullopt;
    }
    const std::uint64_t milliseconds = total / 1'000'000;
    if (milliseconds == 0) return std::nullopt;
    return static_cast<std::uint32_t>(milliseconds);
}

std::optional<std::string_view> query_value(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const std::string_view pair = take_pair(query);
        if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
            return pair.substr(name.size() + 1);
        }
    }
    return std::nullopt;
}

bool has_query_flag(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const std::string_view pair = take_pair(query);
        if (pair.substr(0, pair.find('=')) == name) return true;
    }
    return false;
}

std::chrono::milliseconds handling_time(std::uint32_t timeout_ms) {
    const std::uint32_t margin = std::min(std::clamp(timeout_ms / 20, 10U, 200U), timeout_ms / 2);
    return std::chrono::milliseconds(timeout_ms - margin);
}

}  // namespace tollgate::net
