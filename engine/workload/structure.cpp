// SPDX-License-Identifier: Apache-2.0
// Finding pod specs, and resources outside of any, by their structure, in objects of kinds nobody described.
#include "engine/base/limits.hpp"
#include "engine/workload/demand.hpp"
#include "engine/workload/walk.hpp"
#include "engine/workload/workload.hpp"

namespace tollgate::workload {
namespace {

bool looks_like_container(json::Node node) {
    return node.is_object() && (node["image"].is_string() || node["resources"].is_object());
}

/// `containers` with at least one object that has an image or resources.
bool looks_like_pod_spec(json::Node node) {
    for (const json::Node container : node["containers"].elements()) {
        if (looks_like_container(container)) return true;
    }
    return false;
}

bool names_accelerator(json::Node amounts) {
    for (const auto [name, amount] : amounts.members()) {
        gpu::ResourceMeaning meaning;
        const ResourceRole role = role_of(name, meaning);
        if (role == ResourceRole::Accelerator || role == ResourceRole::UnknownAccelerator) return true;
    }
    return false;
}

/// "resources", "computeResources", "resourcesPerNode" with an accelerator in them. The `limits` of a node
/// pool are no request, so the name counts as well as the shape.
bool looks_like_resources(std::string_view key, json::Node node) {
    const bool named =
        key.find("resources") != std::string_view::npos || key.find("Resources") != std::string_view::npos;
    return named && (names_accelerator(node["limits"]) || names_accelerator(node["requests"]));
}

class Search {
  public:
    explicit Search(json::Node root) : root_(root) {}

    std::vector<PodPath> run() {
        visit(root_, 0);
        return std::move(found_);
    }

  private:
    void visit(json::Node node, std::size_t depth) {
        if (depth == limits::kMaxPathSegments || found_.size() == limits::kMaxPodsPerWorkload) return;
        if (node.is_object() && depth != 0 && looks_like_pod_spec(node)) {
            add();
            return;
        }
        if (node.is_object() && depth != 0 && looks_like_resources(steps_.back().key, node)) {
            PodPath& resources = found_.emplace_back();
            resources.path = path_of(steps_.size());
            resources.shape = Shape::Resources;
            return;
        }
        const bool in_list = node.is_array();
        const std::size_t size = in_list || node.is_object() ? node.size() : 0;
        for (std::size_t i = 0; i < size; ++i) {
            const json::Node next = in_list ? node[i] : node.value(i);
            if (!next.is_object() && !next.is_array()) continue;
            steps_.push_back({.key = in_list ? std::string_view{} : node.key(i),
                              .index = i,
                              .in_list = in_list,
                              .wildcard = false});
            visit(next, depth + 1);
            steps_.pop_back();
        }
    }

    /// A spec with metadata beside it, or below a `template`, is a pod template; else it stands by itself.
    void add() {
        PodPath pod;
        const std::size_t depth = steps_.size();
        const bool named_spec = steps_.back().key == "spec" && depth > 1;
        const bool is_template =
            named_spec && (steps_[depth - 2].key == "template" || at(depth - 1)["metadata"].is_object());
        const std::size_t length = is_template ? depth - 1 : depth;
        pod.shape = is_template ? Shape::PodTemplate : Shape::PodSpec;
        pod.path = path_of(length);
        if (length != 0 && at(length - 1)["replicas"].is_number()) {
            Path replicas = path_of(length - 1);
            replicas.text += replicas.text.empty() ? "replicas" : ".replicas";
            replicas.segments.push_back({.key = "replicas", .wildcard = false});
            pod.replicas.emplace_back().paths.push_back(std::move(replicas));
        }
        found_.push_back(std::move(pod));
    }

    json::Node at(std::size_t depth) const {
        json::Node node = root_;
        for (std::size_t i = 0; i < depth; ++i)
            node = steps_[i].in_list ? node[steps_[i].index] : node[steps_[i].key];
        return node;
    }

    Path path_of(std::size_t depth) const {
        Path path;
        Trail trail;
        for (std::size_t i = 0; i < depth; ++i) {
            const Step& step = steps_[i];
            trail.push(step);
            path.segments.push_back({.key = step.in_list ? std::to_string(step.index) : std::string(step.key),
                                     .wildcard = false});
        }
        path.text = field_of(trail, depth);
        return path;
    }

    json::Node root_;
    std::vector<Step> steps_;
    std::vector<PodPath> found_;
};

}  // namespace

std::vector<PodPath> find_pod_specs(json::Node object) {
    return Search(object).run();
}

}  // namespace tollgate::workload
