// SPDX-License-Identifier: Apache-2.0
// Cost rules as ValidatingAdmissionPolicies: those that need nothing but the object, for clusters that want
// them in the API server itself. One policy and binding for each CostPolicy, with one validation or more for
// each of its rules; what cannot be said in CEL, or not exactly, is left out with its reason.
//
// The expressions follow engine/rules and engine/decide: what a pod asks for is counted as the scheduler
// does, unknown amounts are evaluation errors, on UPDATE what was as bad before passes, and objects that
// their controllers make are let through. What is too large to be judged is refused where a policy is
// enforced, by a second document where errors pass otherwise. Where they cannot follow is told in
// docs/policy-reference.md.
// Limits: Kubernetes 1.34 or later (two-variable macros, flatten, distinct).
// Source: k8s.io/api/admissionregistration/v1; kubernetes.io "CEL in Kubernetes".
// Thread rule: pure functions.
#pragma once

#include "engine/decide/decide.hpp"
#include "engine/vap/policy.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tollgate::cli {

/// The oldest version of Kubernetes that reads what is exported: 1.34.
inline constexpr std::uint32_t kVapKubernetesMinor = 34;

struct VapRule {
    std::string group;
    std::vector<std::string> versions, operations, resources;
};

struct VapCondition {
    std::string name, expression;  // of a matchCondition or a variable
};

struct VapValidation {
    std::string expression, message;
    std::string message_expression;  // "" for none
};

struct VapDocument {
    const rules::Policy* policy = nullptr;
    std::string name;
    bool fails = false;     // failurePolicy: Fail
    bool is_bound = false;  // refuses what is too large for another document, and nothing else
    std::vector<VapRule> rules;
    std::vector<LabelRequirement> namespaces;
    std::vector<VapCondition> conditions, variables;
    std::vector<VapValidation> validations;
};

/// Why a rule, a part of one, or a kind that the documents' policies judge, is not among them.
struct VapOmission {
    std::string what;  // "cost-ceiling/workload hourlyCost"
    std::string why;
};

struct VapExport {
    std::vector<VapDocument> documents;
    std::vector<VapOmission> omissions;  // in the order of policies and rules, and the kinds after them
};

/// The snapshot must outlive what is returned.
VapExport export_vap(const decide::Snapshot& snapshot);

/// Policy and binding, as YAML documents.
std::string to_yaml(const VapDocument& document);

/// As the API server would judge by them. The error names the expression that does not compile.
Result<vap::PolicySet> compile_vap(const std::vector<VapDocument>& documents);

}  // namespace tollgate::cli
