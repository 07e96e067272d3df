// SPDX-License-Identifier: Apache-2.0
// ValidatingAdmissionPolicyBinding; and what is said of policies that patch.
#include "policies/read_admission.hpp"
#include "policies/read_documents.hpp"

#include <array>
#include <set>

namespace tollgate::policies {
namespace {

constexpr Choice<bool> kNotFound[] = {{"Allow", false}, {"Deny", true}};
constexpr std::array<std::string_view, 3> kActions = {"Deny", "Warn", "Audit"};

std::optional<vap::ParamRef> read_param_ref(Fields& spec) {
    const json::Node node = present(spec.get("paramRef"));
    if (!node.exists()) return std::nullopt;
    Scope& scope = spec.scope();
    Fields fields(scope, node, spec.path_of("paramRef"));
    vap::ParamRef out;
    const json::Node name = present(fields.get("name")), selector = present(fields.get("selector"));
    assign(out.name, read_text(scope, name, fields.path_of("name")));
    assign(out.ns, read_text(scope, present(fields.get("namespace")), fields.path_of("namespace")));
    if (selector.exists()) out.selector = read_label_selector(scope, selector, fields.path_of("selector"));
    if (fields.is_map() && name.exists() == selector.exists())
        scope.error_at_key(DocCode::Contradiction, node,
                           fields.path() + ": exactly one of name and selector says which");
    assign(out.deny_when_missing,
           read_enum<bool>(scope, fields.need("parameterNotFoundAction", "Allow or Deny"),
                           fields.path_of("parameterNotFoundAction"), kNotFound));
    return out;
}

void read_actions(Fields& spec, vap::Binding& binding) {
    Scope& scope = spec.scope();
    const std::string path = spec.path_of("validationActions");
    const json::Node node = spec.need("validationActions", "one or more of Deny, Warn, Audit");
    const std::array<bool*, 3> flags = {&binding.denies, &binding.warns, &binding.audits};
    read_list(scope, node, path, "actions", [&](json::Node element, const std::string& where) {
        const auto at = read_choice(scope, element, where, kActions);
        if (!at) return;
        if (*flags[*at])
            scope.error(DocCode::DuplicateName, element,
                        where + ": " + std::string(kActions[*at]) + " stands twice");
        *flags[*at] = true;
    });
    if (binding.denies && binding.warns)
        scope.error_at_key(DocCode::Contradiction, node, path + ": Deny and Warn exclude each other",
                           "a denial says all that a warning would");
}

}  // namespace

ReadAdmissionBinding read_admission_binding(Scope& scope, json::Node root) {
    ReadAdmissionBinding out;
    Fields document(scope, root, "");
    const Metadata metadata = read_metadata(document);
    out.binding.name = metadata.name;
    out.name = out.policy_name = metadata.place;
    Fields spec(scope, document.need("spec", "which policy, and where"), "spec");
    if (!spec.is_map()) return out;
    const json::Node policy = spec.need("policyName", "the policy's name");
    assign(out.binding.policy, read_name(scope, policy, "spec.policyName"));
    if (policy.exists()) out.policy_name = scope.place(policy);
    out.binding.params = read_param_ref(spec);
    const json::Node match = present(spec.get("matchResources"));
    if (match.exists())
        out.binding.match = read_match_resources(scope, match, "spec.matchResources", out.references);
    read_actions(spec, out.binding);
    return out;
}

void refuse_mutating(Scope& scope, json::Node root) {
    std::set<std::string> types;
    for (const json::Node each : root["spec"]["mutations"].elements())
        if (const std::string_view type = each["patchType"].string();
            type == "JSONPatch" || type == "ApplyConfiguration")
            types.insert(std::string(type));
    std::string missing;
    for (const std::string& type : types) missing += (missing.empty() ? "" : " and ") + type;
    if (missing.empty()) missing = "JSONPatch and ApplyConfiguration";
    scope.error(
        DocCode::NotSupported, root["kind"],
        "kind " + std::string(root["kind"].string()) + " is not supported: " + missing +
            " mutations are not evaluated, so what comes after them would be judged wrongly",
        "the API server itself applies it; leave it out here, and check objects as they are after it");
}

}  // namespace tollgate::policies
