// SPDX-License-Identifier: Apache-2.0
// Workload: what an object asks for. One view that always lists every container (init, sidecar, main,
// ephemeral), pod-level resources and claims, whatever kind the object is.
//
// All string_views and Nodes point into the object's json::Document, its KindSpec, or constant data; a
// Workload must not outlive them. Nothing here judges; unreadable amounts become `known == false` with a
// reason, never "asks for nothing". No reason ever quotes a value of the object's environment or arguments.
// Thread rule: plain values; extract() is pure.
#pragma once

#include "engine/base/json/node.hpp"
#include "engine/base/ratio.hpp"
#include "engine/gpu/catalog.hpp"
#include "engine/workload/kind_spec.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate::workload {

struct Gvk {
    std::string_view group, version, kind;
};

struct ObjectRef {
    Gvk gvk;
    std::string_view ns, name;  // name is generateName when that is all there is
    bool generated = false;     // name is a generateName: the API server appends to it
    std::string display_name() const { return generated ? std::string(name) + "*" : std::string(name); }
};

/// PodLevel stands for the pod as a whole: spec.resources, an unreferenced claim, runtimeClassName, volumes.
enum class ContainerRole : std::uint8_t { Init, Sidecar, Main, Ephemeral, PodLevel };

/// Of a container outside the lists: "/model" and ".model"; both empty for the spec itself.
struct ContainerPlace {
    std::string pointer, field;
};

struct Container {
    ContainerRole role = ContainerRole::Main;
    std::uint32_t index = 0;  // in its list (initContainers for Init and Sidecar)
    std::string_view name;
    json::Node node;  // the container object; for Shape::Resources a missing node
    json::Node resources;
    /// RFC 6901 in the pod this becomes: "/spec/containers/0"; "/spec" for the pod level; "" for Container
    /// and Resources shapes. Places in the object itself: container_pointer() and resources_pointer() below.
    std::string pointer;
    /// Where it stands below the pod's spec, when that is in none of the lists that `pointer` is written for.
    std::optional<ContainerPlace> place;
};

/// How a demand was written.
enum class Encoding : std::uint8_t {
    ExtendedResource,  // whole devices and other accelerators by resource name
    Mig,               // nvidia.com/mig-*, mig.das.com/*
    Shared,            // nvidia.com/gpu.shared, *.shared
    VirtualGpu,        // HAMi, Volcano, nos
    Annotation,        // KAI, Run:ai: gpu-fraction, gpu-memory
    Claim,             // ResourceClaims
    Field,             // a count in a field of its own: Spark, Dynamo
    DeviceAccess,      // no request, but NVIDIA_VISIBLE_DEVICES, an nvidia runtimeClass or /dev/nvidia*
};
std::string_view to_string(Encoding encoding);

/// What one container (or the pod level) asks of one accelerator resource.
struct Demand {
    Encoding encoding = Encoding::ExtendedResource;
    gpu::ResourceClass cls = gpu::ResourceClass::WholeGpu;
    std::string_view resource;
    std::int64_t count = 0;  // limit before request, as the scheduler counts extended resources
    bool in_limits = false, in_requests = false;
    std::uint32_t container = 0;  // index in Pod::containers; always one that is there
    bool known = true;            // false: the amount could not be read, or is resolved elsewhere (claims)
    std::string why_unknown;
    std::optional<Ratio> share;              // of each device (gpu-fraction)
    std::optional<std::int64_t> memory_mib;  // of each device (gpu-memory)
};

/// A resource in an accelerator vendor's domain that the catalog does not know ("nvidia.com/foo"), or an
/// implicit device class name.
struct UnknownAccelerator {
    std::string_view resource;
    std::uint32_t container = 0;
};

/// What the whole pod needs on one node, by Kubernetes' rule: max(sum of containers and sidecars, each init
/// container together with the sidecars started before it). Source: KEP-753,
/// k8s.io/component-helpers/resource.
struct PodDemand {
    std::string_view resource;
    gpu::ResourceMeaning meaning;
    Encoding encoding = Encoding::ExtendedResource;
    std::int64_t count = 0;
    bool known = true;
    std::optional<Ratio> share;              // of each device (gpu-fraction)
    std::optional<std::int64_t> memory_mib;  // of each device (gpu-memory)
};

/// Requests of the pod on one node, after the same rule; pod-level CPU and memory override the sums
/// (KEP-2837). Overhead is included. Absent request with a limit takes the limit.
struct PodResources {
    std::optional<Ratio> cpu;     // cores; empty: nothing asked
    std::optional<Ratio> memory;  // bytes
    std::vector<std::pair<std::string_view, Ratio>>
        other;  // extended resources that are no known accelerator (efa, hugepages, nvidia.com/foo)
    std::optional<Ratio> ephemeral_storage;  // bytes of the node's own disk; empty: nothing asked
    bool readable = true;                    // false: an amount could not be read
};

struct Placement {
    json::Node node_selector;  // spec.nodeSelector
    json::Node affinity;       // spec.affinity
    json::Node tolerations;
    std::string_view node_name;
    bool pinned_to_host = false;  // selects kubernetes.io/hostname
    bool beside_pods = false;     // required pod affinity: where those pods run is not known here
    bool has_volumes = false;     // on claims or disks that may stand in one zone alone
    std::string_view runtime_class, scheduler;
};

struct Pod {
    const PodPath* path = nullptr;
    std::string field;         // "spec.template" as in `demand[].path`; wildcards filled in
    std::string pointer;       // RFC 6901 of the pod template (the object holding spec and metadata):
                               // "/spec/template"; for PodSpec shapes the parent of the spec: "" for a Pod
    std::string spec_pointer;  // "/spec/template/spec", "/spec"
    std::string metadata_pointer;              // "/spec/template/metadata"; "" when the shape has none
    json::Node spec, metadata;                 // missing for Container and Resources shapes / when absent
    std::optional<std::int64_t> replicas = 1;  // empty: unknown or without bound (per_node, overlapping runs)
    bool per_node = false;
    std::vector<Container> containers;  // init and sidecars, main, ephemeral, pod level
    std::vector<Demand> demands;        // accelerators only; never Encoding::DeviceAccess
    std::vector<PodDemand> totals;      // one per resource
    /// Ways to a device without asking for one, Encoding::DeviceAccess. Kept apart from the demands: they
    /// cost nothing by themselves. `resource` names the way: "NVIDIA_VISIBLE_DEVICES", "runtimeClassName", or
    /// the host path.
    std::vector<Demand> device_access;
    std::vector<UnknownAccelerator> unknown_accelerators;
    PodResources resources;
    Placement placement;

    bool asks_for_accelerator() const { return !demands.empty(); }
    json::Node labels() const { return metadata["labels"]; }
    json::Node annotations() const { return metadata["annotations"]; }
    /// Whole devices of any form asked for: counts of all known accelerator totals (not their aspects).
    std::int64_t devices() const;
    /// False when some accelerator amount of this pod is unknown: devices() is then a lower bound.
    bool demand_known() const;
};

/// Where a container and its resources stand in the object, as RFC 6901 and as people write it:
/// "/spec/template/spec/containers/0", "spec.template.spec.containers[0]". The resources of a Resources shape
/// are the path itself.
std::string container_pointer(const Pod& pod, const Container& container);
std::string container_field(const Pod& pod, const Container& container);
std::string resources_pointer(const Pod& pod, const Container& container);
std::string resources_field(const Pod& pod, const Container& container);

struct Owner {
    bool present = false;  // a controller reference is there
    std::string_view api_version, kind, name, uid;
    /// The root owner as matching sees it: Deployment for a ReplicaSet's pod with pod-template-hash, else the
    /// reference; the object itself when it has no controller reference. KindTable::find_parent may lead
    /// further up. For matching and rewriting only, never for trust.
    std::string_view root_group, root_kind;
    std::string root_name;  // without the hash
    /// What made the root, where its own labels tell: InferenceService above Deployment above ReplicaSet.
    std::string_view maker_group, maker_kind;
};

struct Lifetime {
    bool has_deadline_field = false;  // the kind has one
    std::optional<std::int64_t>
        deadline_seconds;  // smallest that holds: the kind's field, else annotation or Kueue label
    std::string_view deadline_source;  // "spec.activeDeadlineSeconds", "tollgate.dev/lifetime", ...
    std::string deadline_field;        // dotted path where one is to be written
    std::optional<std::int64_t> ttl_seconds;
    std::string ttl_field;
    bool deadline_is_text = false;  // the field holds a duration, not seconds
    /// The field without whose value the deadline ends nothing, and that value:
    /// "spec.shutdownAfterJobFinishes", "true". "" where there is none, or it holds.
    std::string bounding_field, bounding_value;
    std::optional<std::int64_t> stated_seconds;  // what the field says, where that ends nothing
    bool suspended = false;
    std::string unreadable;  // a lifetime value that could not be read, and why; "" when all could
};

struct Workload {
    ObjectRef ref;
    const KindSpec* kind = nullptr;
    json::Node object, labels, annotations;
    Owner owner;
    Class cls = Class::Unclassified;
    std::string cls_reason;  // "kind Notebook", "container shell runs `sleep infinity`"
    bool interactive = false;
    std::string interactive_reason;
    bool trains = false;  // a container plainly trains, whatever its kind is for
    std::vector<Pod> pods;
    Lifetime lifetime;
    /// Fields that can ask for accelerators too, and say so to their operator alone: "spec.podSpecPatch",
    /// "spec.templates[0].podSpecPatch and 2 more".
    std::vector<std::string> unseen;
    bool bound = false;          // spec.nodeName is set (a Pod)
    bool mirror = false;         // kubernetes.io/config.mirror
    bool deleting = false;       // metadata.deletionTimestamp
    bool kueue_managed = false;  // kueue.x-k8s.io/queue-name on the object; on a Pod, any label of Kueue's
    /// The owner it names is of a kind of class Training, and nobody vouches for that: it makes the object of
    /// no class, but is reason enough not to move it.
    bool training_claimed = false;
    bool gitops_owned = false;  // Argo CD tracking-id/instance or Flux toolkit.fluxcd.io label
    std::string gitops_owner;
    bool is_pod() const { return kind != nullptr && kind->group.empty() && kind->kind == "Pod"; }
};

/// Splits "apps/v1" and "v1".
Gvk parse_gvk(std::string_view api_version, std::string_view kind);

struct ExtractError {
    std::string message;  // "spec.template: found 1,204 pod templates; at most 1,000 are judged"
};

/// Reads an object of a known kind. Absent or misshapen parts give empty pods, not errors; the only error is
/// a bound that was exceeded.
tl::expected<Workload, ExtractError> extract(json::Node object, const KindSpec& kind, const Gvk& gvk);

/// Gives a controlled object the class of its root owner's kind, so that a Deployment's Pod matches
/// `classes: [Serving]` as its Deployment did. As at the Deployment, a plainly interactive command, or one
/// that trains, says more than the kind does, unless that is Training.
void classify_by_root(Workload& workload, const KindSpec& root);

/// Cheap pre-check used before extraction: might anything in here ask for an accelerator, or be a device
/// access?
bool mentions_accelerator(json::Node object, const KindSpec& kind);

/// Pod specs found by structure in an object of an unknown kind (fields `containers` with objects that have
/// an image or resources), and resources outside of them that name an accelerator; for `check`, which reports
/// them. Bounded by depth and kMaxPodsPerWorkload.
std::vector<PodPath> find_pod_specs(json::Node object);

}  // namespace tollgate::workload
