// SPDX-License-Identifier: Apache-2.0
// Ways to a GPU beside asking for it: NVIDIA_VISIBLE_DEVICES, an nvidia runtimeClass, device files of the
// host. The scheduler sees none of them, so such a pod shares whatever GPU its node has with those who pay.
// Values of the environment are read and never kept.
// Source: NVIDIA Container Toolkit (user-guide, NVIDIA_VISIBLE_DEVICES); GPU operator's runtime classes;
// kubelet, GenerateRunContainerOptions (a container's own environment is appended to that of its devices).
#pragma once

#include "engine/workload/workload.hpp"

#include <string_view>

namespace tollgate::workload {

/// Fills pod.device_access; demands must have been read.
void read_device_access(Pod& pod);

bool opens_by_environment(json::Node container);
bool is_nvidia_runtime(std::string_view runtime_class);
/// spec.volumes entry that mounts /dev/nvidia*; with `privileged`, also one that mounts all of /dev.
bool opens_by_host_path(json::Node volume, bool privileged);
bool any_privileged(json::Node spec);

}  // namespace tollgate::workload
