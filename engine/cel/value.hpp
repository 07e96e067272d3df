// SPDX-License-Identifier: Apache-2.0
// What an expression works with while it runs: 16 bytes, trivially copied. Text, lists and maps are views:
// into the object under review (json::Node, never copied), into the program's constants, or into the arena of
// the evaluation. A value is valid as long as these are.
//
// Errors are values. `Absent` stands for "nothing" inside the evaluator and is never a result.
#pragma once

#include "engine/base/json/node.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tollgate::cel {

enum class Tag : std::uint8_t {
    Absent,
    Error,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Timestamp,  // seconds since 1970 and nanoseconds
    Duration,   // nanoseconds
    List,       // of values in the arena
    Map,        // of values in the arena
    JsonList,   // an array of the object under review
    JsonMap,    // an object of it
    Type,       // its name
    Optional,
    Opaque,
};

class Meter;
struct Value;
struct MapData;
struct ErrorData;

/// What a library adds to the language: quantity, ip, ... Lives in an arena, is never destroyed: it must not
/// own memory outside the arena.
struct Opaque {
    using Equal = bool (*)(const Opaque& a, const Opaque& b);  // both of this type
    using Text = std::string (*)(const Opaque& value);         // as people are shown it
    constexpr Opaque(std::string_view type, Equal same, Text shown = nullptr)
        : type_name(type), equal(same), text(shown) {}
    std::string_view type_name;  // "kubernetes.Quantity"; identity of the library's values
    Equal equal;
    Text text;  // null: its type says enough
};

struct Value {
    Tag tag = Tag::Absent;
    std::int16_t zone = 0;   // of a Timestamp: minutes east of UTC as it was written; for string() alone
    std::uint32_t size = 0;  // bytes of text, elements of a list; nanoseconds of a Timestamp
    union {
        bool boolean;
        std::int64_t integer = 0;  // also a Timestamp's seconds, a Duration's nanoseconds
        std::uint64_t natural;
        double real;
        const char* text;
        const Value* items;  // a List's elements, an Optional's content (null: none)
        const MapData* map;
        const void* node;  // json::Node::id() of a JsonList or JsonMap
        const Opaque* opaque;
        const ErrorData* error;
    };

    bool is(Tag other) const { return tag == other; }
    bool is_error() const { return tag == Tag::Error; }
    bool is_true() const { return tag == Tag::Bool && boolean; }
    bool is_false() const { return tag == Tag::Bool && !boolean; }
    bool is_list() const { return tag == Tag::List || tag == Tag::JsonList; }
    bool is_map() const { return tag == Tag::Map || tag == Tag::JsonMap; }
    bool is_number() const { return tag == Tag::Int || tag == Tag::Uint || tag == Tag::Double; }
    std::string_view view() const { return {text, size}; }
    json::Node json() const;
    /// An Optional's content; Absent when it has none or this is no Optional.
    Value content() const;
};
static_assert(sizeof(Value) == 16);

Value null_value();
Value bool_value(bool value);
Value int_value(std::int64_t value);
Value uint_value(std::uint64_t value);
Value double_value(double value);
/// The text must outlive the value: see Arena::copy.
Value string_value(std::string_view text);
Value bytes_value(std::string_view bytes);
Value timestamp_value(std::int64_t seconds, std::uint32_t nanoseconds, std::int16_t zone = 0);
Value duration_value(std::int64_t nanoseconds);
Value type_value(std::string_view name);
Value opaque_value(const Opaque* opaque);
/// A JSON value as CEL sees untyped objects: whole numbers in 64 bits are int, others double.
Value from_json(json::Node node);

struct MapEntry {
    Value key, value;
};

/// A map in the arena. Above kLinearEntries the positions in the order of the keys follow (`sorted`), so that
/// no choice of keys makes it slow.
struct MapData {
    const MapEntry* entries = nullptr;
    std::uint32_t size = 0;
    const std::uint32_t* sorted = nullptr;
};

/// The order of keys: numbers of equal value are one key, exactly.
bool key_less(const Value& a, const Value& b);
/// Position of the entry with this key; data.size when there is none.
std::uint32_t find_entry(const MapData& data, const Value& key);

struct ErrorData {
    std::string_view message;
    std::uint32_t offset = 0;  // byte in the expression's source
};

// --- lists and maps, whatever they are made of -----------------------------------------------------------
std::size_t size_of(const Value& list_or_map);
/// The i-th element; Absent past the end.
Value element(const Value& list, std::size_t index);
/// The i-th entry of a map; document or insertion order.
MapEntry entry(const Value& map, std::size_t index);
/// The value under a key; Absent when there is none. Numbers are equal across int, uint and double.
Value lookup(const Value& map, const Value& key);
Value lookup(const Value& map, std::string_view key);

/// CEL's `==`: numbers across kinds, maps and lists by content, different kinds are unequal, NaN is equal to
/// nothing. Opaque values of one type are compared by their own function. Values may share parts, so that
/// small ones take for ever: false when the meter ends it.
bool equal(const Value& a, const Value& b, Meter& meter);
/// Three-way order of two numbers, strings, bytes, bools, timestamps or durations.
enum class Order : std::uint8_t { Less, Equal, Greater, None };
Order compare(const Value& a, const Value& b);

/// "int", "list", "map", "google.protobuf.Timestamp", "net.IP", ... as type(x) names it.
std::string_view type_name(const Value& value);

/// The number of code points; bytes that are no UTF-8 count one each.
std::size_t code_points(std::string_view text);

}  // namespace tollgate::cel
