// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/containers.hpp"

#include "engine/base/limits.hpp"
#include "engine/workload/walk.hpp"

#include <algorithm>

namespace tollgate::workload {
namespace {

std::string pointer_in(std::string_view list, std::size_t index) {
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
                                  .pointer = pointer_in(list_of(role), index),
                                  .place = {}});
        ++index;
    }
}

/// The containers that the kind's document names beside the lists. Their pointers go on counting where the
/// list ends.
bool append_places(Pod& pod, const std::vector<Path>& paths, ContainerRole role) {
    const json::Node list = pod.spec[list_of(role)];
    std::size_t index = list.is_array() ? list.size() : 0;
    for (const Path& path : paths) {
        const bool all = for_each_place(pod.spec, path, [&](json::Node node, json::Node, const Trail& trail) {
            if (!node.is_object()) return true;
            if (pod.containers.size() == limits::kMaxContainersPerPod) return false;
            std::string field = field_of(trail, trail.size());
            if (!field.empty() && field.front() != '[') field.insert(0, 1, '.');
            pod.containers.push_back({.role = role,
                                      .index = static_cast<std::uint32_t>(index),
                                      .name = node["name"].string(),
                                      .node = node,
                                      .resources = node["resources"],
                                      .pointer = pointer_in(list_of(role), index),
                                      .place = ContainerPlace{pointer_of(trail, trail.size()), field}});
            ++index;
            return true;
        });
        if (!all) return false;
    }
    return true;
}

/// One object with the fields of the pod and of its container: its resources are the container's.
bool is_own_container(const Pod& pod) {
    return std::any_of(pod.path->containers.begin(), pod.path->containers.end(),
                       [](const Path& path) { return path.segments.empty(); });
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
    if (!append_places(pod, pod.path->init_containers, ContainerRole::Init)) return false;
    append_list(pod, main, ContainerRole::Main);
    if (!append_places(pod, pod.path->containers, ContainerRole::Main)) return false;
    append_list(pod, ephemeral, ContainerRole::Ephemeral);
    if (pod.spec["resources"].is_object() && !is_own_container(pod)) pod_level(pod);
    return true;
}

std::uint32_t pod_level(Pod& pod) {
    const std::size_t count = pod.containers.size();
    if (count == 0 || pod.containers.back().role != ContainerRole::PodLevel) {
        pod.containers.push_back({.role = ContainerRole::PodLevel,
                                  .index = 0,
                                  .name = {},
                                  .node = pod.spec,
                                  .resources = is_own_container(pod) ? json::Node{} : pod.spec["resources"],
                                  .pointer = pod.spec.exists() ? "/spec" : "",
                                  .place = {}});
    }
    return static_cast<std::uint32_t>(pod.containers.size() - 1);
}

}  // namespace tollgate::workload
