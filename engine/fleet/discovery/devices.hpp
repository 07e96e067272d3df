// SPDX-License-Identifier: Apache-2.0
// What devices a Node hands out, told from its resources and labels: the product, how many, cut by MIG or
// shared in time. One Node gives several supplies where its GPUs are not all alike.
//
// A supply with a `problem` is one that a pool of a Fleet cannot say; it is reported, never written.
// Thread rule: pure functions.
// Source: NVIDIA k8s-device-plugin internal/lm (which label counts what under which MIG strategy), its README
// (sharing, renamed resources); GKE, Karpenter and the vendors' node labels as in the catalog.
#pragma once

#include "engine/fleet/discovery/labels.hpp"
#include "engine/fleet/fleet.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::fleet {

/// Devices by the name of their resource, those there are none of left out.
using DeviceCounts = std::map<std::string, std::int64_t, std::less<>>;

struct Supply {
    const gpu::Sku* sku = nullptr;
    std::string gpu;      // as a pool says it: the product without suffixes, or the catalog's id
    std::string product;  // the label that names it, with suffixes; "" when none does
    std::string product_key;
    std::string resource;           // what pods ask for; one of them for several MIG profiles
    std::int64_t gpus = 0;          // physical, of a node, in this supply
    std::int64_t gpus_of_node = 0;  // in all its supplies
    Sharing sharing;
    std::optional<std::int64_t> memory_mib;  // of a whole GPU, where the catalog knows none
    std::vector<std::string> guesses;        // each a sentence
    std::string problem;
};

struct DeviceView {
    const Labels& labels;
    json::Node object;
    const DeviceCounts& counts;
    std::string_view instance;  // type, "" when unknown
};

/// Empty for a node without accelerators.
std::vector<Supply> supplies_of(const DeviceView& view);

/// The GPUs of an instance type in the price list, when it is listed and all rows agree on the GPU.
struct InstanceGpus {
    const gpu::Sku* sku = nullptr;
    std::int64_t gpus = 0;  // 0: a part of one
};
std::optional<InstanceGpus> instance_gpus(std::string_view instance);

}  // namespace tollgate::fleet
