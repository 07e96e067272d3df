// SPDX-License-Identifier: Apache-2.0
// Which requests an exported policy judges: engine/decide/match.cpp and trust.cpp in the terms of
// matchConstraints and matchConditions. Conditions see no variables, so what looks at pods is one of these.
#include "cli/cel_text.hpp"
#include "cli/export_vap_draft.hpp"
#include "cli/webhook_configuration.hpp"
#include "engine/base/text.hpp"
#include "engine/decide/exempt.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace tollgate::cli {
namespace {

using rules::Match;
using workload::KindSpec;

bool is_pod(const KindSpec& kind) {
    return kind.group.empty() && kind.kind == "Pod";
}

bool names_kind(const std::vector<rules::KindPattern>& patterns, const KindSpec& kind) {
    return patterns.empty() || std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) {
               return pattern.kind == kind.kind && (pattern.any_group || pattern.group == kind.group);
           });
}

bool is_annotation(const workload::Path& path) {
    return std::any_of(path.segments.begin(), path.segments.end(),
                       [](const workload::Path::Segment& segment) { return segment.key == "annotations"; });
}

/// A factor that is one number in one field.
bool is_plain(const workload::Factor& factor) {
    return factor.paths.size() == 1 && !is_annotation(factor.paths.front()) && factor.minimum == 0 &&
           !factor.at_least && !factor.at_most && !factor.divided_by && factor.less == 0 &&
           !factor.membership;
}

bool is_plain(const workload::PodPath& pod) {
    const bool whole = pod.containers.empty() && pod.init_containers.empty() && !pod.claims &&
                       !pod.metadata && !pod.placement;
    return whole && pod.shape != workload::Shape::Devices && pod.uncounted_with.empty() &&
           !(pod.at_most && is_annotation(*pod.at_most)) &&
           std::all_of(pod.replicas.begin(), pod.replicas.end(),
                       [](const workload::Factor& factor) { return is_plain(factor); });
}

std::vector<std::string> operations_of(const Match& match) {
    if (match.operations.empty()) return {"CREATE", "UPDATE"};
    std::vector<std::string> out;
    for (const rules::Operation operation : match.operations) out.emplace_back(to_string(operation));
    return out;
}

void add_rules(VapDocument& document, const Kinds& kinds, const std::vector<std::string>& operations) {
    std::map<std::pair<std::string, std::vector<std::string>>, std::set<std::string>> by_api;
    bool pods = false;
    for (const KindSpec* kind : kinds) {
        by_api[{kind->group, kind->versions}].insert(resource_of(*kind));
        pods = pods || is_pod(*kind);
    }
    for (const auto& [api, resources] : by_api)
        document.rules.push_back({api.first, api.second, operations, {resources.begin(), resources.end()}});
    const bool updates = std::find(operations.begin(), operations.end(), "UPDATE") != operations.end();
    if (pods && updates)
        document.rules.push_back({"", {"v1"}, {"UPDATE"}, {"pods/ephemeralcontainers", "pods/resize"}});
}

/// A requirement on a map of labels: an expression that is null-safe where `labels` is a map.
std::string requirement(const LabelRequirement& want, const std::string& labels) {
    using Op = LabelRequirement::Operator;
    const std::string present = cel_string(want.key) + " in " + labels;
    const std::string listed = labels + "[" + cel_string(want.key) + "] in " + cel_list(want.values, "  ");
    switch (want.op) {
        case Op::In:
            return "(" + present + " && " + listed + ")";
        case Op::NotIn:
            return "!(" + present + " && " + listed + ")";
        case Op::Exists:
            return "(" + present + ")";
        case Op::DoesNotExist:
            return "!(" + present + ")";
    }
    return "false";
}

std::string all_requirements(const LabelSelector& selector, const std::string& labels) {
    std::vector<std::string> tests;
    for (const LabelRequirement& each : selector.requirements) tests.push_back(requirement(each, labels));
    return tests.empty() ? "true" : join(tests, " && ");
}

/// On the templates of the pods `list`; where there is none, on no labels at all.
std::string template_test(const LabelSelector& selector, const std::string& list) {
    return "(" + list + ".size() == 0 ? " + (selector.matches(json::Node{}) ? "true" : "false") + " : " +
           list + ".exists(p, " +
           with_name(cel_map_at("p.metadata.?labels"), "labels", all_requirements(selector, "labels")) + "))";
}

/// Parts of a match that the request alone tells; "" when it has none of them.
std::string request_test(const Match& match, bool with_kinds) {
    std::vector<std::string> tests;
    if (with_kinds && !match.kinds.empty()) {
        std::vector<std::string> any, exact;
        for (const rules::KindPattern& pattern : match.kinds) {
            if (pattern.any_group)
                any.push_back(pattern.kind);
            else
                exact.push_back(pattern.group + "/" + pattern.kind);
        }
        std::vector<std::string> kinds;
        if (!any.empty()) kinds.push_back("request.kind.kind in " + cel_list(any, "  "));
        if (!exact.empty())
            kinds.push_back("request.kind.group + '/' + request.kind.kind in " + cel_list(exact, "  "));
        tests.push_back("(" + join(kinds, " || ") + ")");
    }
    if (with_kinds && !match.operations.empty())
        tests.push_back("request.operation in " + cel_list(operations_of(match), "  "));
    if (!match.namespaces.patterns.empty())
        tests.push_back(cel_any_glob(match.namespaces.patterns, "request.?namespace.orValue('')"));
    if (!match.users.empty())
        tests.push_back(cel_any_glob(match.users, "request.userInfo.?username.orValue('')"));
    if (!match.groups.empty())
        tests.push_back("request.userInfo.?groups.orValue([]).exists(g, " + cel_any_glob(match.groups, "g") +
                        ")");
    return join(tests, " &&\n");
}

bool looks_inside(const Match& match) {
    return match.selector.has_value() || match.namespace_selector.has_value() || !match.conditions.empty();
}

/// Conditions of one object, which they call `object`, whichever of the two it is.
void add_conditions(std::vector<std::string>& tests, const Match& match, int which) {
    for (const rules::Condition& condition : match.conditions)
        tests.push_back(which == 0 ? "(\n" + condition.when.source + "\n)"
                                   : "[oldObject].all(object,\n" + condition.when.source + "\n)");
}

/// Everything but metadata and status is the same, and so are the annotations that ask for a share.
std::string changes_more_than_metadata() {
    const std::string annotations = ".?metadata.?annotations[?a]";
    return "request.operation != 'UPDATE' || request.?subResource.orValue('') != '' ||\n"
           "object.exists(k, !(k in ['metadata', 'status']) && !(k in oldObject && object[k] == "
           "oldObject[k])) ||\n"
           "oldObject.exists(k, !(k in ['metadata', 'status']) && !(k in object)) ||\n"
           "['gpu-fraction', 'gpu-memory', 'gpu-fraction-num-devices', 'gpu-fraction-container-name']\n"
           "  .exists(a, object" +
           annotations + " != oldObject" + annotations + ")";
}

/// An empty list that is one of texts to the type checker, beside lists that are not empty.
constexpr const char* kNobody = "[''].filter(u, u != '')";

/// A map of lists of users, by kind.
std::string controllers(const std::map<std::string, std::vector<std::string>>& by_kind) {
    std::string users;
    for (const auto& [kind, names] : by_kind)
        users += (users.empty() ? "" : ",\n  ") + cel_string(kind) + ": " +
                 (names.empty() ? kNobody : cel_list(names, "    "));
    // No type would say that it is a map of lists of texts, were it empty.
    if (users.empty()) users = "'': ['']";
    return "{\n  " + users + "}";
}

std::vector<std::string> exempt() {
    std::vector<std::string> names(decide::kExemptNamespaces.begin(), decide::kExemptNamespaces.end());
    names.emplace_back(decide::kOwnNamespace);
    std::sort(names.begin(), names.end());
    return names;
}

bool document_can_be_followed(const KindSpec& kind) {
    const workload::LifetimePaths& lifetime = kind.lifetime;
    return std::all_of(kind.pods.begin(), kind.pods.end(),
                       [](const workload::PodPath& pod) { return is_plain(pod); }) &&
           !lifetime.deadline_is_text && !lifetime.default_seconds && lifetime.only_with.empty();
}

}  // namespace

std::string why_no_match(const rules::Policy& policy) {
    const auto why_not = [](const Match& match, const std::string& name) -> std::string {
        if (!match.classes.empty()) return name + ".classes: a class needs command lines";
        for (const rules::Condition& condition : match.conditions)
            if (std::string why = why_no_expression(condition.when, vap::Use::Expression); !why.empty())
                return name + ".conditions " + condition.name + ": " + why;
        return "";
    };
    if (std::string why = why_not(policy.match, "match"); !why.empty()) return why;
    bool by_kind = !policy.match.kinds.empty();
    for (const Match& entry : policy.exclude) {
        if (std::string why = why_not(entry, "exclude"); !why.empty()) return why;
        by_kind = by_kind || !entry.kinds.empty();
    }
    if (policy.deny_controlled_pods && by_kind)
        return "controlledPods: Deny with kinds: the kind of a pod's root owner needs other objects' names";
    return "";
}

bool can_be_followed(const workload::KindTable& table, const KindSpec& kind) {
    return std::all_of(table.all().begin(), table.all().end(), [&](const KindSpec& other) {
        return kind_key(other) != kind_key(kind) || document_can_be_followed(other);
    });
}

Kinds judged_kinds(const decide::Snapshot& snapshot, const rules::Policy& policy) {
    Kinds kinds;
    for (const KindSpec& kind : snapshot.rules->kinds.all())
        if (!kind.pods.empty() && !kind.describes_only && names_kind(policy.match.kinds, kind))
            kinds.push_back(&kind);
    // Those of one kind keep their order: by_kind() has the first read what no other names.
    std::stable_sort(kinds.begin(), kinds.end(), [](const KindSpec* a, const KindSpec* b) {
        return std::tie(a->group, a->kind) < std::tie(b->group, b->kind);
    });
    return kinds;
}

std::string controlled_expression(const decide::Snapshot& snapshot) {
    // As KindTable::find has it: by group and kind the first document, by version as well the others.
    std::map<std::string, std::vector<std::string>> first, others;
    std::set<std::string> seen;
    for (const KindSpec& kind : snapshot.rules->kinds.all()) {
        if (seen.insert(kind_key(kind)).second) {
            if (!kind.controllers.empty()) first.emplace(kind_key(kind), kind.controllers);
            continue;
        }
        const std::string group = kind.group.empty() ? "" : kind.group + "/";
        // Where the first names none either, the first's answer is this document's.
        if (kind.controllers.empty() && !first.contains(kind_key(kind))) continue;
        for (const std::string& version : kind.versions)
            others.emplace(group + version + "/" + kind.kind, kind.controllers);
    }
    const std::string by_version =
        others.empty() ? "" : controllers(others) + "[?r.apiVersion + '/' + r.kind].or(";
    return "object.?metadata.?ownerReferences.orValue([]).exists(r, r.?controller.orValue(false) == true &&\n"
           "request.userInfo.?username.orValue('') in " +
           by_version + controllers(first) +
           "[?(r.apiVersion.contains('/') ? r.apiVersion.split('/')[0] : '') + '/' + r.kind]" +
           (others.empty() ? "" : ")") + ".orValue([]))";
}

bool needs_applies(const rules::Policy& policy) {
    const bool checks = std::any_of(policy.rules.begin(), policy.rules.end(), [](const rules::Rule& rule) {
        return std::holds_alternative<rules::Check>(rule.verb);
    });
    return checks || policy.match.selector || !policy.match.conditions.empty() ||
           std::any_of(policy.exclude.begin(), policy.exclude.end(), looks_inside);
}

std::string applies_variable(const decide::Snapshot& snapshot, const rules::Policy& policy, int which) {
    const std::string index = "[" + std::to_string(which) + "]";
    // First of all: expressions are not asked of what asks for nothing, so that they need not bear with it.
    std::vector<std::string> tests{snapshot.rules->cares_about_cpu_pods
                                       ? "(variables.asking" + index + ".size() > 0 || variables.strays" +
                                             index + ".exists(p, p.what.size() > 0))"
                                       : "variables.asking" + index + ".size() > 0"};
    if (policy.match.selector)
        tests.push_back(template_test(*policy.match.selector, "variables.specs" + index));
    add_conditions(tests, policy.match, which);
    for (const Match& entry : policy.exclude) {
        if (!looks_inside(entry)) continue;
        std::vector<std::string> parts;
        if (std::string test = request_test(entry, true); !test.empty()) parts.push_back(std::move(test));
        if (entry.selector) parts.push_back(template_test(*entry.selector, "variables.specs" + index));
        if (entry.namespace_selector)
            parts.push_back(with_name("namespaceObject.metadata.?labels.orValue({})", "labels",
                                      all_requirements(*entry.namespace_selector, "labels")));
        add_conditions(parts, entry, which);
        tests.push_back("!(" + join(parts, " && ") + ")");
    }
    return join(tests, " &&\n");
}

void export_match(Draft& draft) {
    const rules::Policy& policy = draft.policy();
    VapDocument& out = draft.document;
    add_rules(out, draft.kinds(), operations_of(policy.match));
    using Op = LabelRequirement::Operator;
    out.namespaces.push_back({"tollgate.dev/gate", Op::NotIn, {"off"}});
    if (policy.match.namespace_selector)
        for (const LabelRequirement& each : policy.match.namespace_selector->requirements)
            out.namespaces.push_back(each);
    out.conditions.push_back(
        {"not-left-alone", "!(request.?namespace.orValue('') in " + cel_list(exempt(), "  ") + ")"});
    out.conditions.push_back({"changes-what-is-judged", changes_more_than_metadata()});
    if (std::any_of(draft.kinds().begin(), draft.kinds().end(),
                    [](const KindSpec* kind) { return is_pod(*kind); }))
        out.conditions.push_back(
            {"no-mirror-pod",
             "request.kind.kind != 'Pod' || "
             "!object.?metadata.?annotations[?'kubernetes.io/config.mirror'].hasValue() ||\n"
             "!request.userInfo.?username.orValue('').startsWith('system:node:') ||\n"
             "!('system:nodes' in request.userInfo.?groups.orValue([]))"});
    if (!policy.deny_controlled_pods)
        out.conditions.push_back(
            {"not-made-by-its-controller", "!" + controlled_expression(draft.snapshot())});
    if (std::string test = request_test(policy.match, false); !test.empty())
        out.conditions.push_back({"match", std::move(test)});
    for (std::size_t i = 0; i < policy.exclude.size(); ++i) {
        const Match& entry = policy.exclude[i];
        if (looks_inside(entry)) continue;
        const std::string test = request_test(entry, true);
        out.conditions.push_back(
            {"exclude-" + std::to_string(i + 1), test.empty() ? "false" : "!(" + test + ")"});
    }
}

}  // namespace tollgate::cli
