// SPDX-License-Identifier: Apache-2.0
// Operators and the functions every value has. && || and ?: are not here: they do not look at all their
// operands. Source: the CEL language definition, "List of Standard Definitions".
#include "engine/cel/library/library.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <string>

namespace tollgate::cel {
namespace {

constexpr std::string_view kOverflow = "integer overflow", kByZero = "division by zero",
                           kModuloZero = "modulus by zero";
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

// --- arithmetic ------------------------------------------------------------------------------------------
template <bool (*Checked)(std::int64_t, std::int64_t, std::int64_t*)>
Value on_ints(CallContext& context, Arguments a) {
    std::int64_t out = 0;
    return Checked(a[0].integer, a[1].integer, &out) ? context.error(kOverflow) : int_value(out);
}
template <bool (*Checked)(std::uint64_t, std::uint64_t, std::uint64_t*)>
Value on_uints(CallContext& context, Arguments a) {
    std::uint64_t out = 0;
    return Checked(a[0].natural, a[1].natural, &out) ? context.error("unsigned integer overflow")
                                                     : uint_value(out);
}
template <class T>
bool add(T a, T b, T* out) {
    return __builtin_add_overflow(a, b, out);
}
template <class T>
bool subtract(T a, T b, T* out) {
    return __builtin_sub_overflow(a, b, out);
}
template <class T>
bool multiply(T a, T b, T* out) {
    return __builtin_mul_overflow(a, b, out);
}

Value add_doubles(CallContext&, Arguments a) {
    return double_value(a[0].real + a[1].real);
}
Value subtract_doubles(CallContext&, Arguments a) {
    return double_value(a[0].real - a[1].real);
}
Value multiply_doubles(CallContext&, Arguments a) {
    return double_value(a[0].real * a[1].real);
}
Value divide_doubles(CallContext&, Arguments a) {
    return double_value(a[0].real / a[1].real);
}
Value divide_ints(CallContext& context, Arguments a) {
    if (a[1].integer == 0) return context.error(kByZero);
    if (a[0].integer == kLeast && a[1].integer == -1) return context.error(kOverflow);
    return int_value(a[0].integer / a[1].integer);
}
Value divide_uints(CallContext& context, Arguments a) {
    return a[1].natural == 0 ? context.error(kByZero) : uint_value(a[0].natural / a[1].natural);
}
Value modulo_ints(CallContext& context, Arguments a) {
    if (a[1].integer == 0) return context.error(kModuloZero);
    if (a[0].integer == kLeast && a[1].integer == -1) return context.error(kOverflow);
    return int_value(a[0].integer % a[1].integer);
}
Value modulo_uints(CallContext& context, Arguments a) {
    return a[1].natural == 0 ? context.error(kModuloZero) : uint_value(a[0].natural % a[1].natural);
}
Value negate_int(CallContext& context, Arguments a) {
    return a[0].integer == kLeast ? context.error(kOverflow) : int_value(-a[0].integer);
}
Value negate_double(CallContext&, Arguments a) {
    return double_value(-a[0].real);
}
Value not_bool(CallContext&, Arguments a) {
    return bool_value(!a[0].boolean);
}

Value join_texts(CallContext& context, Arguments a) {
    if (a[0].size == 0) return a[1];
    if (a[1].size == 0) return a[0];
    void* place = context.arena.allocate(std::size_t{a[0].size} + a[1].size);
    if (place == nullptr) return context.error("");
    char* text = static_cast<char*>(place);
    a[0].view().copy(text, a[0].size);
    a[1].view().copy(text + a[0].size, a[1].size);
    Value out = a[0];
    out.text = text;
    out.size = a[0].size + a[1].size;
    return out;
}

Value join_lists(CallContext& context, Arguments a) {
    const std::size_t first = size_of(a[0]), second = size_of(a[1]);
    if (first == 0) return a[1];
    if (second == 0) return a[0];
    const std::size_t size = first + second;
    if (!context.meter.take(size)) return context.stopped();
    Value* items = size > std::numeric_limits<std::uint32_t>::max() ? nullptr : context.arena.values(size);
    if (items == nullptr) return context.error("");
    for (std::size_t i = 0; i < first; ++i) items[i] = element(a[0], i);
    for (std::size_t i = 0; i < second; ++i) items[first + i] = element(a[1], i);
    Value list = context.arena.list({});
    list.items = items;
    list.size = static_cast<std::uint32_t>(size);
    return list;
}

std::uint64_t cost_of_joining(Arguments a, const Value&) {
    return traversal_cost(cost_size(a[0]) + cost_size(a[1]));
}

// --- order and equality ----------------------------------------------------------------------------------
Value equals(CallContext& context, Arguments a) {
    return bool_value(equal(a[0], a[1], context.meter));
}
Value not_equals(CallContext& context, Arguments a) {
    return bool_value(!equal(a[0], a[1], context.meter));
}
template <bool Less, bool Equal, bool Greater>
Value ordered(CallContext& context, Arguments a) {
    switch (compare(a[0], a[1])) {
        case Order::Less:
            return bool_value(Less);
        case Order::Equal:
            return bool_value(Equal);
        case Order::Greater:
            return bool_value(Greater);
        case Order::None:
            break;
    }
    return context.error("NaN values cannot be ordered");
}
constexpr CallFn kLess = ordered<true, false, false>;
constexpr CallFn kLessEquals = ordered<true, true, false>;
constexpr CallFn kGreater = ordered<false, false, true>;
constexpr CallFn kGreaterEquals = ordered<false, true, true>;

std::uint64_t cost_of_comparing(Arguments a, const Value&) {
    if (a.size() < 2) return 1;
    return traversal_cost(std::min(cost_size(a[0]), cost_size(a[1])));
}

// --- containers ------------------------------------------------------------------------------------------
/// A list's position: whole numbers of any kind; empty for what is none.
bool read_index(const Value& key, std::int64_t& index) {
    if (key.is(Tag::Int)) {
        index = key.integer;
    } else if (key.is(Tag::Uint) &&
               key.natural <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        index = static_cast<std::int64_t>(key.natural);
    } else if (key.is(Tag::Double) && std::trunc(key.real) == key.real && std::fabs(key.real) < 9e15) {
        index = static_cast<std::int64_t>(key.real);
    } else {
        return false;
    }
    return true;
}

std::string shown(const Value& key) {
    if (key.is(Tag::String)) return std::string(key.view());
    if (key.is(Tag::Int)) return std::to_string(key.integer);
    if (key.is(Tag::Uint)) return std::to_string(key.natural);
    if (key.is(Tag::Bool)) return key.boolean ? "true" : "false";
    return "a " + std::string(type_name(key));
}

/// Absent when there is nothing there; an error when the key is none.
Value find(CallContext& context, const Value& target, const Value& key) {
    if (target.is_list()) {
        std::int64_t index = 0;
        if (!read_index(key, index)) return context.error("unsupported index: " + shown(key));
        return index < 0 ? Value{} : element(target, static_cast<std::size_t>(index));
    }
    if (!target.is_map())
        return context.error("no such overload: a " + std::string(type_name(target)) + " has no elements");
    return lookup(target, key);
}

Value index(CallContext& context, Arguments a) {
    const Value found = find(context, a[0], a[1]);
    if (!found.is(Tag::Absent)) return found;
    return context.error((a[0].is_list() ? "index out of bounds: " : "no such key: ") + shown(a[1]));
}

/// a[?k], and any index of an optional.
Value optional_index(CallContext& context, Arguments a) {
    Value target = a[0];
    if (target.is(Tag::Optional)) {
        if (target.items == nullptr) return Arena::none();
        target = target.content();
    }
    const Value found = find(context, target, a[1]);
    if (found.is_error()) return found;
    return found.is(Tag::Absent) ? Arena::none() : context.arena.optional(found);
}

Value in_list(CallContext& context, Arguments a) {
    for (std::size_t i = 0; i < size_of(a[1]) && !context.meter.has_ended(); ++i)
        if (equal(element(a[1], i), a[0], context.meter)) return bool_value(true);
    return bool_value(false);
}
Value in_map(CallContext&, Arguments a) {
    return bool_value(!lookup(a[1], a[0]).is(Tag::Absent));
}
std::uint64_t cost_of_list(Arguments a, const Value&) {
    return a.size() < 2 ? 1 : cost_size(a[1]);
}

Value size_of_text(CallContext&, Arguments a) {
    return int_value(static_cast<std::int64_t>(code_points(a[0].view())));
}
Value size_of_bytes(CallContext&, Arguments a) {
    return int_value(a[0].size);
}
Value size_of_container(CallContext&, Arguments a) {
    return int_value(static_cast<std::int64_t>(size_of(a[0])));
}
Value type_of(CallContext&, Arguments a) {
    return type_value(type_name(a[0]));
}
Value same(CallContext&, Arguments a) {
    return a[0];
}

#define TOLLGATE_ORDER_ROWS(symbol, name, call)                                                  \
    {symbol, Style::Global, name "_bool", "bool,bool->bool", call},                              \
        {symbol, Style::Global, name "_int64", "int,int->bool", call},                           \
        {symbol, Style::Global, name "_int64_double", "int,double->bool", call, cost_one, 28},   \
        {symbol, Style::Global, name "_int64_uint64", "int,uint->bool", call, cost_one, 28},     \
        {symbol, Style::Global, name "_uint64", "uint,uint->bool", call},                        \
        {symbol, Style::Global, name "_uint64_double", "uint,double->bool", call, cost_one, 28}, \
        {symbol, Style::Global, name "_uint64_int64", "uint,int->bool", call, cost_one, 28},     \
        {symbol, Style::Global, name "_double", "double,double->bool", call},                    \
        {symbol, Style::Global, name "_double_int64", "double,int->bool", call, cost_one, 28},   \
        {symbol, Style::Global, name "_double_uint64", "double,uint->bool", call, cost_one, 28}, \
        {symbol, Style::Global, name "_string", "string,string->bool", call, cost_of_comparing}, \
        {symbol, Style::Global, name "_bytes", "bytes,bytes->bool", call, cost_of_comparing},    \
        {symbol, Style::Global, name "_timestamp", "timestamp,timestamp->bool", call}, {         \
        symbol, Style::Global, name "_duration", "duration,duration->bool", call                 \
    }

constexpr Overload kRows[] = {
    {"!_", Style::Global, "logical_not", "bool->bool", not_bool},
    {"-_", Style::Global, "negate_int64", "int->int", negate_int},
    {"-_", Style::Global, "negate_double", "double->double", negate_double},
    {"_+_", Style::Global, "add_int64", "int,int->int", on_ints<add<std::int64_t>>},
    {"_+_", Style::Global, "add_uint64", "uint,uint->uint", on_uints<add<std::uint64_t>>},
    {"_+_", Style::Global, "add_double", "double,double->double", add_doubles},
    {"_+_", Style::Global, "add_string", "string,string->string", join_texts, cost_of_joining},
    {"_+_", Style::Global, "add_bytes", "bytes,bytes->bytes", join_texts, cost_of_joining},
    {"_+_", Style::Global, "add_list", "list<A>,list<A>->list<A>", join_lists},
    {"_-_", Style::Global, "subtract_int64", "int,int->int", on_ints<subtract<std::int64_t>>},
    {"_-_", Style::Global, "subtract_uint64", "uint,uint->uint", on_uints<subtract<std::uint64_t>>},
    {"_-_", Style::Global, "subtract_double", "double,double->double", subtract_doubles},
    {"_*_", Style::Global, "multiply_int64", "int,int->int", on_ints<multiply<std::int64_t>>},
    {"_*_", Style::Global, "multiply_uint64", "uint,uint->uint", on_uints<multiply<std::uint64_t>>},
    {"_*_", Style::Global, "multiply_double", "double,double->double", multiply_doubles},
    {"_/_", Style::Global, "divide_int64", "int,int->int", divide_ints},
    {"_/_", Style::Global, "divide_uint64", "uint,uint->uint", divide_uints},
    {"_/_", Style::Global, "divide_double", "double,double->double", divide_doubles},
    {"_%_", Style::Global, "modulo_int64", "int,int->int", modulo_ints},
    {"_%_", Style::Global, "modulo_uint64", "uint,uint->uint", modulo_uints},
    {"_==_", Style::Global, "equals", "A,A->bool", equals, cost_of_comparing},
    {"_!=_", Style::Global, "not_equals", "A,A->bool", not_equals, cost_of_comparing},
    TOLLGATE_ORDER_ROWS("_<_", "less", kLess),
    TOLLGATE_ORDER_ROWS("_<=_", "less_equals", kLessEquals),
    TOLLGATE_ORDER_ROWS("_>_", "greater", kGreater),
    TOLLGATE_ORDER_ROWS("_>=_", "greater_equals", kGreaterEquals),
    {"_[_]", Style::Global, "index_list", "list<A>,int->A", index},
    {"_[_]", Style::Global, "index_map", "map<A,B>,A->B", index},
    {"_[_]", Style::Global, "optional_list_index_int", "optional<list<A>>,int->optional<A>", optional_index,
     cost_one, 28},
    {"_[_]", Style::Global, "optional_map_index_value", "optional<map<A,B>>,A->optional<B>", optional_index,
     cost_one, 28},
    {"_[?_]", Style::Global, "list_optindex_optional_int", "list<A>,int->optional<A>", optional_index,
     cost_one, 28},
    {"_[?_]", Style::Global, "optional_list_optindex_optional_int", "optional<list<A>>,int->optional<A>",
     optional_index, cost_one, 28},
    {"_[?_]", Style::Global, "map_optindex_optional_value", "map<A,B>,A->optional<B>", optional_index,
     cost_one, 28},
    {"_[?_]", Style::Global, "optional_map_optindex_optional_value", "optional<map<A,B>>,A->optional<B>",
     optional_index, cost_one, 28},
    {"@in", Style::Global, "in_list", "A,list<A>->bool", in_list, cost_of_list},
    {"@in", Style::Global, "in_map", "A,map<A,B>->bool", in_map},
    {"_?_:_", Style::Global, "conditional", "bool,A,A->A", same},
    {"_&&_", Style::Global, "logical_and", "bool,bool->bool", same},
    {"_||_", Style::Global, "logical_or", "bool,bool->bool", same},
    {"size", Style::Global, "size_string", "string->int", size_of_text},
    {"size", Style::Global, "size_bytes", "bytes->int", size_of_bytes},
    {"size", Style::Global, "size_list", "list<A>->int", size_of_container},
    {"size", Style::Global, "size_map", "map<A,B>->int", size_of_container},
    {"size", Style::Member, "string_size", "string->int", size_of_text},
    {"size", Style::Member, "bytes_size", "bytes->int", size_of_bytes},
    {"size", Style::Member, "list_size", "list<A>->int", size_of_container},
    {"size", Style::Member, "map_size", "map<A,B>->int", size_of_container},
    {"type", Style::Global, "type", "A->type<A>", type_of},
    {"dyn", Style::Global, "to_dyn", "A->dyn", same},
};

#undef TOLLGATE_ORDER_ROWS

}  // namespace

std::span<const Overload> operator_overloads() {
    return kRows;
}

}  // namespace tollgate::cel
