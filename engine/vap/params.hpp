// SPDX-License-Identifier: Apache-2.0
// Which objects a binding gives a policy as `params`.
// Source: k8s.io/apiserver pkg/admission/plugin/policy/generic, CollectParams.
// Thread rule: pure function.
#pragma once

#include "engine/base/result.hpp"
#include "engine/vap/policy.hpp"

#include <vector>

namespace tollgate::vap {

/// One evaluation each; a missing node stands for `params == null`. Empty: nothing to judge by, the request
/// passes. The error is one of configuration and follows failurePolicy.
///
/// Offline nobody says whether a kind is namespaced: an object without a namespace counts for every one, and
/// a binding without paramRef.namespace looks in the namespace of the request.
Result<std::vector<json::Node>> collect_params(const Policy& policy, const Binding& binding,
                                               const Input& input, const World& world);

}  // namespace tollgate::vap
