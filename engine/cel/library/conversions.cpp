// SPDX-License-Identifier: Apache-2.0
// bool(), int(), uint(), double(), string(), bytes() of the standard types; those of times are in time.cpp.
// Text is read and written as Go's strconv does. Sources: cel-go common/types (ConvertToType) and
// common/stdlib; Go strconv.
#include "engine/cel/library/go_text.hpp"
#include "engine/cel/library/library.hpp"
#include "engine/cel/literal.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace tollgate::cel {
namespace {

constexpr double kTwoTo63 = 9223372036854775808.0;
constexpr double kTwoTo64 = 18446744073709551616.0;
constexpr std::string_view kIntOverflow = "integer overflow";
constexpr std::string_view kUintOverflow = "unsigned integer overflow";

Value identity(CallContext&, Arguments args) {
    return args[0];
}

Value unreadable(CallContext& context, std::string_view type) {
    return context.error(std::string("type conversion error from 'string' to '").append(type).append("'"));
}

Value new_text(CallContext& context, std::string_view text) {
    const std::string_view copy = context.arena.copy(text);
    return copy.size() == text.size() ? string_value(copy) : context.error("");
}

std::uint64_t text_cost(Arguments args, const Value&) {
    return traversal_cost(cost_size(args[0]));
}

/// All of the text in decimal digits.
template <class Number>
std::optional<Number> parse_whole(std::string_view text) {
    Number value = 0;
    const char* const last = text.data() + text.size();
    const auto [end, code] = std::from_chars(text.data(), last, value);
    return code == std::errc() && end == last ? std::optional<Number>(value) : std::nullopt;
}

// --- bool --------------------------------------------------------------------------------------------------
Value bool_of_string(CallContext& context, Arguments args) {
    constexpr std::array<std::string_view, 6> kTrue{"1", "t", "T", "true", "TRUE", "True"};
    constexpr std::array<std::string_view, 6> kFalse{"0", "f", "F", "false", "FALSE", "False"};
    const std::string_view text = args[0].view();
    if (std::find(kTrue.begin(), kTrue.end(), text) != kTrue.end()) return bool_value(true);
    if (std::find(kFalse.begin(), kFalse.end(), text) != kFalse.end()) return bool_value(false);
    return unreadable(context, "bool");
}

// --- int and uint ------------------------------------------------------------------------------------------
Value int_of_uint(CallContext& context, Arguments args) {
    const std::uint64_t value = args[0].natural;
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return context.error(kIntOverflow);
    return int_value(static_cast<std::int64_t>(value));
}

/// Truncates. The least int is out of range: cel-go takes no double at or beyond both ends. A NaN fails too.
Value int_of_double(CallContext& context, Arguments args) {
    const double value = args[0].real;
    if (!(value > -kTwoTo63 && value < kTwoTo63)) return context.error(kIntOverflow);
    return int_value(static_cast<std::int64_t>(value));
}

Value int_of_string(CallContext& context, Arguments args) {
    std::string_view text = args[0].view();
    if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
    const std::optional<std::int64_t> value = parse_whole<std::int64_t>(text);
    return value ? int_value(*value) : unreadable(context, "int");
}

Value uint_of_int(CallContext& context, Arguments args) {
    const std::int64_t value = args[0].integer;
    return value < 0 ? context.error(kUintOverflow) : uint_value(static_cast<std::uint64_t>(value));
}

Value uint_of_double(CallContext& context, Arguments args) {
    const double value = args[0].real;
    if (!(value >= 0 && value < kTwoTo64)) return context.error(kUintOverflow);
    return uint_value(static_cast<std::uint64_t>(value));
}

/// No sign at all, not even '+'.
Value uint_of_string(CallContext& context, Arguments args) {
    const std::optional<std::uint64_t> value = parse_whole<std::uint64_t>(args[0].view());
    return value ? uint_value(*value) : unreadable(context, "uint");
}

// --- double ------------------------------------------------------------------------------------------------
Value double_of_int(CallContext&, Arguments args) {
    return double_value(static_cast<double>(args[0].integer));
}

Value double_of_uint(CallContext&, Arguments args) {
    return double_value(static_cast<double>(args[0].natural));
}

Value double_of_string(CallContext& context, Arguments args) {
    const std::optional<double> value = parse_double(args[0].view());
    return value ? double_value(*value) : unreadable(context, "double");
}

// --- string and bytes --------------------------------------------------------------------------------------
Value string_of_bool(CallContext&, Arguments args) {
    return string_value(args[0].boolean ? "true" : "false");
}

template <class Number>
Value whole_text(CallContext& context, Number value) {
    std::array<char, 24> room{};
    const auto [end, code] = std::to_chars(room.data(), room.data() + room.size(), value);
    return new_text(context, {room.data(), static_cast<std::size_t>(end - room.data())});
}

Value string_of_int(CallContext& context, Arguments args) {
    return whole_text(context, args[0].integer);
}

Value string_of_uint(CallContext& context, Arguments args) {
    return whole_text(context, args[0].natural);
}

Value string_of_double(CallContext& context, Arguments args) {
    return new_text(context, general_text(args[0].real));
}

Value string_of_bytes(CallContext& context, Arguments args) {
    if (!is_utf8(args[0].view())) return context.error("invalid UTF-8 in bytes, cannot convert to string");
    return string_value(args[0].view());
}

Value bytes_of_string(CallContext&, Arguments args) {
    return bytes_value(args[0].view());
}

constexpr std::array<Overload, 22> kOverloads{{
    {"bool", Style::Global, "bool_to_bool", "bool->bool", identity},
    {"bool", Style::Global, "string_to_bool", "string->bool", bool_of_string},
    {"int", Style::Global, "int64_to_int64", "int->int", identity},
    {"int", Style::Global, "uint64_to_int64", "uint->int", int_of_uint},
    {"int", Style::Global, "double_to_int64", "double->int", int_of_double},
    {"int", Style::Global, "string_to_int64", "string->int", int_of_string},
    {"uint", Style::Global, "uint64_to_uint64", "uint->uint", identity},
    {"uint", Style::Global, "int64_to_uint64", "int->uint", uint_of_int},
    {"uint", Style::Global, "double_to_uint64", "double->uint", uint_of_double},
    {"uint", Style::Global, "string_to_uint64", "string->uint", uint_of_string},
    {"double", Style::Global, "double_to_double", "double->double", identity},
    {"double", Style::Global, "int64_to_double", "int->double", double_of_int},
    {"double", Style::Global, "uint64_to_double", "uint->double", double_of_uint},
    {"double", Style::Global, "string_to_double", "string->double", double_of_string},
    {"string", Style::Global, "string_to_string", "string->string", identity},
    {"string", Style::Global, "bool_to_string", "bool->string", string_of_bool},
    {"string", Style::Global, "int64_to_string", "int->string", string_of_int},
    {"string", Style::Global, "uint64_to_string", "uint->string", string_of_uint},
    {"string", Style::Global, "double_to_string", "double->string", string_of_double},
    {"string", Style::Global, "bytes_to_string", "bytes->string", string_of_bytes, text_cost},
    {"bytes", Style::Global, "bytes_to_bytes", "bytes->bytes", identity},
    {"bytes", Style::Global, "string_to_bytes", "string->bytes", bytes_of_string, text_cost},
}};

}  // namespace

std::span<const Overload> conversion_overloads() {
    return kOverloads;
}

}  // namespace tollgate::cel
