// SPDX-License-Identifier: Apache-2.0
// Text to syntax tree, macros included. Stops at the first mistake. Bounded: source bytes, depth and nodes
// (limits.hpp).
// Thread rule: pure function.
#pragma once

#include "engine/base/result.hpp"
#include "engine/cel/expr.hpp"

#include <string_view>

namespace tollgate::cel {

struct ParseOptions {
    bool macros = true;
};

tl::expected<ExprPtr, Issue> parse(std::string_view source, const ParseOptions& options = {});

/// Functions that stand for operators: "_+_", "_[_]", "!_", "@in", ...
std::string_view operator_symbol(std::string_view function);  // "+"; "" when it is no operator

}  // namespace tollgate::cel
