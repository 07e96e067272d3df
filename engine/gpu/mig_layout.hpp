// SPDX-License-Identifier: Apache-2.0
// Can one GPU hold these MIG instances at once? Placements decide, not sums: each instance takes a contiguous
// run of memory slices [start, start+size), runs may not overlap, compute slices may not exceed the total,
// and media engines ("+me") go to one instance. The search is exact backtracking over at most eight slices.
// Where no source gives the placements, slice sums and the largest instance count decide, and the answer says
// so. Source: NVIDIA MIG user guide, "Supported MIG profiles".
#pragma once

#include "engine/gpu/catalog.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tollgate::gpu {

/// profile name -> instances per GPU
using MigLayout = std::vector<std::pair<std::string, std::int32_t>>;

struct LayoutCheck {
    bool fits = false;
    /// One line. When it does not fit, why: "9 of 8 memory slices (3g.40gb x2 takes 8, 1g.10gb x1 takes 1);
    /// compute would do (7 of 7)". When it fits by sums alone, that placements were not checked; else "".
    std::string reason;
    /// What was asked for with the fewest instances left out; empty when nothing of it fits.
    MigLayout suggestion;
    /// "{3g.40gb: 2} or {3g.40gb: 1, 1g.10gb: 4}": the suggestion, then, where it drops a profile altogether,
    /// the fullest layout that has some of each.
    std::string suggestion_text;
};

LayoutCheck check_layout(const MigTable& table, const MigLayout& layout);
/// "{3g.40gb: 1, 1g.10gb: 4}"
std::string to_string(const MigLayout& layout);

}  // namespace tollgate::gpu
