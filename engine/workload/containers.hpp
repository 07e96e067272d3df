// SPDX-License-Identifier: Apache-2.0
// The containers of a pod, whatever its shape: init and sidecars in order, main, ephemeral, and the pod
// level.
#pragma once

#include "engine/workload/workload.hpp"

#include <cstdint>
#include <string_view>

namespace tollgate::workload {

/// "spec.containers", "spec.initContainers" or "spec.ephemeralContainers", whichever holds a role; "" for the
/// pod level.
std::string_view list_of(ContainerRole role);

/// Fills pod.containers from pod.spec. False when there are more than limits::kMaxContainersPerPod.
bool list_containers(Pod& pod);

/// The index of the PodLevel entry, which is appended when it is not there yet.
std::uint32_t pod_level(Pod& pod);

}  // namespace tollgate::workload
