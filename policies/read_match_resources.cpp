// SPDX-License-Identifier: Apache-2.0
// matchConstraints and matchResources of admission policies. What kubectl writes of defaults is welcome:
// empty selectors, empty lists, null.
#include "policies/read_admission.hpp"

#include <algorithm>
#include <array>

namespace tollgate::policies {
namespace {

using vap::Operation;
using Op = LabelRequirement::Operator;

constexpr Choice<Op> kOperators[] = {
    {"In", Op::In}, {"NotIn", Op::NotIn}, {"Exists", Op::Exists}, {"DoesNotExist", Op::DoesNotExist}};
constexpr Choice<bool> kMatchPolicies[] = {{"Equivalent", true}, {"Exact", false}};
constexpr Choice<vap::Scope> kScopes[] = {
    {"*", vap::Scope::Any}, {"Cluster", vap::Scope::Cluster}, {"Namespaced", vap::Scope::Namespaced}};
constexpr std::array<std::string_view, 5> kOperations = {"CREATE", "UPDATE", "DELETE", "CONNECT", "*"};

/// Texts that may be empty: "" is the core group.
std::vector<std::string> texts(Scope& scope, json::Node node, const std::string& path) {
    std::vector<std::string> out;
    read_items(scope, node, path, "texts", [&](json::Node element, const std::string& where) {
        if (element.is_string())
            out.emplace_back(element.string());
        else
            scope.error(DocCode::WrongType, element, where + ": expected a text, found " + describe(element));
    });
    return out;
}

std::vector<std::string> needed_texts(Fields& fields, std::string_view name, std::string_view wanted) {
    const json::Node node = present(fields.need(name, wanted));
    std::vector<std::string> out = texts(fields.scope(), node, fields.path_of(name));
    if (node.is_array() && node.size() == 0)
        fields.scope().error(DocCode::OutOfRange, node, fields.path_of(name) + ": the list is empty",
                             "\"*\" stands for any");
    return out;
}

LabelSelector label_selector(Scope& scope, json::Node node, const std::string& path) {
    LabelSelector out;
    Fields fields(scope, present(node), path);
    for (auto& [key, value] :
         read_text_map(scope, present(fields.get("matchLabels")), fields.path_of("matchLabels")))
        out.requirements.push_back({key, Op::In, {value}});
    read_items(scope, fields.get("matchExpressions"), fields.path_of("matchExpressions"), "requirements",
               [&](json::Node element, const std::string& where) {
                   LabelRequirement each;
                   Fields one(scope, element, where);
                   assign(each.key, read_text(scope, one.need("key", "the label"), one.path_of("key")));
                   assign(each.op,
                          read_enum<Op>(scope, one.need("operator", "In, NotIn, Exists or DoesNotExist"),
                                        one.path_of("operator"), kOperators));
                   each.values = texts(scope, one.get("values"), one.path_of("values"));
                   const bool wants = each.op == Op::In || each.op == Op::NotIn;
                   if (one.is_map() && wants == each.values.empty())
                       scope.error_at_key(DocCode::Contradiction, element,
                                          where + (wants ? ": In and NotIn need values"
                                                         : ": Exists and DoesNotExist take no values"));
                   out.requirements.push_back(std::move(each));
               });
    return out;
}

std::vector<Operation> operations(Fields& fields) {
    std::vector<Operation> out;
    bool any = false;
    const std::string path = fields.path_of("operations");
    const json::Node node = present(fields.need("operations", "as in [CREATE, UPDATE]"));
    read_items(fields.scope(), node, path, "operations", [&](json::Node element, const std::string& where) {
        const auto at = read_choice(fields.scope(), element, where, kOperations);
        if (!at) return;
        any = any || kOperations[*at] == "*";
        if (kOperations[*at] != "*") out.push_back(static_cast<Operation>(*at));
    });
    if (node.is_array() && node.size() == 0)
        fields.scope().error(DocCode::OutOfRange, node, path + ": the list is empty", "\"*\" stands for any");
    if (any) out.clear();
    return out;
}

std::vector<vap::ResourceRule> resource_rules(Scope& scope, json::Node node, const std::string& path) {
    std::vector<vap::ResourceRule> out;
    read_items(scope, node, path, "rules", [&](json::Node element, const std::string& where) {
        Fields fields(scope, element, where);
        vap::ResourceRule rule;
        rule.groups = needed_texts(fields, "apiGroups", "as in [apps]; \"\" for the core group");
        rule.versions = needed_texts(fields, "apiVersions", "as in [v1]");
        rule.resources = needed_texts(fields, "resources", "as in [pods, pods/exec]");
        rule.names = texts(scope, fields.get("resourceNames"), fields.path_of("resourceNames"));
        rule.operations = operations(fields);
        assign(rule.scope,
               read_enum<vap::Scope>(scope, present(fields.get("scope")), fields.path_of("scope"), kScopes));
        out.push_back(std::move(rule));
    });
    return out;
}

}  // namespace

json::Node present(json::Node node) {
    return node.is_null() ? json::Node() : node;
}

void read_items(Scope& scope, json::Node node, const std::string& path, std::string_view of_what,
                const std::function<void(json::Node, const std::string&)>& each) {
    const json::Node list = present(node);
    if (list.is_array() && list.size() == 0) return;
    read_list(scope, list, path, of_what, each);
}

LabelSelector read_label_selector(Scope& scope, json::Node node, const std::string& path) {
    return label_selector(scope, node, path);
}

vap::MatchResources read_match_resources(Scope& scope, json::Node node, const std::string& path,
                                         std::vector<Reference>& references) {
    vap::MatchResources out;
    Fields fields(scope, present(node), path);
    out.rules = resource_rules(scope, fields.get("resourceRules"), fields.path_of("resourceRules"));
    out.excluded =
        resource_rules(scope, fields.get("excludeResourceRules"), fields.path_of("excludeResourceRules"));
    out.namespaces =
        label_selector(scope, fields.get("namespaceSelector"), fields.path_of("namespaceSelector"));
    for (const LabelRequirement& each : out.namespaces.requirements) {
        if (each.key == "kubernetes.io/metadata.name") continue;  // told by the name alone
        references.push_back({Reference::What::NamespaceLabels, "", fields.path_of("namespaceSelector"),
                              scope.key_place(fields.get("namespaceSelector"))});
        break;
    }
    out.objects = label_selector(scope, fields.get("objectSelector"), fields.path_of("objectSelector"));
    assign(out.equivalent, read_enum<bool>(scope, present(fields.get("matchPolicy")),
                                           fields.path_of("matchPolicy"), kMatchPolicies));
    return out;
}

}  // namespace tollgate::policies
