// SPDX-License-Identifier: Apache-2.0
// What the labels of an offer's nodes may say, as far as the Fleet and the catalog tell, and whether a pod's
// node requirements can hold there. Doubt never excludes: a key nobody knows holds.
// Thread rule: pure functions.
// Source: GPU feature discovery (nvidia.com/*), Karpenter, GKE and AKS capacity labels; k8s.io/api/core/v1
// NodeSelectorRequirement.
#pragma once

#include "engine/fleet/fleet.hpp"
#include "engine/workload/workload.hpp"

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::fleet {

/// Values the label may have on nodes of this offer. Empty optional: nobody knows; empty vector: not set.
std::optional<std::vector<std::string>> label_values(const Offer& offer, std::string_view key);

/// Keys for which this gives true are left out of the judgement.
using KeyFilter = std::function<bool(std::string_view key)>;

/// Can nodeSelector and required node affinity hold on this offer's nodes? Affinity terms are alternatives.
bool nodes_match(const Offer& offer, const workload::Placement& placement, const KeyFilter& skip = {});

/// What keeps the pod off this offer's nodes, in words: "it selects pool: big, and these nodes have l4"; ""
/// where nothing does.
std::string why_no_match(const Offer& offer, const workload::Placement& placement,
                         const KeyFilter& skip = {});

/// Does the pod itself ask for this label key, in nodeSelector or in required node affinity?
bool selects_on(const workload::Placement& placement, std::string_view key);

/// Does any node of any pool possibly carry this key, whatever the Fleet says (zones, architecture, what a
/// cloud or a device vendor writes)?
bool is_common_key(std::string_view key);

inline constexpr std::string_view kZoneKey = "topology.kubernetes.io/zone";
inline constexpr std::string_view kOldZoneKey = "failure-domain.beta.kubernetes.io/zone";
inline constexpr std::string_view kProductKey = "nvidia.com/gpu.product";
/// How nodes are billed, as Karpenter, EKS, GKE and AKS write it.
inline constexpr std::array<std::string_view, 4> kCapacityKeys{
    "karpenter.sh/capacity-type", "eks.amazonaws.com/capacityType", "cloud.google.com/gke-spot",
    "kubernetes.azure.com/scalesetpriority"};
/// Instance types name a product as much as product labels do.
inline constexpr std::array<std::string_view, 3> kInstanceKeys{"node.kubernetes.io/instance-type",
                                                               "beta.kubernetes.io/instance-type",
                                                               "karpenter.k8s.aws/instance-family"};

}  // namespace tollgate::fleet
