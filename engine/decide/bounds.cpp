// SPDX-License-Identifier: Apache-2.0
// Objects too large to be read as a whole. Their size is their author's choice, and padding must not be a way
// around the gate: enforcing policies that may apply to one refuse it whatever their `failure` is, unless it
// mentions no accelerator. The ratchet does not help it, as nobody can say that it asks for no more than
// before (an update of its metadata alone is exempt as always).
#include "engine/decide/state.hpp"
#include "engine/workload/owner.hpp"

#include <algorithm>

namespace tollgate::decide {

namespace {

/// What trust and exemptions look at, of an object too large to be read as a whole.
workload::Workload outline(const Request& request, const workload::KindSpec& kind) {
    workload::Workload workload;
    const json::Node metadata = request.object["metadata"];
    workload.kind = &kind;
    workload.object = request.object;
    workload.labels = metadata["labels"];
    workload.annotations = metadata["annotations"];
    workload.ref = {request.kind, request.ns.empty() ? metadata["namespace"].string() : request.ns,
                    metadata["name"].string(), false};
    workload.mirror = workload.is_pod() && workload.annotations["kubernetes.io/config.mirror"].exists();
    workload::read_owner(workload);
    return workload;
}

/// Whether a policy may apply to an object of which only the outline is known: what needs more does not
/// decide.
bool may_apply(const rules::Policy& policy, const Review& review, const State& outline) {
    rules::Match match = policy.match;
    match.classes.clear();
    match.selector.reset();
    if (matches(match, review, outline, false) == MatchResult::No) return false;
    return std::none_of(policy.exclude.begin(), policy.exclude.end(), [&](const rules::Match& entry) {
        return entry.classes.empty() && !entry.selector.has_value() && entry.conditions.empty() &&
               matches(entry, review, outline, true) == MatchResult::Yes;
    });
}

}  // namespace

void beyond_bounds(Review& review, const workload::KindSpec& kind, const std::string& why) {
    Decision& decision = review.decision;
    const Request& request = review.request;
    if (!workload::mentions_accelerator(request.object, kind)) return;
    State state;
    state.object = request.object;
    state.workload = outline(request, kind);
    review.controlled = is_controlled(request, state.workload, review.snapshot.rules->kinds);
    decision.controlled = review.controlled;
    decision.interesting = true;
    decision.exempt = exemption(request, review.snapshot, state.workload);
    if (!decision.exempt.empty()) return;
    for (const rules::Policy& policy : review.snapshot.rules->policies)
        if (may_apply(policy, review, state))
            decision.errors.push_back({policy.name, "", "bound", why, rules::Failure::Deny});
    if (request.phase == Phase::Mutate) return;
    const auto denying = std::find_if(decision.errors.begin(), decision.errors.end(),
                                      [&](const EvalError& e) { return denies(review, e); });
    if (denying == decision.errors.end()) return;
    decision.allowed = false;
    decision.verdict = Verdict::Denied;
    decision.message = object_name(request, state.workload) + ": too large to be judged: " + why +
                       "; policy " + denying->policy +
                       " is enforced here, and what it cannot judge it refuses.";
}

}  // namespace tollgate::decide
