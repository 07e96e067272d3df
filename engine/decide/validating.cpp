// SPDX-License-Identifier: Apache-2.0
#include "engine/decide/state.hpp"

#include <algorithm>

namespace tollgate::decide {

namespace {

Action strongest(rules::Mode mode) {
    switch (mode) {
        case rules::Mode::Enforce:
            return Action::Deny;
        case rules::Mode::Warn:
            return Action::Warn;
        case rules::Mode::Audit:
            return Action::Audit;
    }
    return Action::Audit;
}

void run_rule(const rules::Policy& policy, const rules::Rule& rule, const rules::Context& context,
              std::vector<Finding>& out, std::vector<EvalError>& errors) {
    if (const auto* limits = std::get_if<rules::Limits>(&rule.verb))
        rules::check_limits(*limits, policy, rule, context, out, errors);
    else if (const auto* lifetime = std::get_if<rules::LifetimeRule>(&rule.verb))
        rules::check_lifetime(*lifetime, policy, rule, context, out, errors);
    else if (const auto* require = std::get_if<rules::Require>(&rule.verb))
        rules::check_require(*require, policy, rule, context, out, errors);
}

}  // namespace

const rules::Policy* find_policy(const Snapshot& snapshot, std::string_view name) {
    for (const rules::Policy& policy : snapshot.rules->policies)
        if (policy.name == name) return &policy;
    return nullptr;
}

Action effective_action(const Review& review, const State& state, const rules::Policy& policy,
                        const Finding& finding) {
    if (review.snapshot.paused) return Action::Audit;
    const Action cap = strongest(policy.mode);
    if (finding.code == rules::Code::Unrewritten)
        return std::min(cap, policy.deny_unrewritten ? Action::Deny : Action::Warn);
    // Pods whose parent was judged: a policy change must not stop the replacement of a running replica.
    const bool settled = review.controlled && state.workload.is_pod() && !policy.deny_controlled_pods;
    return settled ? Action::Audit : std::min(cap, finding.action);
}

namespace {

enum class Whose : unsigned char { AllPolicies, EnforcingPolicies };

/// Findings as the rules give them, each with the action its verb asks for.
std::vector<Finding> raw_findings(Review& review, const State& state, Whose whose,
                                  std::vector<EvalError>& errors) {
    std::vector<Finding> findings;
    const rules::Context context = make_context(review, state);
    const Matching& matching = matching_policies(review, state);
    errors.insert(errors.end(), matching.errors.begin(), matching.errors.end());
    for (const rules::Policy* policy : matching.policies) {
        if (whose == Whose::EnforcingPolicies && policy->mode != rules::Mode::Enforce) continue;
        for (const rules::Rule& rule : policy->rules) {
            if (!review.budget.spend(1)) {
                errors.push_back({policy->name, rule.name, "budget",
                                  "the review ran out of its time or steps", policy->failure});
                return findings;
            }
            run_rule(*policy, rule, context, findings, errors);
            if (findings.size() > limits::kMaxFindings) {
                errors.push_back(
                    {policy->name, rule.name, "findings",
                     "more than " + std::to_string(limits::kMaxFindings) + " findings; the rest is not shown",
                     policy->failure});
                findings.resize(limits::kMaxFindings);
                return findings;
            }
        }
    }
    return findings;
}

}  // namespace

std::vector<Finding> validate(Review& review, const State& state, std::vector<EvalError>& errors) {
    std::vector<Finding> findings = raw_findings(review, state, Whose::AllPolicies, errors);
    for (Finding& finding : findings)
        if (const rules::Policy* policy = find_policy(review.snapshot, finding.by.policy); policy != nullptr)
            finding.action = effective_action(review, state, *policy, finding);
    return findings;
}

std::string newly_refused(Review& review, const State& before, const State& after) {
    std::vector<EvalError> errors;  // reported where the object itself is judged
    std::vector<Finding> now = raw_findings(review, after, Whose::EnforcingPolicies, errors), grandfathered;
    if (now.empty()) return "";
    apply_ratchet(now, raw_findings(review, before, Whose::EnforcingPolicies, errors), grandfathered);
    // Whoever asks: a controller and its pod must come to the same answer.
    for (const Finding& finding : now)
        if (finding.action == Action::Deny)
            return std::string(finding.by.policy) + "/" + std::string(finding.by.rule);
    return "";
}

}  // namespace tollgate::decide
