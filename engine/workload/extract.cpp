// SPDX-License-Identifier: Apache-2.0
#include "engine/base/limits.hpp"
#include "engine/workload/amount.hpp"
#include "engine/workload/containers.hpp"
#include "engine/workload/demand.hpp"
#include "engine/workload/device_access.hpp"
#include "engine/workload/interactive.hpp"
#include "engine/workload/lifetime.hpp"
#include "engine/workload/owner.hpp"
#include "engine/workload/replicas.hpp"
#include "engine/workload/walk.hpp"
#include "engine/workload/workload.hpp"

#include <algorithm>

namespace tollgate::workload {
namespace {

bool selects_host(json::Node affinity) {
    const json::Node required = affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    for (const json::Node term : required["nodeSelectorTerms"].elements()) {
        for (const json::Node expression : term["matchExpressions"].elements()) {
            if (expression["key"].string() == "kubernetes.io/hostname" &&
                expression["operator"].string() == "In") {
                return true;
            }
        }
        for (const json::Node field : term["matchFields"].elements()) {
            if (field["key"].string() == "metadata.name" && field["operator"].string() == "In") return true;
        }
    }
    return false;
}

/// A claim or a disk may be bound to one zone already; a template of a claim makes a new one where the pod
/// goes.
bool has_lasting_volume(json::Node spec) {
    constexpr std::string_view kDisks[] = {
        "persistentVolumeClaim", "awsElasticBlockStore", "gcePersistentDisk", "azureDisk", "cinder",
        "vsphereVolume"};
    for (const json::Node volume : spec["volumes"].elements()) {
        for (const std::string_view disk : kDisks) {
            if (volume[disk].is_object()) return true;
        }
    }
    return false;
}

void read_placement(Pod& pod, json::Node spec) {
    Placement& placement = pod.placement;
    placement.node_selector = spec["nodeSelector"];
    placement.affinity = spec["affinity"];
    placement.tolerations = spec["tolerations"];
    placement.node_name = spec["nodeName"].string();
    placement.runtime_class = spec["runtimeClassName"].string();
    placement.scheduler = spec["schedulerName"].string();
    placement.pinned_to_host = !placement.node_name.empty() ||
                               placement.node_selector["kubernetes.io/hostname"].exists() ||
                               selects_host(placement.affinity);
    placement.beside_pods =
        placement.affinity["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"].size() > 0;
    placement.has_volumes = has_lasting_volume(spec);
}

/// Names the places of a pod: what stands at the path depends on the shape.
void locate(Pod& pod, json::Node node, json::Node parent, const Trail& trail) {
    const std::size_t depth = trail.size();
    pod.field = field_of(trail, depth);
    switch (pod.path->shape) {
        case Shape::PodTemplate:
            pod.pointer = pointer_of(trail, depth);
            pod.spec_pointer = pod.pointer + "/spec";
            pod.metadata_pointer = pod.pointer + "/metadata";
            pod.spec = node["spec"];
            pod.metadata = node["metadata"];
            return;
        case Shape::PodSpec:
            pod.pointer = pointer_of(trail, depth - 1);
            pod.spec_pointer = pointer_of(trail, depth);
            pod.spec = node;
            pod.metadata = parent["metadata"];
            // A template without metadata is a type that has none (Notebook): nothing can be written there.
            if (depth == 1 || pod.metadata.exists()) pod.metadata_pointer = pod.pointer + "/metadata";
            return;
        case Shape::PodSpecInline:
            pod.pointer = pointer_of(trail, depth);
            pod.spec_pointer = pod.pointer;
            pod.spec = node;
            return;
        case Shape::Container:
        case Shape::Resources:
        case Shape::Devices:
            pod.pointer = pointer_of(trail, depth);
            return;
    }
}

/// What the kind's document says of this pod's labels and of where it runs, from the object's root.
void locate_parts(Pod& pod, json::Node object, const Trail& trail) {
    bool bound = true;
    if (const std::optional<Path>& path = pod.path->metadata; path.has_value()) {
        pod.metadata = follow(object, *path, trail, bound);
        pod.metadata_pointer = bound ? pointer_to(*path, trail) : "";
    }
    const std::optional<Path>& placement = pod.path->placement;
    if (placement.has_value() || pod.spec.exists())
        read_placement(pod, placement.has_value() ? follow(object, *placement, trail, bound) : pod.spec);
}

/// The text says which bound was exceeded, "" when none was.
std::string read_pod(Pod& pod, json::Node node) {
    const Shape shape = pod.path->shape;
    if (shape == Shape::Container || shape == Shape::Resources || shape == Shape::Devices) {
        const bool inline_container = shape == Shape::Container;
        pod.containers.push_back({.role = ContainerRole::Main,
                                  .index = 0,
                                  .name = inline_container ? node["name"].string() : std::string_view{},
                                  .node = inline_container ? node : json::Node{},
                                  .resources = inline_container ? node["resources"] : node,
                                  .pointer = {},
                                  .place = {}});
    } else if (!list_containers(pod)) {
        return "more than " + std::to_string(limits::kMaxContainersPerPod) + " containers in one pod";
    }
    if (std::string failure = read_demands(pod); !failure.empty()) return failure;
    read_device_access(pod);
    return {};
}

/// Pods at one path, appended to `pods`.
std::string read_pods(json::Node object, const PodPath& path, std::vector<Pod>& pods) {
    std::string failure;
    const bool counted = is_counted(object, path);
    for_each_place(object, path.path, [&](json::Node node, json::Node parent, const Trail& trail) {
        if (!node.is_object()) return true;
        if (path.shape == Shape::PodTemplate && !node["spec"].is_object()) return true;
        if (pods.size() == limits::kMaxPodsPerWorkload) {
            failure = path.path.text + ": more than " + std::to_string(limits::kMaxPodsPerWorkload) +
                      " pod templates in one object; that many are judged at most";
            return false;
        }
        Pod& pod = pods.emplace_back();
        pod.path = &path;
        locate(pod, node, parent, trail);
        locate_parts(pod, object, trail);
        pod.per_node = path.per_node;
        pod.replicas = read_replicas(object, path, trail, counted);
        failure = read_pod(pod, node);
        if (!failure.empty()) failure = pod.field + ": " + failure;
        return failure.empty();
    });
    return failure;
}

void read_metadata(Workload& workload, const Gvk& gvk) {
    const json::Node metadata = workload.object["metadata"];
    workload.labels = metadata["labels"];
    workload.annotations = metadata["annotations"];
    workload.ref.gvk = gvk;
    workload.ref.ns = metadata["namespace"].string();
    workload.ref.name = metadata["name"].string();
    if (workload.ref.name.empty()) {
        workload.ref.name = metadata["generateName"].string();
        workload.ref.generated = !workload.ref.name.empty();
    }
    const json::Node deleted = metadata["deletionTimestamp"];
    workload.deleting = deleted.exists() && !deleted.is_null();
    workload.mirror = workload.is_pod() && workload.annotations["kubernetes.io/config.mirror"].exists();
}

/// A StatefulSet's pods have the claims that its template does not show.
void read_claim_templates(Workload& workload) {
    if (workload.object["spec"]["volumeClaimTemplates"].size() == 0) return;
    for (Pod& pod : workload.pods) pod.placement.has_volumes = true;
}

/// Where accelerators can be asked for in a way that is not read here.
void read_unseen(Workload& workload) {
    for (const Unseen& unseen : workload.kind->unseen) {
        const Trail none;
        bool bound = true;
        if (unseen.unless.has_value() && follow(workload.object, *unseen.unless, none, bound).exists())
            continue;
        std::string first;
        std::size_t places = 0;
        for_each_place(workload.object, unseen.path, [&](json::Node node, json::Node, const Trail& trail) {
            const bool says_something = node.size() > 0 || !node.text().empty();
            if (says_something && ++places == 1) first = field_of(trail, trail.size());
            return true;
        });
        if (places > 1) first += " and " + std::to_string(places - 1) + " more";
        if (places > 0) workload.unseen.push_back(std::move(first));
    }
}

void multiply_by_runs(Workload& workload) {
    const std::optional<std::int64_t> runs =
        overlapping_runs(workload.object, *workload.kind, workload.lifetime.deadline_seconds);
    if (runs == 1) return;
    for (Pod& pod : workload.pods) {
        bool exact = runs.has_value() && pod.replicas.has_value();
        if (exact) pod.replicas = saturating_multiply(*pod.replicas, *runs, exact);
        // No pods a run are no pods in all, however many runs there are.
        if (!exact && pod.replicas != 0) pod.replicas.reset();
    }
}

}  // namespace

tl::expected<Workload, ExtractError> extract(json::Node object, const KindSpec& kind, const Gvk& gvk) {
    tl::expected<Workload, ExtractError> result;
    Workload& workload = *result;
    workload.kind = &kind;
    workload.object = object;
    read_metadata(workload, gvk);
    workload.pods.reserve(kind.pods.size());
    for (const PodPath& path : kind.pods) {
        std::string failure = read_pods(object, path, workload.pods);
        if (!failure.empty()) return tl::unexpected(ExtractError{std::move(failure)});
    }
    read_claim_templates(workload);
    read_unseen(workload);
    read_owner(workload);
    read_managers(workload);
    read_lifetime(workload);
    multiply_by_runs(workload);
    classify(workload);
    workload.bound = workload.is_pod() && !object["spec"]["nodeName"].string().empty();
    return result;
}

}  // namespace tollgate::workload
