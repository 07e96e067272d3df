// SPDX-License-Identifier: Apache-2.0
// Walking a Path through an object: every place it reaches, with the keys and indices its wildcards took.
//
// Depth first and in document order; the work is at most one visit of each node per path. A plain segment
// that is a number also selects an element of a list.
#pragma once

#include "engine/base/json/node.hpp"
#include "engine/base/limits.hpp"
#include "engine/workload/kind_spec.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace tollgate::workload {

/// One step down: a member of an object or an element of a list.
struct Step {
    std::string_view key;
    std::size_t index = 0;
    bool in_list = false;
    bool wildcard = false;
};

/// The steps from the root to a place.
class Trail {
  public:
    void push(const Step& step) { steps_[size_++] = step; }
    void pop() { --size_; }
    std::size_t size() const { return size_; }
    const Step& operator[](std::size_t index) const { return steps_[index]; }
    /// The step the n-th wildcard took; null when there were fewer.
    const Step* wildcard(std::size_t n) const;

  private:
    std::array<Step, limits::kMaxPathSegments> steps_;
    std::size_t size_ = 0;
};

/// "/spec/tasks/0/template" and "spec.tasks[0].template" of the first `count` steps.
std::string pointer_of(const Trail& trail, std::size_t count);
std::string field_of(const Trail& trail, std::size_t count);
/// The pointer of a path where its n-th wildcard takes the step the n-th wildcard of `trail` took.
std::string pointer_to(const Path& path, const Trail& trail);
/// One reference token of RFC 6901, with its slash.
void append_token(std::string& pointer, std::string_view key);

/// The child a segment selects; missing when there is none.
json::Node child(json::Node node, std::string_view key, Step& step);

/// Follows `path` where its n-th wildcard takes the step the n-th wildcard of `trail` took. Missing when it
/// leads nowhere; `bound` is false when the path has more wildcards than the trail.
json::Node follow(json::Node root, const Path& path, const Trail& trail, bool& bound);

/// Calls visit(node, parent, trail) for each place that exists, until it returns false; returns false then.
template <class Visit>
bool for_each_place(json::Node root, const Path& path, Visit&& visit);

namespace walking {

template <class Visit>
bool descend(json::Node node, json::Node parent, const Path& path, std::size_t depth, Trail& trail,
             Visit& visit) {
    if (depth == path.segments.size()) return visit(node, parent, trail);
    const Path::Segment& segment = path.segments[depth];
    const auto down = [&](json::Node next, const Step& step) {
        trail.push(step);
        const bool go_on = descend(next, node, path, depth + 1, trail, visit);
        trail.pop();
        return go_on;
    };
    if (!segment.wildcard) {
        Step step;
        const json::Node next = child(node, segment.key, step);
        return !next.exists() || down(next, step);
    }
    const bool in_list = node.is_array();
    const std::size_t size = in_list || node.is_object() ? node.size() : 0;
    for (std::size_t i = 0; i < size; ++i) {
        const Step step{.key = in_list ? std::string_view{} : node.key(i),
                        .index = i,
                        .in_list = in_list,
                        .wildcard = true};
        if (!down(in_list ? node[i] : node.value(i), step)) return false;
    }
    return true;
}

}  // namespace walking

template <class Visit>
bool for_each_place(json::Node root, const Path& path, Visit&& visit) {
    if (path.segments.size() > limits::kMaxPathSegments) return true;
    Trail trail;
    return walking::descend(root, json::Node{}, path, 0, trail, visit);
}

}  // namespace tollgate::workload
