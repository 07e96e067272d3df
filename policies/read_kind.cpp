// SPDX-License-Identifier: Apache-2.0
// WorkloadKind: where an object of one kind has its pods.
#include "engine/base/limits.hpp"
#include "policies/read_documents.hpp"
#include "policies/values.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

namespace tollgate::policies {
namespace {

using workload::Class;
using workload::Factor;
using workload::Path;
using workload::PodPath;
using workload::Shape;

constexpr Choice<Class> kClasses[] = {{"Training", Class::Training},
                                      {"Serving", Class::Serving},
                                      {"Interactive", Class::Interactive},
                                      {"Batch", Class::Batch}};
constexpr Choice<Shape> kShapes[] = {{"PodTemplate", Shape::PodTemplate},     {"PodSpec", Shape::PodSpec},
                                     {"PodSpecInline", Shape::PodSpecInline}, {"Container", Shape::Container},
                                     {"Resources", Shape::Resources},         {"Devices", Shape::Devices}};
constexpr std::int64_t kMostPods = std::numeric_limits<std::int32_t>::max();

std::optional<Path> read_path(Scope& scope, json::Node node, const std::string& path) {
    const std::optional<std::string> text = read_text(scope, node, path);
    if (!text) return std::nullopt;
    Result<Path> parsed = workload::parse_path(*text);
    if (!parsed) {
        scope.error(DocCode::BadPath, node, path + ": " + parsed.error().message,
                    "a dotted path such as spec.template, with * over maps and lists");
        return std::nullopt;
    }
    return std::move(*parsed);
}

std::optional<Path> read_path(Fields& fields, std::string_view name) {
    return read_path(fields.scope(), fields.get(name), fields.path_of(name));
}

std::vector<Path> read_paths(Scope& scope, json::Node node, const std::string& path) {
    std::vector<Path> paths;
    read_list(scope, node, path, "paths", [&](json::Node element, const std::string& where) {
        if (auto each = read_path(scope, element, where)) paths.push_back(std::move(*each));
    });
    return paths;
}

/// Paths below a pod's spec; "." is the spec itself.
std::vector<Path> read_container_paths(Fields& fields, std::string_view name) {
    Scope& scope = fields.scope();
    std::vector<Path> paths;
    read_list(scope, fields.get(name), fields.path_of(name), "paths",
              [&](json::Node element, const std::string& where) {
                  if (element.string() == ".") {
                      paths.emplace_back().text = ".";
                  } else if (auto each = read_path(scope, element, where)) {
                      paths.push_back(std::move(*each));
                  }
              });
    return paths;
}

/// Each wildcard of `path` takes the step of one in the pods' path, so there can be no more of them.
void check_wildcards(Scope& scope, json::Node node, const std::string& where, const Path& path,
                     const Path& pods) {
    const auto wildcards = [](const Path& each) {
        return std::count_if(each.segments.begin(), each.segments.end(),
                             [](const Path::Segment& segment) { return segment.wildcard; });
    };
    if (wildcards(path) <= wildcards(pods)) return;
    scope.error(DocCode::BadPath, node,
                where + ": '" + path.text + "' has more * than the path of the pods, '" + pods.text + "'",
                "each * takes the value it has in the path of the pods");
}

/// What belongs to one pod stands below what its path's wildcards took: up to its last one, a path of a part
/// is the same as that of the pod.
void check_part(Scope& scope, json::Node node, const std::string& where, const Path& path, const Path& pods) {
    std::size_t shared = 0;
    for (std::size_t i = 0; i < path.segments.size(); ++i)
        if (path.segments[i].wildcard) shared = i + 1;
    const auto same = [](const Path::Segment& a, const Path::Segment& b) {
        return a.wildcard == b.wildcard && a.key == b.key;
    };
    if (shared <= pods.segments.size() &&
        std::equal(path.segments.begin(), path.segments.begin() + static_cast<std::ptrdiff_t>(shared),
                   pods.segments.begin(), same)) {
        return;
    }
    scope.error(DocCode::BadPath, node,
                where + ": '" + path.text + "' parts from the path of the pods, '" + pods.text +
                    "', before its last *",
                "write the same fields up to the last *, so that it is of the same pod");
}

/// atLeast and atMost: a field, or for atLeast a number.
void read_bounds(Fields& fields, Factor& out) {
    Scope& scope = fields.scope();
    const json::Node least = fields.get("atLeast");
    if (least.is_number()) {
        assign(out.minimum, read_integer(scope, least, fields.path_of("atLeast"), 0, kMostPods));
    } else {
        out.at_least = read_path(scope, least, fields.path_of("atLeast"));
    }
    out.at_most = read_path(fields, "atMost");
    out.divided_by = read_path(fields, "dividedBy");
}

void read_membership(Fields& fields, Factor& out) {
    if (!fields.has("in")) return;
    workload::Membership membership;
    assign(membership.groups, read_path(fields, "in"));
    Scope& scope = fields.scope();
    assign(membership.members, read_path(scope, fields.need("listing", "the list of names in each of them"),
                                         fields.path_of("listing")));
    assign(membership.name,
           read_path(scope, fields.need("name", "the pod's own name"), fields.path_of("name")));
    if (!out.paths.empty()) membership.count = out.paths.front();
    out.membership = std::move(membership);
}

std::optional<Factor> read_factor(Scope& scope, json::Node node, const std::string& where) {
    Factor out;
    if (!node.is_object()) {
        auto path = read_path(scope, node, where);
        if (!path) return std::nullopt;
        out.paths.push_back(std::move(*path));
        return out;
    }
    Fields fields(scope, node, where);
    const json::Node paths =
        fields.need("path", "the field that says how many, or a list: the first there is");
    if (paths.is_array()) {
        out.paths = read_paths(scope, paths, fields.path_of("path"));
    } else if (auto path = read_path(scope, paths, fields.path_of("path"))) {
        out.paths.push_back(std::move(*path));
    }
    assign(out.absent, read_integer(scope, fields.get("default"), fields.path_of("default"), 0, kMostPods));
    read_bounds(fields, out);
    assign(out.less, read_integer(scope, fields.get("less"), fields.path_of("less"), 0, kMostPods));
    out.less_with = read_path(fields, "lessWith");
    read_membership(fields, out);
    return out;
}

void check_factor(Scope& scope, json::Node node, const std::string& where, const Factor& factor,
                  const Path& pods) {
    const auto check = [&](const Path& path) { check_wildcards(scope, node, where, path, pods); };
    if (factor.membership.has_value()) {
        check(factor.membership->name);
    } else {
        for (const Path& path : factor.paths) check(path);
    }
    for (const auto* path : {&factor.at_least, &factor.at_most, &factor.divided_by, &factor.less_with})
        if (path->has_value()) check(**path);
}

void read_devices(Fields& fields, const std::string& where, PodPath& out) {
    Scope& scope = fields.scope();
    const json::Node node = fields.get("devices");
    const bool wanted = out.shape == Shape::Devices;
    if (node.exists() != wanted) {
        scope.error_at_key(wanted ? DocCode::MissingField : DocCode::Contradiction,
                           wanted ? fields.node() : node,
                           wanted ? where + ".devices is missing: where the count is, and the resource's name"
                                  : where + ".devices: only the shape Devices has them");
    }
    if (!node.exists() || !wanted) return;
    Fields devices(scope, node, fields.path_of("devices"));
    workload::DeviceFields read;
    assign(read.count, read_path(scope, devices.need("count", "as in quantity"), devices.path_of("count")));
    read.name = read_path(devices, "name");
    assign(read.otherwise, read_text(scope, devices.get("resource"), devices.path_of("resource")));
    if (!read.name.has_value() && read.otherwise.empty()) {
        scope.error_at_key(DocCode::MissingField, node,
                           devices.path() + ": name or resource is missing: what is counted there");
    }
    out.devices = std::move(read);
}

/// Where the pod's parts stand that are not where its shape has them.
void read_parts(Fields& fields, const std::string& where, PodPath& out) {
    Scope& scope = fields.scope();
    out.containers = read_container_paths(fields, "containers");
    out.init_containers = read_container_paths(fields, "initContainers");
    out.claims = read_path(fields, "claims");
    const bool has_spec =
        out.shape == Shape::PodTemplate || out.shape == Shape::PodSpec || out.shape == Shape::PodSpecInline;
    if (!has_spec && (!out.containers.empty() || !out.init_containers.empty() || out.claims.has_value())) {
        scope.error_at_key(DocCode::Contradiction, fields.node(),
                           where + ": containers, initContainers and claims are of shapes that are pods");
    }
    for (auto [name, target] :
         {std::pair("metadata", &out.metadata), std::pair("placement", &out.placement)}) {
        *target = read_path(fields, name);
        if (target->has_value())
            check_part(scope, fields.node()[name], fields.path_of(name), **target, out.path);
    }
    read_devices(fields, where, out);
}

std::optional<PodPath> read_pod_path(Scope& scope, json::Node node, const std::string& where) {
    Fields fields(scope, node, where);
    if (!fields.is_map()) return std::nullopt;
    PodPath out;
    assign(out.path, read_path(scope, fields.need("path", "where the pod is, as in spec.template"),
                               fields.path_of("path")));
    assign(out.shape, read_enum<Shape>(scope, fields.get("shape"), fields.path_of("shape"), kShapes));
    read_list(scope, fields.get("replicas"), fields.path_of("replicas"), "factors",
              [&](json::Node element, const std::string& path) {
                  auto factor = read_factor(scope, element, path);
                  if (!factor) return;
                  check_factor(scope, element, path, *factor, out.path);
                  out.replicas.push_back(std::move(*factor));
              });
    const json::Node at_most = fields.get("atMost");
    out.at_most = read_path(scope, at_most, fields.path_of("atMost"));
    out.uncounted_with = read_paths(scope, fields.get("uncountedWith"), fields.path_of("uncountedWith"));
    assign(out.per_node, read_bool(scope, fields.get("perNode"), fields.path_of("perNode")));
    if (out.per_node && (!out.replicas.empty() || at_most.exists())) {
        scope.error_at_key(
            DocCode::Contradiction, node,
            where + ": perNode means one pod on each node, so replicas and atMost say nothing");
    }
    read_parts(fields, where, out);
    return out;
}

void read_deadline(Fields& fields, workload::LifetimePaths& out) {
    Scope& scope = fields.scope();
    out.deadline_seconds = read_path(fields, "deadlineSeconds");
    if (const json::Node node = fields.get("deadline"); node.exists()) {
        if (out.deadline_seconds.has_value()) {
            scope.error_at_key(DocCode::Contradiction, node,
                               fields.path() + ": deadline and deadlineSeconds: one field is its end");
        }
        out.deadline_seconds = read_path(scope, node, fields.path_of("deadline"));
        out.deadline_is_text = true;
    }
    out.default_seconds = read_seconds(scope, fields.get("default"), fields.path_of("default"));
    read_list(
        scope, fields.get("onlyWith"), fields.path_of("onlyWith"), "conditions",
        [&](json::Node element, const std::string& where) {
            Fields each(scope, element, where);
            if (!each.is_map()) return;
            workload::Condition condition;
            assign(condition.path, read_path(scope, each.need("path", "a field"), each.path_of("path")));
            condition.values =
                read_texts(scope, each.need("values", "as in [\"true\"]"), each.path_of("values"), "values");
            out.only_with.push_back(std::move(condition));
        });
}

void read_kind_lifetime(Fields& spec, workload::KindSpec& out) {
    Scope& scope = spec.scope();
    Fields fields(scope, spec.get("lifetime"), spec.path_of("lifetime"));
    read_deadline(fields, out.lifetime);
    out.lifetime.ttl_seconds_after_finished = read_path(fields, "ttlSecondsAfterFinished");
    out.lifetime.suspend = read_path(fields, "suspend");
    Fields overlap(scope, spec.get("overlap"), spec.path_of("overlap"));
    out.concurrency_policy = read_path(overlap, "concurrencyPolicy");
    out.schedule = read_path(overlap, "schedule");
}

void read_unseen(Fields& spec, workload::KindSpec& out) {
    Scope& scope = spec.scope();
    read_list(scope, spec.get("seenAtPods"), spec.path_of("seenAtPods"), "fields",
              [&](json::Node element, const std::string& where) {
                  Fields each(scope, element, where);
                  if (!each.is_map()) return;
                  workload::Unseen unseen;
                  assign(unseen.path, read_path(scope, each.need("path", "a field"), each.path_of("path")));
                  unseen.unless = read_path(each, "unless");
                  out.unseen.push_back(std::move(unseen));
              });
}

void read_children(Fields& spec, workload::KindSpec& out) {
    const json::Node node = spec.get("children");
    if (!node.exists()) return;
    Scope& scope = spec.scope();
    Fields children(scope, node, spec.path_of("children"));
    out.owner_kinds = read_texts(scope, children.get("ownerKinds"), children.path_of("ownerKinds"), "kinds");
    out.child_labels = read_texts(scope, children.get("labels"), children.path_of("labels"), "labels");
}

void read_names(Fields& spec, workload::KindSpec& out) {
    Scope& scope = spec.scope();
    // The core group is "".
    const json::Node group = spec.need("group", "the API group; \"\" for the core group");
    if (!group.is_string() || !group.string().empty()) {
        assign(out.group, read_text(scope, group, "spec.group"));
    }
    out.versions =
        read_texts(scope, spec.need("versions", "as in [v1]"), spec.path_of("versions"), "versions");
    assign(out.kind, read_text(scope, spec.need("kind", "as in PyTorchJob"), "spec.kind"));
    assign(out.resource, read_name(scope, spec.get("resource"), "spec.resource"));
    assign(out.cls, read_enum<Class>(scope, spec.get("class"), "spec.class", kClasses));
}

}  // namespace

ReadKind read_kind(Scope& scope, json::Node root) {
    ReadKind out;
    Fields document(scope, root, "");
    const Metadata metadata = read_metadata(document);
    out.spec.name = metadata.name;
    out.name = metadata.place;
    Fields spec(scope, document.need("spec", "where the kind has its pods"), "spec");
    if (!spec.is_map()) return out;
    read_names(spec, out.spec);
    read_list(scope, spec.need("pods", "where the pods are"), spec.path_of("pods"), "pod paths",
              [&](json::Node element, const std::string& path) {
                  if (auto pod = read_pod_path(scope, element, path)) {
                      out.spec.pods.push_back(std::move(*pod));
                  }
              });
    read_kind_lifetime(spec, out.spec);
    for (auto [name, target] : {std::pair("immutableTemplate", &out.spec.immutable_template),
                                std::pair("fixedTemplate", &out.spec.fixed_template),
                                std::pair("describesOnly", &out.spec.describes_only)}) {
        assign(*target, read_bool(scope, spec.get(name), spec.path_of(name)));
    }
    read_unseen(spec, out.spec);
    read_children(spec, out.spec);
    out.spec.controllers =
        read_texts(scope, spec.get("controllers"), spec.path_of("controllers"), "user names");
    return out;
}

}  // namespace tollgate::policies
