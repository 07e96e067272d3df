// SPDX-License-Identifier: Apache-2.0
// Expressions in policies: conditions of a match, and the verb `check`. Compiled when a policy is loaded; run
// on one workload at a time, with the variables of variable_table.hpp. Bounds: limits::kMaxCel*.
// Thread rule: an Expression is constant once made and may be shared; a Scope belongs to one review.
#pragma once

#include "engine/base/limits.hpp"
#include "engine/cel/arena.hpp"
#include "engine/cel/program.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::rules {

struct Context;

struct Expression {
    std::string source;
    std::shared_ptr<const cel::Program> program;
    std::vector<std::uint8_t> fields;  // of `workload`, that it looks at; positions in workload_fields()
    /// Kind and namespace without which it cannot hold, whatever else it says; "" when any will do. An object
    /// that has no `kind` is beyond this.
    std::string only_kind, only_namespace;

    /// Whether it looks at who asks.
    bool reads_user() const;
};
/// Of a program that was compiled of `source` in expression_environment().
Expression make_expression(std::string source, cel::Program program);

struct Condition {
    std::string name;
    Expression when;
};

/// The request that brought the object, as expressions see it.
struct RequestFacts {
    std::string_view group, version, kind, resource;
    std::string_view name = {}, ns = {}, subresource = {}, operation = {}, user = {};
    std::span<const std::string_view> groups = {};
    bool dry_run = false;
    json::Node old_object = {};  // missing: there is none
};

/// What the expressions of one review share: the request, memory, the deadline, and what is the same for
/// every state of the object.
struct ExpressionScope {
    RequestFacts request;
    const std::atomic<bool>* cancelled = nullptr;
    cel::Arena arena = cel::Arena{};
    // Empty: not asked for yet.
    std::optional<cel::Value> request_value = {}, namespace_value = {}, fleet_value = {};
};

/// What it gives; an error value when it cannot be told. `cost` is what may still be spent, and is lowered.
struct Answer {
    cel::Value value;
    /// Of an error: "expression", "budget" (cost or memory) or "deadline".
    std::string_view reason;
    std::string why;  // of an error, in words
};
Answer evaluate(const Expression& expression, const Context& context, std::uint64_t& cost);

}  // namespace tollgate::rules
