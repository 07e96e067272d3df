// SPDX-License-Identifier: Apache-2.0
// Draft: an object with changes laid over it, private to this folder. Only changed places are held; all else
// is the tree they were laid over.
//
// Array indices are those of the tree below, whatever was removed; elements appended by earlier changes
// follow at its end. So the order of changes within one array does not matter, and a place changed twice has
// its last value.
#pragma once

#include "engine/base/json/document.hpp"
#include "engine/base/json/node.hpp"
#include "engine/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tollgate::patch {

struct DraftChild;

struct Draft {
    enum class State : std::uint8_t {
        Value,   // `node`, untouched
        Object,  // `node` (missing or null: created here) with `children` over it
        Array,   // the same for elements, and `appended` behind them
        Removed,
    };
    State state = State::Value;
    json::Node node;
    std::vector<DraftChild> children;
    std::vector<Draft> appended;

    /// True for what was removed and for containers that were created and hold nothing in the end.
    bool is_void() const;
};

struct DraftChild {
    std::string segment;
    std::size_t index = 0;  // of an array element
    Draft draft;
};

Draft draft_of(json::Node node);

/// Sets (or, given a missing node, removes) what the segments name. Missing containers on the way are
/// created: a list where the next segment is "-" or "0", else an object. Removing what is not there does
/// nothing. `value` must outlive the draft.
Result<void> set(Draft& root, std::span<const std::string> segments, json::Node value);

/// The tree with its changes. Must not be void.
void write(json::Builder& builder, const Draft& draft);

}  // namespace tollgate::patch
