// SPDX-License-Identifier: Apache-2.0
// Types: every name resolved, every call to the overloads that may apply, every mistake with its place. A
// value of unknown type (dyn) fits anywhere and is looked at while the expression runs. Source: cel-go
// checker/ (unification, joins), Kubernetes' AST validators (literals of one kind, constant regular
// expressions, durations and timestamps).
// Thread rule: pure function.
#pragma once

#include "engine/base/result.hpp"
#include "engine/cel/environment.hpp"
#include "engine/cel/expr.hpp"

#include <unordered_map>
#include <vector>

namespace tollgate::cel {

/// What the checker found out about one node.
struct Resolved {
    Type type;
    std::vector<const Signature*> overloads;  // of a call, in the order they are tried
    std::optional<std::uint32_t> variable;    // a name (also a dotted one: the node is a Select)
    std::optional<std::string> type_name;     // a name that stands for a type
    bool is_namespaced = false;               // a member call that is a global function: sets.contains(...)
    std::string function;                     // its whole name
    std::string unresolved;  // what is wrong with it, where Environment::Options::types is off
};

struct Checked {
    std::unordered_map<const Expr*, Resolved> nodes;
    Type result;
};

/// At most kMaxIssues mistakes.
tl::expected<Checked, std::vector<Issue>> check(const Expr& expr, const Environment& environment);

}  // namespace tollgate::cel
