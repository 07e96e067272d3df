// SPDX-License-Identifier: Apache-2.0
// The resource that stands for a kind, where nobody says it: manifests name kinds, rules name resources.
// Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace tollgate::vap {

/// "Deployment" -> "deployments", "NetworkPolicy" -> "networkpolicies", "Ingress" -> "ingresses"; a few
/// kinds of Kubernetes itself go their own way ("Endpoints"). A CustomResourceDefinition may name its
/// resource as it likes: then this is wrong.
std::string resource_of(std::string_view kind);

/// Kinds of Kubernetes itself that live in no namespace. A kind of others is taken for namespaced.
bool is_cluster_scoped(std::string_view group, std::string_view kind);

}  // namespace tollgate::vap
