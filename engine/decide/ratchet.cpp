// SPDX-License-Identifier: Apache-2.0
// On UPDATE the verdict is on what got worse, not on what already ran.
#include "engine/decide/state.hpp"

#include <algorithm>

namespace tollgate::decide {

namespace {

bool same_place(const Finding& a, const Finding& b) {
    return a.by == b.by && a.code == b.code && a.subject == b.subject;
}

/// What cannot be measured counts as larger: the ratchet only runs when the spec changed.
bool no_larger(const Finding& now, const Finding& before) {
    return now.magnitude.has_value() && before.magnitude.has_value() && *now.magnitude <= *before.magnitude;
}

}  // namespace

void apply_ratchet(std::vector<Finding>& findings, const std::vector<Finding>& old_findings,
                   std::vector<Finding>& grandfathered) {
    const auto kept = std::stable_partition(findings.begin(), findings.end(), [&](const Finding& finding) {
        return std::none_of(old_findings.begin(), old_findings.end(), [&](const Finding& old) {
            return same_place(finding, old) && no_larger(finding, old);
        });
    });
    std::move(kept, findings.end(), std::back_inserter(grandfathered));
    findings.erase(kept, findings.end());
}

}  // namespace tollgate::decide
