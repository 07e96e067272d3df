// SPDX-License-Identifier: Apache-2.0
// Reading what a pod asks for: resource requests of every container, ResourceClaims, and the annotations of
// KAI and Run:ai.
// Sources: Kubernetes resource model; KEP-4381 (ResourceClaims); KAI Scheduler docs/gpu-sharing.
#pragma once

#include "engine/workload/workload.hpp"

#include <string>
#include <string_view>

namespace tollgate::workload {

/// What a name under `limits` or `requests` is to us.
enum class ResourceRole : std::uint8_t {
    Cpu,
    Memory,
    Accelerator,         // the catalog knows it
    UnknownAccelerator,  // an accelerator vendor's domain, or an implicit device class, that it does not know
    Other,               // another thing a node must have: efa, hugepages
    EphemeralStorage,    // of the node's own disk
    Ignored,             // pods and such
};
ResourceRole role_of(std::string_view resource, gpu::ResourceMeaning& meaning);

/// Fills demands, unknown_accelerators, totals and resources of a pod whose containers are listed. The text
/// says which bound was exceeded, "" when none was.
std::string read_demands(Pod& pod);

}  // namespace tollgate::workload
