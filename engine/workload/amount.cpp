// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/amount.hpp"

#include "engine/base/quantity.hpp"
#include "engine/base/text.hpp"

#include <limits>
#include <utility>

namespace tollgate::workload {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

constexpr std::size_t kQuotedBytes = 40;

/// Up to nine digits: no product with a suffix below can leave 64 bits.
constexpr std::size_t kShortDigits = 9;

/// Reads the digits at the front of `text`; empty when there are none or more than kShortDigits.
std::optional<std::int64_t> take_digits(std::string_view& text) {
    std::int64_t value = 0;
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
        if (digits == kShortDigits) return std::nullopt;
        value = value * 10 + (text[digits] - '0');
        ++digits;
    }
    if (digits == 0) return std::nullopt;
    text.remove_prefix(digits);
    return value;
}

/// The spellings nearly every manifest uses.
std::optional<Ratio> read_short(std::string_view text) {
    const std::optional<std::int64_t> digits = take_digits(text);
    if (!digits.has_value()) return std::nullopt;
    if (text.empty()) return Ratio(*digits);
    if (text == "m") return Ratio::of(*digits, 1000);
    if (text == "Ki") return Ratio(*digits * 1024);
    if (text == "Mi") return Ratio(*digits * (1LL << 20));
    if (text == "Gi") return Ratio(*digits * (1LL << 30));
    return std::nullopt;
}

bool is_amount(json::Node node) {
    return node.is_string() || node.is_number();
}

/// "the count '0x1'"; a count is no secret, but it can be any text.
std::string quoted(json::Node node) {
    return "the count '" + to_ascii(truncated(node.text(), kQuotedBytes)) + "'";
}

Count unknown(std::int64_t value, std::string why) {
    return {.value = value, .known = false, .why = std::move(why)};
}

}  // namespace

Count read_count(json::Node node) {
    // The API server decodes null as zero.
    if (!node.exists() || node.is_null()) return {};
    if (!is_amount(node)) return unknown(0, "the count is neither a number nor a string");
    std::string_view rest = node.text();
    if (const std::optional<std::int64_t> digits = take_digits(rest); digits.has_value() && rest.empty()) {
        return {.value = *digits, .known = true, .why = {}};
    }
    const Result<Ratio> amount = read_quantity(node);
    if (!amount.has_value() || !amount->is_known())
        return unknown(0, quoted(node) + " is not a Kubernetes quantity");
    if (amount->is_negative()) return unknown(0, quoted(node) + " is negative");
    if (!amount->is_integer()) return unknown(0, quoted(node) + " is not a whole number of devices");
    const std::optional<std::int64_t> whole = amount->floor();
    if (!whole.has_value() || *whole == kMost) {
        return unknown(kMost, quoted(node) + " is larger than any number of devices");
    }
    return {.value = *whole, .known = true, .why = {}};
}

std::optional<Ratio> read_amount(json::Node node) {
    if (!node.exists() || node.is_null()) return Ratio(0);
    if (!is_amount(node)) return std::nullopt;
    if (const std::optional<Ratio> amount = read_short(node.text()); amount.has_value()) return amount;
    const Result<Ratio> amount = read_quantity(node);
    if (!amount.has_value() || !amount->is_known() || amount->is_negative()) return std::nullopt;
    return *amount;
}

std::int64_t saturating_add(std::int64_t a, std::int64_t b, bool& exact) {
    std::int64_t sum = 0;
    if (!__builtin_add_overflow(a, b, &sum)) return sum;
    exact = false;
    return kMost;
}

std::int64_t saturating_multiply(std::int64_t a, std::int64_t b, bool& exact) {
    std::int64_t product = 0;
    if (!__builtin_mul_overflow(a, b, &product)) return product;
    exact = false;
    return kMost;
}

}  // namespace tollgate::workload
