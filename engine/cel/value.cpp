// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/value.hpp"

#include "engine/cel/literal.hpp"
#include "engine/cel/meter.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace tollgate::cel {
namespace {

Value tagged(Tag tag) {
    Value value;
    value.tag = tag;
    return value;
}

Value text_value(Tag tag, std::string_view text) {
    Value value = tagged(tag);
    value.size = static_cast<std::uint32_t>(text.size());
    value.text = text.data();
    return value;
}

Order order(auto a, auto b) {
    return a < b ? Order::Less : b < a ? Order::Greater : Order::Equal;
}

constexpr double kTwo63 = 9223372036854775808.0;
constexpr double kTwo64 = 18446744073709551616.0;

/// As cel-go has it: near the ends of their range whole numbers count as their nearest double.
Order compare_double(std::int64_t a, double b) {
    if (std::isnan(b)) return Order::None;
    if (b > kTwo63) return Order::Less;
    if (b < -kTwo63) return Order::Greater;
    return order(static_cast<double>(a), b);
}

Order compare_double(std::uint64_t a, double b) {
    if (std::isnan(b)) return Order::None;
    if (b > kTwo64) return Order::Less;
    if (b < 0) return Order::Greater;
    return order(static_cast<double>(a), b);
}

Order reversed(Order order) {
    return order == Order::Less ? Order::Greater : order == Order::Greater ? Order::Less : order;
}

Order compare_numbers(const Value& a, const Value& b) {
    if (a.is(Tag::Double) && b.is(Tag::Double))
        return std::isnan(a.real) || std::isnan(b.real) ? Order::None : order(a.real, b.real);
    if (b.is(Tag::Double))
        return a.is(Tag::Int) ? compare_double(a.integer, b.real) : compare_double(a.natural, b.real);
    if (a.is(Tag::Double)) return reversed(compare_numbers(b, a));
    if (a.tag == b.tag) return a.is(Tag::Int) ? order(a.integer, b.integer) : order(a.natural, b.natural);
    if (b.is(Tag::Int)) return reversed(compare_numbers(b, a));
    return a.integer < 0 ? Order::Less : order(static_cast<std::uint64_t>(a.integer), b.natural);
}

/// The number as an int64 when it is whole and fits: 1, 1u and 1.0 are one key.
bool whole_key(const Value& key, std::int64_t& out) {
    if (key.is(Tag::Int)) {
        out = key.integer;
        return true;
    }
    if (key.is(Tag::Uint)) {
        out = static_cast<std::int64_t>(key.natural);
        return out >= 0;
    }
    if (!key.is(Tag::Double) || std::trunc(key.real) != key.real || key.real >= kTwo63 || key.real < -kTwo63)
        return false;
    out = static_cast<std::int64_t>(key.real);
    return true;
}

}  // namespace

json::Node Value::json() const {
    return json::Node(static_cast<const json::Value*>(node));
}

Value Value::content() const {
    return tag == Tag::Optional && items != nullptr ? *items : Value{};
}

Value null_value() {
    return tagged(Tag::Null);
}
Value bool_value(bool value) {
    Value out = tagged(Tag::Bool);
    out.boolean = value;
    return out;
}
Value int_value(std::int64_t value) {
    Value out = tagged(Tag::Int);
    out.integer = value;
    return out;
}
Value uint_value(std::uint64_t value) {
    Value out = tagged(Tag::Uint);
    out.natural = value;
    return out;
}
Value double_value(double value) {
    Value out = tagged(Tag::Double);
    out.real = value;
    return out;
}
Value string_value(std::string_view text) {
    return text_value(Tag::String, text);
}
Value bytes_value(std::string_view bytes) {
    return text_value(Tag::Bytes, bytes);
}
Value timestamp_value(std::int64_t seconds, std::uint32_t nanoseconds, std::int16_t zone) {
    Value out = tagged(Tag::Timestamp);
    out.zone = zone;
    out.integer = seconds;
    out.size = nanoseconds;
    return out;
}
Value duration_value(std::int64_t nanoseconds) {
    Value out = tagged(Tag::Duration);
    out.integer = nanoseconds;
    return out;
}
Value type_value(std::string_view name) {
    return text_value(Tag::Type, name);
}
Value opaque_value(const Opaque* opaque) {
    Value out = tagged(Tag::Opaque);
    out.opaque = opaque;
    return out;
}

Value from_json(json::Node node) {
    switch (node.kind()) {
        case json::Kind::Missing:
            return {};
        case json::Kind::Null:
            return null_value();
        case json::Kind::Bool:
            return bool_value(node.boolean());
        case json::Kind::String:
            return string_value(node.string());
        case json::Kind::Number:
            break;
        case json::Kind::Array:
        case json::Kind::Object: {
            Value out = tagged(node.is_array() ? Tag::JsonList : Tag::JsonMap);
            out.node = node.id();
            return out;
        }
    }
    const std::string_view text = node.text();
    std::int64_t whole = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), whole);
    if (code == std::errc() && end == text.data() + text.size()) return int_value(whole);
    // Too large for a double: infinity, which no comparison takes for anything else.
    return double_value(parse_double(text).value_or(text.front() == '-' ? -HUGE_VAL : HUGE_VAL));
}

std::size_t size_of(const Value& value) {
    switch (value.tag) {
        case Tag::List:
            return value.size;
        case Tag::Map:
            return value.map->size;
        case Tag::JsonList:
        case Tag::JsonMap:
            return value.json().size();
        default:
            return 0;
    }
}

Value element(const Value& list, std::size_t index) {
    if (list.is(Tag::List)) return index < list.size ? list.items[index] : Value{};
    return from_json(list.json()[index]);
}

MapEntry entry(const Value& map, std::size_t index) {
    if (map.is(Tag::Map)) return map.map->entries[index];
    const json::Node node = map.json();
    return {string_value(node.key(index)), from_json(node.value(index))};
}

Value lookup(const Value& map, const Value& key) {
    if (map.is(Tag::Map)) {
        const std::uint32_t at = find_entry(*map.map, key);
        return at < map.map->size ? map.map->entries[at].value : Value{};
    }
    return key.is(Tag::String) ? from_json(map.json()[key.view()]) : Value{};
}

Value lookup(const Value& map, std::string_view key) {
    if (map.is(Tag::JsonMap)) return from_json(map.json()[key]);
    return lookup(map, string_value(key));
}

namespace {

class Comparison {
  public:
    explicit Comparison(Meter& meter) : meter_(meter) {}

    bool same(const Value& a, const Value& b) {
        if (!meter_.take()) return false;
        if (a.is_number() && b.is_number()) return compare_numbers(a, b) == Order::Equal;
        if (a.is_list() && b.is_list()) return deeper([&] { return same_lists(a, b); });
        if (a.is_map() && b.is_map()) return deeper([&] { return same_maps(a, b); });
        if (a.tag != b.tag) return false;
        switch (a.tag) {
            case Tag::Null:
                return true;
            case Tag::Bool:
                return a.boolean == b.boolean;
            case Tag::String:
            case Tag::Bytes:
            case Tag::Type:
                return a.size == b.size && meter_.take_bytes(a.size) && a.view() == b.view();
            case Tag::Timestamp:
                return a.integer == b.integer && a.size == b.size;
            case Tag::Duration:
                return a.integer == b.integer;
            case Tag::Optional:
                if (a.items == nullptr || b.items == nullptr) return a.items == b.items;
                return deeper([&] { return same(*a.items, *b.items); });
            case Tag::Opaque:
                return a.opaque->type_name == b.opaque->type_name && a.opaque->equal(*a.opaque, *b.opaque);
            default:
                return false;
        }
    }

  private:
    template <class Walk>
    bool deeper(Walk walk) {
        if (depth_ >= limits::kMaxCelValueDepth) {
            meter_.end();
            return false;
        }
        ++depth_;
        const bool found = walk();
        --depth_;
        return found;
    }

    bool same_lists(const Value& a, const Value& b) {
        const std::size_t size = size_of(a);
        if (size != size_of(b)) return false;
        for (std::size_t i = 0; i < size; ++i)
            if (!same(element(a, i), element(b, i))) return false;
        return true;
    }

    bool same_maps(const Value& a, const Value& b) {
        const std::size_t size = size_of(a);
        if (size != size_of(b)) return false;
        for (std::size_t i = 0; i < size; ++i) {
            const MapEntry each = entry(a, i);
            const Value other = lookup(b, each.key);
            if (other.is(Tag::Absent) || !same(each.value, other)) return false;
        }
        return true;
    }

    Meter& meter_;
    std::size_t depth_ = 0;
};

}  // namespace

bool equal(const Value& a, const Value& b, Meter& meter) {
    return Comparison(meter).same(a, b);
}

Order compare(const Value& a, const Value& b) {
    if (a.is_number() && b.is_number()) return compare_numbers(a, b);
    if (a.tag != b.tag) return Order::None;
    switch (a.tag) {
        case Tag::Bool:
            return order(static_cast<int>(a.boolean), static_cast<int>(b.boolean));
        case Tag::String:
        case Tag::Bytes:
            return order(a.view(), b.view());
        case Tag::Timestamp: {
            const Order seconds = order(a.integer, b.integer);
            return seconds == Order::Equal ? order(a.size, b.size) : seconds;
        }
        case Tag::Duration:
            return order(a.integer, b.integer);
        default:
            return Order::None;
    }
}

std::string_view type_name(const Value& value) {
    switch (value.tag) {
        case Tag::Null:
            return "null_type";
        case Tag::Bool:
            return "bool";
        case Tag::Int:
            return "int";
        case Tag::Uint:
            return "uint";
        case Tag::Double:
            return "double";
        case Tag::String:
            return "string";
        case Tag::Bytes:
            return "bytes";
        case Tag::Timestamp:
            return "google.protobuf.Timestamp";
        case Tag::Duration:
            return "google.protobuf.Duration";
        case Tag::List:
        case Tag::JsonList:
            return "list";
        case Tag::Map:
        case Tag::JsonMap:
            return "map";
        case Tag::Type:
            return "type";
        case Tag::Optional:
            return "optional_type";
        case Tag::Opaque:
            return value.opaque->type_name;
        default:
            return "error";
    }
}

std::size_t code_points(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1U : 0U;
    return count;
}

namespace {

/// Whole numbers, other numbers, then the other kinds.
int rank(const Value& key, std::int64_t& whole) {
    if (whole_key(key, whole)) return 0;
    return key.is_number() ? 1 : 2 + static_cast<int>(key.tag);
}

double real_of(const Value& key) {
    return key.is(Tag::Double) ? key.real : static_cast<double>(key.natural);
}

}  // namespace

bool key_less(const Value& a, const Value& b) {
    std::int64_t first = 0, second = 0;
    const int left = rank(a, first), right = rank(b, second);
    if (left != right) return left < right;
    if (left == 0) return first < second;
    if (left == 1) return real_of(a) < real_of(b);
    return compare(a, b) == Order::Less;
}

std::uint32_t find_entry(const MapData& data, const Value& key) {
    const auto same = [&](std::uint32_t at) {
        return !key_less(data.entries[at].key, key) && !key_less(key, data.entries[at].key);
    };
    if (data.sorted == nullptr) {
        for (std::uint32_t i = 0; i < data.size; ++i)
            if (same(i)) return i;
        return data.size;
    }
    const std::uint32_t* const last = data.sorted + data.size;
    const std::uint32_t* const found = std::lower_bound(
        data.sorted, last, key,
        [&](std::uint32_t at, const Value& wanted) { return key_less(data.entries[at].key, wanted); });
    return found != last && same(*found) ? *found : data.size;
}

}  // namespace tollgate::cel
