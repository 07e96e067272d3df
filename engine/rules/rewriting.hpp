// SPDX-License-Identifier: Apache-2.0
// What rightSize and replace have in common: who is left alone, and what an answer turns into (edits, advice
// or a demand).
#pragma once

#include "engine/rules/outcome.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tollgate::rules {

/// One rewriting rule looking at one pod.
struct Attempt {
    const Policy& policy;
    const Rule& of;
    const Context& context;
    std::uint32_t pod = 0;
    bool resource_only = false;
    Keep keep = Keep::NeedsReason;
    RewriteAction action = RewriteAction::Rewrite;

    const workload::Pod& subject() const { return context.workload.pods[pod]; }
    /// Where the pod is priced as it stands.
    const cost::Location& location() const;
};

/// False when the pod is left alone; `out` then says why. Reads out.need.
bool may_try(const Attempt& attempt, Rewrite& out);

/// The edits towards the offer that was asked of last and that the pod can be moved to.
struct Moved {
    std::string operator()(const fleet::Offer& offer, std::int64_t count);

    const Attempt& attempt;
    const workload::PodDemand& from;
    const fleet::Offer* to = nullptr;
    std::vector<Edit> edits;
};

/// The advice that `plan`, made for sequences of at most `tokens`, would be cheaper.
Finding shorter_would_fit(const Attempt& attempt, const workload::PodDemand& demand, const Rewrite& out,
                          const plan::Plan& plan, std::int64_t tokens);

/// Turns out.plan, which has chosen a strictly cheaper offer, and the edits that move the pod there into
/// edits or findings.
void finish(const Attempt& attempt, Moved&& moved, Rewrite& out);

}  // namespace tollgate::rules
