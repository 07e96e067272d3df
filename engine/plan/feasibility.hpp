// SPDX-License-Identifier: Apache-2.0
// Can one offer take a pod: a row of checks, each with its reason. For engine/plan alone.
#pragma once

#include "engine/plan/plan.hpp"

#include <string>

namespace tollgate::plan {

/// What holds for every offer of one query.
struct Situation {
    const Query& query;
    const fleet::Market& market;
    const gpu::Catalog& catalog;
    const workload::PodDemand& demand;
    const fleet::Offer& now;        // where the pod stands
    const fleet::Offer& reference;  // what shares of compute and bandwidth refer to
    bool detailed;                  // write Candidate::detail
    std::optional<Money> whole_cost = {},
                         gpu_cost = {};  // of the pod where it stands; the second by GPU shares alone
    std::int64_t most_micro_usd = 0;     // whole_cost rounded up; 0: not known
};

/// Reason::Chosen when `count` units of the offer hold the pod and meet its needs, whatever it costs.
Reason feasible(const Situation& situation, const fleet::Offer& offer, std::int64_t count,
                std::string& detail);

}  // namespace tollgate::plan
