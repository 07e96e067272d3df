// SPDX-License-Identifier: Apache-2.0
// What a pod costs: the node's price x the pod's dominant share of the node (the largest of its GPU, CPU and
// memory shares), because what a pod strands it pays for. Exact until printed.
//
// Where a pod stands is told by its resource names, nodeSelector and required affinity; where that leaves
// several pools, the dearest is taken and the note says so. What cannot be told is an empty cost, never 0.
// Thread rule: pure functions.
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
    Ratio share;  // of one node; above 1: fits nowhere; unknown when the node has none of what is asked
    ShareOf of = ShareOf::Gpu;
    Ratio gpu;  // the GPU share alone
};

/// `gpus` whole-GPU equivalents plus the pod's CPU and memory, as a share of one node of the pool.
DominantShare dominant_share(const fleet::Pool& pool, const Ratio& gpus,
                             const workload::PodResources& resources, bool gpu_only = false);

/// `devices` units of `offer` plus the pod's CPU and memory, as a share of one node of its pool. With
/// `gpu_only`, CPU and memory are left out (one of two pools compared says nothing of them).
DominantShare dominant_share(const fleet::Offer& offer, std::int64_t devices,
                             const workload::PodResources& resources, bool gpu_only = false);

/// What a share of one node costs per hour; empty when the pool's price or the share is unknown.
std::optional<Money> node_share_price(const fleet::Pool& pool, const Ratio& share);

/// What one pod costs per hour on an offer; empty when the pool's price is unknown.
std::optional<Money> pod_hourly(const fleet::Offer& offer, std::int64_t devices,
                                const workload::PodResources& resources, bool gpu_only = false);

/// Compared with such a pool, GPU shares alone count.
bool says_nothing_of_cpu_and_memory(const fleet::Pool& pool);

/// Where a pod stands now, as well as can be told.
struct Location {
    const fleet::Offer* offer = nullptr;  // null: the fleet has nothing for it
    std::int64_t devices = 0;
    Ratio gpus;            // whole-GPU equivalents of all that the pod asks for
    bool assumed = false;  // several pools were possible: the dearest was taken
    std::string note;      // "priced as pool h100, the dearest of 3 pools it could land on"
};

struct PodCost {
    std::optional<Money> hourly;  // one pod; empty: unknown (note says why)
    bool at_least = false;        // no more is known: a pool it could land on too has no price
    Location location;
    std::string note;
};

/// Prices one pod of a workload as it stands. Pods without accelerators cost nothing here (Money 0).
PodCost price_pod(const workload::Pod& pod, const fleet::Market& market, const gpu::Catalog& catalog);

struct WorkloadCost {
    std::optional<Money> hourly;  // sum over pods x replicas; empty: unknown
    bool at_least = false;        // as in its pods
    std::optional<Money> total;   // with a lifetime; empty: without end or unknown
    std::vector<PodCost> pods;
    std::string note;
};

WorkloadCost price_workload(const workload::Workload& workload, const fleet::Market& market,
                            const gpu::Catalog& catalog);

}  // namespace tollgate::cost
