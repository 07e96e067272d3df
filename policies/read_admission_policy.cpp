// SPDX-License-Identifier: Apache-2.0
#include "engine/vap/environment.hpp"
#include "policies/expression.hpp"
#include "policies/read_admission.hpp"
#include "policies/read_documents.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace tollgate::policies {
namespace {

using vap::Use;

constexpr Choice<vap::FailurePolicy> kFailures[] = {{"Fail", vap::FailurePolicy::Fail},
                                                    {"Ignore", vap::FailurePolicy::Ignore}};
constexpr Choice<vap::Reason> kReasons[] = {{"Unauthorized", vap::Reason::Unauthorized},
                                            {"Forbidden", vap::Reason::Forbidden},
                                            {"Invalid", vap::Reason::Invalid},
                                            {"RequestEntityTooLarge", vap::Reason::RequestEntityTooLarge}};

bool is_identifier(std::string_view text) {
    const auto is_letter = [](char c) {
        return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
    };
    return !text.empty() && is_letter(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
        return is_letter(c) || std::isdigit(static_cast<unsigned char>(c)) != 0;
    });
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

bool has_line_break(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n\v\f");
    if (first == std::string_view::npos) return false;
    const std::size_t last = text.find_last_not_of(" \t\r\n\v\f");
    return text.substr(first, last - first).find_first_of("\r\n") != std::string_view::npos;
}

class PolicyReader {
  public:
    PolicyReader(Fields& spec, ReadAdmissionPolicy& out)
        : spec_(spec), scope_(spec.scope()), policy_(out.policy), references_(out.references) {}

    void read() {
        assign(policy_.failure, read_enum<vap::FailurePolicy>(scope_, present(spec_.get("failurePolicy")),
                                                              spec_.path_of("failurePolicy"), kFailures));
        read_param_kind();
        read_constraints();
        read_conditions();
        read_variables();
        read_validations();
        read_annotations();
        if (policy_.validations.empty() && policy_.audit_annotations.empty() &&
            !present(spec_.get("validations")).size() && !present(spec_.get("auditAnnotations")).size())
            scope_.error_at_key(DocCode::MissingField, spec_.node(),
                                "spec has neither validations nor auditAnnotations: it would say nothing");
    }

  private:
    std::optional<vap::Expression> expression(json::Node node, const std::string& path, Use use,
                                              std::span<const cel::Type> wanted) {
        const cel::Environment environment =
            vap::make_environment(use, policy_.param_kind.has_value(), types_);
        auto program = read_expression(scope_, node, path, environment, wanted);
        if (!program) return std::nullopt;
        return vap::Expression{std::string(node.string()), std::move(*program)};
    }

    /// Counted and bounded; `each` reads one.
    void read_bounded(std::string_view name, std::size_t most, const std::function<void(Fields&)>& each) {
        const json::Node node = present(spec_.get(name));
        if (node.size() > most) {
            scope_.error(DocCode::TooMany, node,
                         spec_.path_of(name) + ": " + std::to_string(node.size()) + "; at most " +
                             std::to_string(most));
            return;
        }
        read_items(scope_, node, spec_.path_of(name), "maps",
                   [&](json::Node element, const std::string& path) {
                       Fields fields(scope_, element, path);
                       if (fields.is_map()) each(fields);
                   });
    }

    void unique(std::set<std::string>& known, const std::string& name, Fields& fields,
                std::string_view field) {
        if (!name.empty() && !known.insert(name).second)
            scope_.error(DocCode::DuplicateName, fields.node()[field],
                         fields.path_of(field) + ": '" + name + "' stands twice");
    }

    void read_param_kind() {
        const json::Node node = present(spec_.get("paramKind"));
        if (!node.exists()) return;
        Fields fields(scope_, node, spec_.path_of("paramKind"));
        vap::ParamKind& kind = policy_.param_kind.emplace();
        assign(kind.api_version,
               read_text(scope_, fields.need("apiVersion", "as in v1"), fields.path_of("apiVersion")));
        assign(kind.kind, read_text(scope_, fields.need("kind", "as in ConfigMap"), fields.path_of("kind")));
    }

    void read_constraints() {
        const json::Node node = spec_.need("matchConstraints", "which requests it is about");
        policy_.match = read_match_resources(scope_, node, spec_.path_of("matchConstraints"), references_);
        if (node.is_object() && present(node["resourceRules"]).size() == 0)
            scope_.error_at_key(DocCode::MissingField, node,
                                "spec.matchConstraints.resourceRules is missing: a policy names resources");
    }

    void read_conditions() {
        std::set<std::string> names;
        read_bounded("matchConditions", limits::kMaxVapConditions, [&](Fields& fields) {
            const auto name = read_text(scope_, fields.need("name", "a name"), fields.path_of("name"));
            if (name) unique(names, *name, fields, "name");
            const std::array wanted = {cel::simple_type(cel::Type::Kind::Bool)};
            auto read = expression(fields.need("expression", "a condition"), fields.path_of("expression"),
                                   Use::MatchCondition, wanted);
            if (read) policy_.conditions.push_back({name.value_or(""), std::move(*read)});
        });
    }

    void read_variables() {
        std::set<std::string> names;
        read_bounded("variables", limits::kMaxVapVariables, [&](Fields& fields) {
            const json::Node node = fields.need("name", "a name");
            const auto name = read_text(scope_, node, fields.path_of("name"));
            if (name && !is_identifier(*name))
                scope_.error(DocCode::BadValue, node,
                             fields.path_of("name") + ": '" + *name + "' is no name in expressions",
                             "letters, digits and '_', beginning with a letter");
            if (name) unique(names, *name, fields, "name");
            auto read = expression(fields.need("expression", "what it stands for"),
                                   fields.path_of("expression"), Use::Expression, {});
            if (!name) return;
            // One that is broken is spoken of once, not wherever it is used.
            types_.push_back({*name, read ? read->program.type() : cel::dyn_type()});
            if (read) policy_.variables.push_back({*name, std::move(*read)});
        });
    }

    std::string message(Fields& fields, json::Node expression, json::Node message_expression) {
        const json::Node node = present(fields.get("message"));
        const auto text = read_text(scope_, node, fields.path_of("message"));
        if (text && is_blank(*text))
            scope_.error(DocCode::BadValue, node, fields.path_of("message") + ": the text is blank");
        if (text && has_line_break(*text))
            scope_.error(DocCode::BadValue, node, fields.path_of("message") + ": a message is one line");
        if (!node.exists() && !message_expression.exists() && has_line_break(expression.string()))
            scope_.error_at_key(
                DocCode::MissingField, expression,
                fields.path_of("message") +
                    " is missing: an expression of several lines says nothing to who is refused");
        return text.value_or("");
    }

    void read_validations() {
        read_bounded("validations", limits::kMaxVapValidations, [&](Fields& fields) {
            const json::Node source = fields.need("expression", "what must be true");
            const std::array is_bool = {cel::simple_type(cel::Type::Kind::Bool)};
            const std::array is_text = {cel::simple_type(cel::Type::Kind::String)};
            auto read = expression(source, fields.path_of("expression"), Use::Expression, is_bool);
            const json::Node by_expression = present(fields.get("messageExpression"));
            auto text = expression(by_expression, fields.path_of("messageExpression"), Use::Message, is_text);
            std::string words = message(fields, source, by_expression);
            vap::Reason reason = vap::Reason::Invalid;
            assign(reason, read_enum<vap::Reason>(scope_, present(fields.get("reason")),
                                                  fields.path_of("reason"), kReasons));
            if (read)
                policy_.validations.push_back({std::move(*read), std::move(words), std::move(text), reason});
        });
    }

    void read_annotations() {
        std::set<std::string> keys;
        read_bounded("auditAnnotations", limits::kMaxVapAnnotations, [&](Fields& fields) {
            const auto key = read_text(scope_, fields.need("key", "a name"), fields.path_of("key"));
            if (key) unique(keys, *key, fields, "key");
            const json::Node node = fields.need("valueExpression", "what to write");
            const std::string path = fields.path_of("valueExpression");
            if (node.string().size() > limits::kMaxVapValueExpressionBytes)
                scope_.error(
                    DocCode::OutOfRange, node,
                    path + ": longer than " + std::to_string(limits::kMaxVapValueExpressionBytes) + " bytes");
            const std::array wanted = {cel::simple_type(cel::Type::Kind::String),
                                       cel::simple_type(cel::Type::Kind::Null)};
            auto read = expression(node, path, Use::AuditAnnotation, wanted);
            if (read && key) policy_.audit_annotations.push_back({*key, std::move(*read)});
        });
    }

    Fields& spec_;
    Scope& scope_;
    vap::Policy& policy_;
    std::vector<Reference>& references_;
    std::vector<vap::VariableType> types_;
};

}  // namespace

ReadAdmissionPolicy read_admission_policy(Scope& scope, json::Node root) {
    ReadAdmissionPolicy out;
    Fields document(scope, root, "");
    const Metadata metadata = read_metadata(document);
    out.policy.name = metadata.name;
    out.name = metadata.place;
    Fields spec(scope, document.need("spec", "what the policy says"), "spec");
    if (spec.is_map()) PolicyReader(spec, out).read();
    return out;
}

}  // namespace tollgate::policies
