// SPDX-License-Identifier: Apache-2.0
// Typed reading of Kubernetes' own admission policies, as strict as the API server is: what it would refuse
// is refused here, with its place; what it takes is taken, defaults and nulls as kubectl writes them
// included. Source: k8s.io/api/admissionregistration/v1, its validation
// (pkg/apis/admissionregistration/validation). Limits: limits::kMaxVap*.
// Thread rule: pure but for the Diagnostics behind the Scope.
#pragma once

#include "engine/vap/policy.hpp"
#include "policies/fields.hpp"
#include "policies/read_documents.hpp"
#include "policies/values.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::policies {

struct ReadAdmissionPolicy {
    vap::Policy policy;
    Place name;
    std::vector<Reference> references;
};
struct ReadAdmissionBinding {
    vap::Binding binding;
    Place name, policy_name;
    std::vector<Reference> references;
};

ReadAdmissionPolicy read_admission_policy(Scope& scope, json::Node root);
ReadAdmissionBinding read_admission_binding(Scope& scope, json::Node root);
/// MutatingAdmissionPolicy and its Binding: says what is not there.
void refuse_mutating(Scope& scope, json::Node root);

/// Labels that are asked of namespaces become references.
vap::MatchResources read_match_resources(Scope& scope, json::Node node, const std::string& path,
                                         std::vector<Reference>& references);
LabelSelector read_label_selector(Scope& scope, json::Node node, const std::string& path);

/// null stands for "not there", as the API server takes it.
json::Node present(json::Node node);
/// As read_list(), and an empty list is as good as none.
void read_items(Scope& scope, json::Node node, const std::string& path, std::string_view of_what,
                const std::function<void(json::Node, const std::string&)>& each);

}  // namespace tollgate::policies
