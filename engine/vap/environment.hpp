// SPDX-License-Identifier: Apache-2.0
// What the expressions of an admission policy may name, with types. Objects are untyped; `request` and
// `namespaceObject` have declared fields, and each of `variables` has the type of its expression.
// Source: k8s.io/apiserver pkg/admission/plugin/cel/compile.go (BuildRequestType, BuildNamespaceType).
// Thread rule: pure functions.
#pragma once

#include "engine/cel/environment.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace tollgate::vap {

/// Positions among the variables of every environment made here. What an environment does not declare keeps
/// its place without a name.
namespace slot {
inline constexpr std::uint32_t kObject = 0, kOldObject = 1, kRequest = 2, kNamespaceObject = 3, kParams = 4,
                               kAuthorizer = 5, kResourceCheck = 6, kVariables = 7, kFirstVariable = 8;
}

struct VariableType {
    std::string name;
    cel::Type type;
};

/// Which of the expressions of a policy.
enum class Use : std::uint8_t {
    MatchCondition,  // no variables
    Expression,      // variables, validations
    Message,         // no authorizer
    AuditAnnotation,
};

/// `variables`: those declared so far, in order. What is newer than the minor version of Kubernetes is an
/// error.
cel::Environment make_environment(Use use, bool has_params, std::span<const VariableType> variables,
                                  std::uint32_t kubernetes_minor = cel::kNewestKubernetesMinor);

}  // namespace tollgate::vap
