// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/device_access.hpp"

#include "engine/base/text.hpp"
#include "engine/workload/containers.hpp"

#include <algorithm>
#include <utility>

namespace tollgate::workload {
namespace {

constexpr std::string_view kVisibleDevices = "NVIDIA_VISIBLE_DEVICES";

Demand access(std::string_view way, std::uint32_t container) {
    Demand demand;
    demand.encoding = Encoding::DeviceAccess;
    demand.cls = gpu::ResourceClass::WholeGpu;
    demand.resource = way;
    demand.container = container;
    return demand;
}

/// The first two names of an absolute path: "/dev//./nvidia0" gives dev, nvidia0. Kubernetes refuses "..", so
/// that it need not be resolved here.
std::pair<std::string_view, std::string_view> first_names(std::string_view path) {
    std::pair<std::string_view, std::string_view> names;
    while (!path.empty()) {
        const std::size_t slash = std::min(path.find('/'), path.size());
        const std::string_view name = path.substr(0, slash);
        path.remove_prefix(std::min(slash + 1, path.size()));
        if (name.empty() || name == ".") continue;
        if (names.first.empty()) {
            names.first = name;
        } else {
            names.second = name;
            return names;
        }
    }
    return names;
}

}  // namespace

bool opens_by_environment(json::Node container) {
    for (const json::Node variable : container["env"].elements()) {
        if (variable["name"].string() != kVisibleDevices) continue;
        // Where the value comes from elsewhere (valueFrom), it is taken to open a device.
        const json::Node value = variable["value"];
        if (!value.exists() || value.is_null()) {
            if (variable["valueFrom"].is_object()) return true;
            continue;
        }
        const std::string_view devices = value.string();
        if (!devices.empty() && devices != "void" && devices != "none") return true;
    }
    return false;
}

bool is_nvidia_runtime(std::string_view runtime_class) {
    return runtime_class == "nvidia" || runtime_class == "nvidia-cdi" || runtime_class == "nvidia-legacy";
}

bool opens_by_host_path(json::Node volume, bool privileged) {
    const std::string_view path = volume["hostPath"]["path"].string();
    if (!path.starts_with('/')) return false;
    const auto [first, second] = first_names(path);
    if (first != "dev") return false;
    return second.empty() ? privileged : second.starts_with("nvidia");
}

bool any_privileged(json::Node spec) {
    for (const std::string_view list : {"initContainers", "containers", "ephemeralContainers"}) {
        for (const json::Node container : spec[list].elements()) {
            if (container["securityContext"]["privileged"].boolean()) return true;
        }
    }
    return false;
}

void read_device_access(Pod& pod) {
    const std::size_t count = pod.containers.size();
    for (std::uint32_t i = 0; i < count; ++i) {
        const Container& container = pod.containers[i];
        if (container.role == ContainerRole::PodLevel) continue;
        // Also where it asks for a device: what the pod says stands behind what the device plugin says, and
        // the last one counts, so "all" opens the others' too.
        if (container.node["env"].is_array() && opens_by_environment(container.node))
            pod.device_access.push_back(access(kVisibleDevices, i));
    }
    if (pod.demands.empty() && is_nvidia_runtime(pod.placement.runtime_class)) {
        pod.device_access.push_back(access("runtimeClassName", pod_level(pod)));
    }
    const json::Node volumes = pod.spec["volumes"];
    if (!volumes.is_array() || volumes.size() == 0) return;
    const bool privileged = any_privileged(pod.spec);  // once: volumes x containers can be millions
    for (const json::Node volume : volumes.elements()) {
        if (!volume["hostPath"].is_object() || !opens_by_host_path(volume, privileged)) continue;
        pod.device_access.push_back(access(volume["hostPath"]["path"].string(), pod_level(pod)));
    }
}

}  // namespace tollgate::workload
