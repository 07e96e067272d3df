// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/totals.hpp"

#include "engine/base/limits.hpp"

namespace tollgate::workload {

void PodLevelTally::add(ContainerRole role, bool is_limit, const Ratio& amount) {
    if (role != ContainerRole::PodLevel) {
        containers.add(role, amount);
    } else {
        (is_limit ? pod_limit : pod_request) = amount;
    }
}

std::optional<Ratio> PodLevelTally::total() const {
    if (pod_request.has_value()) return pod_request;
    if (containers.asked_by_containers()) return containers.of_containers();
    return pod_limit;
}

bool Totals::add_device(ContainerRole role, const Demand& demand, const gpu::ResourceMeaning& meaning) {
    Device* device = nullptr;
    for (Device& each : devices_) {
        if (each.demand.encoding == demand.encoding && each.demand.resource == demand.resource)
            device = &each;
    }
    if (device == nullptr) {
        if (devices_.size() == limits::kMaxResourcesPerPod) return false;
        devices_.push_back({.demand = {.resource = demand.resource,
                                       .meaning = meaning,
                                       .encoding = demand.encoding,
                                       .count = 0,
                                       .known = true,
                                       .share = demand.share,
                                       .memory_mib = demand.memory_mib},
                            .tally = {}});
        device = &devices_.back();
    }
    device->demand.known = device->demand.known && demand.known;
    device->tally.add(role, {.count = demand.count, .exact = true});
    return true;
}

bool Totals::add_other(ContainerRole role, std::string_view resource, bool is_limit, const Ratio& amount) {
    for (Other& other : others_) {
        if (other.resource != resource) continue;
        other.tally.add(role, is_limit, amount);
        return true;
    }
    if (others_.size() == limits::kMaxResourcesPerPod) return false;
    others_.push_back({.resource = resource, .tally = {}});
    others_.back().tally.add(role, is_limit, amount);
    return true;
}

void Totals::finish(Pod& pod, json::Node overhead) {
    pod.totals.reserve(devices_.size());
    for (Device& device : devices_) {
        const Devices& most = device.tally.most();
        device.demand.count = most.count;
        device.demand.known = device.demand.known && most.exact;
        pod.totals.push_back(device.demand);
    }
    PodResources& resources = pod.resources;
    resources.cpu = cpu_.total();
    resources.memory = memory_.total();
    resources.ephemeral_storage = ephemeral_storage_.total();
    for (const Other& other : others_) {
        if (const std::optional<Ratio> total = other.tally.total(); total.has_value() && !total->is_zero()) {
            resources.other.emplace_back(other.resource, *total);
        }
    }
    resources.readable = readable_;
    const auto add_overhead = [&](std::optional<Ratio>& total, std::string_view name) {
        const json::Node node = overhead[name];
        if (!node.exists()) return;
        const std::optional<Ratio> amount = read_amount(node);
        if (!amount.has_value()) {
            resources.readable = false;
        } else {
            total = total.value_or(Ratio(0)) + *amount;
        }
    };
    if (!overhead.is_object()) return;
    add_overhead(resources.cpu, "cpu");
    add_overhead(resources.memory, "memory");
    add_overhead(resources.ephemeral_storage, "ephemeral-storage");
}

}  // namespace tollgate::workload
