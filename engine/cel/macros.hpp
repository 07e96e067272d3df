// SPDX-License-Identifier: Apache-2.0
// Calls that are macros: has(a.b), list.all(x, p), opt.optMap(x, t), ... A call of the same name with another
// number of arguments stays a call, as in cel-go.
#pragma once

#include "engine/cel/expr.hpp"

#include <optional>

namespace tollgate::cel {

struct MacroResult {
    ExprPtr expr;
    std::optional<Issue> issue;
};

MacroResult expand_macro(ExprPtr call);

/// "all", "transformMap", ... as it is written.
std::string_view macro_name(Macro macro);
/// The minor version of Kubernetes that brought it; 0: it was always there.
std::uint32_t macro_since(const Expr& macro);

}  // namespace tollgate::cel
