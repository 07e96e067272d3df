// SPDX-License-Identifier: Apache-2.0
// Optional values. Source: cel-go cel/library.go, OptionalTypes.
#include "engine/cel/library/library.hpp"

#include <array>

namespace tollgate::cel {
namespace {

bool is_zero(const Value& value) {
    switch (value.tag) {
        case Tag::Null:
            return true;
        case Tag::Bool:
            return !value.boolean;
        case Tag::Int:
        case Tag::Uint:
        case Tag::Duration:
            return value.integer == 0;
        case Tag::Double:
            return value.real == 0;
        case Tag::String:
        case Tag::Bytes:
            return value.size == 0;
        case Tag::List:
        case Tag::Map:
        case Tag::JsonList:
        case Tag::JsonMap:
            return size_of(value) == 0;
        case Tag::Optional:
            return value.items == nullptr;
        default:
            return false;
    }
}

Value of(CallContext& context, Arguments arguments) {
    return context.arena.optional(arguments[0]);
}
Value of_non_zero(CallContext& context, Arguments arguments) {
    return is_zero(arguments[0]) ? Arena::none() : context.arena.optional(arguments[0]);
}
Value none(CallContext&, Arguments) {
    return Arena::none();
}
Value has_value(CallContext&, Arguments arguments) {
    return bool_value(arguments[0].items != nullptr);
}
Value value_of(CallContext& context, Arguments arguments) {
    return arguments[0].items == nullptr ? context.error("optional.none() dereference") : *arguments[0].items;
}
Value or_other(CallContext&, Arguments arguments) {
    return arguments[0].items == nullptr ? arguments[1] : arguments[0];
}
Value or_value(CallContext&, Arguments arguments) {
    return arguments[0].items == nullptr ? arguments[1] : *arguments[0].items;
}
Value unwrap(CallContext& context, Arguments arguments) {
    Collected<Value> found(context.arena);
    for (std::size_t i = 0; i < size_of(arguments[0]); ++i) {
        if (!context.meter.take()) return context.stopped();
        const Value each = element(arguments[0], i);
        if (!each.is(Tag::Optional)) return context.error("no such overload: unwrap of what is not optional");
        if (each.items != nullptr) found.add(*each.items);
    }
    return context.arena.list(found.all());
}

constexpr std::array<Overload, 9> kRows{{
    {"optional.of", Style::Global, "optional_of", "A->optional<A>", of},
    {"optional.ofNonZeroValue", Style::Global, "optional_ofNonZeroValue", "A->optional<A>", of_non_zero},
    {"optional.none", Style::Global, "optional_none", "->optional<A>", none},
    {"hasValue", Style::Member, "optional_hasValue", "optional<A>->bool", has_value},
    {"value", Style::Member, "optional_value", "optional<A>->A", value_of},
    {"or", Style::Member, "optional_or_optional", "optional<A>,optional<A>->optional<A>", or_other},
    {"orValue", Style::Member, "optional_orValue_value", "optional<A>,A->A", or_value},
    {"optional.unwrap", Style::Global, "optional_unwrap", "list<optional<A>>->list<A>", unwrap},
    {"unwrapOpt", Style::Member, "optional_unwrapOpt", "list<optional<A>>->list<A>", unwrap},
}};

}  // namespace

std::span<const Overload> optional_overloads() {
    return kRows;
}

}  // namespace tollgate::cel
