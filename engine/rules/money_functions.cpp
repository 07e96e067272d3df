// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/money_functions.hpp"

#include "engine/base/limits.hpp"

#include <array>
#include <optional>
#include <string>

namespace tollgate::rules {
namespace {

using cel::Arguments;
using cel::CallContext;
using cel::Overload;
using cel::Style;
using cel::Value;

bool equal_amounts(const cel::Opaque& a, const cel::Opaque& b);
std::string shown(const cel::Opaque& amount);

struct Amount : cel::Opaque {
    explicit Amount(const Money& value) : Opaque(kMoneyType, equal_amounts, shown), money(value) {}
    Money money;
};

bool equal_amounts(const cel::Opaque& a, const cel::Opaque& b) {
    return static_cast<const Amount&>(a).money == static_cast<const Amount&>(b).money;
}

std::string shown(const cel::Opaque& amount) {
    return "money(\"" + to_decimal_string(static_cast<const Amount&>(amount).money) + "\")";
}

const Money& amount_of(const Value& value) {
    return static_cast<const Amount&>(*value.opaque).money;
}

Value money_of_text(CallContext& context, Arguments arguments) {
    const std::string_view text = arguments[0].view();
    const std::optional<Ratio> usd =
        text.size() <= limits::kMaxQuantityBytes ? parse_decimal(text) : std::nullopt;
    if (!usd.has_value() || !usd->is_known())
        return context.error("money() takes an amount of US dollars, such as '50' or '6.88'");
    return make_money(context.arena, {*usd});
}

Value money_of_int(CallContext& context, Arguments arguments) {
    return make_money(context.arena, {Ratio(arguments[0].integer)});
}

template <class Compare>
Value compare(CallContext&, Arguments arguments) {
    return cel::bool_value(Compare()(amount_of(arguments[0]), amount_of(arguments[1])));
}
struct Less {
    bool operator()(const Money& a, const Money& b) const { return a < b; }
};
struct AtMost {
    bool operator()(const Money& a, const Money& b) const { return a <= b; }
};
struct Greater {
    bool operator()(const Money& a, const Money& b) const { return a > b; }
};
struct AtLeast {
    bool operator()(const Money& a, const Money& b) const { return a >= b; }
};

Value add(CallContext& context, Arguments arguments) {
    return make_money(context.arena, amount_of(arguments[0]) + amount_of(arguments[1]));
}
Value subtract(CallContext& context, Arguments arguments) {
    return make_money(context.arena, amount_of(arguments[0]) - amount_of(arguments[1]));
}
Value times(CallContext& context, Arguments arguments) {
    return make_money(context.arena, amount_of(arguments[0]) * Ratio(arguments[1].integer));
}
Value times_money(CallContext& context, Arguments arguments) {
    return make_money(context.arena, amount_of(arguments[1]) * Ratio(arguments[0].integer));
}
Value text_of(CallContext& context, Arguments arguments) {
    return context.arena.copy_string(to_decimal_string(amount_of(arguments[0])));
}

constexpr std::string_view kCompared = "tollgate.Money,tollgate.Money->bool";
constexpr std::string_view kJoined = "tollgate.Money,tollgate.Money->tollgate.Money";

constexpr std::array<Overload, 11> kRows{{
    {.function = "money",
     .id = "string_to_money",
     .signature = "string->tollgate.Money",
     .call = money_of_text,
     .folds = true},
    {.function = "money",
     .id = "int_to_money",
     .signature = "int->tollgate.Money",
     .call = money_of_int,
     .folds = true},
    {"string", Style::Global, "money_to_string", "tollgate.Money->string", text_of},
    {"_<_", Style::Global, "less_money", kCompared, compare<Less>},
    {"_<=_", Style::Global, "less_equals_money", kCompared, compare<AtMost>},
    {"_>_", Style::Global, "greater_money", kCompared, compare<Greater>},
    {"_>=_", Style::Global, "greater_equals_money", kCompared, compare<AtLeast>},
    {"_+_", Style::Global, "add_money", kJoined, add},
    {"_-_", Style::Global, "subtract_money", kJoined, subtract},
    {"_*_", Style::Global, "multiply_money_int", "tollgate.Money,int->tollgate.Money", times},
    {"_*_", Style::Global, "multiply_int_money", "int,tollgate.Money->tollgate.Money", times_money},
}};

constexpr cel::Library kLibrary{"tollgate.money", kRows};

}  // namespace

const cel::Library& money_library() {
    return kLibrary;
}

Value make_money(cel::Arena& arena, const Money& amount) {
    if (!amount.usd.is_known()) return arena.error("the amount of money is too large to be exact");
    const Amount* made = arena.make<Amount>(amount);
    return made == nullptr ? arena.error("") : cel::opaque_value(made);
}

}  // namespace tollgate::rules
