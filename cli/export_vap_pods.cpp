// SPDX-License-Identifier: Apache-2.0
// Pods of an object as values of CEL, whatever its kind is, and what they ask for: engine/workload in
// expressions.
#include "cli/cel_text.hpp"
#include "cli/export_vap_draft.hpp"
#include "engine/base/text.hpp"

#include <algorithm>

namespace tollgate::cli {
namespace {

using workload::KindSpec;
using workload::Path;
using workload::PodPath;
using workload::Shape;

// How often an unknown number of pods counts where two objects are compared (engine/rules/run.cpp).
constexpr std::string_view kNoBound = "1099511627776";

/// A path from `o`, its wildcards bound to the keys that the pod's path took there; "" when it has more.
std::string follow(const Path& path, std::size_t keys) {
    std::string place = "o";
    std::size_t wildcards = 0;
    for (const Path::Segment& segment : path.segments) {
        if (segment.wildcard && wildcards == keys) return "";
        place += segment.wildcard ? "[?k" + std::to_string(wildcards++) + "]" : cel_select(segment.key);
    }
    return place;
}

/// A factor or a cap: a whole number, or a switch; `absent` where there is none, -1 where it is something
/// else.
std::string number_at(const std::string& place, std::string_view absent) {
    return "[" + place + ".orValue(dyn(null))].map(r, r == null ? " + std::string(absent) +
           " : type(r) == bool ? (r ? 1 : 0) : type(r) == int && r >= 0 ? int(r) : -1)[0]";
}

std::string replicas_of(const KindSpec& kind, const PodPath& pod, std::size_t keys) {
    if (pod.per_node) return "-1";
    std::vector<std::string> factors;
    for (const workload::Factor& factor : pod.replicas) {
        const std::string place = follow(factor.paths.front(), keys);
        if (place.empty()) return "-1";
        factors.push_back(number_at(place, std::to_string(factor.absent)));
    }
    std::string out = factors.empty() ? "1" : factors.front();
    for (std::size_t i = 1; i < factors.size(); ++i)
        out = with_name("[" + out + ", " + factors[i] + "]", "f", "f[0] < 0 || f[1] < 0 ? -1 : f[0] * f[1]");
    if (pod.at_most) {
        const std::string place = follow(*pod.at_most, keys);
        if (place.empty()) return "-1";
        out = with_name("[" + out + ", " + number_at(place, "-2") + "]", "f",
                        "f[0] < 0 || f[1] == -1 ? -1 : f[1] >= 0 && f[1] < f[0] ? f[1] : f[0]");
    }
    if (!kind.concurrency_policy && !kind.schedule) return out;
    // How many runs overlap, a schedule would say; CEL cannot read it.
    const std::string one = kind.concurrency_policy ? follow(*kind.concurrency_policy, 0) +
                                                          ".orValue('') in ['Forbid', 'Replace'] || "
                                                    : "";
    return with_name(out, "runs", one + "runs == 0 ? runs : -1");
}

/// What stands at a pod's path as a pod's spec and metadata.
struct Reading {
    std::string is_pod, spec, metadata;
};

Reading read_shape(Shape shape, const std::string& parent) {
    const std::string map = "type(t) == map";
    const std::string none = "dyn({})";
    switch (shape) {
        case Shape::PodTemplate:
            return {map + " && type(t.?spec.orValue(dyn(null))) == map", "t.spec", cel_map_at("t.?metadata")};
        case Shape::PodSpec:
            return {map, "t", cel_map_at(parent + ".?metadata")};
        case Shape::PodSpecInline:
            return {map, "t", none};
        case Shape::Container:
            return {map, "dyn({'containers': [t]})", none};
        case Shape::Resources:
            return {map, "dyn({'containers': [{'resources': t}]})", none};
        case Shape::Devices:
            break;  // can_be_followed() keeps these out
    }
    return {};
}

/// The pods at one path: a list. Each wildcard runs over the keys of a map or the positions of a list.
std::string pods_at(const KindSpec& kind, const PodPath& pod, std::size_t from, std::string place,
                    std::size_t keys) {
    std::string parent = place;
    const std::vector<Path::Segment>& segments = pod.path.segments;
    for (std::size_t i = from; i < segments.size(); ++i) {
        if (!segments[i].wildcard) {
            parent = place;
            place += cel_select(segments[i].key);
            continue;
        }
        const std::string n = std::to_string(keys);
        return cel_map_at(place) + ".transformList(k" + n + ", e" + n + ",\n  " +
               pods_at(kind, pod, i + 1, "optional.of(e" + n + ")", keys + 1) + ").flatten()";
    }
    const Reading reading = read_shape(pod.shape, parent);
    std::string at = cel_string(pod.path.text);
    for (std::size_t i = 0; i < keys; ++i) at += " + '/' + string(k" + std::to_string(i) + ")";
    return "[" + place + ".orValue(dyn(null))].filter(t, " + reading.is_pod + ").map(t, {\n    'at': dyn(" +
           at + "),\n    'spec': " + reading.spec + ",\n    'metadata': " + reading.metadata +
           ",\n    'replicas': dyn(" + replicas_of(kind, pod, keys) + ")})";
}

/// The sum over containers `list` of what each asks of resource `n`.
std::string sum_devices(const std::string& list) {
    return list + ".map(c, c.devices.filter(d, d.name == n && d.n > 0).map(d, int(d.n)).sum()).sum()";
}

/// What a container asks of each accelerator that is known: the limit counts before the request. -1 where
/// that cannot be read.
std::string devices_of_container() {
    return "(" + cel_map_at("c.?resources.?limits") + ".map(n, n) +\n        " +
           cel_map_at("c.?resources.?requests") +
           ".filter(n, !c.resources.?limits[?n].hasValue())).filter(n, " + is_known_accelerator("n") +
           ").map(n, {\n          'name': n,\n          'n': "
           "dyn([c.resources.?limits[?n].or(c.resources.?requests[?n])"
           ".orValue(dyn(null))].map(v,\n            " +
           read_count("v") + ")[0])})";
}

/// Annotations of KAI and Run:ai in a form that can be read; others are not counted, and said to be so.
std::string readable_share() {
    const auto test = [](std::string_view key, std::string_view pattern) {
        const std::string name = cel_string(key);
        return "(!(" + name + " in p.annotations) || string(p.annotations[" + name + "]).matches(" +
               cel_string(pattern) + "))";
    };
    constexpr std::string_view kPositive = "^0*[1-9][0-9]{0,8}$";
    return test("gpu-fraction", "^0*[.][0-9]*[1-9][0-9]*$") + " &&\n    " + test("gpu-memory", kPositive) +
           " &&\n    " + test("gpu-fraction-num-devices", kPositive);
}

constexpr std::string_view kShares = "('gpu-fraction' in p.annotations || 'gpu-memory' in p.annotations)";

std::string claims() {
    return cel_list_at("p.spec.?resourceClaims") +
           ".size() > 0 || p.containers.exists(l, l.exists(c, c.claims))";
}

}  // namespace

std::string specs_variable(const Kinds& kinds) {
    const std::string pods = by_kind(kinds, "[]", [](const KindSpec& kind) {
        std::vector<std::string> lists;
        for (const PodPath& pod : kind.pods) lists.push_back(pods_at(kind, pod, 0, "o", 0));
        return lists.empty() ? std::string("[]") : join(lists, " +\n  ");
    });
    return "[object, oldObject].map(o, o == null ? [] :\n" + pods + ")";
}

std::string pods_variable() {
    return "variables.specs.map(pods, pods.map(p, {\n"
           "  'at': p.at, 'replicas': p.replicas, 'spec': p.spec,\n"
           "  'labels': " +
           cel_map_at("p.metadata.?labels") + ",\n  'annotations': " + cel_map_at("p.metadata.?annotations") +
           ",\n  'containers': dyn([\n    " + cel_list_at("p.spec.?initContainers") + ",\n    " +
           cel_list_at("p.spec.?containers") + " +\n    " + cel_list_at("p.spec.?ephemeralContainers") +
           ",\n    dyn([p.spec])].map(l, l.map(c, {\n"
           "      'name': c.?name.orValue(''),\n"
           "      'sidecar': dyn(c.?restartPolicy.orValue('') == 'Always'),\n"
           "      'limits': " +
           cel_map_at("c.?resources.?limits") +
           ",\n      'requests': " + cel_map_at("c.?resources.?requests") + ",\n      'claims': dyn(" +
           cel_list_at("c.?resources.?claims") + ".size() > 0),\n      'env': " + cel_list_at("c.?env") +
           ",\n      'devices': dyn(" + devices_of_container() + ")})))}))";
}

std::string asking_variable() {
    return "variables.pods.map(pods, pods.filter(p,\n"
           "  " +
           std::string(kShares) + " ||\n  " + claims() +
           " ||\n"
           "  p.containers.exists(l, l.exists(c, c.devices.exists(d, d.n != 0)))))";
}

std::string devices_variable() {
    const std::string names =
        "p.containers.flatten().map(c, c.devices.map(d, d.name)).flatten().distinct().filter(n,\n    !(n "
        "in " +
        cel_list(device_aspects(), "      ") + "))";
    const std::string tally =
        "([" + sum_devices("p.containers[1]") + " +\n     " +
        sum_devices("p.containers[0].filter(c, c.sidecar)") + ",\n     " + sum_devices("p.containers[2]") +
        "] +\n     " +
        init_amounts("p.containers[0].map(c, {'sidecar': c.sidecar, 'n': dyn(" + sum_devices("[c]") + ")})") +
        ").max()";
    return "variables.pods.map(pods, pods.map(p, {\n"
           "  'at': p.at, 'replicas': p.replicas, 'pod': dyn(p),\n"
           "  'n': dyn(" +
           names + "\n    .map(n, " + tally + ").sum() +\n    (" + std::string(kShares) + " &&\n    " +
           readable_share() +
           " ? int(string(p.annotations[?'gpu-fraction-num-devices'].orValue(dyn(1)))) : 0)),\n"
           "  'uncounted': dyn(" +
           claims() + " ||\n    p.containers.exists(l, l.exists(c, c.devices.exists(d, d.n < 0))) ||\n    " +
           std::string(kShares) + " && !(" + readable_share() + "))}))";
}

std::string in_all_variable() {
    return "variables.devices.map(pods, pods.map(p, int(p.n) * (p.replicas < 0 ? " + std::string(kNoBound) +
           " : int(p.replicas))).sum())";
}

}  // namespace tollgate::cli
