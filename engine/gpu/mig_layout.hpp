// SPDX-License-Identifier: Apache-2.0
// Can one GPU hold these MIG instances at once? Placements decide, not sums: each instance takes a contiguous run of
// memory slices [start, start+size), runs may not overlap, compute slices may not exceed the total.
// Source: NVIDIA MIG user guide, "Supported MIG profiles"; search is exact backtracking over at most 8 slices.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/gpu/catalog.hpp"

namespace tollgate::gpu {

/// profile name -> instances per GPU
using MigLayout = std::vector<std::pair<std::string, std::int32_t>>;

struct LayoutCheck {
    bool fits = false;
    /// One line: "seven compute slices but nine of eight memory slices (3g.40gb x2 take 8, 1g.10gb x1 takes 1)".
    std::string reason;
    /// The largest sub-layout that fits, e.g. {3g.40gb: 1, 1g.10gb: 1} extended; empty when none.
    MigLayout suggestion;
    std::string suggestion_text;  // "{3g.40gb: 1, 1g.10gb: 4}"
};

LayoutCheck check_layout(const MigTable& table, const MigLayout& layout);
std::string to_string(const MigLayout& layout);

}  // namespace tollgate::gpu
