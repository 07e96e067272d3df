// SPDX-License-Identifier: Apache-2.0
// What expressions of Tollgate's own documents may name: one row for each variable and field, with its type
// and what it says. The environment they are checked in and the table in docs/policy-reference.md are both
// made of these rows.
// Thread rule: constant data.
#pragma once

#include "engine/cel/environment.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tollgate::rules {

struct VariableRow {
    std::string_view path;  // "workload.pods[].gpus"
    /// As the documentation has it: "int", "list(object)", "money". Fields of an object are the rows below.
    std::string_view type;
    std::string_view doc;
};
std::span<const VariableRow> variable_rows();

/// Positions of the variables in the environment.
enum class VariableSlot : std::uint32_t {
    Object,
    OldObject,
    Request,
    NamespaceObject,
    Workload,
    Saving,
    Fleet,
    Needs
};

/// Kubernetes' variables and Tollgate's own, and money(). Made once.
const cel::Environment& expression_environment();

/// Fields of `workload`, in the order of their rows.
std::span<const std::string_view> workload_fields();

/// The table of docs/policy-reference.md, as Markdown.
std::string variable_table();

}  // namespace tollgate::rules
