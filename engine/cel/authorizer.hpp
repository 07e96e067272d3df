// SPDX-License-Identifier: Apache-2.0
// `authorizer` and `authorizer.requestResource`: expressions that use them compile and may put a question
// together, but there is nobody here to ask. check() is an evaluation error that says so.
// Source: k8s.io/apiserver pkg/cel/library/authz.go.
// Thread rule: constants.
#pragma once

#include "engine/cel/environment.hpp"
#include "engine/cel/value.hpp"

#include <array>
#include <vector>

namespace tollgate::cel {

/// To be declared in this order, beside the other variables of an environment.
std::array<Variable, 2> authorizer_variables();
/// Their values, in the same order.
std::array<Value, 2> authorizer_values();

}  // namespace tollgate::cel
