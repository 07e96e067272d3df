// SPDX-License-Identifier: Apache-2.0
// Calls rows of a function table with made-up values, without parser, checker and evaluator.
#pragma once

#include "engine/cel/function.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::cel::test {

inline std::string text_of(const Value& value) {
    switch (value.tag) {
        case Tag::Error:
            return "error: " + std::string(value.error->message);
        case Tag::Null:
            return "null";
        case Tag::Bool:
            return value.boolean ? "true" : "false";
        case Tag::Int:
            return std::to_string(value.integer);
        case Tag::Uint:
            return std::to_string(value.natural) + "u";
        case Tag::Double: {
            char buffer[64];
            return {buffer, std::to_chars(buffer, buffer + sizeof(buffer), value.real).ptr};
        }
        case Tag::String:
            return "'" + std::string(value.view()) + "'";
        case Tag::Bytes:
            return "b'" + std::string(value.view()) + "'";
        case Tag::Timestamp:
            return "t" + std::to_string(value.integer) + "." + std::to_string(value.size);
        case Tag::Duration:
            return std::to_string(value.integer) + "ns";
        default:
            break;
    }
    std::string out;
    for (std::size_t i = 0; i < size_of(value); ++i) {
        out += i > 0 ? ", " : "";
        if (value.is_list())
            out += text_of(element(value, i));
        else
            out += text_of(entry(value, i).key) + ": " + text_of(entry(value, i).value);
    }
    return value.is_list() ? "[" + out + "]" : "{" + out + "}";
}

inline Value I(std::int64_t value) {
    return int_value(value);
}
inline Value S(std::string_view text) {
    return string_value(text);
}
inline Value D(double value) {
    return double_value(value);
}

inline bool same_values(const Value& a, const Value& b) {
    Meter meter;
    return equal(a, b, meter);
}

/// The rows of one table.
class Rows {
  public:
    explicit Rows(std::span<const Overload> overloads) : overloads_(overloads) {}

    Value list(std::initializer_list<Value> items) {
        return arena_.list(std::span(items.begin(), items.size()));
    }
    Value list(const std::vector<Value>& items) { return arena_.list(items); }
    Value map(std::initializer_list<MapEntry> entries) {
        return arena_.map(std::span(entries.begin(), entries.size()));
    }
    Arena& arena() { return arena_; }

    const Overload& row(std::string_view id) const {
        const auto is_this = [&](const Overload& each) { return each.id == id; };
        const auto found = std::find_if(overloads_.begin(), overloads_.end(), is_this);
        REQUIRE(found != overloads_.end());
        return *found;
    }
    Value value(std::string_view id, std::initializer_list<Value> arguments) {
        Meter meter;
        CallContext context{arena_, meter};
        return row(id).call(context, Arguments(arguments.begin(), arguments.size()));
    }
    std::string call(std::string_view id, std::initializer_list<Value> arguments) {
        return text_of(value(id, arguments));
    }
    std::uint64_t cost(std::string_view id, std::initializer_list<Value> arguments) {
        const Value result = value(id, arguments);
        return row(id).cost(Arguments(arguments.begin(), arguments.size()), result);
    }

  private:
    std::span<const Overload> overloads_;
    Arena arena_;
};

/// Ids are unique and every signature can be read.
inline void check_table(std::span<const Overload> overloads) {
    std::vector<std::string_view> ids;
    for (const Overload& each : overloads) {
        ids.push_back(each.id);
        CHECK(each.call != nullptr);
        CHECK(each.cost != nullptr);
        const std::size_t arrow = each.signature.find("->");
        REQUIRE(arrow != std::string_view::npos);
        declared_type(each.signature.substr(arrow + 2));
    }
    std::sort(ids.begin(), ids.end());
    CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
}

}  // namespace tollgate::cel::test
