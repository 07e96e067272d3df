// SPDX-License-Identifier: Apache-2.0
// The pre-check before extraction: the same places, without building anything. It may say yes for nothing (a
// count of zero), never no for something; a property test holds it against extract().
#include "engine/workload/demand.hpp"
#include "engine/workload/device_access.hpp"
#include "engine/workload/walk.hpp"
#include "engine/workload/workload.hpp"

namespace tollgate::workload {
namespace {

bool names_accelerator(json::Node list) {
    for (const auto [name, amount] : list.members()) {
        gpu::ResourceMeaning meaning;
        const ResourceRole role = role_of(name, meaning);
        if (role == ResourceRole::Accelerator || role == ResourceRole::UnknownAccelerator) return true;
    }
    return false;
}

bool resources_mention(json::Node resources) {
    if (!resources.is_object()) return false;
    const json::Node claims = resources["claims"];
    return (claims.is_array() && claims.size() != 0) || names_accelerator(resources["limits"]) ||
           names_accelerator(resources["requests"]);
}

bool spec_mentions(json::Node spec) {
    if (!spec.is_object()) return false;
    const json::Node claims = spec["resourceClaims"];
    if (claims.is_array() && claims.size() != 0) return true;
    if (resources_mention(spec["resources"]) || is_nvidia_runtime(spec["runtimeClassName"].string()))
        return true;
    for (const std::string_view list : {"containers", "initContainers", "ephemeralContainers"}) {
        for (const json::Node container : spec[list].elements()) {
            if (resources_mention(container["resources"]) || opens_by_environment(container)) return true;
        }
    }
    for (const json::Node volume : spec["volumes"].elements()) {
        if (opens_by_host_path(volume, true)) return true;
    }
    return false;
}

bool container_mentions(json::Node container) {
    return container.is_object() &&
           (resources_mention(container["resources"]) || opens_by_environment(container));
}

/// Containers and claims that the kind's document names beside the pod's lists.
bool places_mention(json::Node spec, const PodPath& path) {
    bool found = false;
    const auto look = [&](json::Node node, json::Node, const Trail&) {
        found = container_mentions(node);
        return !found;
    };
    for (const Path& each : path.init_containers)
        if (!for_each_place(spec, each, look)) return true;
    for (const Path& each : path.containers)
        if (!for_each_place(spec, each, look)) return true;
    if (!path.claims.has_value()) return false;
    const Trail none;
    bool bound = true;
    return follow(spec, *path.claims, none, bound).size() != 0;
}

/// A count that cannot be read asks as well.
bool counts_devices(json::Node place, const PodPath& path) {
    if (!path.devices.has_value()) return true;
    const Trail none;
    bool bound = true;
    const json::Node count = follow(place, path.devices->count, none, bound);
    return count.exists() && !count.is_null();
}

bool metadata_mentions(json::Node metadata) {
    const json::Node annotations = metadata["annotations"];
    return annotations["gpu-fraction"].exists() || annotations["gpu-memory"].exists();
}

bool metadata_at(json::Node object, const PodPath& path, const Trail& trail) {
    if (!path.metadata.has_value()) return false;
    bool bound = true;
    return metadata_mentions(follow(object, *path.metadata, trail, bound));
}

bool place_mentions(const PodPath& path, json::Node node, json::Node parent) {
    switch (path.shape) {
        case Shape::PodTemplate:
            return spec_mentions(node["spec"]) || metadata_mentions(node["metadata"]) ||
                   places_mention(node["spec"], path);
        case Shape::PodSpec:
            return spec_mentions(node) || metadata_mentions(parent["metadata"]) || places_mention(node, path);
        case Shape::PodSpecInline:
            return spec_mentions(node) || places_mention(node, path);
        case Shape::Container:
            return container_mentions(node);
        case Shape::Resources:
            return resources_mention(node);
        case Shape::Devices:
            return counts_devices(node, path);
    }
    return true;
}

}  // namespace

bool mentions_accelerator(json::Node object, const KindSpec& kind) {
    for (const PodPath& path : kind.pods) {
        bool found = false;
        for_each_place(object, path.path, [&](json::Node node, json::Node parent, const Trail& trail) {
            found =
                node.is_object() && (place_mentions(path, node, parent) || metadata_at(object, path, trail));
            return !found;
        });
        if (found) return true;
    }
    return false;
}

}  // namespace tollgate::workload
