// SPDX-License-Identifier: Apache-2.0
// The look-up of candidates. A literal stands in a matchCondition as `request.kind.kind == 'Pod'` or
// `request.namespace in ['a', 'b']`, alone or joined by &&: one that differs makes the condition false, and a
// false condition skips the policy whatever the others say, errors included.
#include "engine/cel/parser.hpp"
#include "engine/vap/policy.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace tollgate::vap {
namespace {

using cel::Expr;
using cel::ExprKind;

constexpr std::string_view kNamespaceLabel = "kubernetes.io/metadata.name";

struct Literal {
    Field field = Field::RequestKind;
    std::vector<std::string> values;
};

std::string dotted(const Expr& expr) {
    if (expr.kind == ExprKind::Ident) return expr.text;
    if (expr.kind != ExprKind::Select || expr.optional) return "";
    const std::string front = dotted(*expr.args[0]);
    return front.empty() ? "" : front + "." + expr.text;
}

std::optional<Field> field_of(const Expr& expr) {
    constexpr std::array<std::string_view, kFields> kNames = {"request.kind.kind", "request.namespace",
                                                              "object.kind", "object.metadata.namespace"};
    const std::string name = dotted(expr);
    const auto found = std::find(kNames.begin(), kNames.end(), name);
    if (found == kNames.end()) return std::nullopt;
    return static_cast<Field>(found - kNames.begin());
}

std::optional<Literal> literal_of(const Expr& expr) {
    if (expr.kind != ExprKind::Call || expr.args.size() < 2) return std::nullopt;
    if (expr.text == "_&&_") {
        for (const auto& arg : expr.args)
            if (auto found = literal_of(*arg)) return found;
        return std::nullopt;
    }
    const Expr *left = expr.args[0].get(), *right = expr.args[1].get();
    if (expr.text == "_==_") {
        if (left->kind == ExprKind::String) std::swap(left, right);
        const auto field = field_of(*left);
        if (!field || right->kind != ExprKind::String) return std::nullopt;
        return Literal{*field, {right->text}};
    }
    if (expr.text != "@in" || right->kind != ExprKind::List) return std::nullopt;
    const auto field = field_of(*left);
    if (!field) return std::nullopt;
    Literal out{*field, {}};
    for (const auto& item : right->args) {
        if (item->kind != ExprKind::String) return std::nullopt;
        out.values.push_back(item->text);
    }
    return out;
}

std::optional<Literal> literal_of(const Policy& policy) {
    for (const MatchCondition& condition : policy.conditions) {
        const auto parsed = cel::parse(condition.expression.source);
        if (!parsed) continue;
        if (auto found = literal_of(**parsed)) return found;
    }
    // The label every Namespace has: a selector by name.
    for (const LabelRequirement& each : policy.match.namespaces.requirements)
        if (each.key == kNamespaceLabel && each.op == LabelRequirement::Operator::In)
            return Literal{Field::RequestNamespace, each.values};
    return std::nullopt;
}

/// Empty when the request has no such field, or one that is no text.
std::string_view value_of(Field field, const Input& input) {
    switch (field) {
        case Field::RequestKind:
            return input.kind.kind;
        case Field::RequestNamespace:
            return input.ns;
        case Field::ObjectKind:
            return input.object["kind"].string();
        case Field::ObjectNamespace:
            return input.object["metadata"]["namespace"].string();
    }
    return {};
}

void append_once(std::vector<std::uint32_t>& list, std::uint32_t policy) {
    if (list.empty() || list.back() != policy) list.push_back(policy);
}

bool names(const ResourceRule& rule, Operation operation) {
    return rule.operations.empty() ||
           std::find(rule.operations.begin(), rule.operations.end(), operation) != rule.operations.end();
}

std::string without_subresource(const std::string& resource) {
    return resource.substr(0, resource.find('/'));
}

}  // namespace

void PolicyIndex::add(std::uint32_t policy, const Policy& of) {
    if (const auto literal = literal_of(of)) {
        const auto at = static_cast<std::size_t>(literal->field);
        for (const std::string& value : literal->values) append_once(by_literal_[at][value], policy);
        without_field_[at].push_back(policy);
        return;
    }
    static const std::vector<ResourceRule> kEverything = {{{"*"}, {"*"}, {"*"}, {}, {}, Scope::Any}};
    for (const ResourceRule& rule : of.match.rules.empty() ? kEverything : of.match.rules)
        for (const std::string& resource : rule.resources)
            for (const std::string& group : rule.groups)
                for (std::size_t operation = 0; operation < kOperations; ++operation)
                    if (names(rule, static_cast<Operation>(operation)))
                        append_once(by_resource_[operation][group + "/" + without_subresource(resource)],
                                    policy);
}

void PolicyIndex::candidates(const Input& input, std::vector<std::uint32_t>& out) const {
    const auto append = [&](const List& list) { out.insert(out.end(), list.begin(), list.end()); };
    const auto append_from = [&](const Lists& lists, std::string_view key) {
        if (const auto found = lists.find(key); found != lists.end()) append(found->second);
    };
    const Lists& by_resource = by_resource_[static_cast<std::size_t>(input.operation)];
    std::string key;
    if (!by_resource.empty())
        for (const std::string_view group : {input.resource.group, std::string_view("*")})
            for (const std::string_view resource : {input.resource.resource, std::string_view("*")})
                append_from(by_resource, key.assign(group).append("/").append(resource));
    for (std::size_t i = 0; i < kFields; ++i) {
        if (without_field_[i].empty()) continue;
        const std::string_view value = value_of(static_cast<Field>(i), input);
        if (value.empty())
            append(without_field_[i]);
        else
            append_from(by_literal_[i], value);
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
}

}  // namespace tollgate::vap
