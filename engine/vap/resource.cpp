// SPDX-License-Identifier: Apache-2.0
#include "engine/vap/resource.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tollgate::vap {
namespace {

using Row = std::pair<std::string_view, std::string_view>;

// Kind to resource, where the rule below fails.
constexpr std::array<Row, 3> kIrregular = {
    {{"Endpoints", "endpoints"}, {"PodMetrics", "pods"}, {"NodeMetrics", "nodes"}}};

// Group and kind. Source: kubectl api-resources --namespaced=false of Kubernetes 1.34.
constexpr std::array<Row, 40> kClusterScoped = {
    {{"", "Namespace"},
     {"", "Node"},
     {"", "PersistentVolume"},
     {"", "ComponentStatus"},
     {"admissionregistration.k8s.io", "MutatingAdmissionPolicy"},
     {"admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"},
     {"admissionregistration.k8s.io", "MutatingWebhookConfiguration"},
     {"admissionregistration.k8s.io", "ValidatingAdmissionPolicy"},
     {"admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"},
     {"admissionregistration.k8s.io", "ValidatingWebhookConfiguration"},
     {"apiextensions.k8s.io", "CustomResourceDefinition"},
     {"apiregistration.k8s.io", "APIService"},
     {"authentication.k8s.io", "SelfSubjectReview"},
     {"authentication.k8s.io", "TokenReview"},
     {"authorization.k8s.io", "SelfSubjectAccessReview"},
     {"authorization.k8s.io", "SelfSubjectRulesReview"},
     {"authorization.k8s.io", "SubjectAccessReview"},
     {"certificates.k8s.io", "CertificateSigningRequest"},
     {"certificates.k8s.io", "ClusterTrustBundle"},
     {"flowcontrol.apiserver.k8s.io", "FlowSchema"},
     {"flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"},
     {"internal.apiserver.k8s.io", "StorageVersion"},
     {"metrics.k8s.io", "NodeMetrics"},
     {"networking.k8s.io", "IngressClass"},
     {"networking.k8s.io", "IPAddress"},
     {"networking.k8s.io", "ServiceCIDR"},
     {"node.k8s.io", "RuntimeClass"},
     {"policy", "PodSecurityPolicy"},
     {"rbac.authorization.k8s.io", "ClusterRole"},
     {"rbac.authorization.k8s.io", "ClusterRoleBinding"},
     {"resource.k8s.io", "DeviceClass"},
     {"resource.k8s.io", "DeviceTaintRule"},
     {"resource.k8s.io", "ResourceSlice"},
     {"scheduling.k8s.io", "PriorityClass"},
     {"storage.k8s.io", "CSIDriver"},
     {"storage.k8s.io", "CSINode"},
     {"storage.k8s.io", "StorageClass"},
     {"storage.k8s.io", "VolumeAttachment"},
     {"storage.k8s.io", "VolumeAttributesClass"},
     {"storagemigration.k8s.io", "StorageVersionMigration"}}};

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> ends) {
    return std::any_of(ends.begin(), ends.end(), [&](std::string_view end) { return text.ends_with(end); });
}

}  // namespace

std::string resource_of(std::string_view kind) {
    for (const auto& [name, resource] : kIrregular)
        if (name == kind) return std::string(resource);
    std::string out(kind);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (ends_with_any(out, {"s", "x", "ch", "sh"})) return out + "es";
    if (out.ends_with('y') && !ends_with_any(out, {"ay", "ey", "oy", "uy"})) {
        out.pop_back();
        return out + "ies";
    }
    return out + "s";
}

bool is_cluster_scoped(std::string_view group, std::string_view kind) {
    return std::find(kClusterScoped.begin(), kClusterScoped.end(), Row{group, kind}) != kClusterScoped.end();
}

}  // namespace tollgate::vap
