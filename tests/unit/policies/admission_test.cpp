// SPDX-License-Identifier: Apache-2.0
// What documents of admission policies become; their mistakes are in tests/golden/documents.
#include "engine/base/limits.hpp"
#include "policies/load.hpp"
#include "tests/support/catch.hpp"

#include <string>

namespace tollgate::policies {
namespace {

LoadedDocuments load(const std::string& text, const LoadOptions& options = {}) {
    return load_sources({{"input.yaml", text}}, options);
}

std::string all_of(const Diagnostics& diagnostics) {
    std::string out;
    for (const Diagnostic& each : diagnostics) out += render(each);
    return out;
}

const std::string kPolicy = R"yaml(apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: p}
spec:
  failurePolicy: Ignore
  paramKind: {apiVersion: rules.example.com/v1, kind: Limit}
  matchConstraints:
    matchPolicy: Exact
    namespaceSelector: {matchLabels: {tier: gold}}
    objectSelector: {matchExpressions: [{key: a, operator: NotIn, values: [b, ""]}]}
    resourceRules:
    - {apiGroups: ["", apps], apiVersions: ["*"], operations: [CREATE, DELETE], resources: [pods/exec], resourceNames: [x], scope: Namespaced}
    excludeResourceRules:
    - {apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"]}
  matchConditions: [{name: c, expression: "params.x == 1"}]
  variables: [{name: one, expression: "1"}, {name: m, expression: "variables.one + 1"}]
  validations:
  - {expression: "variables.m == 2", message: refused, messageExpression: "string(variables.m)",
                  reason : Forbidden
}
  auditAnnotations: [{key: k, valueExpression: "variables.m == 2 ? 'two' : ''"}]
)yaml";

TEST_CASE("an admission policy is read as it is written") {
    const LoadedDocuments loaded = load(kPolicy);
    INFO(all_of(loaded.diagnostics));
    REQUIRE(loaded.admission_policies.size() == 1);
    REQUIRE(loaded.ok());
    const vap::Policy& policy = loaded.admission_policies[0];
    CHECK(policy.name == "p");
    CHECK(policy.failure == vap::FailurePolicy::Ignore);
    REQUIRE(policy.param_kind.has_value());
    CHECK(policy.param_kind->api_version == "rules.example.com/v1");
    CHECK_FALSE(policy.match.equivalent);
    REQUIRE(policy.match.rules.size() == 1);
    const vap::ResourceRule& rule = policy.match.rules[0];
    CHECK(rule.groups == std::vector<std::string>{"", "apps"});
    CHECK(rule.resources == std::vector<std::string>{"pods/exec"});
    CHECK(rule.names == std::vector<std::string>{"x"});
    CHECK(rule.operations == std::vector{vap::Operation::Create, vap::Operation::Delete});
    CHECK(rule.scope == vap::Scope::Namespaced);
    REQUIRE(policy.match.excluded.size() == 1);
    CHECK(policy.match.excluded[0].operations.empty());  // any
    CHECK(policy.match.namespaces.requirements.size() == 1);
    REQUIRE(policy.match.objects.requirements.size() == 1);
    CHECK(policy.match.objects.requirements[0].values == std::vector<std::string>{"b", ""});
    CHECK(policy.conditions.size() == 1);
    CHECK(policy.variables.size() == 2);
    REQUIRE(policy.validations.size() == 1);
    CHECK(policy.validations[0].message == "refused");
    CHECK(policy.validations[0].message_expression.has_value());
    CHECK(policy.validations[0].reason == vap::Reason::Forbidden);
    CHECK(policy.audit_annotations.size() == 1);
}

TEST_CASE("a binding is read as it is written") {
    const LoadedDocuments loaded = load(kPolicy + R"(---
apiVersion: admissionregistration.k8s.io/v1beta1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: b}
spec:
  policyName: p
  paramRef: {selector: {matchLabels: {a: b}}, namespace: limits, parameterNotFoundAction: Deny}
  matchResources: {objectSelector: {matchLabels: {c: d}}}
  validationActions: [Audit, Warn]
)");
    INFO(all_of(loaded.diagnostics));
    REQUIRE(loaded.ok());
    REQUIRE(loaded.admission_bindings.size() == 1);
    const vap::Binding& binding = loaded.admission_bindings[0];
    CHECK(binding.policy == "p");
    REQUIRE(binding.params.has_value());
    CHECK(binding.params->ns == "limits");
    CHECK(binding.params->selector.has_value());
    CHECK(binding.params->deny_when_missing);
    REQUIRE(binding.match.has_value());
    CHECK(binding.match->rules.empty());
    CHECK_FALSE(binding.denies);
    CHECK(binding.warns);
    CHECK(binding.audits);
}

TEST_CASE("numbers of conditions and annotations are bounded as in Kubernetes") {
    const auto with = [](const std::string& field, std::size_t count, const std::string& each) {
        std::string text = kPolicy.substr(0, kPolicy.find("  matchConditions"));
        text += "  validations: [{expression: \"true\"}]\n  " + field + ":\n";
        for (std::size_t i = 0; i < count; ++i) text += "  - {" + each + std::to_string(i) + "\"}\n";
        return load(text);
    };
    const std::string condition = "expression: \"true\", name: \"n",
                      annotation = "valueExpression: \"'a'\", key: \"k";
    CHECK(with("matchConditions", limits::kMaxVapConditions, condition).ok());
    CHECK_FALSE(with("matchConditions", limits::kMaxVapConditions + 1, condition).ok());
    CHECK(with("auditAnnotations", limits::kMaxVapAnnotations, annotation).ok());
    CHECK_FALSE(with("auditAnnotations", limits::kMaxVapAnnotations + 1, annotation).ok());
}

TEST_CASE("who serves needs the Namespaces that selectors ask for, and bindings") {
    LoadOptions serves;
    serves.needs_namespaces = true;
    const std::string said = all_of(load(kPolicy, serves).diagnostics);
    CHECK(said.find("asks for labels of namespaces") != std::string::npos);
    CHECK(said.find("no ValidatingAdmissionPolicyBinding names policy 'p'") != std::string::npos);
    const std::string by_name = "matchLabels: {kubernetes.io/metadata.name: x}";
    std::string text = kPolicy;
    text.replace(text.find("matchLabels: {tier: gold}"), std::string("matchLabels: {tier: gold}").size(),
                 by_name);
    CHECK(load(text, serves).ok());
    CHECK(load(kPolicy).ok());
}

}  // namespace
}  // namespace tollgate::policies
