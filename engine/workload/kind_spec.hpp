// SPDX-License-Identifier: Apache-2.0
// KindSpec: where in an object of one kind its pods are, how many there are, what bounds their life, who
// makes them. The compiled form of a WorkloadKind document; built-in kinds are such documents too
// (policies/kinds/), not code. Source of paths: the CRDs' OpenAPI schemas and Kubernetes' API reference.
#pragma once

#include "engine/base/json/node.hpp"
#include "engine/base/result.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tollgate::workload {

enum class Class : std::uint8_t { Unclassified, Training, Serving, Interactive, Batch };
std::string_view to_string(Class cls);

/// "spec.template", "spec.pytorchReplicaSpecs.*.template"; `*` runs over maps and lists. Keys with dots are
/// quoted: "metadata.labels.'kueue.x-k8s.io/queue-name'".
struct Path {
    struct Segment {
        std::string key;
        bool wildcard = false;
    };
    std::string text;
    std::vector<Segment> segments;
};
Result<Path> parse_path(std::string_view text);

/// What stands at a pod path. PodSpec takes labels and annotations from a `metadata` beside it, when there is
/// one (so a Pod is `path: spec, shape: PodSpec`). Devices: a count and a resource's name in fields of their
/// own (Spark, Dynamo).
enum class Shape : std::uint8_t { PodTemplate, PodSpec, PodSpecInline, Container, Resources, Devices };

/// A count from the list of groups that names the pod: Grove's cliques in a scaling group run as often as it.
struct Membership {
    Path groups;   // a list
    Path members;  // below each of them, the list of names
    Path count;    // below each of them
    Path name;     // the pod's own
};

/// One factor of how many pods stand at a path. A wildcard takes the value the pod path took at that place.
struct Factor {
    std::vector<Path> paths;  // the first that is there counts; true is 1, false is 0
    std::int64_t absent = 1;  // where none is
    std::int64_t minimum = 0;
    std::optional<Path> at_least = std::nullopt, at_most = std::nullopt;
    std::optional<Path> divided_by = std::nullopt;  // divided: rounded down, never below 1
    std::int64_t less = 0;  // those of the number that stand at another path (a leader beside its workers)
    std::optional<Path> less_with = std::nullopt;         // only where this is there
    std::optional<Membership> membership = std::nullopt;  // instead of paths
};

/// Where the fields of Shape::Devices are, below the path.
struct DeviceFields {
    Path count;
    std::optional<Path> name;
    std::string otherwise;  // the resource where the name is not there; "": there must be one
};

struct PodPath {
    Path path;
    Shape shape = Shape::PodTemplate;
    std::vector<Factor> replicas;  // multiplied
    std::optional<Path> at_most;   // caps the product (a Job's completions)
    bool per_node = false;         // DaemonSet: one a node, total unknown
    /// Where one of these is there, how many pods run at once only `at_most` tells (Argo's fan-out).
    std::vector<Path> uncounted_with;
    /// Containers of the pod that stand elsewhere than in its lists, below the pod's spec. A path without
    /// segments is the spec itself: one object with the fields of a pod and of its container (NIMService).
    std::vector<Path> containers, init_containers;
    std::optional<Path> claims;  // a list of ResourceClaims, below the pod's spec
    /// From the object's root: what holds the pod's labels and annotations, or its nodeSelector, affinity and
    /// tolerations, where the shape has no place of its own for them.
    std::optional<Path> metadata, placement;
    std::optional<DeviceFields> devices;
};

/// True where one of `values` stands at the path; with `values` empty, where anything does.
struct Condition {
    Path path;
    std::vector<std::string> values;
};

struct LifetimePaths {
    std::optional<Path> deadline_seconds;
    bool deadline_is_text = false;                // a duration such as 1h30m instead; 0 is no end
    std::optional<std::int64_t> default_seconds;  // what holds where the field is not there (Tekton's hour)
    /// The deadline ends the pods only where one of these holds (a RayJob that shuts its cluster down).
    std::vector<Condition> only_with;
    std::optional<Path> ttl_seconds_after_finished;
    std::optional<Path> suspend;
};

/// What can ask for accelerators too and cannot be read here: a patch as text, a template by its name.
struct Unseen {
    Path path;
    std::optional<Path> unless;  // this says it all
};

struct KindSpec {
    std::string name;   // metadata.name of the document
    std::string group;  // "" for the core group
    std::string kind;
    std::string resource;  // the plural in the API ("pytorchjobs"); "" when the document does not say
    std::vector<std::string> versions;
    Class cls = Class::Unclassified;
    std::vector<PodPath> pods;
    LifetimePaths lifetime;
    /// CronJob: runs overlap unless this field says Forbid or Replace; `schedule` gives their period.
    std::optional<Path> concurrency_policy;
    std::optional<Path> schedule;
    /// The template is immutable after creation (Job): nothing there is patched on UPDATE.
    bool immutable_template = false;
    /// Its operator counts devices by what the template asks for (Ray): never rewritten there, only its pods.
    bool fixed_template = false;
    /// It only describes pods that other objects make (a runtime): never sent to the webhooks.
    bool describes_only = false;
    std::vector<Unseen> unseen;
    /// Owner kinds ("ReplicaSet.apps") and labels ("key" or "key=value") by which its pods are known.
    std::vector<std::string> owner_kinds;
    std::vector<std::string> child_labels;
    /// User names that create its pods; without any, kube-system's controllers.
    std::vector<std::string> controllers;
};

class KindTable {
  public:
    KindTable() = default;
    explicit KindTable(std::vector<KindSpec> kinds);
    /// By group and kind (versions of one kind share a spec unless several documents name them); null when
    /// unknown.
    const KindSpec* find(std::string_view group, std::string_view version, std::string_view kind) const;
    /// The kind that has its pods made by objects of `owner_kind`: one that lists it among its children's
    /// ownerKinds and whose label the pod carries, or that lists it without labels where nobody describes it
    /// itself. Null: the owner stands for itself.
    const KindSpec* find_parent(std::string_view group, std::string_view owner_kind, json::Node labels) const;
    const std::vector<KindSpec>& all() const { return kinds_; }

  private:
    std::vector<KindSpec> kinds_;
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    std::unordered_multimap<std::string, std::size_t, Hash, std::equal_to<>> by_kind_, by_owner_;
};

}  // namespace tollgate::workload
