// SPDX-License-Identifier: Apache-2.0
#include "engine/vap/match.hpp"

#include <algorithm>
#include <array>

namespace tollgate::vap {
namespace {

constexpr std::string_view kNamespaceLabel = "kubernetes.io/metadata.name";

bool any_or(const std::vector<std::string>& wanted, std::string_view value) {
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](const std::string& each) { return each == "*" || each == value; });
}

bool resource_matches(std::string_view wanted, const Input& input) {
    const std::size_t slash = wanted.find('/');
    const std::string_view resource = wanted.substr(0, slash);
    const std::string_view sub =
        slash == std::string_view::npos ? std::string_view{} : wanted.substr(slash + 1);
    return (resource == "*" || resource == input.resource.resource) &&
           (sub == "*" || sub == input.subresource);
}

bool scope_matches(Scope scope, const Input& input) {
    const bool cluster = input.ns.empty() || input.is_namespace();
    return scope == Scope::Any || (scope == Scope::Cluster) == cluster;
}

bool rule_matches(const ResourceRule& rule, const Input& input, bool equivalent) {
    const bool operation =
        rule.operations.empty() ||
        std::find(rule.operations.begin(), rule.operations.end(), input.operation) != rule.operations.end();
    return operation &&
           std::any_of(rule.resources.begin(), rule.resources.end(),
                       [&](const std::string& each) { return resource_matches(each, input); }) &&
           any_or(rule.groups, input.resource.group) &&
           (equivalent || any_or(rule.versions, input.resource.version)) &&
           scope_matches(rule.scope, input) &&
           (rule.names.empty() ||
            std::find(rule.names.begin(), rule.names.end(), input.name) != rule.names.end());
}

bool any_rule_matches(const std::vector<ResourceRule>& rules, const Input& input, bool equivalent) {
    return std::any_of(rules.begin(), rules.end(),
                       [&](const ResourceRule& rule) { return rule_matches(rule, input, equivalent); });
}

bool object_matches(const LabelSelector& selector, const Input& input) {
    if (selector.requirements.empty()) return true;
    const auto holds = [&](json::Node object) {
        return object.is_object() && selector.matches(object["metadata"]["labels"]);
    };
    return holds(input.object) || holds(input.old_object);
}

/// Labels with the one that every Namespace has, whether its document says so or not.
bool labels_match(const LabelSelector& selector, json::Node labels, std::string_view name) {
    return std::all_of(
        selector.requirements.begin(), selector.requirements.end(), [&](const LabelRequirement& each) {
            if (each.key != kNamespaceLabel) return LabelSelector{{each}}.matches(labels);
            const bool listed = std::find(each.values.begin(), each.values.end(), name) != each.values.end();
            using Op = LabelRequirement::Operator;
            return each.op == Op::Exists || (each.op == Op::In && listed) ||
                   (each.op == Op::NotIn && !listed);
        });
}

Match namespace_matches(const LabelSelector& selector, const Input& input, const World& world) {
    if (selector.requirements.empty() || (input.ns.empty() && !input.is_namespace())) return Match::Yes;
    // The Namespace as it will be, where it is the object itself.
    const bool itself = input.is_namespace() && input.operation != Operation::Delete;
    const json::Node known = itself ? input.object : world.find_namespace(input.ns);
    const bool by_name =
        std::all_of(selector.requirements.begin(), selector.requirements.end(),
                    [](const LabelRequirement& each) { return each.key == kNamespaceLabel; });
    if (!known.exists() && !by_name) return Match::Unknown;
    return labels_match(selector, known["metadata"]["labels"], input.ns) ? Match::Yes : Match::No;
}

}  // namespace

Match matches(const MatchResources& wanted, const Input& input, const World& world) {
    if (!wanted.rules.empty() && !any_rule_matches(wanted.rules, input, wanted.equivalent)) return Match::No;
    if (any_rule_matches(wanted.excluded, input, wanted.equivalent)) return Match::No;
    if (!object_matches(wanted.objects, input)) return Match::No;
    return namespace_matches(wanted.namespaces, input, world);
}

bool is_policy_resource(const Input& input) {
    constexpr std::array<std::string_view, 4> kNames = {
        "validatingadmissionpolicies", "validatingadmissionpolicybindings", "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings"};
    return input.resource.group == "admissionregistration.k8s.io" &&
           std::find(kNames.begin(), kNames.end(), input.resource.resource) != kNames.end();
}

}  // namespace tollgate::vap
