// SPDX-License-Identifier: Apache-2.0
#include "engine/base/json/number_text.hpp"

#include <charconv>
#include <cstddef>

namespace tollgate::json {
namespace {

constexpr std::size_t kMaxExponentDigits = 15;
constexpr std::int64_t kMaxIntegerDigits = 19;  // 2^63 has 19

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

const char* skip_digits(const char* at) {
    while (is_digit(*at)) ++at;
    return at;
}

std::optional<std::int64_t> parse_exponent(std::string_view text) {
    bool negative = false;
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
        negative = text.front() == '-';
        text.remove_prefix(1);
    }
    while (!text.empty() && text.front() == '0') text.remove_prefix(1);
    if (text.size() > kMaxExponentDigits) return std::nullopt;
    std::int64_t value = 0;
    for (const char c : text) value = value * 10 + (c - '0');
    return negative ? -value : value;
}

}  // namespace

// number = [ "-" ] ( "0" / digit1-9 *DIGIT ) [ "." 1*DIGIT ] [ ("e" / "E") [ "+" / "-" ] 1*DIGIT ]
const char* scan_number(const char* at) {
    if (*at == '-') ++at;
    if (!is_digit(*at)) return nullptr;
    at = *at == '0' ? at + 1 : skip_digits(at);
    if (*at == '.') {
        if (!is_digit(at[1])) return nullptr;
        at = skip_digits(at + 1);
    }
    if (*at == 'e' || *at == 'E') {
        ++at;
        if (*at == '+' || *at == '-') ++at;
        if (!is_digit(*at)) return nullptr;
        at = skip_digits(at);
    }
    return at;
}

bool is_number_text(std::string_view text) {
    const std::string terminated(text);
    const char* end = scan_number(terminated.c_str());
    return end == terminated.c_str() + terminated.size();
}

std::optional<ExactDecimal> exact_decimal(std::string_view text) {
    if (!is_number_text(text)) return std::nullopt;
    ExactDecimal result;
    if (text.front() == '-') {
        result.negative = true;
        text.remove_prefix(1);
    }
    const std::size_t e = text.find_first_of("eE");
    if (e != std::string_view::npos) {
        const std::optional<std::int64_t> exponent = parse_exponent(text.substr(e + 1));
        if (!exponent) return std::nullopt;
        result.exponent = *exponent;
        text = text.substr(0, e);
    }
    const std::size_t point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    result.digits = whole;
    if (point != std::string_view::npos) result.digits += text.substr(point + 1);
    result.exponent += static_cast<std::int64_t>(whole.size());

    const std::size_t first = result.digits.find_first_not_of('0');
    if (first == std::string::npos) return ExactDecimal{};
    result.digits.erase(0, first);
    result.exponent -= static_cast<std::int64_t>(first);
    result.digits.erase(result.digits.find_last_not_of('0') + 1);
    return result;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size()) return value;

    std::optional<ExactDecimal> exact = exact_decimal(text);
    if (!exact) return std::nullopt;
    if (exact->digits.empty()) return 0;
    const auto digits = static_cast<std::int64_t>(exact->digits.size());
    if (exact->exponent < digits || exact->exponent > kMaxIntegerDigits) return std::nullopt;
    std::string plain = exact->negative ? "-" : "";
    plain += exact->digits;
    plain.append(static_cast<std::size_t>(exact->exponent - digits), '0');
    const auto [plain_end, plain_error] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
    if (plain_error != std::errc{} || plain_end != plain.data() + plain.size()) return std::nullopt;
    return value;
}

}  // namespace tollgate::json
