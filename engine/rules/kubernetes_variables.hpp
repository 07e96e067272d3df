// SPDX-License-Identifier: Apache-2.0
// The variables of ValidatingAdmissionPolicy that are no objects as sent, as cost policies have them: the
// types of `request` and `namespaceObject`, and the value of the latter (vap::request_value() makes the
// former). Thread rule: values of one review.
#pragma once

#include "engine/cel/type.hpp"
#include "engine/cel/value.hpp"

namespace tollgate::rules {

struct Context;

cel::Type request_type();
cel::Type namespace_type();

/// An error when nothing is known of the namespace.
cel::Value namespace_value(const Context& context);

}  // namespace tollgate::rules
