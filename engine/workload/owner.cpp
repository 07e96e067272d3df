// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/owner.hpp"

namespace tollgate::workload {
namespace {

/// "web-5d4f8c" without "-5d4f8c"; empty when the name does not end so.
std::string_view without_hash(std::string_view name, std::string_view hash) {
    if (hash.empty() || name.size() <= hash.size() + 1 || !name.ends_with(hash)) return {};
    name.remove_suffix(hash.size());
    if (!name.ends_with('-')) return {};
    name.remove_suffix(1);
    return name;
}

}  // namespace

void read_owner(Workload& workload) {
    Owner& owner = workload.owner;
    json::Node controller;
    for (const json::Node reference : workload.object["metadata"]["ownerReferences"].elements()) {
        if (!reference["controller"].boolean()) continue;
        controller = reference;
        break;
    }
    if (!controller.exists()) {
        owner.root_group = workload.ref.gvk.group;
        owner.root_kind = workload.ref.gvk.kind;
        owner.root_name = std::string(workload.ref.name);
        return;
    }
    owner.present = true;
    owner.api_version = controller["apiVersion"].string();
    owner.kind = controller["kind"].string();
    owner.name = controller["name"].string();
    owner.uid = controller["uid"].string();
    const Gvk gvk = parse_gvk(owner.api_version, owner.kind);
    owner.root_group = gvk.group;
    owner.root_kind = owner.kind;
    if (workload.is_pod() && gvk.group == "apps" && owner.kind == "ReplicaSet") {
        const std::string_view hash = workload.labels["pod-template-hash"].string();
        const std::string_view deployment = without_hash(owner.name, hash);
        if (!deployment.empty()) {
            owner.root_kind = "Deployment";
            owner.root_name = std::string(deployment);
            return;
        }
    }
    owner.root_name = std::string(owner.name);
}

void read_managers(Workload& workload) {
    const json::Node labels = workload.labels;
    const json::Node annotations = workload.annotations;
    workload.kueue_managed = !labels["kueue.x-k8s.io/queue-name"].string().empty();
    const auto owned_by = [&](std::string_view manager, std::string_view name) {
        workload.gitops_owned = true;
        workload.gitops_owner = std::string(manager) + " " + std::string(name);
    };
    // app.kubernetes.io/instance alone proves nothing: every Helm chart sets it.
    if (const std::string_view id = annotations["argocd.argoproj.io/tracking-id"].string(); !id.empty()) {
        owned_by("Argo CD application", id.substr(0, id.find(':')));
    } else if (const std::string_view app = labels["argocd.argoproj.io/instance"].string(); !app.empty()) {
        owned_by("Argo CD application", app);
    } else if (const std::string_view name = labels["kustomize.toolkit.fluxcd.io/name"].string();
               !name.empty()) {
        owned_by("Flux Kustomization", name);
    } else if (const std::string_view release = labels["helm.toolkit.fluxcd.io/name"].string();
               !release.empty()) {
        owned_by("Flux HelmRelease", release);
    }
}

}  // namespace tollgate::workload
