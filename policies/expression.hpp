// SPDX-License-Identifier: Apache-2.0
// Expressions in documents: compiled where they are read, their mistakes shown at their place in the file.
// Limits: limits::kMaxCel*. Thread rule: pure but for the Diagnostics behind the Scope.
#pragma once

#include "engine/cel/program.hpp"
#include "policies/fields.hpp"

#include <optional>
#include <span>
#include <string>

namespace tollgate::policies {

/// Nothing when the node is missing, or after mistakes were reported. `wanted`: the types it may have, one of
/// which it must have exactly (a value of unknown type is none of them, as in Kubernetes); empty: any.
std::optional<cel::Program> read_expression(Scope& scope, json::Node node, const std::string& path,
                                            const cel::Environment& environment,
                                            std::span<const cel::Type> wanted);

}  // namespace tollgate::policies
