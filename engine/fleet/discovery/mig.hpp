// SPDX-License-Identifier: Apache-2.0
// How a Node's GPUs are cut by MIG, told from what the node counts: instances of all its GPUs together. How
// many stand on each GPU follows from the number of GPUs, or where no label gives that, from what fits.
// For engine/fleet/discovery alone. Thread rule: pure functions.
// Source: NVIDIA k8s-device-plugin internal/lm/mig-strategy.go: under `mixed` gpu.count is of the GPUs and
// mig-<profile>.count of the instances; under `single` gpu.count is of the instances.
#pragma once

#include "engine/fleet/discovery/devices.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::fleet {

/// Instances have names of their own (nvidia.com/mig-1g.10gb). One supply, or one for each profile where some
/// GPUs hold the one and some the other.
void add_mixed_mig(const DeviceView& view, std::vector<Supply>& out);

/// Instances go by nvidia.com/gpu.
bool is_single_mig(const DeviceView& view);
Supply single_mig(const DeviceView& view);

struct LayoutPart {
    gpu::MigLayout per_gpu;
    std::int64_t gpus = 0;
};
struct LayoutGuess {
    std::vector<LayoutPart> parts;  // empty: no arrangement was found
    std::string guess;              // what had to be assumed, or ""
};
/// Arranges `counts` (instances of a node, by profile) on `gpus` GPUs; nullopt: their number is not known.
LayoutGuess arrange(const gpu::MigTable& table, const gpu::MigLayout& counts,
                    std::optional<std::int64_t> gpus);

}  // namespace tollgate::fleet
