// SPDX-License-Identifier: Apache-2.0
#include "engine/cost/cost.hpp"

namespace tollgate::cost {
namespace {

void take_larger(DominantShare& dominant, ShareOf of, const Ratio& share) {
    // An unknown share (a node with no CPU at all) is contagious: nothing is known to fit.
    if (!share.is_known()) {
        dominant.share = share;
    } else if (share > dominant.share) {
        dominant.share = share;
        dominant.of = of;
    }
}

}  // namespace

DominantShare dominant_share(const fleet::Pool& pool, const Ratio& gpus,
                             const workload::PodResources& resources, bool gpu_only) {
    DominantShare dominant;
    dominant.gpu = gpus / Ratio(pool.gpus_per_node);
    dominant.share = dominant.gpu;
    if (gpu_only) return dominant;
    if (pool.cpu && resources.cpu) take_larger(dominant, ShareOf::Cpu, *resources.cpu / *pool.cpu);
    if (pool.memory && resources.memory)
        take_larger(dominant, ShareOf::Memory, *resources.memory / *pool.memory);
    return dominant;
}

DominantShare dominant_share(const fleet::Offer& offer, std::int64_t devices,
                             const workload::PodResources& resources, bool gpu_only) {
    return dominant_share(*offer.pool, offer.gpu_share * Ratio(devices), resources, gpu_only);
}

std::optional<Money> node_share_price(const fleet::Pool& pool, const Ratio& share) {
    if (!pool.price_per_gpu_hour || !share.is_known()) return std::nullopt;
    return *pool.price_per_gpu_hour * Ratio(pool.gpus_per_node) * share;
}

std::optional<Money> pod_hourly(const fleet::Offer& offer, std::int64_t devices,
                                const workload::PodResources& resources, bool gpu_only) {
    return node_share_price(*offer.pool, dominant_share(offer, devices, resources, gpu_only).share);
}

bool says_nothing_of_cpu_and_memory(const fleet::Pool& pool) {
    return !pool.cpu && !pool.memory;
}

}  // namespace tollgate::cost
