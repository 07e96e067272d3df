// SPDX-License-Identifier: Apache-2.0
// An exported policy as YAML, and as the engine of admission policies has it.
#include "cli/export_vap.hpp"
#include "cli/yaml_text.hpp"
#include "engine/base/json/document.hpp"
#include "engine/base/result.hpp"
#include "engine/base/text.hpp"
#include "engine/vap/environment.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace tollgate::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string_view action_of(rules::Mode mode) {
    switch (mode) {
        case rules::Mode::Enforce:
            return "Deny";
        case rules::Mode::Warn:
            return "Warn";
        case rules::Mode::Audit:
            return "Audit";
    }
    return "Audit";
}

std::string_view operator_of(LabelRequirement::Operator op) {
    using Op = LabelRequirement::Operator;
    switch (op) {
        case Op::In:
            return "In";
        case Op::NotIn:
            return "NotIn";
        case Op::Exists:
            return "Exists";
        case Op::DoesNotExist:
            return "DoesNotExist";
    }
    return "In";
}

Json object(std::string_view kind, const VapDocument& document) {
    Json metadata = {{"name", document.name}, {"labels", {{"app.kubernetes.io/managed-by", "tollgate"}}}};
    const rules::Policy& policy = *document.policy;
    Json annotations = Json::object();
    if (!policy.title.empty()) annotations["tollgate.dev/title"] = policy.title;
    if (!policy.docs.empty()) annotations["tollgate.dev/docs"] = policy.docs;
    if (!annotations.empty()) metadata["annotations"] = std::move(annotations);
    return {
        {"apiVersion", "admissionregistration.k8s.io/v1"}, {"kind", kind}, {"metadata", std::move(metadata)}};
}

Json constraints(const VapDocument& document) {
    Json rules = Json::array(), namespaces = Json::array();
    for (const VapRule& rule : document.rules)
        rules.push_back({{"apiGroups", Json::array({rule.group})},
                         {"apiVersions", rule.versions},
                         {"operations", rule.operations},
                         {"resources", rule.resources},
                         {"scope", "Namespaced"}});
    for (const LabelRequirement& each : document.namespaces) {
        Json entry = {{"key", each.key}, {"operator", operator_of(each.op)}};
        if (!each.values.empty()) entry["values"] = each.values;
        namespaces.push_back(std::move(entry));
    }
    return {{"matchPolicy", "Equivalent"},
            {"namespaceSelector", {{"matchExpressions", std::move(namespaces)}}},
            {"resourceRules", std::move(rules)}};
}

Json conditions(const std::vector<VapCondition>& list) {
    Json out = Json::array();
    for (const VapCondition& each : list)
        out.push_back({{"name", each.name}, {"expression", each.expression}});
    return out;
}

std::string yaml_of(const Json& json) {
    const auto parsed = json::parse(json.dump(-1, ' ', false, Json::error_handler_t::replace));
    TOLLGATE_ASSERT(parsed.has_value());
    return "---\n" + to_yaml(parsed->root());
}

class Compiler {
  public:
    explicit Compiler(vap::Policy& out) : out_(out) {}

    Result<vap::Expression> compile(vap::Use use, const std::string& source, const std::string& what) {
        auto program = cel::compile(source, vap::make_environment(use, false, types_, kVapKubernetesMinor));
        if (program.has_value()) return vap::Expression{source, std::move(*program)};
        const cel::Issue& issue = program.error().front();
        return fail(out_.name + ": " + what + " is no expression that compiles: " + issue.message + ", at '" +
                    std::string(truncated(std::string_view(source).substr(issue.offset), 40)) + "'");
    }
    Result<bool> add(const VapDocument& document) {
        for (const VapCondition& each : document.conditions) {
            TOLLGATE_TRY(auto made,
                         compile(vap::Use::MatchCondition, each.expression, "condition " + each.name));
            out_.conditions.push_back({each.name, std::move(made)});
        }
        for (const VapCondition& each : document.variables) {
            TOLLGATE_TRY(auto made, compile(vap::Use::Expression, each.expression, "variable " + each.name));
            types_.push_back({each.name, made.program.type()});
            out_.variables.push_back({each.name, std::move(made)});
        }
        for (const VapValidation& each : document.validations) {
            TOLLGATE_TRY(auto made, compile(vap::Use::Expression, each.expression, each.message));
            if (cel::to_string(made.program.type()) != "bool") return fail(each.message + " is no condition");
            vap::Validation validation{std::move(made), each.message, {}, {}};
            if (!each.message_expression.empty()) {
                TOLLGATE_TRY(auto text, compile(vap::Use::Message, each.message_expression, each.message));
                validation.message_expression = std::move(text);
            }
            out_.validations.push_back(std::move(validation));
        }
        return true;
    }

  private:
    vap::Policy& out_;
    std::vector<vap::VariableType> types_;
};

vap::ResourceRule compiled_rule(const VapRule& rule) {
    vap::ResourceRule out;
    out.groups = {rule.group};
    out.versions = rule.versions;
    out.resources = rule.resources;
    for (const std::string& operation : rule.operations)
        out.operations.push_back(operation == "CREATE" ? vap::Operation::Create : vap::Operation::Update);
    out.scope = vap::Scope::Namespaced;
    return out;
}

}  // namespace

std::string to_yaml(const VapDocument& document) {
    Json policy = object("ValidatingAdmissionPolicy", document);
    Json spec = {{"failurePolicy", document.fails ? "Fail" : "Ignore"},
                 {"matchConstraints", constraints(document)},
                 {"matchConditions", conditions(document.conditions)},
                 {"variables", conditions(document.variables)},
                 {"validations", Json::array()}};
    for (const VapValidation& each : document.validations) {
        Json entry = {{"expression", each.expression}, {"message", each.message}};
        if (!each.message_expression.empty()) entry["messageExpression"] = each.message_expression;
        spec["validations"].push_back(std::move(entry));
    }
    policy["spec"] = std::move(spec);
    Json binding = object("ValidatingAdmissionPolicyBinding", document);
    binding["spec"] = {{"policyName", document.name},
                       {"validationActions", Json::array({action_of(document.policy->mode)})}};
    return yaml_of(policy) + yaml_of(binding);
}

Result<vap::PolicySet> compile_vap(const std::vector<VapDocument>& documents) {
    std::vector<vap::Policy> policies;
    std::vector<vap::Binding> bindings;
    for (const VapDocument& document : documents) {
        vap::Policy& policy = policies.emplace_back();
        policy.name = document.name;
        policy.failure = document.fails ? vap::FailurePolicy::Fail : vap::FailurePolicy::Ignore;
        for (const VapRule& rule : document.rules) policy.match.rules.push_back(compiled_rule(rule));
        policy.match.namespaces.requirements = document.namespaces;
        TOLLGATE_TRY([[maybe_unused]] const bool added, Compiler(policy).add(document));
        vap::Binding& binding = bindings.emplace_back();
        binding.name = binding.policy = document.name;
        binding.denies = document.policy->mode == rules::Mode::Enforce;
        binding.warns = document.policy->mode == rules::Mode::Warn;
        binding.audits = document.policy->mode == rules::Mode::Audit;
    }
    return vap::PolicySet(std::move(policies), std::move(bindings));
}

}  // namespace tollgate::cli
