// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/owner.hpp"

#include <algorithm>
#include <cstdint>

namespace tollgate::workload {
namespace {

constexpr std::string_view kKueuePrefix = "kueue.x-k8s.io/";
constexpr std::string_view kQueueName = "kueue.x-k8s.io/queue-name";

/// "web-5d4f8c" without "-5d4f8c"; empty when the name does not end so.
std::string_view without_hash(std::string_view name, std::string_view hash) {
    if (hash.empty() || name.size() <= hash.size() + 1 || !name.ends_with(hash)) return {};
    name.remove_suffix(hash.size());
    if (!name.ends_with('-')) return {};
    name.remove_suffix(1);
    return name;
}

/// "nightly-29123460" -> "nightly": a CronJob's Job is named after the minute it was due, in Unix time. Dates
/// such as 20261125 lie outside of what counts as minutes of our days.
std::string_view without_minute(std::string_view name) {
    constexpr std::size_t kDigits = 8;
    constexpr std::int64_t kFirst = 24'000'000, kLast = 99'999'999;  // 2015 to 2160
    if (name.size() <= kDigits + 1 || name[name.size() - kDigits - 1] != '-') return {};
    const std::string_view digits = name.substr(name.size() - kDigits);
    std::int64_t minute = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') return {};
        minute = minute * 10 + (c - '0');
    }
    if (minute < kFirst || minute > kLast) return {};
    return name.substr(0, name.size() - kDigits - 1);
}

bool has_kueue_label(json::Node labels) {
    for (const auto [key, value] : labels.members())
        if (key.starts_with(kKueuePrefix) && (key != kQueueName || !value.string().empty())) return true;
    return false;
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
    if (workload.is_pod() && gvk.group == "batch" && owner.kind == "Job") {
        if (const std::string_view cron_job = without_minute(owner.name); !cron_job.empty()) {
            owner.root_kind = "CronJob";
            owner.root_name = std::string(cron_job);
            return;
        }
    }
    owner.root_name = std::string(owner.name);
}

void read_managers(Workload& workload) {
    const json::Node labels = workload.labels;
    const json::Node annotations = workload.annotations;
    // The queue's name stands on the owner; what Kueue adds to its pods are podset, managed and the like.
    // Pods have the labels of their template: what makes them Kueue's must make their owner so, or neither
    // would be rewritten.
    workload.kueue_managed = !labels[kQueueName].string().empty() ||
                             (workload.is_pod() && has_kueue_label(labels)) ||
                             std::any_of(workload.pods.begin(), workload.pods.end(),
                                         [](const Pod& pod) { return has_kueue_label(pod.labels()); });
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
