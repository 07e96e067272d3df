// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/containers.hpp"

#include "engine/base/limits.hpp"

namespace tollgate::workload {
namespace {

std::string pointer_to(std::string_view list, std::size_t index) {
    std::string pointer;
    pointer.reserve(sizeof("/spec/ephemeralContainers/999"));
    pointer += "/spec/";
    pointer += list;
    pointer += '/';
    pointer += std::to_string(index);
    return pointer;
}

void append_list(Pod& pod, json::Node list, ContainerRole role) {
    std::uint32_t index = 0;
    for (const json::Node node : list.elements()) {
        ContainerRole own = role;
        // Source: KEP-753. A restartable init container keeps its devices for as long as the pod runs.
        if (role == ContainerRole::Init && node["restartPolicy"].string() == "Always")
            own = ContainerRole::Sidecar;
        pod.containers.push_back({.role = own,
                                  .index = index,
                                  .name = node["name"].string(),
                                  .node = node,
                                  .resources = node["resources"],
                                  .pointer = pointer_to(list_of(role), index)});
        ++index;
    }
}

}  // namespace

std::string_view list_of(ContainerRole role) {
    switch (role) {
        case ContainerRole::Init:
        case ContainerRole::Sidecar:
            return "initContainers";
        case ContainerRole::Main:
            return "containers";
        case ContainerRole::Ephemeral:
            return "ephemeralContainers";
        case ContainerRole::PodLevel:
            return "";
    }
    return "";
}

bool list_containers(Pod& pod) {
    const json::Node init = pod.spec["initContainers"];
    const json::Node main = pod.spec["containers"];
    const json::Node ephemeral = pod.spec["ephemeralContainers"];
    const auto length = [](json::Node list) { return list.is_array() ? list.size() : 0; };
    const std::size_t count = length(init) + length(main) + length(ephemeral);
    if (count > limits::kMaxContainersPerPod) return false;
    pod.containers.reserve(count + 1);
    append_list(pod, init, ContainerRole::Init);
    append_list(pod, main, ContainerRole::Main);
    append_list(pod, ephemeral, ContainerRole::Ephemeral);
    if (pod.spec["resources"].is_object()) pod_level(pod);
    return true;
}

std::uint32_t pod_level(Pod& pod) {
    const std::size_t count = pod.containers.size();
    if (count == 0 || pod.containers.back().role != ContainerRole::PodLevel) {
        pod.containers.push_back({.role = ContainerRole::PodLevel,
                                  .index = 0,
                                  .name = {},
                                  .node = pod.spec,
                                  .resources = pod.spec["resources"],
                                  .pointer = pod.spec.exists() ? "/spec" : ""});
    }
    return static_cast<std::uint32_t>(pod.containers.size() - 1);
}

}  // namespace tollgate::workload
