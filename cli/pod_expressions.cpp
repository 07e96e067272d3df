// SPDX-License-Identifier: Apache-2.0
#include "cli/pod_expressions.hpp"

#include "cli/cel_text.hpp"
#include "engine/base/text.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace tollgate::cli {
namespace {

using workload::Path;
using workload::PodPath;
using workload::Shape;

constexpr std::size_t kMaxWildcards = 2;

/// A place on the way down: an optional, or the variable that a comprehension binds.
struct Place {
    std::string text;
    bool is_variable = true;

    Place below(std::string_view key) const { return {text + cel_select(key), false}; }
    /// The value, and an empty map where there is none.
    std::string value() const { return is_variable ? text : text + ".orValue({})"; }
    std::string in_list() const { return is_variable ? text : "?" + text; }
};

/// The variables that stand for the first wildcards of a pod's path.
using Variables = std::array<std::string, kMaxWildcards>;

std::size_t wildcards_of(const Path& path) {
    return static_cast<std::size_t>(
        std::count_if(path.segments.begin(), path.segments.end(), [](const auto& s) { return s.wildcard; }));
}

/// Where a path from the object's root leads within one pod: from its last wildcard's variable on.
Place bound_place(const Path& path, const Variables& variables) {
    Place place{"o"};
    std::size_t wildcards = 0;
    for (const Path::Segment& segment : path.segments) {
        place = segment.wildcard ? Place{variables.at(wildcards++)} : place.below(segment.key);
    }
    return place;
}

std::string values_of(const std::string& list_or_map) {
    return list_or_map + ".map(k, type(" + list_or_map + ") == map ? " + list_or_map + "[k] : k)";
}

/// The containers at one path below a spec, as a list; "" when they are too deep to be walked.
std::string containers_at(const Place& spec, const Path& path) {
    Place place = spec;
    for (std::size_t i = 0; i < path.segments.size(); ++i) {
        if (!path.segments[i].wildcard) {
            place = place.below(path.segments[i].key);
            continue;
        }
        const bool last = i + 1 == path.segments.size();
        return last && !place.is_variable ? cel_list_at(place.text) : "";
    }
    return "[" + place.in_list() + "]";
}

/// The parts of a pod that are not in one place, as the members of a map.
class Parts {
  public:
    void add(std::string_view name, const std::string& value) {
        if (!members_.empty()) members_ += ", ";
        members_ += cel_string(name) + ": dyn(" + value + ")";
    }
    void add_containers(const Place& spec, const PodPath& pod) {
        std::string all;
        for (const std::vector<Path>* paths : {&pod.containers, &pod.init_containers}) {
            for (const Path& path : *paths) {
                const std::string list = containers_at(spec, path);
                if (list.empty()) return add("asks", "true");
                all += (all.empty() ? "" : " + ") + list;
            }
        }
        if (!all.empty()) add("more", all);
    }
    std::string text() const { return "dyn({" + members_ + "})"; }

  private:
    std::string members_;
};

bool is_whole_pod(const PodPath& pod) {
    return pod.containers.empty() && pod.init_containers.empty() && !pod.claims.has_value() &&
           !pod.metadata.has_value() && !pod.placement.has_value();
}

std::string in_parts(const PodPath& pod, const Place& at, const Place& parent, const Variables& variables) {
    Parts parts;
    Place spec = at;
    if (pod.shape == Shape::PodTemplate) spec = at.below("spec");
    const bool has_spec =
        pod.shape == Shape::PodTemplate || pod.shape == Shape::PodSpec || pod.shape == Shape::PodSpecInline;
    if (pod.placement.has_value()) {
        parts.add("spec", bound_place(*pod.placement, variables).value());
    } else if (has_spec) {
        parts.add("spec", spec.value());
    }
    if (pod.metadata.has_value()) {
        parts.add("metadata", bound_place(*pod.metadata, variables).value());
    } else if (pod.shape == Shape::PodTemplate) {
        parts.add("metadata", at.below("metadata").value());
    } else if (pod.shape == Shape::PodSpec) {
        parts.add("metadata", parent.below("metadata").value());
    }
    if (has_spec) parts.add_containers(spec, pod);
    if (pod.claims.has_value()) {
        Place claims = spec;
        for (const Path::Segment& segment : pod.claims->segments) claims = claims.below(segment.key);
        parts.add("claims", claims.value());
    }
    if (pod.shape == Shape::Container) parts.add("more", "[" + at.in_list() + "]");
    if (pod.shape == Shape::Resources) parts.add("more", "[{'resources': " + at.value() + "}]");
    if (pod.shape == Shape::Devices) {
        Place count = at;
        for (const Path::Segment& segment : pod.devices->count.segments) count = count.below(segment.key);
        parts.add("asks", count.text + ".hasValue()");
    }
    return parts.text();
}

/// One pod in the common form.
std::string pod_at(const PodPath& pod, const Place& at, const Place& parent, const Variables& variables) {
    const bool is_spec_of_pod = pod.shape == Shape::PodSpec && pod.path.segments.back().key == "spec";
    // dyn(): a list's elements must be of one type, and the other pods are maps of parts.
    if (is_whole_pod(pod) && pod.shape == Shape::PodTemplate) return "dyn(" + at.value() + ")";
    if (is_whole_pod(pod) && is_spec_of_pod) return "dyn(" + parent.value() + ")";
    return in_parts(pod, at, parent, variables);
}

/// The pods at one path, as a list within as many lists as the path has wildcards, twice: those over which a
/// value is bound, and those of its elements.
std::string pods_at(const PodPath& pod, std::size_t from, Place place, std::size_t wildcards,
                    Variables& variables) {
    Place parent = place;
    const std::vector<Path::Segment>& segments = pod.path.segments;
    for (std::size_t i = from; i < segments.size(); ++i) {
        if (!segments[i].wildcard) {
            parent = place;
            place = place.below(segments[i].key);
            continue;
        }
        const std::string number = std::to_string(wildcards);
        const std::string all = "a" + number;
        variables.at(wildcards) = "e" + number;
        const std::string list = place.is_variable ? place.text : cel_list_at(place.text);
        return "[" + list + "].map(" + all + ", " + values_of(all) + ".map(e" + number + ",\n    " +
               pods_at(pod, i + 1, {variables.at(wildcards)}, wildcards + 1, variables) + "))";
    }
    return pod_at(pod, place, parent, variables);
}

/// Lists of lists of lists of lists of pods: what two wildcards give. Fewer are put into lists of one.
std::string in_four_lists(const PodPath& pod) {
    Variables variables;
    switch (wildcards_of(pod.path)) {
        case 0:
            return "[[[[" + pods_at(pod, 0, {"o"}, 0, variables) + "]]]]";
        case 1:
            return "[[" + pods_at(pod, 0, {"o"}, 0, variables) + "]]";
        case 2:
            return pods_at(pod, 0, {"o"}, 0, variables);
        default:
            return "[[[[dyn({'asks': dyn(true)})]]]]";
    }
}

}  // namespace

std::string any_pod(std::span<const PodPath> paths, const std::string& test) {
    std::vector<std::string> groups;
    for (const PodPath& path : paths) {
        std::string group = in_four_lists(path);
        if (std::find(groups.begin(), groups.end(), group) == groups.end())
            groups.push_back(std::move(group));
    }
    return "[object != null ? object : oldObject].exists(o, [\n  " + join(groups, ",\n  ") +
           "\n].exists(g, g.exists(h, h.exists(i, i.exists(l, l.exists(p,\n" + test + "))))))";
}

}  // namespace tollgate::cli
