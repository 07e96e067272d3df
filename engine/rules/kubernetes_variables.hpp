// SPDX-License-Identifier: Apache-2.0
// The variables of ValidatingAdmissionPolicy that are no objects as sent: `request` and `namespaceObject`.
// Source: k8s.io/api/admission/v1 AdmissionRequest.
// Thread rule: values of one review.
#pragma once

#include "engine/cel/type.hpp"
#include "engine/cel/value.hpp"

namespace tollgate::rules {

struct Context;
struct ExpressionScope;

cel::Type request_type();
cel::Type namespace_type();

cel::Value request_value(ExpressionScope& scope);
/// An error when nothing is known of the namespace.
cel::Value namespace_value(const Context& context);

}  // namespace tollgate::rules
