// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/macros.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace tollgate::cel {
namespace {

/// `arguments` without the receiver: variables first, then bodies.
struct Row {
    std::string_view name;
    std::size_t arguments;
    std::size_t variables;
    Macro macro;
};

constexpr std::array<Row, 19> kRows{{{"all", 2, 1, Macro::All},
                                     {"exists", 2, 1, Macro::Exists},
                                     {"exists_one", 2, 1, Macro::ExistsOne},
                                     {"existsOne", 2, 1, Macro::ExistsOne},
                                     {"map", 2, 1, Macro::Map},
                                     {"map", 3, 1, Macro::Map},
                                     {"filter", 2, 1, Macro::Filter},
                                     {"all", 3, 2, Macro::All},
                                     {"exists", 3, 2, Macro::Exists},
                                     {"exists_one", 3, 2, Macro::ExistsOne},
                                     {"existsOne", 3, 2, Macro::ExistsOne},
                                     {"transformList", 3, 2, Macro::TransformList},
                                     {"transformList", 4, 2, Macro::TransformList},
                                     {"transformMap", 3, 2, Macro::TransformMap},
                                     {"transformMap", 4, 2, Macro::TransformMap},
                                     {"transformMapEntry", 3, 2, Macro::TransformMapEntry},
                                     {"transformMapEntry", 4, 2, Macro::TransformMapEntry},
                                     {"optMap", 2, 1, Macro::OptMap},
                                     {"optFlatMap", 2, 1, Macro::OptFlatMap}}};
constexpr Row kSortBy{"sortBy", 2, 1, Macro::SortBy};

MacroResult issue_at(const Expr& at, std::string message) {
    return {nullptr,
            Issue{at.offset, std::max<std::uint32_t>(1, at.end - at.offset), std::move(message), ""}};
}

MacroResult expand_has(ExprPtr call) {
    ExprPtr select = std::move(call->args[0]);
    if (select->kind != ExprKind::Select)
        return issue_at(*select, "has() takes the selection of a field, as in has(object.spec.replicas)");
    select->kind = ExprKind::Has;
    return {std::move(select), {}};
}

}  // namespace

MacroResult expand_macro(ExprPtr call) {
    if (!call->member) {
        if (call->text == "has" && call->args.size() == 1) return expand_has(std::move(call));
        return {std::move(call), {}};
    }
    const std::size_t arguments = call->args.size() - 1;
    const auto fits = [&](const Row& row) { return row.name == call->text && row.arguments == arguments; };
    const auto found = std::find_if(kRows.begin(), kRows.end(), fits);
    const Row* row = found != kRows.end() ? found : fits(kSortBy) ? &kSortBy : nullptr;
    if (row == nullptr) return {std::move(call), {}};
    call->kind = ExprKind::Macro;
    call->macro = row->macro;
    for (std::size_t i = 1; i <= row->variables; ++i) {
        Expr& variable = *call->args[i];
        if (variable.kind != ExprKind::Ident || variable.text.starts_with('.'))
            return issue_at(variable, std::string(row->name) + "() takes the name of a variable here");
        if (variable.text == "@result" || variable.text == "__result__")
            return issue_at(variable, "this name is taken");
        call->names.push_back(variable.text);
    }
    if (row->variables == 2 && call->names[0] == call->names[1])
        return issue_at(*call->args[2], "the two variables have one name");
    const auto first = call->args.begin() + 1;
    call->args.erase(first, first + static_cast<std::ptrdiff_t>(row->variables));
    return {std::move(call), {}};
}

std::uint32_t macro_since(const Expr& macro) {
    switch (macro.macro) {
        case Macro::OptMap:
        case Macro::OptFlatMap:
            return 28;
        case Macro::SortBy:
            return 34;
        default:
            return macro.names.size() == 2 ? 32 : 0;
    }
}

std::string_view macro_name(Macro macro) {
    const auto found =
        std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) { return row.macro == macro; });
    return found == kRows.end() ? kSortBy.name : found->name;
}

}  // namespace tollgate::cel
