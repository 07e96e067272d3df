// SPDX-License-Identifier: Apache-2.0
#include "policies/yaml_scalar.hpp"

#include "policies/yaml_chunks.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

namespace tollgate::policies {
namespace {

constexpr std::string_view kCoreTag = "tag:yaml.org,2002:";

struct Word {
    std::string_view text;
    Scalar::Kind kind;
    bool boolean;
};
constexpr Word kWords[] = {
    {"y", Scalar::Kind::Bool, true},      {"Y", Scalar::Kind::Bool, true},
    {"yes", Scalar::Kind::Bool, true},    {"Yes", Scalar::Kind::Bool, true},
    {"YES", Scalar::Kind::Bool, true},    {"true", Scalar::Kind::Bool, true},
    {"True", Scalar::Kind::Bool, true},   {"TRUE", Scalar::Kind::Bool, true},
    {"on", Scalar::Kind::Bool, true},     {"On", Scalar::Kind::Bool, true},
    {"ON", Scalar::Kind::Bool, true},     {"n", Scalar::Kind::Bool, false},
    {"N", Scalar::Kind::Bool, false},     {"no", Scalar::Kind::Bool, false},
    {"No", Scalar::Kind::Bool, false},    {"NO", Scalar::Kind::Bool, false},
    {"false", Scalar::Kind::Bool, false}, {"False", Scalar::Kind::Bool, false},
    {"FALSE", Scalar::Kind::Bool, false}, {"off", Scalar::Kind::Bool, false},
    {"Off", Scalar::Kind::Bool, false},   {"OFF", Scalar::Kind::Bool, false},
    {"", Scalar::Kind::Null, false},      {"~", Scalar::Kind::Null, false},
    {"null", Scalar::Kind::Null, false},  {"Null", Scalar::Kind::Null, false},
    {"NULL", Scalar::Kind::Null, false},
};
constexpr std::string_view kNotFinite[] = {".nan",  ".NaN",  ".NAN",  ".inf",  ".Inf",  ".INF",
                                           "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF"};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_not_finite(std::string_view text) {
    return std::find(std::begin(kNotFinite), std::end(kNotFinite), text) != std::end(kNotFinite);
}

int digit_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 99;
}

/// Digits of base 2, 8 or 16 as decimal text; empty when one is no such digit or the value exceeds 64 bits.
std::optional<std::string> in_base(std::string_view digits, unsigned base, bool negative) {
    if (digits.empty()) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : digits) {
        const auto digit = static_cast<unsigned>(digit_value(c));
        if (digit >= base) return std::nullopt;
        if (value > (std::numeric_limits<std::uint64_t>::max() - digit) / base) return std::nullopt;
        value = value * base + digit;
    }
    // A negative number has one bit less.
    constexpr std::uint64_t kLargestNegative = std::uint64_t{1} << 63U;
    if (negative && value > kLargestNegative) return std::nullopt;
    return (negative && value != 0 ? "-" : "") + std::to_string(value);
}

std::optional<std::string> as_integer(std::string_view plain) {
    const bool negative = plain.front() == '-';
    std::string_view digits = plain;
    if (negative || plain.front() == '+') digits.remove_prefix(1);
    if (digits.size() > 1 && digits[0] == '0') {
        const char mark = digits[1];
        if (mark == 'x' || mark == 'X') return in_base(digits.substr(2), 16, negative);
        if (mark == 'o' || mark == 'O') return in_base(digits.substr(2), 8, negative);
        if (mark == 'b' || mark == 'B') return in_base(digits.substr(2), 2, negative);
        return in_base(digits.substr(1), 8, negative);
    }
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
    return (negative && digits != "0" ? "-" : "") + std::string(digits);
}

/// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? as JSON writes it; empty when it is none, or
/// larger than a double (which Kubernetes reads as a string).
std::optional<std::string> as_decimal(std::string_view plain) {
    std::size_t at = 0;
    const auto run = [&] {
        const std::size_t begin = at;
        while (at < plain.size() && is_digit(plain[at])) ++at;
        return plain.substr(begin, at - begin);
    };
    const bool negative = plain[0] == '-';
    if (negative || plain[0] == '+') ++at;
    std::string_view whole = run();
    std::string_view fraction;
    if (at < plain.size() && plain[at] == '.') {
        ++at;
        fraction = run();
    }
    if (whole.empty() && fraction.empty()) return std::nullopt;
    std::string exponent;
    if (at < plain.size() && (plain[at] == 'e' || plain[at] == 'E')) {
        exponent = "e";
        ++at;
        if (at < plain.size() && (plain[at] == '-' || plain[at] == '+')) exponent += plain[at++];
        const std::string_view digits = run();
        if (digits.empty()) return std::nullopt;
        exponent += digits;
    }
    if (at != plain.size()) return std::nullopt;
    while (whole.size() > 1 && whole.front() == '0') whole.remove_prefix(1);
    std::string out = negative ? "-" : "";
    out += whole.empty() ? "0" : whole;
    if (!fraction.empty()) out.append(".").append(fraction);
    out += exponent;
    if (std::isinf(std::strtod(out.c_str(), nullptr))) return std::nullopt;
    return out;
}

Scalar string_scalar(std::string_view text) {
    return {Scalar::Kind::String, false, std::string(text)};
}

/// What a plain scalar is; integers and decimals are told apart by `integer`.
Scalar resolve_plain(std::string_view text, bool& integer) {
    integer = false;
    for (const Word& word : kWords) {
        if (word.text == text) return {word.kind, word.boolean, std::string()};
    }
    const char first = text.front();
    if (first == '.') {
        if (auto decimal = as_decimal(text)) return {Scalar::Kind::Number, false, std::move(*decimal)};
        return string_scalar(text);
    }
    if (!is_digit(first) && first != '-' && first != '+') return string_scalar(text);
    std::string plain(text);
    plain.erase(std::remove(plain.begin(), plain.end(), '_'), plain.end());
    if (auto number = as_integer(plain)) {
        integer = true;
        return {Scalar::Kind::Number, false, std::move(*number)};
    }
    if (auto decimal = as_decimal(plain)) return {Scalar::Kind::Number, false, std::move(*decimal)};
    return string_scalar(text);
}

int base64_value(char c) {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const std::size_t at = kAlphabet.find(c);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

Result<Scalar> decode_binary(std::string_view text) {
    std::string digits;
    for (const char c : text) {
        if (c != ' ' && c != '\n' && c != '\t') digits.push_back(c);
    }
    const bool padded = digits.size() % 4 == 0;
    while (!digits.empty() && digits.back() == '=') digits.pop_back();
    std::string out;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : digits) {
        const int value = base64_value(c);
        if (value < 0) return fail("!!binary value is not base64");
        bits = (bits << 6U) | static_cast<std::uint32_t>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out.push_back(static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU));
        }
    }
    if (!padded) return fail("!!binary value is not base64");
    if (!is_utf8(out)) return fail("!!binary value is not text in UTF-8, which is all that JSON holds");
    return string_scalar(out);
}

}  // namespace

Result<Scalar> resolve_scalar(std::string_view tag, std::string_view text) {
    if (tag == "!") return string_scalar(text);
    const bool plain = tag.empty() || tag == "?";
    if (!plain && tag.substr(0, kCoreTag.size()) != kCoreTag) return string_scalar(text);
    const std::string_view type = plain ? std::string_view{} : tag.substr(kCoreTag.size());
    if (type == "str" || type == "timestamp") return string_scalar(text);
    if (type == "binary") return decode_binary(text);
    if (is_not_finite(text)) return fail("'" + std::string(text) + "' has no place in JSON");
    bool integer = false;
    Scalar scalar = resolve_plain(text, integer);
    const bool fits = plain || (type == "null" && scalar.kind == Scalar::Kind::Null) ||
                      (type == "bool" && scalar.kind == Scalar::Kind::Bool) ||
                      (type == "int" && scalar.kind == Scalar::Kind::Number && integer) ||
                      (type == "float" && scalar.kind == Scalar::Kind::Number);
    if (fits) return scalar;
    if (type != "null" && type != "bool" && type != "int" && type != "float") return string_scalar(text);
    return fail("'" + std::string(text) + "' is no !!" + std::string(type));
}

Result<std::string> resolve_key(std::string_view tag, std::string_view text) {
    TOLLGATE_TRY(Scalar scalar, resolve_scalar(tag, text));
    switch (scalar.kind) {
        case Scalar::Kind::Null:
            return fail("a key is empty");
        case Scalar::Kind::Bool:
            return std::string(scalar.boolean ? "true" : "false");
        case Scalar::Kind::Number:
        case Scalar::Kind::String:
            break;
    }
    return std::move(scalar.text);
}

}  // namespace tollgate::policies
