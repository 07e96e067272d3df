// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/engine/vap/lab.hpp"

#include "tests/support/catch.hpp"

#include <utility>

namespace tollgate::vap {

Draft::Draft(std::string name) {
    policy.name = std::move(name);
}

Expression Draft::compiled(Use use, const std::string& source) const {
    auto program = cel::compile(source, make_environment(use, policy.param_kind.has_value(), types_));
    INFO(source);
    if (!program) INFO(program.error().front().message);
    REQUIRE(program.has_value());
    return {source, std::move(*program)};
}

Draft& Draft::params(std::string api_version, std::string kind) {
    policy.param_kind = {std::move(api_version), std::move(kind)};
    return *this;
}

Draft& Draft::condition(const std::string& source) {
    policy.conditions.push_back({"c", compiled(Use::MatchCondition, source)});
    return *this;
}

Draft& Draft::variable(const std::string& name, const std::string& source) {
    Expression expression = compiled(Use::Expression, source);
    types_.push_back({name, expression.program.type()});
    policy.variables.push_back({name, std::move(expression)});
    return *this;
}

Draft& Draft::validation(const std::string& source, const std::string& message,
                         const std::string& message_expression, Reason reason) {
    Validation validation{compiled(Use::Expression, source), message, std::nullopt, reason};
    if (!message_expression.empty())
        validation.message_expression = compiled(Use::Message, message_expression);
    policy.validations.push_back(std::move(validation));
    return *this;
}

Draft& Draft::annotation(const std::string& key, const std::string& source) {
    policy.audit_annotations.push_back({key, compiled(Use::AuditAnnotation, source)});
    return *this;
}

Draft& Draft::ignore() {
    policy.failure = FailurePolicy::Ignore;
    return *this;
}

Binding binding(const std::string& policy, const std::string& name) {
    Binding out;
    out.name = name;
    out.policy = policy;
    out.denies = true;
    return out;
}

Lab::Lab() {
    input.kind = {"", "v1", "ConfigMap"};
    input.resource = {"", "v1", "configmaps"};
    input.name = "it";
    input.ns = "here";
    input.user = "jane";
    input.object = json(R"({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "it", "namespace": "here", "labels": {"team": "a"}}, "data": {"size": "3"}})");
    namespaces["here"] = json(R"({"metadata": {"name": "here", "labels": {"tier": "gold"}}})");
}

json::Node Lab::json(std::string_view text) {
    auto document = json::parse(text);
    REQUIRE(document.has_value());
    return documents_.emplace_back(std::move(*document)).root();
}

json::Node Lab::find_namespace(std::string_view name) const {
    const auto found = namespaces.find(name);
    return found == namespaces.end() ? json::Node() : found->second;
}

std::vector<json::Node> Lab::find_objects(std::string_view api_version, std::string_view kind) const {
    std::vector<json::Node> out;
    for (const json::Node each : objects)
        if (each["apiVersion"].string() == api_version && each["kind"].string() == kind) out.push_back(each);
    return out;
}

Outcome Lab::judge(Draft draft, std::vector<Binding> bindings) {
    std::vector<Policy> policies;
    policies.push_back(std::move(draft.policy));
    return vap::judge(sets_.emplace_back(std::move(policies), std::move(bindings)), input, *this);
}

std::vector<std::string> messages(const Outcome& outcome) {
    std::vector<std::string> out;
    for (const Finding& each : outcome.findings) out.push_back(each.message);
    return out;
}

}  // namespace tollgate::vap
