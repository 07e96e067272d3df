// SPDX-License-Identifier: Apache-2.0
#include "engine/vap/activation.hpp"

#include "engine/base/limits.hpp"
#include "engine/cel/authorizer.hpp"
#include "engine/vap/environment.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace tollgate::vap {
namespace {

using cel::MapEntry;
using cel::string_value;
using cel::Value;

Value text(std::string_view content) {
    return string_value(content);
}

Value json_or_null(json::Node node) {
    return node.exists() ? cel::from_json(node) : cel::null_value();
}

}  // namespace

Activation::Activation(const Input& input, const World& world, const std::atomic<bool>* cancelled)
    : input_(input), world_(world), cancelled_(cancelled) {}

void Activation::begin(const Policy& policy, json::Node params) {
    policy_ = &policy;
    params_ = params;
    arena_.reset();
    memos_.assign(policy.variables.size(), Memo{});
}

void Activation::charge_again() {
    for (Memo& memo : memos_) memo.charged = false;
}

Value Activation::run_counted(const Expression& expression, std::uint64_t& cost, bool& over_limit) {
    const std::uint64_t outer = std::exchange(selections_, 0);
    cel::Evaluation evaluation{arena_, *this, limits::kMaxCelCost, cancelled_};
    Value value = expression.program.run(evaluation);
    // The name `variables` and the selection from it are two steps, where the plan has one.
    cost = evaluation.cost + selections_;
    over_limit = evaluation.out_of_budget;
    if (!over_limit && cost > limits::kMaxCelCost) {
        over_limit = true;
        value = arena_.error("the cost of the expression exceeds its budget");
    }
    selections_ = outer;
    return value;
}

Activation::Outcome Activation::run(const Expression& expression) {
    variables_cost_ = repeated_cost_ = 0;
    Outcome out;
    std::uint64_t own = 0;
    out.value = run_counted(expression, own, out.over_limit);
    out.cost = own + variables_cost_;
    out.repeated_cost = repeated_cost_;
    return out;
}

Value Activation::get(std::uint32_t variable_slot) {
    switch (variable_slot) {
        case slot::kObject:
            return json_or_null(input_.object);
        case slot::kOldObject:
            return json_or_null(input_.old_object);
        case slot::kRequest:
            return request();
        case slot::kNamespaceObject:
            return namespace_object();
        case slot::kParams:
            return json_or_null(params_);
        case slot::kAuthorizer:
            return cel::authorizer_values()[0];
        case slot::kResourceCheck:
            return cel::authorizer_values()[1];
        case slot::kVariables:
            return all_variables();
        default:
            break;
    }
    if (variable_slot < slot::kFirstVariable) return {};
    ++selections_;
    return variable(variable_slot - slot::kFirstVariable);
}

Value Activation::variable(std::size_t index) {
    Memo& memo = memos_[index];
    const Variable& declared = policy_->variables[index];
    if (memo.value.is(cel::Tag::Absent)) {
        if (nesting_ >= limits::kMaxVapVariableNesting)
            return arena_.error("variables build on each other deeper than the bound allows");
        ++nesting_;
        bool over_limit = false;
        Value value = run_counted(declared.expression, memo.cost, over_limit);
        --nesting_;
        if (value.is_error())
            value = arena_.error("composited variable \"" + declared.name +
                                 "\" fails to evaluate: " + std::string(value.error->message));
        memo.value = value;
    }
    if (!std::exchange(memo.charged, true)) {
        variables_cost_ += memo.cost;
        if (std::exchange(memo.was_charged, true)) repeated_cost_ += memo.cost;
    }
    return memo.value;
}

/// For has(variables.x) alone: whatever selects one of them by name has a slot of its own.
Value Activation::all_variables() {
    std::vector<MapEntry> entries;
    for (std::size_t i = 0; i < memos_.size(); ++i)
        entries.push_back({text(policy_->variables[i].name), variable(i)});
    return arena_.map(entries);
}

Value Activation::object_of(std::initializer_list<MapEntry> entries) {
    std::vector<MapEntry> present;
    for (const MapEntry& each : entries)
        if (!each.value.is(cel::Tag::Absent)) present.push_back(each);
    return request_arena_.map(present);
}

Value Activation::request() {
    if (!request_.is(cel::Tag::Absent)) return request_;
    const auto unless_empty = [](std::string_view content) {
        return content.empty() ? Value{} : text(content);
    };
    const auto kind = [&](const GroupVersionKind& gvk) {
        return object_of({{text("group"), text(gvk.group)},
                          {text("version"), text(gvk.version)},
                          {text("kind"), text(gvk.kind)}});
    };
    const auto resource = [&](const GroupVersionResource& gvr) {
        return object_of({{text("group"), text(gvr.group)},
                          {text("version"), text(gvr.version)},
                          {text("resource"), text(gvr.resource)}});
    };
    Value extra;
    std::vector<Value> groups;
    for (const std::string_view group : input_.groups) groups.push_back(text(group));
    if (input_.extra.is_object()) extra = cel::from_json(input_.extra);
    const Value user = object_of({{text("username"), text(input_.user)},
                                  {text("uid"), unless_empty(input_.user_uid)},
                                  {text("groups"), request_arena_.list(groups)},
                                  {text("extra"), extra}});
    const bool same_kind = input_.request_kind.kind.empty();
    const bool same_resource = input_.request_resource.resource.empty();
    const std::string_view sub = input_.subresource;
    request_ = object_of(
        {{text("kind"), kind(input_.kind)},
         {text("resource"), resource(input_.resource)},
         {text("subResource"), unless_empty(sub)},
         {text("requestKind"), kind(same_kind ? input_.kind : input_.request_kind)},
         {text("requestResource"), resource(same_resource ? input_.resource : input_.request_resource)},
         {text("requestSubResource"),
          unless_empty(input_.request_subresource.empty() ? sub : input_.request_subresource)},
         {text("name"), unless_empty(input_.name)},
         {text("namespace"), unless_empty(input_.ns)},
         {text("operation"), text(to_string(input_.operation))},
         {text("userInfo"), user},
         {text("dryRun"), cel::bool_value(input_.dry_run)},
         {text("options"), input_.options.exists() ? cel::from_json(input_.options) : Value{}}});
    return request_;
}

Value Activation::namespace_object() {
    // A Namespace belongs to none, though its request names itself.
    if (!shows_namespace_ || input_.ns.empty() || input_.is_namespace()) return cel::null_value();
    const json::Node known = world_.find_namespace(input_.ns);
    if (known.exists()) return cel::from_json(known);
    return arena_.error("namespace \"" + std::string(input_.ns) +
                        "\" is not known: its Namespace was not given");
}

}  // namespace tollgate::vap
