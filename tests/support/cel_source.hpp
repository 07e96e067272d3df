// SPDX-License-Identifier: Apache-2.0
// Expressions as text again, for tests that print what they have parsed, turned round or made up.
// Thread rule: pure function.
#pragma once

#include "engine/cel/expr.hpp"

#include <string>

namespace tollgate::cel {

/// Text that parses to the same tree, with the parentheses that it needs.
std::string to_source(const Expr& expr);

}  // namespace tollgate::cel
