// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/call_hint.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace tollgate::cel {

namespace {

using Kind = Type::Kind;

bool is_plain(const Type& type) {
    constexpr std::array kPlain{Kind::Int, Kind::Uint, Kind::Double, Kind::String};
    return std::find(kPlain.begin(), kPlain.end(), type.kind) != kPlain.end();
}

bool has_overload(const Environment& environment, std::string_view function, const Type& argument) {
    const auto signatures = environment.find_function(function);
    return std::any_of(signatures.begin(), signatures.end(), [&](const Signature& each) {
        return each.arguments.size() == 1 && each.arguments[0] == argument && environment.offers(each);
    });
}

/// The function that makes such a value of a text: "duration", "quantity"; "" when there is none.
std::string_view maker_of(const Environment& environment, const Type& wanted) {
    if (is_plain(wanted)) return {};
    for (const std::string_view name : environment.function_names())
        for (const Signature& each : environment.find_function(name))
            if (each.overload->style == Style::Global && each.arguments.size() == 1 &&
                each.arguments[0].is(Kind::String) && each.result == wanted && environment.offers(each))
                return name;
    return {};
}

/// `workload.cost.hourly <= 20`, `object.age < "24h"`
std::string made_of_text(const Environment& environment, const Type& a, const Type& b) {
    const bool first = is_plain(b);
    if (first == is_plain(a)) return "";
    const std::string_view maker = maker_of(environment, first ? a : b);
    if (maker.empty()) return "";
    return "compare with " + std::string(maker) + "('...'), as in " + std::string(maker) + "(\"" +
           (maker == "duration"    ? "24h"
            : maker == "timestamp" ? "2026-01-01T00:00:00Z"
                                   : "20") +
           "\")";
}

bool is_order(std::string_view function) {
    constexpr std::array<std::string_view, 4> kOrders{"_<_", "_<=_", "_>_", "_>=_"};
    return std::find(kOrders.begin(), kOrders.end(), function) != kOrders.end();
}

std::string operator_hint(const Environment& environment, std::string_view function, const Type& a,
                          const Type& b) {
    if (is_order(function) && a == b && a.is(Kind::Opaque)) {
        const auto named = environment.find_function("compareTo");
        const bool compares = std::any_of(named.begin(), named.end(), [&](const Signature& each) {
            return !each.arguments.empty() && each.arguments[0] == a;
        });
        return compares ? "write a.isLessThan(b), a.isGreaterThan(b) or a.compareTo(b)" : "";
    }
    if (function == "_+_" && a.is(Kind::String) != b.is(Kind::String))
        return has_overload(environment, "string", a.is(Kind::String) ? b : a)
                   ? "string(...) makes a text of the other"
                   : "";
    if (is_order(function) || function == "_==_" || function == "_!=_")
        return made_of_text(environment, a, b);
    return "";
}

}  // namespace

std::string call_hint(const Environment& environment, std::string_view function, bool member,
                      const std::vector<Type>& arguments) {
    if (arguments.size() == 2 && !member)
        return operator_hint(environment, function, arguments[0], arguments[1]);
    const bool from_number = arguments.size() == 1 && !member && is_plain(arguments[0]);
    if (from_number && !arguments[0].is(Kind::String) &&
        has_overload(environment, function, simple_type(Kind::String)))
        return "write it as a text: " + std::string(function) + "('...')";
    return "";
}

}  // namespace tollgate::cel
