// SPDX-License-Identifier: Apache-2.0
// Lists: Kubernetes' own functions, version 3 of cel-go's lists library, sets, and what loops that make maps
// need. A list of unknown element type matches every overload of a function: what an implementation does
// follows from the tags of the elements.
// Sources: k8s.io/apiserver pkg/cel/library/{lists,cost}.go; cel-go ext/{lists,sets,comprehensions}.go.
#include "engine/base/limits.hpp"
#include "engine/cel/library/go_text.hpp"
#include "engine/cel/library/library.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::cel {
namespace {

/// Of what a cost looks at. Lists may share parts, so that walking over a small one can take for ever.
constexpr std::size_t kMaxSteps = limits::kMaxCelBytes / sizeof(Value);

Value no_overload(CallContext& context, std::string_view function) {
    return context.error(std::string("no such overload: ").append(function).append("(list)"));
}

Value too_expensive(CallContext& context) {
    return context.error("the list is too long for what this costs");
}

bool is_comparable(const Value& value) {
    switch (value.tag) {
        case Tag::Bool:
        case Tag::Int:
        case Tag::Uint:
        case Tag::Double:
        case Tag::String:
        case Tag::Bytes:
        case Tag::Timestamp:
        case Tag::Duration:
            return true;
        default:
            return false;
    }
}

/// Whether an element of a list has parts of its own.
bool has_parts(const Value& list, std::size_t index) {
    if (list.is(Tag::JsonList)) {
        const json::Node node = list.json()[index];
        return node.is_array() || node.is_object();
    }
    return list.items[index].is_list() || list.items[index].is_map();
}

/// The steps of going over a list, and over what its price looks at: all that is in it.
bool take_steps(const Value& value, Meter& meter, std::size_t depth = 0) {
    if (depth > limits::kMaxCelValueDepth) meter.end();
    if (!meter.take(1 + size_of(value))) return false;
    for (std::size_t i = 0; i < size_of(value); ++i) {
        if (value.is_list()) {
            if (has_parts(value, i) && !take_steps(element(value, i), meter, depth + 1)) return false;
            continue;
        }
        const MapEntry each = entry(value, i);
        if (!take_steps(each.value, meter, depth + 1)) return false;
    }
    return true;
}

// --- sum, min, max, isSorted -------------------------------------------------------------------------------
/// `kZero`: what an empty list sums up to.
template <Tag kZero>
Value call_sum(CallContext& context, Arguments args) {
    if (!take_steps(args[0], context.meter)) return context.stopped();
    const Value& list = args[0];
    const std::size_t size = size_of(list);
    const Tag tag = size == 0 ? kZero : element(list, 0).tag;
    if (tag != Tag::Int && tag != Tag::Uint && tag != Tag::Double && tag != Tag::Duration)
        return no_overload(context, "sum");
    Value sum;
    sum.tag = tag;
    if (tag == Tag::Double) sum.real = 0;
    for (std::size_t i = 0; i < size; ++i) {
        const Value each = element(list, i);
        if (each.tag != tag) return no_overload(context, "sum");
        if (tag == Tag::Double) {
            sum.real += each.real;
        } else if (tag == Tag::Uint) {
            if (__builtin_add_overflow(sum.natural, each.natural, &sum.natural))
                return context.error("unsigned integer overflow");
        } else if (__builtin_add_overflow(sum.integer, each.integer, &sum.integer)) {
            return context.error("integer overflow");
        }
    }
    return sum;
}

/// What cannot be ordered, such as a NaN, never replaces what was found before it.
template <Order kReplaces>
Value call_extreme(CallContext& context, Arguments args) {
    if (!take_steps(args[0], context.meter)) return context.stopped();
    constexpr std::string_view kName = kReplaces == Order::Less ? "max" : "min";
    const std::size_t size = size_of(args[0]);
    if (size == 0) return context.error(std::string(kName) + " called on empty list");
    Value found = element(args[0], 0);
    if (!is_comparable(found)) return no_overload(context, kName);
    for (std::size_t i = 1; i < size; ++i) {
        const Value each = element(args[0], i);
        if (!is_comparable(each)) return no_overload(context, kName);
        if (compare(found, each) == kReplaces) found = each;
    }
    return found;
}

Value call_is_sorted(CallContext& context, Arguments args) {
    if (!take_steps(args[0], context.meter)) return context.stopped();
    Value before;
    for (std::size_t i = 0; i < size_of(args[0]); ++i) {
        const Value each = element(args[0], i);
        if (!is_comparable(each)) return no_overload(context, "isSorted");
        if (i > 0 && compare(before, each) == Order::Greater) return bool_value(false);
        before = each;
    }
    return bool_value(true);
}

// --- looking for elements ----------------------------------------------------------------------------------
bool holds(const Value& list, const Value& value, Meter& meter) {
    for (std::size_t i = 0; i < size_of(list) && !meter.has_ended(); ++i)
        if (equal(element(list, i), value, meter)) return true;
    return false;
}

bool holds_all(const Value& list, const Value& values, Meter& meter) {
    for (std::size_t i = 0; i < size_of(values); ++i)
        if (!holds(list, element(values, i), meter)) return false;
    return true;
}

Value call_index_of(CallContext& context, Arguments args) {
    if (!take_steps(args[0], context.meter)) return context.stopped();
    for (std::size_t i = 0; i < size_of(args[0]) && !context.meter.has_ended(); ++i)
        if (equal(element(args[0], i), args[1], context.meter))
            return int_value(static_cast<std::int64_t>(i));
    return int_value(-1);
}

Value call_last_index_of(CallContext& context, Arguments args) {
    if (!take_steps(args[0], context.meter)) return context.stopped();
    for (std::size_t i = size_of(args[0]); i > 0 && !context.meter.has_ended(); --i)
        if (equal(element(args[0], i - 1), args[1], context.meter))
            return int_value(static_cast<std::int64_t>(i - 1));
    return int_value(-1);
}

/// Of anything but a list: whether the two are equal.
Value call_includes(CallContext& context, Arguments args) {
    if (!take_steps(args[0], context.meter)) return context.stopped();
    return bool_value(args[0].is_list() ? holds(args[0], args[1], context.meter)
                                        : equal(args[0], args[1], context.meter));
}

/// Whether comparing every element with every other is past the budget anyway.
bool is_too_expensive(const Value& a, const Value& b) {
    return size_of(a) > limits::kMaxCelCost || size_of(a) * size_of(b) > limits::kMaxCelCost;
}

Value call_sets_contains(CallContext& context, Arguments args) {
    if (is_too_expensive(args[0], args[1])) return too_expensive(context);
    return bool_value(holds_all(args[0], args[1], context.meter));
}

Value call_sets_equivalent(CallContext& context, Arguments args) {
    if (is_too_expensive(args[0], args[1])) return too_expensive(context);
    return bool_value(holds_all(args[0], args[1], context.meter) &&
                      holds_all(args[1], args[0], context.meter));
}

Value call_sets_intersects(CallContext& context, Arguments args) {
    if (is_too_expensive(args[0], args[1])) return too_expensive(context);
    for (std::size_t i = 0; i < size_of(args[0]) && !context.meter.has_ended(); ++i)
        if (holds(args[1], element(args[0], i), context.meter)) return bool_value(true);
    return bool_value(false);
}

Value call_distinct(CallContext& context, Arguments args) {
    if (is_too_expensive(args[0], args[0])) return too_expensive(context);
    Collected<Value> kept(context.arena);
    for (std::size_t i = 0; i < size_of(args[0]); ++i) {
        if (context.meter.has_ended()) return context.stopped();
        const Value each = element(args[0], i);
        const auto same = [&](const Value& other) { return equal(each, other, context.meter); };
        const auto before = kept.all();
        if (std::none_of(before.begin(), before.end(), same)) kept.add(each);
    }
    return context.arena.list(kept.all());
}

// --- new lists ---------------------------------------------------------------------------------------------
/// A list of `count` elements, the i-th made by make(i).
template <class Make>
Value made_list(CallContext& context, std::size_t count, Make make) {
    Value list = context.arena.list({});
    if (count == 0) return list;
    Value* items = count > std::numeric_limits<std::uint32_t>::max() ? nullptr : context.arena.values(count);
    if (items == nullptr) return context.error("");
    if (!context.meter.take(count)) return context.stopped();
    for (std::size_t i = 0; i < count; ++i) items[i] = make(i);
    list.items = items;
    list.size = static_cast<std::uint32_t>(count);
    return list;
}

Value call_slice(CallContext& context, Arguments args) {
    const std::int64_t first = args[1].integer;
    const std::int64_t end = args[2].integer;
    const std::string call = "cannot slice(" + std::to_string(first) + ", " + std::to_string(end) + "), ";
    if (first < 0 || end < 0) return context.error(call + "negative indexes not supported");
    if (first > end) return context.error(call + "start index must be less than or equal to end index");
    const std::size_t size = size_of(args[0]);
    if (static_cast<std::uint64_t>(end) > size)
        return context.error(call + "list is length " + std::to_string(size));
    return made_list(context, static_cast<std::size_t>(end - first),
                     [&](std::size_t i) { return element(args[0], static_cast<std::size_t>(first) + i); });
}

Value call_reverse(CallContext& context, Arguments args) {
    const std::size_t size = size_of(args[0]);
    return made_list(context, size, [&](std::size_t i) { return element(args[0], size - 1 - i); });
}

/// cel-go has its own bound, ten million; the cost is past the budget long before.
Value call_range(CallContext& context, Arguments args) {
    const std::int64_t size = args[0].integer;
    if (size < 0) return context.error("lists.range: size must be non-negative, got " + std::to_string(size));
    if (static_cast<std::uint64_t>(size) > limits::kMaxCelCost) return too_expensive(context);
    return made_list(context, static_cast<std::size_t>(size),
                     [](std::size_t i) { return int_value(static_cast<std::int64_t>(i)); });
}

/// False when the meter or the depth ends it.
bool flatten(const Value& list, std::int64_t levels, Collected<Value>& out, Meter& meter, std::size_t depth) {
    if (depth > limits::kMaxCelValueDepth) meter.end();
    for (std::size_t i = 0; i < size_of(list); ++i) {
        if (!meter.take()) return false;
        const Value each = element(list, i);
        if (levels == 0 || !each.is_list())
            out.add(each);
        else if (!flatten(each, levels - 1, out, meter, depth + 1))
            return false;
        if (out.size() > kMaxSteps) return false;
    }
    return true;
}

Value call_flatten(CallContext& context, Arguments args) {
    const std::int64_t levels = args.size() > 1 ? args[1].integer : 1;
    if (levels < 0) return context.error("level must be non-negative");
    Collected<Value> items(context.arena);
    if (!flatten(args[0], levels, items, context.meter, 0)) return too_expensive(context);
    return context.arena.list(items.all());
}

// --- sorting -----------------------------------------------------------------------------------------------
struct Keyed {
    Value key;
    std::size_t index;
};

/// Go sorts few elements by insertion, which decides where a NaN ends up: it is neither less nor greater.
void sort_few(std::vector<Keyed>& keys) {
    for (std::size_t i = 1; i < keys.size(); ++i)
        for (std::size_t j = i; j > 0 && compare(keys[j].key, keys[j - 1].key) == Order::Less; --j)
            std::swap(keys[j], keys[j - 1]);
}

/// NaN last: std::stable_sort must have an order.
bool is_before(const Keyed& a, const Keyed& b) {
    const bool a_is_nan = a.key.is(Tag::Double) && std::isnan(a.key.real);
    const bool b_is_nan = b.key.is(Tag::Double) && std::isnan(b.key.real);
    if (a_is_nan || b_is_nan) return !a_is_nan;
    return compare(a.key, b.key) == Order::Less;
}

/// sort() has one argument: the elements are the keys.
Value call_sort(CallContext& context, Arguments args) {
    constexpr std::size_t kFew = 12;
    constexpr std::uint64_t kStepsOfSorting = 16;  // comparisons of an element
    const Value& list = args.front();
    const Value& keys = args.back();
    const std::size_t size = size_of(list);
    if (size != size_of(keys))
        return context.error("the list and its keys have " + std::to_string(size) + " and " +
                             std::to_string(size_of(keys)) + " elements");
    if (size == 0) return list;
    std::vector<Keyed> sorted;
    sorted.reserve(size);
    for (std::size_t i = 0; i < size; ++i) {
        if (!context.meter.take(kStepsOfSorting)) return context.stopped();
        sorted.push_back({element(keys, i), i});
        if (i == 0 && !is_comparable(sorted[0].key)) return context.error("list elements must be comparable");
        if (sorted[i].key.tag != sorted[0].key.tag)
            return context.error("list elements must have the same type");
    }
    if (size <= kFew)
        sort_few(sorted);
    else
        std::stable_sort(sorted.begin(), sorted.end(), is_before);
    return made_list(context, size, [&](std::size_t i) { return element(list, sorted[i].index); });
}

// --- maps of two-variable loops ----------------------------------------------------------------------------
std::string key_text(const Value& key) {
    switch (key.tag) {
        case Tag::Bool:
            return key.boolean ? "true" : "false";
        case Tag::Int:
            return std::to_string(key.integer);
        case Tag::Uint:
            return std::to_string(key.natural);
        case Tag::Double:
            return general_text(key.real);
        case Tag::String:
            return std::string(key.view());
        default:
            return std::string(type_name(key));
    }
}

/// args: the map, then a key and a value or another map. No key may be there already.
Value call_map_insert(CallContext& context, Arguments args) {
    const Value& map = args[0];
    const std::size_t size = size_of(map);
    const std::size_t added = args.size() > 2 ? 1 : size_of(args[1]);
    std::vector<MapEntry> entries;
    entries.reserve(size + added);
    for (std::size_t i = 0; i < size; ++i) entries.push_back(entry(map, i));
    for (std::size_t i = 0; i < added; ++i) {
        const MapEntry each = args.size() > 2 ? MapEntry{args[1], args[2]} : entry(args[1], i);
        if (!lookup(map, each.key).is(Tag::Absent))
            return context.error("insert failed: key " + key_text(each.key) + " already exists");
        entries.push_back(each);
    }
    return context.arena.map(entries);
}

// --- costs -------------------------------------------------------------------------------------------------
constexpr std::uint64_t kListCost = 11;  // of the call and of the list it makes
constexpr std::uint64_t kTooMuch = std::numeric_limits<std::uint64_t>::max() / 4;

std::uint64_t walk_cost(const Value& value, std::size_t& steps, std::size_t depth = 0) {
    if (++steps > kMaxSteps || depth > limits::kMaxCelValueDepth) return kTooMuch;
    if (value.is(Tag::String) || value.is(Tag::Bytes)) return value.size / 10;
    if (!value.is_list() && !value.is_map()) return 1;
    std::uint64_t cost = 0;
    for (std::size_t i = 0; i < size_of(value) && cost < kTooMuch; ++i) {
        if (value.is_list()) {
            cost += walk_cost(element(value, i), steps, depth + 1);
        } else {
            const MapEntry each = entry(value, i);
            cost += walk_cost(each.key, steps, depth + 1) + walk_cost(each.value, steps, depth + 1);
        }
    }
    return cost;
}

/// Kubernetes: 1 for an element, a tenth of its bytes (rounded down, so a short one is free) for a text.
std::uint64_t cost_walk(Arguments args, const Value&) {
    std::size_t steps = 0;
    return walk_cost(args[0], steps);
}

std::uint64_t cost_result(Arguments, const Value& result) {
    return kListCost + cost_size(result);
}

std::uint64_t cost_flatten(Arguments args, const Value&) {
    const std::int64_t levels = args.size() > 1 && args[1].is(Tag::Int) ? args[1].integer : 1;
    const std::uint64_t size = cost_size(args[0]);
    if (size == 0 || levels == 0) return kListCost;
    if (levels < 0 || static_cast<std::uint64_t>(levels) > kTooMuch / size) return kTooMuch;
    return kListCost + static_cast<std::uint64_t>(levels) * size;
}

/// Every element is compared with every other one; the keys, where there are some.
std::uint64_t cost_compare_all(Arguments args, const Value&) {
    const Value& keys = args.back();
    const std::size_t size = size_of(keys);
    const Tag tag = size == 0 ? Tag::Absent : element(keys, 0).tag;
    const double factor = tag == Tag::String || tag == Tag::Bytes ? 2.1 : 2.0;
    const double pairs = static_cast<double>(size) * static_cast<double>(size);
    return kListCost + static_cast<std::uint64_t>(pairs * factor);
}

std::uint64_t cost_sets_once(Arguments args, const Value&) {
    return 1 + static_cast<std::uint64_t>(size_of(args[0])) * size_of(args[1]);
}

std::uint64_t cost_sets_twice(Arguments args, const Value&) {
    return 1 + 2 * static_cast<std::uint64_t>(size_of(args[0])) * size_of(args[1]);
}

// --- the table ---------------------------------------------------------------------------------------------
constexpr auto kMin = call_extreme<Order::Greater>;
constexpr auto kMax = call_extreme<Order::Less>;
constexpr Style kMember = Style::Member;

constexpr std::array kListRows{
    Overload{"isSorted", kMember, "list_int_is_sorted_bool", "list<int>->bool", call_is_sorted, cost_walk},
    Overload{"isSorted", kMember, "list_uint_is_sorted_bool", "list<uint>->bool", call_is_sorted, cost_walk},
    Overload{"isSorted", kMember, "list_double_is_sorted_bool", "list<double>->bool", call_is_sorted,
             cost_walk},
    Overload{"isSorted", kMember, "list_bool_is_sorted_bool", "list<bool>->bool", call_is_sorted, cost_walk},
    Overload{"isSorted", kMember, "list_duration_is_sorted_bool", "list<duration>->bool", call_is_sorted,
             cost_walk},
    Overload{"isSorted", kMember, "list_timestamp_is_sorted_bool", "list<timestamp>->bool", call_is_sorted,
             cost_walk},
    Overload{"isSorted", kMember, "list_string_is_sorted_bool", "list<string>->bool", call_is_sorted,
             cost_walk},
    Overload{"isSorted", kMember, "list_bytes_is_sorted_bool", "list<bytes>->bool", call_is_sorted,
             cost_walk},
    Overload{"sum", kMember, "list_int_sum_int", "list<int>->int", call_sum<Tag::Int>, cost_walk},
    Overload{"sum", kMember, "list_uint_sum_uint", "list<uint>->uint", call_sum<Tag::Uint>, cost_walk},
    Overload{"sum", kMember, "list_double_sum_double", "list<double>->double", call_sum<Tag::Double>,
             cost_walk},
    Overload{"sum", kMember, "list_duration_sum_duration", "list<duration>->duration",
             call_sum<Tag::Duration>, cost_walk},
    Overload{"max", kMember, "list_int_max_int", "list<int>->int", kMax, cost_walk},
    Overload{"max", kMember, "list_uint_max_uint", "list<uint>->uint", kMax, cost_walk},
    Overload{"max", kMember, "list_double_max_double", "list<double>->double", kMax, cost_walk},
    Overload{"max", kMember, "list_bool_max_bool", "list<bool>->bool", kMax, cost_walk},
    Overload{"max", kMember, "list_duration_max_duration", "list<duration>->duration", kMax, cost_walk},
    Overload{"max", kMember, "list_timestamp_max_timestamp", "list<timestamp>->timestamp", kMax, cost_walk},
    Overload{"max", kMember, "list_string_max_string", "list<string>->string", kMax, cost_walk},
    Overload{"max", kMember, "list_bytes_max_bytes", "list<bytes>->bytes", kMax, cost_walk},
    Overload{"min", kMember, "list_int_min_int", "list<int>->int", kMin, cost_walk},
    Overload{"min", kMember, "list_uint_min_uint", "list<uint>->uint", kMin, cost_walk},
    Overload{"min", kMember, "list_double_min_double", "list<double>->double", kMin, cost_walk},
    Overload{"min", kMember, "list_bool_min_bool", "list<bool>->bool", kMin, cost_walk},
    Overload{"min", kMember, "list_duration_min_duration", "list<duration>->duration", kMin, cost_walk},
    Overload{"min", kMember, "list_timestamp_min_timestamp", "list<timestamp>->timestamp", kMin, cost_walk},
    Overload{"min", kMember, "list_string_min_string", "list<string>->string", kMin, cost_walk},
    Overload{"min", kMember, "list_bytes_min_bytes", "list<bytes>->bytes", kMin, cost_walk},
    Overload{"indexOf", kMember, "list_a_index_of_int", "list<A>,A->int", call_index_of, cost_walk},
    Overload{"lastIndexOf", kMember, "list_a_last_index_of_int", "list<A>,A->int", call_last_index_of,
             cost_walk},
    Overload{"includes", kMember, "list_includes_dyn_dyn", "dyn,dyn->bool", call_includes, cost_walk, 37},
};

constexpr std::array kMoreRows{
    Overload{"slice", kMember, "list_slice", "list<T>,int,int->list<T>", call_slice, cost_result},
    Overload{"flatten", kMember, "list_flatten", "list<list<T>>->list<T>", call_flatten, cost_flatten},
    Overload{"flatten", kMember, "list_flatten_int", "list<dyn>,int->list<dyn>", call_flatten, cost_flatten},
    Overload{"lists.range", Style::Global, "lists_range", "int->list<int>", call_range, cost_result},
    Overload{"reverse", kMember, "list_reverse", "list<T>->list<T>", call_reverse, cost_result},
    Overload{"distinct", kMember, "list_distinct", "list<T>->list<T>", call_distinct, cost_compare_all},
    Overload{"sort", kMember, "list_int_sort", "list<int>->list<int>", call_sort, cost_compare_all},
    Overload{"sort", kMember, "list_uint_sort", "list<uint>->list<uint>", call_sort, cost_compare_all},
    Overload{"sort", kMember, "list_double_sort", "list<double>->list<double>", call_sort, cost_compare_all},
    Overload{"sort", kMember, "list_bool_sort", "list<bool>->list<bool>", call_sort, cost_compare_all},
    Overload{"sort", kMember, "list_duration_sort", "list<duration>->list<duration>", call_sort,
             cost_compare_all},
    Overload{"sort", kMember, "list_timestamp_sort", "list<timestamp>->list<timestamp>", call_sort,
             cost_compare_all},
    Overload{"sort", kMember, "list_string_sort", "list<string>->list<string>", call_sort, cost_compare_all},
    Overload{"sort", kMember, "list_bytes_sort", "list<bytes>->list<bytes>", call_sort, cost_compare_all},
    Overload{"@sortByAssociatedKeys", kMember, "list_int_sortByAssociatedKeys", "list<T>,list<int>->list<T>",
             call_sort, cost_compare_all},
    Overload{"@sortByAssociatedKeys", kMember, "list_uint_sortByAssociatedKeys",
             "list<T>,list<uint>->list<T>", call_sort, cost_compare_all},
    Overload{"@sortByAssociatedKeys", kMember, "list_double_sortByAssociatedKeys",
             "list<T>,list<double>->list<T>", call_sort, cost_compare_all},
    Overload{"@sortByAssociatedKeys", kMember, "list_bool_sortByAssociatedKeys",
             "list<T>,list<bool>->list<T>", call_sort, cost_compare_all},
    Overload{"@sortByAssociatedKeys", kMember, "list_duration_sortByAssociatedKeys",
             "list<T>,list<duration>->list<T>", call_sort, cost_compare_all},
    Overload{"@sortByAssociatedKeys", kMember, "list_timestamp_sortByAssociatedKeys",
             "list<T>,list<timestamp>->list<T>", call_sort, cost_compare_all},
    Overload{"@sortByAssociatedKeys", kMember, "list_string_sortByAssociatedKeys",
             "list<T>,list<string>->list<T>", call_sort, cost_compare_all},
    Overload{"@sortByAssociatedKeys", kMember, "list_bytes_sortByAssociatedKeys",
             "list<T>,list<bytes>->list<T>", call_sort, cost_compare_all},
};

constexpr std::array kSetRows{
    Overload{"sets.contains", Style::Global, "list_sets_contains_list", "list<T>,list<T>->bool",
             call_sets_contains, cost_sets_once},
    Overload{"sets.equivalent", Style::Global, "list_sets_equivalent_list", "list<T>,list<T>->bool",
             call_sets_equivalent, cost_sets_twice},
    Overload{"sets.intersects", Style::Global, "list_sets_intersects_list", "list<T>,list<T>->bool",
             call_sets_intersects, cost_sets_once},
};

constexpr std::array kLoopRows{
    Overload{"cel.@mapInsert", Style::Global, "@mapInsert_map_key_value", "map<K,V>,K,V->map<K,V>",
             call_map_insert},
    Overload{"cel.@mapInsert", Style::Global, "@mapInsert_map_map", "map<K,V>,map<K,V>->map<K,V>",
             call_map_insert},
};

}  // namespace

std::span<const Overload> list_overloads() {
    return kListRows;
}
std::span<const Overload> more_list_overloads() {
    return kMoreRows;
}
std::span<const Overload> set_overloads() {
    return kSetRows;
}
std::span<const Overload> loop_overloads() {
    return kLoopRows;
}

}  // namespace tollgate::cel
