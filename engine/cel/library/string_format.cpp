// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/library/string_format.hpp"

#include "engine/base/limits.hpp"
#include "engine/cel/library/go_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace tollgate::cel {
namespace {

// --- clauses -----------------------------------------------------------------------------------------------
struct Clause {
    char verb = 0;
    std::uint64_t precision = 6;  // where none is written
    std::size_t bytes = 0;        // after the percent sign
};

/// Reads what follows a percent sign; what is wrong with it, or "". `text` is not empty.
std::string read_clause(std::string_view text, Clause& clause) {
    constexpr std::string_view kPrefix = "could not parse formatting clause: ";
    constexpr std::string_view kPrecision = "error while parsing precision: ";
    constexpr std::string_view kWhole = "error while converting precision to integer: strconv.Atoi: parsing ";
    std::size_t at = 0;
    if (text.front() == '.') {
        at = text.find_first_not_of("0123456789", 1);
        if (at == std::string_view::npos)
            return std::string(kPrefix).append(kPrecision) + "could not find end of precision specifier";
        const std::string digits(text.substr(1, at - 1));
        std::int64_t precision = 0;
        const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), precision);
        if (code != std::errc())
            return std::string(kPrefix).append(kPrecision).append(kWhole) + quoted(digits) +
                   (digits.empty() ? ": invalid syntax" : ": value out of range");
        clause.precision = static_cast<std::uint64_t>(precision);
    }
    clause.verb = text[at];
    clause.bytes = at + 1;
    if (std::string_view("sdfebxXo").find(clause.verb) != std::string_view::npos) return {};
    // Go reads the byte as a code point.
    const auto byte = static_cast<unsigned char>(clause.verb);
    std::string name(1, clause.verb);
    if (byte >= 0x80)
        name = {static_cast<char>(0xC0U | byte >> 6U), static_cast<char>(0x80U | (byte & 0x3FU))};
    return std::string(kPrefix) + "unrecognized formatting clause \"" + name + "\"";
}

std::string index_error(std::size_t index) {
    return "index " + std::to_string(index) + " out of range";
}

constexpr std::string_view kUnexpectedEnd = "unexpected end of string";

/// What a clause says about a value of the wrong type.
std::string type_error(char verb, std::string_view type) {
    std::string_view rule =
        "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, "
        "durations, and timestamps";
    if (verb == 'd') rule = "decimal clause can only be used on integers";
    if (verb == 'f') rule = "fixed-point clause can only be used on doubles";
    if (verb == 'e') rule = "scientific clause can only be used on doubles";
    if (verb == 'b') rule = "only integers and bools can be formatted as binary";
    if (verb == 'o') rule = "octal clause can only be used on integers";
    if (verb == 'x' || verb == 'X') rule = "only integers, byte buffers, and strings can be formatted as hex";
    return std::string(rule).append(", was given ").append(type);
}

std::string digits_of(const Value& whole, int base) {
    std::array<char, 65> buffer;
    char* end = buffer.data() + buffer.size();
    const auto result = whole.is(Tag::Int) ? std::to_chars(buffer.data(), end, whole.integer, base)
                                           : std::to_chars(buffer.data(), end, whole.natural, base);
    return {buffer.data(), result.ptr};
}

// --- values ------------------------------------------------------------------------------------------------
/// Collects the text. Every function is false once something is wrong.
class Writer {
  public:
    explicit Writer(Meter& meter) : meter_(meter) {}

    bool literal(std::string_view text);
    bool clause(const Clause& clause, const Value& value);
    bool fail(std::string message) {
        error_ = std::move(message);
        return false;
    }
    const std::string& text() const { return out_; }
    const std::string& error() const { return error_; }

  private:
    bool string(const Value& value);  // %s
    bool nested(const Value& value);  // inside of a list or a map, as a literal
    // Those that hold no others: apart, and not inlined, so that a level of the walk takes little of the
    // stack.
    [[gnu::noinline]] bool plain(const Value& value);
    [[gnu::noinline]] bool plain_literal(const Value& value);
    bool list(const Value& list);
    bool map(const Value& map);
    /// One level down; walks are recursive.
    bool enter() {
        return ++depth_ <= limits::kMaxCelValueDepth ||
               fail("the value is nested deeper than the bound allows");
    }
    bool floating(const Clause& clause, const Value& value);
    bool hex(bool upper, const Value& value);
    /// What `write` adds, taken out of the text again.
    template <class Write>
    std::optional<std::string> captured(Write write);

    Meter& meter_;
    std::size_t depth_ = 0;
    std::string out_;
    std::string error_;
    std::size_t left_ = limits::kMaxCelBytes;  // of everything that is ever written
};

bool Writer::literal(std::string_view text) {
    if (text.size() > left_ || !meter_.take() || !meter_.take_bytes(text.size()))
        return fail("the text is larger than the bound allows");
    left_ -= text.size();
    out_ += text;
    return true;
}

template <class Write>
std::optional<std::string> Writer::captured(Write write) {
    std::string before = std::exchange(out_, {});
    const bool fine = write();
    std::string added = std::exchange(out_, std::move(before));
    return fine ? std::optional(std::move(added)) : std::nullopt;
}

bool Writer::clause(const Clause& clause, const Value& value) {
    const bool whole = value.is(Tag::Int) || value.is(Tag::Uint);
    switch (clause.verb) {
        case 's':
            return string(value);
        case 'd':
            if (whole) return literal(digits_of(value, 10));
            break;
        case 'b':
            if (whole) return literal(digits_of(value, 2));
            if (value.is(Tag::Bool)) return literal(value.boolean ? "1" : "0");
            break;
        case 'o':
            if (whole) return literal(digits_of(value, 8));
            break;
        case 'x':
        case 'X':
            return hex(clause.verb == 'X', value);
        default:
            return floating(clause, value);
    }
    return fail(type_error(clause.verb, type_name(value)));
}

bool Writer::floating(const Clause& clause, const Value& value) {
    double number = value.is(Tag::Double) ? value.real : 0;
    if (!value.is(Tag::Double)) {
        const std::string_view text = value.is(Tag::String) ? value.view() : std::string_view();
        if (text == "NaN")
            number = std::nan("");
        else if (text == "Infinity" || text == "-Infinity")
            number = text.front() == '-' ? -HUGE_VAL : HUGE_VAL;
        else
            return fail(type_error(clause.verb, type_name(value)));
    }
    return literal(clause.verb == 'f' ? fixed_text(number, clause.precision)
                                      : scientific_text(number, clause.precision));
}

bool Writer::hex(bool upper, const Value& value) {
    std::string text;
    if (value.is(Tag::Int) || value.is(Tag::Uint)) {
        text = digits_of(value, 16);
    } else if (value.is(Tag::String) || value.is(Tag::Bytes)) {
        if (value.size > left_ / 2) return literal(value.view()) && literal(value.view());
        for (const char byte : value.view()) append_hex(text, static_cast<unsigned char>(byte), 2);
    } else {
        return fail(type_error('x', type_name(value)));
    }
    if (upper)
        for (char& digit : text) digit = digit >= 'a' ? static_cast<char>(digit - 'a' + 'A') : digit;
    return literal(text);
}

bool Writer::plain(const Value& value) {
    switch (value.tag) {
        case Tag::Null:
            return literal("null");
        case Tag::Bool:
            return literal(value.boolean ? "true" : "false");
        case Tag::Int:
        case Tag::Uint:
            return literal(digits_of(value, 10));
        case Tag::Double:
            return literal(general_text(value.real));
        case Tag::String:
        case Tag::Type:
            return literal(value.view());
        case Tag::Bytes:
            if (is_utf8(value.view())) return literal(value.view());
            return fail(
                "could not convert argument \"invalid UTF-8 in bytes, cannot convert to string\" to string");
        case Tag::Timestamp:
            return literal(timestamp_text(value));
        case Tag::Duration:
            return literal(duration_text(value));
        default:
            return fail(type_error('s', type_name(value)));
    }
}

bool Writer::string(const Value& value) {
    switch (value.tag) {
        case Tag::List:
        case Tag::JsonList:
            return list(value);
        case Tag::Map:
        case Tag::JsonMap:
            return map(value);
        default:
            return plain(value);
    }
}

bool Writer::plain_literal(const Value& value) {
    switch (value.tag) {
        case Tag::String:
            return value.size <= left_ ? literal(quoted(value.view())) : literal(value.view());
        case Tag::Double:
            if (!std::isfinite(value.real)) return literal(quoted(plain_text(value.real, 6)));
            return literal(plain_text(value.real, 6));
        case Tag::Bytes:
        case Tag::Timestamp:
        case Tag::Duration: {
            const auto text = captured([&] { return plain(value); });
            if (!text) return false;
            if (value.is(Tag::Bytes)) return literal("b" + quoted(*text));
            return literal((value.is(Tag::Timestamp) ? "timestamp(" : "duration(") + quoted(*text) + ")");
        }
        case Tag::Optional:
        case Tag::Opaque:
            return fail(std::string("no formatting function for ").append(type_name(value)));
        default:
            return plain(value);
    }
}

bool Writer::nested(const Value& value) {
    switch (value.tag) {
        case Tag::List:
        case Tag::JsonList:
        case Tag::Map:
        case Tag::JsonMap:
            return string(value);
        default:
            return plain_literal(value);
    }
}

bool Writer::list(const Value& list) {
    const std::size_t size = size_of(list);
    if (!literal("[") || !enter()) return false;
    for (std::size_t i = 0; i < size; ++i)
        if ((i > 0 && !literal(", ")) || !nested(element(list, i))) return false;
    --depth_;
    return literal("]");
}

bool Writer::map(const Value& map) {
    std::vector<std::pair<std::string, std::string>> entries;
    if (!enter()) return false;
    for (std::size_t i = 0; i < size_of(map); ++i) {
        const MapEntry each = entry(map, i);
        const Tag tag = each.key.tag;
        if (tag != Tag::String && tag != Tag::Bool && tag != Tag::Int && tag != Tag::Uint)
            return fail(
                std::string("no formatting function for map key of type ").append(type_name(each.key)));
        auto key = captured([&] { return nested(each.key) && literal(":"); });
        auto value = key ? captured([&] { return nested(each.value); }) : std::nullopt;
        if (!value) return false;
        entries.emplace_back(*std::move(key), *std::move(value));
    }
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
        const std::string_view left(a.first), right(b.first);
        return left.substr(0, left.size() - 1) < right.substr(0, right.size() - 1);
    });
    --depth_;
    if (!literal("{")) return false;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        meter_.take_bytes(entries[i].second.size());
        out_ += i > 0 ? ", " : "";
        out_.append(entries[i].first).append(entries[i].second);
    }
    return literal("}");
}

/// Whether a value of this declared type fits; dyn is looked at when the expression runs.
bool fits(char verb, Type::Kind kind) {
    using Kind = Type::Kind;
    switch (kind) {
        case Kind::Dyn:
        case Kind::Param:
            return true;
        case Kind::Int:
        case Kind::Uint:
            return verb != 'f' && verb != 'e';
        case Kind::Bool:
            return verb == 's' || verb == 'b';
        case Kind::Double:
            return verb == 's' || verb == 'f' || verb == 'e';
        case Kind::String:
            return verb == 's' || verb == 'f' || verb == 'e' || verb == 'x' || verb == 'X';
        case Kind::Bytes:
            return verb == 's' || verb == 'x' || verb == 'X';
        case Kind::Optional:
        case Kind::Opaque:
        case Kind::Object:
            return false;
        default:
            return verb == 's';
    }
}

std::string_view declared_name(const Type& type) {
    using Kind = Type::Kind;
    switch (type.kind) {
        case Kind::Null:
            return "null_type";
        case Kind::Bool:
            return "bool";
        case Kind::Int:
            return "int";
        case Kind::Uint:
            return "uint";
        case Kind::Double:
            return "double";
        case Kind::String:
            return "string";
        case Kind::Bytes:
            return "bytes";
        case Kind::Timestamp:
            return "google.protobuf.Timestamp";
        case Kind::Duration:
            return "google.protobuf.Duration";
        case Kind::List:
            return "list";
        case Kind::Map:
            return "map";
        case Kind::Type:
            return "type";
        case Kind::Optional:
            return "optional_type";
        case Kind::Object:
            return type.object == nullptr ? std::string_view(type.name) : type.object->name;
        default:
            return type.name;
    }
}

/// Calls literal(text) and clause(clause, index) in turn until one returns something wrong.
template <class OnText, class OnClause>
std::string walk(std::string_view format, OnText on_text, OnClause on_clause) {
    std::size_t index = 0;
    for (std::size_t at = 0; at < format.size();) {
        const std::size_t percent = std::min(format.find('%', at), format.size());
        std::string wrong = on_text(format.substr(at, percent - at));
        if (!wrong.empty()) return wrong;
        if (percent == format.size()) break;
        at = percent + 1;
        if (at < format.size() && format[at] == '%') {
            wrong = on_text("%");
            ++at;
        } else {
            Clause clause;
            wrong = on_clause(format.substr(at), index++, clause);
            at += clause.bytes;
        }
        if (!wrong.empty()) return wrong;
    }
    return {};
}

}  // namespace

Value format_string(CallContext& context, Arguments arguments) {
    Writer writer(context.meter);
    const Value& values = arguments[1];
    const std::size_t count = size_of(values);
    const std::string wrong = walk(
        arguments[0].view(),
        [&](std::string_view text) { return writer.literal(text) ? std::string() : writer.error(); },
        [&](std::string_view rest, std::size_t index, Clause& clause) {
            if (index >= count) return index_error(index);
            if (rest.empty()) return std::string(kUnexpectedEnd);
            std::string parse = read_clause(rest, clause);
            if (!parse.empty()) return parse;
            if (writer.clause(clause, element(values, index))) return std::string();
            return "error during formatting: " + writer.error();
        });
    if (!wrong.empty()) return context.error(wrong);
    const std::string_view text = context.arena.copy(writer.text());
    return context.arena.is_full() ? context.error("") : string_value(text);
}

std::string check_format(std::string_view format, std::span<const Type> arguments) {
    std::size_t used = 0;
    std::string wrong = walk(
        format, [](std::string_view) { return std::string(); },
        [&](std::string_view rest, std::size_t index, Clause& clause) {
            if (rest.empty()) return std::string(kUnexpectedEnd);
            if (index >= arguments.size()) return index_error(index);
            std::string parse = read_clause(rest, clause);
            if (!parse.empty()) return parse;
            used = index + 1;
            const Type& type = arguments[index];
            if (fits(clause.verb, type.kind)) return std::string();
            return "error during formatting: " + type_error(clause.verb, declared_name(type));
        });
    if (wrong.empty() && used < arguments.size())
        wrong = "too many arguments supplied to string.format (expected " + std::to_string(used) + ", got " +
                std::to_string(arguments.size()) + ")";
    return wrong;
}

}  // namespace tollgate::cel
