// SPDX-License-Identifier: Apache-2.0
// From semantic changes to a minimal JSON Patch.
//
// Rules say what shall stand where; how to get there is decided here, against the object as it is: leaves are
// added, replaced and removed singly, existing lists and objects are never replaced as a whole, missing
// parents come in one `add`. Before the first operation below a named list element (a container) stands a
// `test` of that name, so that the patch fails rather than hit another container if someone reordered them in
// between. Limits: limits::kMaxPatchOperations operations. Pure; thread-safe.
#pragma once

#include "engine/base/json/node.hpp"
#include "engine/base/result.hpp"
#include "engine/patch/operation.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tollgate::patch {

/// One place of one object and what shall stand there.
struct Change {
    /// RFC 6901 from the object's root. In a list "-" and the index one past the end append; other indices
    /// are those of the object as given (followed by what earlier changes appended), whatever other changes
    /// remove.
    std::string pointer;
    /// Compact JSON; absent: was not there. What people are shown; the patch follows from the object itself.
    std::optional<std::string> before_json;
    /// Compact JSON; absent: is removed.
    std::optional<std::string> after_json;
};

/// The operations that bring the changes about, in order; of several changes of one place the last counts,
/// and what is already so needs none. Errors: a malformed pointer or value, a place below a scalar or outside
/// a list, a change that would put a scalar where a list or an object stands, too many operations.
Result<std::vector<Operation>> to_operations(json::Node object, std::span<const Change> changes);

}  // namespace tollgate::patch
