// SPDX-License-Identifier: Apache-2.0
// CostException, WorkloadKind and core Namespaces.
#include "engine/base/limits.hpp"
#include "engine/base/quantity.hpp"
#include "policies/read_documents.hpp"
#include "policies/values.hpp"

#include <algorithm>
#include <initializer_list>

namespace tollgate::policies {
namespace {

using workload::Class;
using workload::Path;
using workload::Shape;

constexpr std::int64_t kMsPerDay = std::int64_t{24} * 3600 * 1000;

constexpr Choice<Class> kClasses[] = {{"Training", Class::Training},
                                      {"Serving", Class::Serving},
                                      {"Interactive", Class::Interactive},
                                      {"Batch", Class::Batch}};
constexpr Choice<Shape> kShapes[] = {{"PodTemplate", Shape::PodTemplate},
                                     {"PodSpec", Shape::PodSpec},
                                     {"PodSpecInline", Shape::PodSpecInline},
                                     {"Container", Shape::Container},
                                     {"Resources", Shape::Resources}};

void read_rule_names(Fields& spec, ReadException& out) {
    Scope& scope = spec.scope();
    read_list(scope, spec.need("rules", "the rules that are waived: policy or policy/rule"),
              spec.path_of("rules"), "rule names", [&](json::Node element, const std::string& path) {
                  auto name = read_text(scope, element, path);
                  if (!name) return;
                  if (name->find_first_of("*?") != std::string::npos) {
                      scope.error(DocCode::BadValue, element, path + ": an exception takes names, no globs",
                                  "list each policy or policy/rule");
                      return;
                  }
                  out.references.push_back({Reference::What::RuleName, *name, path, scope.place(element)});
                  out.exception.rules.push_back(std::move(*name));
              });
}

void read_expiry(Fields& spec, ReadException& out, std::int64_t now_unix_ms) {
    Scope& scope = spec.scope();
    const json::Node node = spec.need("expires", "every exception ends, as in 2026-12-01T00:00:00Z");
    const auto expires = read_time(scope, node, spec.path_of("expires"));
    if (!expires) return;
    out.exception.expires_unix_ms = *expires;
    if (*expires <= now_unix_ms) {
        scope.warning(DocCode::Expired, node,
                      "exception '" + out.exception.name + "' expired at " + format_time(*expires),
                      "remove it, or set a new end");
        return;
    }
    const std::int64_t latest = now_unix_ms + limits::kMaxExceptionDays * kMsPerDay;
    if (*expires > latest) {
        scope.error(DocCode::BadExpiry, node,
                    spec.path_of("expires") + ": more than " + std::to_string(limits::kMaxExceptionDays) +
                        " days ahead",
                    "at the latest " + format_time(latest));
    }
}

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

std::optional<workload::PodPath> read_pod_path(Scope& scope, json::Node node, const std::string& where) {
    Fields fields(scope, node, where);
    if (!fields.is_map()) return std::nullopt;
    workload::PodPath out;
    assign(out.path, read_path(scope, fields.need("path", "where the pod is, as in spec.template"),
                               fields.path_of("path")));
    assign(out.shape, read_enum<Shape>(scope, fields.get("shape"), fields.path_of("shape"), kShapes));
    read_list(scope, fields.get("replicas"), fields.path_of("replicas"), "paths",
              [&](json::Node element, const std::string& path) {
                  if (auto factor = read_path(scope, element, path)) {
                      out.replicas.push_back(std::move(*factor));
                  }
              });
    const json::Node at_most = fields.get("atMost");
    out.at_most = read_path(scope, at_most, fields.path_of("atMost"));
    assign(out.per_node, read_bool(scope, fields.get("perNode"), fields.path_of("perNode")));
    if (out.per_node && (!out.replicas.empty() || at_most.exists())) {
        scope.error_at_key(
            DocCode::Contradiction, node,
            where + ": perNode means one pod on each node, so replicas and atMost say nothing");
    }
    return out;
}

void read_kind_lifetime(Fields& spec, workload::KindSpec& out) {
    Scope& scope = spec.scope();
    Fields fields(scope, spec.get("lifetime"), spec.path_of("lifetime"));
    const auto path = [&](std::string_view name) {
        return read_path(scope, fields.get(name), fields.path_of(name));
    };
    out.lifetime.deadline_seconds = path("deadlineSeconds");
    out.lifetime.ttl_seconds_after_finished = path("ttlSecondsAfterFinished");
    out.lifetime.suspend = path("suspend");
    Fields overlap(scope, spec.get("overlap"), spec.path_of("overlap"));
    out.concurrency_policy =
        read_path(scope, overlap.get("concurrencyPolicy"), overlap.path_of("concurrencyPolicy"));
    out.schedule = read_path(scope, overlap.get("schedule"), overlap.path_of("schedule"));
}

bool is_any_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// Says something, and yet lets everyone in: `namespaces: ["*"]`, `operations: [CREATE]`.
bool waives_everyone(json::Node node, const rules::Match& match) {
    for (const auto& [key, value] : node.members()) {
        if (!is_any_of(key, {"namespaces", "users", "groups", "operations"})) return false;
    }
    return node.size() > 0 && is_anything(match.namespaces.patterns) && is_anything(match.users) &&
           is_anything(match.groups);
}

void check_breadth(Scope& scope, json::Node match, const rules::Exception& exception) {
    if (match.is_object() && match.size() == 0) {
        scope.error(DocCode::Contradiction, match, "spec.match: an empty match waives for everyone",
                    "name namespaces, kinds or a selector");
    } else if (waives_everyone(match, exception.match)) {
        scope.warning(DocCode::ForEveryone, match,
                      "exception '" + exception.name + "' waives for everyone: its match narrows nothing",
                      "name namespaces, kinds or a selector");
    }
    if (matches_labels_alone(exception.match)) {
        scope.warning(DocCode::LabelsAlone, match["selector"],
                      "exception '" + exception.name + "' trusts labels alone, and anyone can set a label",
                      "match namespaces as well");
    }
}

}  // namespace

ReadException read_exception(Scope& scope, json::Node root, std::int64_t now_unix_ms) {
    ReadException out;
    Fields document(scope, root, "");
    const Metadata metadata = read_metadata(document);
    out.exception.name = metadata.name;
    out.name = metadata.place;
    Fields spec(scope, document.need("spec", "what is waived, for whom, until when"), "spec");
    if (!spec.is_map()) return out;
    rules::Exception& exception = out.exception;
    read_rule_names(spec, out);
    const json::Node match = spec.need("match", "whose findings are waived");
    exception.match = read_match(scope, match, "spec.match", out.references, MatchOf::Exception);
    for (const char* field : {"groups", "users"}) {
        if (match[field].exists()) out.requester = scope.key_place(match[field]);
    }
    assign(exception.reason, read_text(scope, spec.need("reason", "why this is right"), "spec.reason"));
    assign(exception.approved_by,
           read_text(scope, spec.need("approvedBy", "who answers for it"), "spec.approvedBy"));
    read_expiry(spec, out, now_unix_ms);
    assign(exception.max_hourly_cost,
           read_money(scope, spec.need("maxHourlyCost", "what an object may cost in USD per hour"),
                      "spec.maxHourlyCost"));
    spec.unsupported("maxTotalHourlyCost", "it needs a view of the cluster");
    check_breadth(scope, match, exception);
    return out;
}

ReadKind read_kind(Scope& scope, json::Node root) {
    ReadKind out;
    Fields document(scope, root, "");
    const Metadata metadata = read_metadata(document);
    out.spec.name = metadata.name;
    out.name = metadata.place;
    Fields spec(scope, document.need("spec", "where the kind has its pods"), "spec");
    if (!spec.is_map()) return out;
    // The core group is "".
    const json::Node group = spec.need("group", "the API group; \"\" for the core group");
    if (!group.is_string() || !group.string().empty()) {
        assign(out.spec.group, read_text(scope, group, "spec.group"));
    }
    out.spec.versions =
        read_texts(scope, spec.need("versions", "as in [v1]"), spec.path_of("versions"), "versions");
    assign(out.spec.kind, read_text(scope, spec.need("kind", "as in PyTorchJob"), "spec.kind"));
    assign(out.spec.resource, read_name(scope, spec.get("resource"), "spec.resource"));
    assign(out.spec.cls, read_enum<Class>(scope, spec.get("class"), "spec.class", kClasses));
    read_list(scope, spec.need("pods", "where the pods are"), spec.path_of("pods"), "pod paths",
              [&](json::Node element, const std::string& path) {
                  if (auto pod = read_pod_path(scope, element, path)) {
                      out.spec.pods.push_back(std::move(*pod));
                  }
              });
    read_kind_lifetime(spec, out.spec);
    assign(out.spec.immutable_template,
           read_bool(scope, spec.get("immutableTemplate"), "spec.immutableTemplate"));
    if (const json::Node node = spec.get("children"); node.exists()) {
        Fields children(scope, node, spec.path_of("children"));
        out.spec.owner_kinds =
            read_texts(scope, children.get("ownerKinds"), children.path_of("ownerKinds"), "kinds");
        out.spec.child_labels =
            read_texts(scope, children.get("labels"), children.path_of("labels"), "labels");
    }
    out.spec.controllers =
        read_texts(scope, spec.get("controllers"), spec.path_of("controllers"), "user names");
    return out;
}

ReadNamespace read_namespace(Scope& scope, json::Node root) {
    // A cluster's object, not a document of ours: read for its labels, judged for nothing else.
    ReadNamespace out;
    const json::Node metadata = root["metadata"];
    assign(out.name, read_name(scope, metadata["name"], "metadata.name"));
    if (out.name.empty() && !metadata["name"].exists()) {
        scope.error_at_key(DocCode::MissingField, root, "metadata.name is missing: a Namespace has a name");
    }
    out.labels = read_text_map(scope, metadata["labels"], "metadata.labels");
    return out;
}

}  // namespace tollgate::policies
