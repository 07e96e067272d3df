// SPDX-License-Identifier: Apache-2.0
// What can be told of an expression from its text alone: which texts it compares fields with, so that
// policies may be looked up by them, and which fields it reads. Limits: those of the parser. Thread rule:
// pure functions.
#pragma once

#include "engine/cel/expr.hpp"

#include <string>
#include <vector>

namespace tollgate::cel {

/// `path == 'text'` (either way round) or `path in ['a', 'b']`.
struct RequiredTexts {
    std::string path;  // "object.kind": plain selections from a variable
    std::vector<std::string> values;
};
/// Those that stand alone or between the outermost &&: where a path has another value the expression is
/// false, whatever its other parts say, errors included.
std::vector<RequiredTexts> required_texts(const Expr& expr);

/// The paths that it reads, in order, variables of macros left out: `object.metadata.labels.a` of
/// `object.metadata.?labels['a']`. What is selected from anything but a variable is not followed.
std::vector<std::string> read_paths(const Expr& expr);

}  // namespace tollgate::cel
