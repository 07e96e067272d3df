// SPDX-License-Identifier: Apache-2.0
// Values and types as the conformance data writes them: {"int": "1"}, {"list": [...]}, {"map": [[k, v],
// ...]}.
#pragma once

#include "engine/base/json/node.hpp"
#include "engine/cel/arena.hpp"
#include "engine/cel/type.hpp"

#include <optional>
#include <string>

namespace tollgate::test {

/// Absent for what is not ours (protobuf messages, enums).
cel::Value read_tagged(json::Node node, cel::Arena& arena);
/// Whether two values that are written the same are the same: quantities, addresses and all that is shown by
/// its type alone are compared by their own equality.
bool same(const cel::Value& a, const cel::Value& b);
/// "int", {"list": "int"}, {"map": ["string", "dyn"]}; empty for what is not ours.
std::optional<cel::Type> read_tagged_type(json::Node node);

}  // namespace tollgate::test
