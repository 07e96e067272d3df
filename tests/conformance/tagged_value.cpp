// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/tagged_value.hpp"

#include "engine/cel/environment.hpp"
#include "engine/cel/literal.hpp"
#include "engine/cel/program.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

namespace tollgate::test {
namespace {

using cel::Arena;
using cel::Value;

template <class Number>
Number read_number(std::string_view text) {
    Number out{};
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

std::string decode_base64(std::string_view text) {
    std::string out;
    unsigned bits = 0, held = 0;
    for (const char c : text) {
        constexpr std::string_view kDigits =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        const std::size_t digit = kDigits.find(c);
        if (digit == std::string_view::npos) break;
        bits = (bits << 6U) | static_cast<unsigned>(digit);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        out += static_cast<char>((bits >> held) & 0xFFU);
    }
    return out;
}

/// What a function of one argument makes of a text: timestamps, durations, quantities.
Value by_function(std::string_view function, std::string_view text, Arena& arena) {
    for (const cel::Signature& signature : cel::find_function(function)) {
        if (signature.arguments.size() != 1 || !signature.arguments[0].is(cel::Type::Kind::String)) continue;
        cel::Meter meter;
        cel::CallContext context{arena, meter};
        const Value argument = arena.copy_string(text);
        return signature.overload->call(context, cel::Arguments(&argument, 1));
    }
    return {};
}

Value read_list(json::Node node, Arena& arena) {
    std::vector<Value> items;
    for (const json::Node each : node.elements()) items.push_back(read_tagged(each, arena));
    return arena.list(items);
}

Value read_map(json::Node node, Arena& arena) {
    std::vector<cel::MapEntry> entries;
    for (const json::Node each : node.elements())
        entries.push_back({read_tagged(each[0], arena), read_tagged(each[1], arena)});
    return arena.map(entries);
}

Value question(std::string_view type, Arena& arena) {
    const auto never = [](const cel::Opaque&, const cel::Opaque&) { return false; };
    const auto* made = arena.make<cel::Opaque>(arena.copy(type), never);
    return made == nullptr ? Value{} : cel::opaque_value(made);
}

Value read_double(std::string_view text) {
    if (text == "NaN") return cel::double_value(std::nan(""));
    if (text == "Infinity") return cel::double_value(HUGE_VAL);
    if (text == "-Infinity") return cel::double_value(-HUGE_VAL);
    return cel::double_value(cel::parse_double(text).value_or(0));
}

}  // namespace

Value read_tagged(json::Node node, Arena& arena) {
    const std::string_view tag = node.key(0);
    const json::Node value = node.value(0);
    if (tag == "null") return cel::null_value();
    if (tag == "bool") return cel::bool_value(value.boolean());
    if (tag == "int") return cel::int_value(read_number<std::int64_t>(value.text()));
    if (tag == "uint") return cel::uint_value(read_number<std::uint64_t>(value.text()));
    if (tag == "double") return read_double(value.text());
    if (tag == "string") return arena.copy_string(value.string());
    if (tag == "bytes_b64") return cel::bytes_value(arena.copy(decode_base64(value.string())));
    if (tag == "list") return read_list(value, arena);
    if (tag == "map") return read_map(value, arena);
    if (tag == "type") {
        const std::string_view name = value.string();
        const bool short_name = name == "timestamp" || name == "duration";
        return cel::type_value(!short_name          ? arena.copy(name)
                               : name == "duration" ? "google.protobuf.Duration"
                                                    : "google.protobuf.Timestamp");
    }
    if (tag == "optional")
        return value.is_object() && value.size() > 0 ? arena.optional(read_tagged(value, arena))
                                                     : Arena::none();
    // A question to the authorizer: its type is all there is to it.
    if (tag == "other") return question(node["type"].string(), arena);
    for (const std::string_view function :
         {"timestamp", "duration", "quantity", "ip", "cidr", "semver", "url"})
        if (tag == function) return by_function(function, value.text(), arena);
    return {};
}

bool same(const Value& a, const Value& b) {
    if (a.is(cel::Tag::Opaque) && b.is(cel::Tag::Opaque)) {
        // Questions to the authorizer have no equality.
        const bool is_question = a.opaque->type_name.starts_with("kubernetes.authorization.");
        cel::Meter meter;
        return is_question ? a.opaque->type_name == b.opaque->type_name : cel::equal(a, b, meter);
    }
    if (a.is_list() && b.is_list()) {
        for (std::size_t i = 0; i < cel::size_of(a); ++i)
            if (!same(cel::element(a, i), cel::element(b, i))) return false;
        return cel::size_of(a) == cel::size_of(b);
    }
    if (a.is_map() && b.is_map()) {
        for (std::size_t i = 0; i < cel::size_of(a); ++i) {
            const cel::MapEntry each = cel::entry(a, i);
            if (!same(each.value, cel::lookup(b, each.key))) return false;
        }
        return cel::size_of(a) == cel::size_of(b);
    }
    if (a.is(cel::Tag::Optional) && b.is(cel::Tag::Optional)) return same(a.content(), b.content());
    return a.tag == b.tag;  // their texts were compared
}

std::optional<cel::Type> read_tagged_type(json::Node node) {
    if (node.is_string()) {
        const std::string_view name = node.string();
        if (name == "null") return cel::simple_type(cel::Type::Kind::Null);
        constexpr std::array<std::string_view, 9> kNames{"dyn",    "bool",  "int",       "uint",    "double",
                                                         "string", "bytes", "timestamp", "duration"};
        if (std::find(kNames.begin(), kNames.end(), name) == kNames.end()) return std::nullopt;
        return cel::declared_type(name);
    }
    const std::string_view tag = node.key(0);
    if (tag == "list") {
        auto element = read_tagged_type(node.value(0));
        return element ? std::optional(cel::list_type(*element)) : std::nullopt;
    }
    if (tag == "map") {
        auto key = read_tagged_type(node.value(0)[0]), value = read_tagged_type(node.value(0)[1]);
        return key && value ? std::optional(cel::map_type(*key, *value)) : std::nullopt;
    }
    if (tag == "opaque" && node["opaque"].string() == "optional_type") {
        auto content = read_tagged_type(node["params"][0]);
        return content ? std::optional(cel::optional_type(*content)) : std::nullopt;
    }
    return std::nullopt;
}

}  // namespace tollgate::test
