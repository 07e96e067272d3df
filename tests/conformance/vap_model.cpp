// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/vap_model.hpp"

#include "engine/vap/environment.hpp"

#include <utility>
#include <vector>

namespace tollgate::test {
namespace {

using vap::Use;

std::vector<std::string> read_texts(json::Node node) {
    std::vector<std::string> out;
    for (const json::Node each : node.elements()) out.emplace_back(each.string());
    return out;
}

LabelSelector read_label_selector(json::Node node) {
    using Op = LabelRequirement::Operator;
    LabelSelector out;
    for (const auto [key, value] : node["matchLabels"].members())
        out.requirements.push_back({std::string(key), Op::In, {std::string(value.string())}});
    for (const json::Node each : node["matchExpressions"].elements()) {
        const std::string_view op = each["operator"].string();
        out.requirements.push_back({std::string(each["key"].string()),
                                    op == "In"       ? Op::In
                                    : op == "NotIn"  ? Op::NotIn
                                    : op == "Exists" ? Op::Exists
                                                     : Op::DoesNotExist,
                                    read_texts(each["values"])});
    }
    return out;
}

std::vector<vap::ResourceRule> read_rules(json::Node node) {
    std::vector<vap::ResourceRule> out;
    for (const json::Node each : node.elements()) {
        vap::ResourceRule rule;
        rule.groups = read_texts(each["apiGroups"]);
        rule.versions = read_texts(each["apiVersions"]);
        rule.resources = read_texts(each["resources"]);
        rule.names = read_texts(each["resourceNames"]);
        for (const json::Node operation : each["operations"].elements())
            for (const vap::Operation known : {vap::Operation::Create, vap::Operation::Update,
                                               vap::Operation::Delete, vap::Operation::Connect})
                if (operation.string() == "*" || operation.string() == vap::to_string(known))
                    rule.operations.push_back(known);
        const std::string_view scope = each["scope"].string();
        if (scope == "Cluster") rule.scope = vap::Scope::Cluster;
        if (scope == "Namespaced") rule.scope = vap::Scope::Namespaced;
        out.push_back(std::move(rule));
    }
    return out;
}

class Reader {
  public:
    Reader(bool has_params, bool typed) : has_params_(has_params), typed_(typed) {}

    std::optional<vap::Expression> expression(json::Node node, Use use) {
        const std::string source(node.string());
        auto program = cel::compile(source, environment(use));
        if (program) return vap::Expression{source, std::move(*program)};
        if (problem_.empty()) problem_ = source + ": " + program.error().front().message;
        return std::nullopt;
    }
    void declare(std::string name, cel::Type type) { types_.push_back({std::move(name), std::move(type)}); }
    const std::string& problem() const { return problem_; }

  private:
    cel::Environment environment(Use use) const {
        cel::Environment usual = vap::make_environment(use, has_params_, types_);
        if (typed_) return usual;
        std::vector<cel::Variable> variables(usual.variables().begin(), usual.variables().end());
        for (cel::Variable& each : variables)
            if (!each.type.is(cel::Type::Kind::Opaque)) each.type = cel::dyn_type();
        return cel::Environment(std::move(variables));
    }

    bool has_params_, typed_;
    std::vector<vap::VariableType> types_;
    std::string problem_;
};

vap::Reason read_reason(std::string_view text) {
    for (const vap::Reason each :
         {vap::Reason::Forbidden, vap::Reason::Unauthorized, vap::Reason::RequestEntityTooLarge})
        if (text == vap::to_string(each)) return each;
    return vap::Reason::Invalid;
}

}  // namespace

vap::MatchResources read_match_resources(json::Node node) {
    vap::MatchResources out;
    out.rules = read_rules(node["resourceRules"]);
    out.excluded = read_rules(node["excludeResourceRules"]);
    out.namespaces = read_label_selector(node["namespaceSelector"]);
    out.objects = read_label_selector(node["objectSelector"]);
    out.equivalent = node["matchPolicy"].string() != "Exact";
    return out;
}

Result<vap::Policy> read_program(json::Node program, bool typed) {
    vap::Policy out;
    out.name = std::string(program["name"].string());
    if (program["failurePolicy"].string() == "Ignore") out.failure = vap::FailurePolicy::Ignore;
    const json::Node kind = program["paramKind"];
    if (kind.is_object())
        out.param_kind = {std::string(kind["apiVersion"].string()), std::string(kind["kind"].string())};
    out.match = read_match_resources(program["matchConstraints"]);
    Reader reader(kind.is_object(), typed);
    for (const json::Node each : program["matchConditions"].elements())
        if (auto read = reader.expression(each["expression"], Use::MatchCondition))
            out.conditions.push_back({std::string(each["name"].string()), std::move(*read)});
    for (const json::Node each : program["variables"].elements()) {
        auto read = reader.expression(each["expression"], Use::Expression);
        if (!read) continue;
        const std::string name(each["name"].string());
        reader.declare(name, read->program.type());
        out.variables.push_back({name, std::move(*read)});
    }
    for (const json::Node each : program["validations"].elements()) {
        auto read = reader.expression(each["expression"], Use::Expression);
        if (!read) continue;
        vap::Validation validation{std::move(*read), std::string(each["message"].string()), std::nullopt,
                                   read_reason(each["reason"].string())};
        if (each["messageExpression"].is_string())
            validation.message_expression = reader.expression(each["messageExpression"], Use::Message);
        out.validations.push_back(std::move(validation));
    }
    for (const json::Node each : program["auditAnnotations"].elements())
        if (auto read = reader.expression(each["valueExpression"], Use::AuditAnnotation))
            out.audit_annotations.push_back({std::string(each["key"].string()), std::move(*read)});
    if (!reader.problem().empty()) return fail(reader.problem());
    return out;
}

}  // namespace tollgate::test
