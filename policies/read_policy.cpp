// SPDX-License-Identifier: Apache-2.0
#include "engine/base/limits.hpp"
#include "engine/base/text.hpp"
#include "policies/read_documents.hpp"
#include "policies/values.hpp"

#include <algorithm>

namespace tollgate::policies {
namespace {

using rules::Mode;
using rules::RewriteAt;

constexpr Choice<Mode> kModes[] = {{"Enforce", Mode::Enforce}, {"Warn", Mode::Warn}, {"Audit", Mode::Audit}};
constexpr Choice<RewriteAt> kRewriteAt[] = {
    {"Auto", RewriteAt::Auto}, {"Pod", RewriteAt::Pod}, {"Workload", RewriteAt::Workload}};
constexpr Choice<bool> kAuditOrDeny[] = {{"Audit", false}, {"Deny", true}};
constexpr Choice<bool> kWarnOrDeny[] = {{"Warn", false}, {"Deny", true}};
constexpr Choice<rules::Failure> kFailures[] = {{"Allow", rules::Failure::Allow},
                                                {"Deny", rules::Failure::Deny}};
constexpr std::int64_t kMaxPriority = 1'000'000'000;

constexpr std::string_view kVerbs[] = {"rightSize", "replace", "limits", "lifetime",
                                       "require",   "place",   "check"};

std::optional<rules::Verb> read_verb(Fields& rule, std::vector<Reference>& references) {
    std::optional<rules::Verb> out;
    Scope& scope = rule.scope();
    if (const json::Node node = rule.get("rightSize"); node.exists()) {
        out = read_right_size(scope, node, rule.path_of("rightSize"), references);
    }
    if (const json::Node node = rule.get("replace"); node.exists()) {
        out = read_replace(scope, node, rule.path_of("replace"), references);
    }
    if (const json::Node node = rule.get("limits"); node.exists()) {
        out = read_limits(scope, node, rule.path_of("limits"), references);
    }
    if (const json::Node node = rule.get("lifetime"); node.exists()) {
        out = read_lifetime(scope, node, rule.path_of("lifetime"));
    }
    if (const json::Node node = rule.get("require"); node.exists()) {
        out = read_require(scope, node, rule.path_of("require"), references);
    }
    if (const json::Node node = rule.get("check"); node.exists()) {
        if (auto check = read_check(scope, node, rule.path_of("check"))) out = std::move(*check);
    }
    if (const json::Node node = rule.get("place"); node.exists()) {
        out = read_place(scope, node, rule.path_of("place"));
    }
    return out;
}

std::optional<rules::Rule> read_rule(Scope& scope, json::Node node, const std::string& path,
                                     std::vector<Reference>& references) {
    Fields fields(scope, node, path);
    if (!fields.is_map()) return std::nullopt;
    rules::Rule rule;
    assign(rule.name,
           read_rule_name(scope, fields.need("name", "every rule has a name"), fields.path_of("name")));
    std::vector<std::string> given;
    for (const std::string_view verb : kVerbs) {
        if (fields.has(verb)) given.emplace_back(verb);
    }
    const std::optional<rules::Verb> verb = read_verb(fields, references);
    if (given.empty()) {
        // A mistyped verb is reported as an unknown field; this would only repeat it.
        const bool only_name = node.size() == (fields.has("name") ? 1U : 0U);
        if (only_name) {
            scope.error_at_key(DocCode::Contradiction, node, path + ": the rule has no verb",
                               "give one of rightSize, replace, limits, lifetime, require, place, check");
        }
        return std::nullopt;
    }
    if (given.size() > 1) {
        scope.error_at_key(DocCode::Contradiction, node[given[1]],
                           path + ": a rule has one verb, this one has " + join(given, " and "),
                           "make a rule of each");
    }
    if (!verb) return std::nullopt;
    rule.verb = *verb;
    return rule;
}

void read_rules(Fields& spec, ReadPolicy& out) {
    Scope& scope = spec.scope();
    const json::Node node = spec.need("rules", "at least one rule");
    if (node.size() > limits::kMaxRulesPerPolicy) {
        scope.error_at_key(DocCode::TooMany, node,
                           spec.path_of("rules") + ": at most " + std::to_string(limits::kMaxRulesPerPolicy) +
                               " rules in one policy");
        return;
    }
    read_list(scope, node, spec.path_of("rules"), "rules", [&](json::Node element, const std::string& path) {
        auto rule = read_rule(scope, element, path, out.references);
        if (!rule) return;
        const bool taken = std::any_of(
            out.policy.rules.begin(), out.policy.rules.end(),
            [&](const rules::Rule& each) { return !rule->name.empty() && each.name == rule->name; });
        if (taken) {
            scope.error(DocCode::DuplicateName, element["name"],
                        path + ": another rule of this policy is called '" + rule->name + "'");
        }
        out.policy.rules.push_back(std::move(*rule));
    });
}

/// The requester of a pod is a controller, so a rewriting rule that asks who it is would split a workload
/// from its pods.
void check_users(Scope& scope, json::Node match, const rules::Match& read, const rules::Policy& policy,
                 const std::string& path) {
    if (read.users.empty() && read.groups.empty()) return;
    const rules::Rule* rewriting = first_rewriting(policy);
    if (rewriting == nullptr) return;
    const std::string_view field = read.users.empty() ? "groups" : "users";
    scope.error_at_key(DocCode::Contradiction, match[field],
                       path + "." + std::string(field) + ": rule '" + rewriting->name +
                           "' rewrites, and a pod's requester is a controller, not a person",
                       "put it into a policy without rewriting rules");
}

/// The same of a condition that asks who it is.
void check_conditions(Scope& scope, json::Node match, const rules::Match& read, const rules::Policy& policy,
                      const std::string& path) {
    const rules::Rule* rewriting = first_rewriting(policy);
    if (rewriting == nullptr) return;
    for (const rules::Condition& condition : read.conditions) {
        if (!condition.when.reads_user()) continue;
        scope.error_at_key(DocCode::Contradiction, match["conditions"],
                           path + ".conditions: '" + condition.name + "' looks at request.userInfo, rule '" +
                               rewriting->name +
                               "' rewrites, and a pod's requester is a controller, not a person",
                           "put it into a policy without rewriting rules");
    }
}

void read_exclude(Fields& spec, ReadPolicy& out, json::Node& node) {
    Scope& scope = spec.scope();
    node = spec.get("exclude");
    read_list(
        scope, node, spec.path_of("exclude"), "matches", [&](json::Node element, const std::string& path) {
            if (element.is_object() && element.size() == 0) {
                scope.error(DocCode::Contradiction, element, path + ": an empty entry excludes everything",
                            "remove it");
            }
            out.policy.exclude.push_back(read_match(scope, element, path, out.references, MatchOf::Policy));
        });
}

/// Anyone can set a label or an annotation: an enforcing policy that lets in, or lets go, by these alone
/// enforces little.
void check_labels(Scope& scope, const rules::Policy& policy, json::Node match, json::Node exclude) {
    if (policy.mode != Mode::Enforce) return;
    const auto warn = [&](json::Node of, const std::string& how, const std::string& where,
                          const std::string& hint) {
        const bool by_selector = of["selector"].exists();
        scope.warning(DocCode::LabelsAlone, by_selector ? of["selector"] : of["conditions"],
                      "policy '" + policy.name + "' " + how +
                          (by_selector ? " labels alone" : " labels or annotations alone") + where +
                          (by_selector ? ", and anyone can set a label" : ", and anyone can set them"),
                      hint);
    };
    if (matches_labels_alone(policy.match))
        warn(match, "enforces on", "", "match namespaces or kinds as well");
    for (std::size_t i = 0; i < policy.exclude.size(); ++i)
        if (matches_labels_alone(policy.exclude[i]))
            warn(exclude[i], "lets go by", " (exclude[" + std::to_string(i) + "])",
                 "exclude namespaces or kinds as well");
}

}  // namespace

const rules::Rule* first_rewriting(const rules::Policy& policy) {
    const auto found = std::find_if(policy.rules.begin(), policy.rules.end(),
                                    [](const rules::Rule& rule) { return rules::is_rewriting(rule.verb); });
    return found == policy.rules.end() ? nullptr : &*found;
}

std::string_view Metadata::annotation(std::string_view key) const {
    for (const auto& [name_, value] : annotations) {
        if (name_ == key) return value;
    }
    return {};
}

Metadata read_metadata(Fields& document) {
    Metadata out;
    Scope& scope = document.scope();
    out.place =
        scope.place(document.node());  // until there is a name: a document without one is spoken of too
    document.get("apiVersion");
    document.get("kind");
    document.ignore({"status"});
    Fields fields(scope, document.need("metadata", "a map with the name"), "metadata");
    if (!fields.is_map()) return out;
    fields.ignore({"labels", "namespace", "creationTimestamp", "deletionTimestamp", "finalizers",
                   "generateName", "generation", "managedFields", "ownerReferences", "resourceVersion",
                   "selfLink", "uid", "deletionGracePeriodSeconds"});
    const json::Node name = fields.need("name", "the document's name");
    assign(out.name, read_name(scope, name, "metadata.name"));
    if (name.exists()) out.place = scope.place(name);
    out.annotations = read_text_map(scope, fields.get("annotations"), "metadata.annotations");
    return out;
}

ReadPolicy read_policy(Scope& scope, json::Node root) {
    ReadPolicy out;
    Fields document(scope, root, "");
    Metadata metadata = read_metadata(document);
    out.policy.name = metadata.name;
    out.name = metadata.place;
    out.policy.title = std::string(metadata.annotation("tollgate.dev/title"));
    out.policy.docs = std::string(metadata.annotation("tollgate.dev/docs"));
    Fields spec(scope, document.need("spec", "what the policy says"), "spec");
    if (!spec.is_map()) return out;
    rules::Policy& policy = out.policy;
    const json::Node mode = spec.get("mode");
    assign(policy.mode, read_enum<Mode>(scope, mode, "spec.mode", kModes));
    if (auto priority =
            read_integer(scope, spec.get("priority"), "spec.priority", -kMaxPriority, kMaxPriority)) {
        policy.priority = static_cast<std::int32_t>(*priority);
    }
    const json::Node match = spec.get("match");
    policy.match = read_match(scope, match, "spec.match", out.references, MatchOf::Policy);
    json::Node exclude;
    read_exclude(spec, out, exclude);
    assign(policy.rewrite_at,
           read_enum<RewriteAt>(scope, spec.get("rewriteAt"), "spec.rewriteAt", kRewriteAt));
    assign(policy.deny_controlled_pods,
           read_enum<bool>(scope, spec.get("controlledPods"), "spec.controlledPods", kAuditOrDeny));
    assign(policy.deny_unrewritten,
           read_enum<bool>(scope, spec.get("unrewritten"), "spec.unrewritten", kWarnOrDeny));
    assign(policy.failure, read_enum<rules::Failure>(scope, spec.get("failure"), "spec.failure", kFailures));
    read_rules(spec, out);
    check_spot(scope, root["spec"]["rules"], policy);
    check_users(scope, match, policy.match, policy, "spec.match");
    check_conditions(scope, match, policy.match, policy, "spec.match");
    for (std::size_t i = 0; i < policy.exclude.size(); ++i) {
        const std::string path = "spec.exclude[" + std::to_string(i) + "]";
        check_users(scope, exclude[i], policy.exclude[i], policy, path);
        check_conditions(scope, exclude[i], policy.exclude[i], policy, path);
    }
    check_labels(scope, policy, match, exclude);
    return out;
}

}  // namespace tollgate::policies
