// SPDX-License-Identifier: Apache-2.0
// What a pod costs: the node's price x the pod's dominant share of the node (the largest of its GPU, CPU and
// memory shares), because what a pod strands it pays for. Exact until printed.
#pragma once

#include "engine/base/money.hpp"
#include "engine/fleet/fleet.hpp"
#include "engine/workload/workload.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::cost {

enum class ShareOf : std::uint8_t { Gpu, Cpu, Memory };

struct DominantShare {
    Ratio share;  // of one node; above 1: fits nowhere
    ShareOf of = ShareOf::Gpu;
    Ratio gpu;  // the GPU share alone
};

/// `devices` units of `offer` plus the pod's CPU and memory, as a share of one node of its pool. With
/// `gpu_only`, CPU and memory are left out (one of two pools compared says nothing of them).
DominantShare dominant_share(const fleet::Offer& offer, std::int64_t devices,
                             const workload::PodResources& resources, bool gpu_only = false);

/// What one pod costs per hour on an offer; empty when the pool's price is unknown.
std::optional<Money> pod_hourly(const fleet::Offer& offer, std::int64_t devices,
                                const workload::PodResources& resources, bool gpu_only = false);

/// Where a pod stands now, as well as can be told.
struct Location {
    const fleet::Offer* offer = nullptr;  // null: the fleet has nothing for it
    std::int64_t devices = 0;
    bool assumed = false;  // several pools were possible: the dearest was taken
    std::string note;      // "priced as pool h100: several pools offer nvidia.com/gpu"
};

struct PodCost {
    std::optional<Money> hourly;  // one pod; empty: unknown (note says why)
    Location location;
    std::string note;
};

/// Prices one pod of a workload as it stands. Pods without accelerators cost nothing here (Money 0).
PodCost price_pod(const workload::Pod& pod, const fleet::Market& market, const gpu::Catalog& catalog);

struct WorkloadCost {
    std::optional<Money> hourly;  // sum over pods x replicas; empty: unknown
    std::optional<Money> total;   // with a lifetime; empty: without end or unknown
    std::vector<PodCost> pods;
    std::string note;
};

WorkloadCost price_workload(const workload::Workload& workload, const fleet::Market& market,
                            const gpu::Catalog& catalog);

}  // namespace tollgate::cost
