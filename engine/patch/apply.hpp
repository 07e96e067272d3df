// SPDX-License-Identifier: Apache-2.0
// The reference meaning of a patch: RFC 6902 applied to a copy, as the API server will do it. What no
// operation names comes through untouched, number text and member order included. Limits:
// limits::kMaxPatchOperations operations.
#pragma once

#include "engine/base/json/document.hpp"
#include "engine/base/json/node.hpp"
#include "engine/base/result.hpp"
#include "engine/patch/operation.hpp"

#include <span>

namespace tollgate::patch {

/// The patched copy. The first operation that fails ends it; the error names its position, path and the
/// reason.
Result<json::Document> apply(json::Node object, std::span<const Operation> operations);

/// The same without copying what no operation names: the result shares it with `object`, whose document must
/// outlive it.
Result<json::Document> apply_over(json::Node object, std::span<const Operation> operations);

}  // namespace tollgate::patch
