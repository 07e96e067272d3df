// SPDX-License-Identifier: Apache-2.0
// Does a request fall under matchConstraints or matchResources?
//
// What cannot be told offline: matchPolicy Equivalent takes any version of the same group and resource for
// equivalent, and the object is judged in the version it has (the API server converts it first); resources
// that two groups share are two. Labels of a Namespace that was not seen are unknown, but for
// kubernetes.io/metadata.name.
// Source: k8s.io/apiserver pkg/admission/plugin/policy/matching, pkg/admission/plugin/webhook/predicates.
// Thread rule: pure functions.
#pragma once

#include "engine/vap/policy.hpp"

namespace tollgate::vap {

enum class Match : std::uint8_t { No, Yes, Unknown };  // Unknown: the Namespace was not seen

Match matches(const MatchResources& wanted, const Input& input, const World& world);

/// Policies never judge admission policies and their bindings.
bool is_policy_resource(const Input& input);

}  // namespace tollgate::vap
