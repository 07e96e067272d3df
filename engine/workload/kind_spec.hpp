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
/// one (so a Pod is `path: spec, shape: PodSpec`).
enum class Shape : std::uint8_t { PodTemplate, PodSpec, PodSpecInline, Container, Resources };

struct PodPath {
    Path path;
    Shape shape = Shape::PodTemplate;
    /// Factors, multiplied; an absent field counts as 1. A wildcard takes the value the pod path took at that
    /// place.
    std::vector<Path> replicas;
    std::optional<Path> at_most;  // caps the product (a Job's completions)
    bool per_node = false;        // DaemonSet: one a node, total unknown
};

struct LifetimePaths {
    std::optional<Path> deadline_seconds;
    std::optional<Path> ttl_seconds_after_finished;
    std::optional<Path> suspend;
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
    /// Owner kinds ("ReplicaSet.apps") and labels by which its pods are known.
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
    std::unordered_multimap<std::string, std::size_t, Hash, std::equal_to<>> by_kind_;
};

}  // namespace tollgate::workload
