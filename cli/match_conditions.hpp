// SPDX-License-Identifier: Apache-2.0
// The CEL with which the API server itself tells objects that concern Tollgate from all others, so that an
// object without accelerators never leaves it: webhook matchConditions, Kubernetes 1.30 and later.
//
// An expression names every place where a pod can ask for a device: resources of containers, init and
// ephemeral containers and of the pod, claims, annotations of GPU-sharing schedulers, and device access
// without a request. It is generated from the paths of the kinds, so a WorkloadKind is covered as soon as it
// is loaded. Every step is null-safe (optional field selection); an error would mean "skip the webhook" where
// it fails open. Limits: the API server allows 64 conditions a webhook and 2,500,000 units of cost for an
// evaluation. Source: kubernetes.io "Dynamic Admission Control", matchConditions; pkg/cel/environment of
// k8s.io/apiserver.
#pragma once

#include "engine/decide/decide.hpp"

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tollgate::cli {

/// What marks an object as one that asks for accelerators, or only for the nodes that have them.
struct AcceleratorMarks {
    std::vector<std::string> resources;    // exact names
    std::vector<std::string> prefixes;     // "nvidia.com/mig-"
    std::vector<std::string> domains;      // "nvidia.com": every resource of the domain
    std::vector<std::string> annotations;  // of the pod
    std::vector<std::string> toleration_keys;
    std::vector<std::string> selector_keys;                           // any value
    std::vector<std::pair<std::string, std::string>> selector_pairs;  // a pool's own nodeSelector
};

/// From the catalog and the Fleet; whole domains ("nvidia.com/") where a policy judges unknown accelerators.
AcceleratorMarks collect_marks(const decide::Snapshot& snapshot);

/// True for objects whose pods, at any of `paths`, ask for an accelerator or reach for a device.
std::string asks_for_accelerator(std::span<const workload::PodPath> paths, const AcceleratorMarks& marks);
/// True for objects whose pods tolerate the taints or select the labels of GPU nodes.
std::string aims_at_gpu_nodes(std::span<const workload::PodPath> paths, const AcceleratorMarks& marks);
/// False for updates of metadata alone: these are exempt, and a broken gate must not hold up a finalizer.
std::string changes_what_is_judged(std::span<const workload::PodPath> paths);

}  // namespace tollgate::cli
