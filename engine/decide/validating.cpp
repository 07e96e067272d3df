// SPDX-License-Identifier: Apache-2.0
#include "engine/decide/state.hpp"
#include "engine/rules/run.hpp"

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

/// `cost`: what the expressions of this policy may still spend.
void run_rule(const rules::Policy& policy, const rules::Rule& rule, const rules::Context& context,
              std::uint64_t& cost, std::vector<Finding>& out, std::vector<EvalError>& errors) {
    if (const auto* limits = std::get_if<rules::Limits>(&rule.verb))
        rules::check_limits(*limits, policy, rule, context, out, errors);
    else if (const auto* lifetime = std::get_if<rules::LifetimeRule>(&rule.verb))
        rules::check_lifetime(*lifetime, policy, rule, context, out, errors);
    else if (const auto* require = std::get_if<rules::Require>(&rule.verb))
        rules::check_require(*require, policy, rule, context, out, errors);
    else if (const auto* check = std::get_if<rules::Check>(&rule.verb))
        rules::run_check(*check, policy, rule, context, cost, out, errors);
}

/// A Pod, or a ReplicaSet or Job, whose parent was judged: a policy change must not stop the replacement of a
/// running replica, a rollout or the next run.
bool is_settled(const Review& review, const rules::Policy& policy) {
    return review.controlled && !policy.deny_controlled_pods;
}

}  // namespace

const rules::Policy* find_policy(const Snapshot& snapshot, std::string_view name) {
    for (const rules::Policy& policy : snapshot.rules->policies)
        if (policy.name == name) return &policy;
    return nullptr;
}

bool denies(const Review& review, const EvalError& error) {
    if (review.snapshot.paused || error.failure != rules::Failure::Deny) return false;
    const rules::Policy* policy = find_policy(review.snapshot, error.policy);
    if (policy == nullptr || policy->mode != rules::Mode::Enforce) return false;
    return !is_settled(review, *policy);
}

Action effective_action(const Review& review, const rules::Policy& policy, const Finding& finding) {
    if (review.snapshot.paused) return Action::Audit;
    const Action cap = strongest(policy.mode);
    if (finding.code == rules::Code::Unrewritten)
        return std::min(cap, policy.deny_unrewritten ? Action::Deny : Action::Warn);
    return is_settled(review, policy) ? Action::Audit : std::min(cap, finding.action);
}

namespace {

/// Findings of the policies of one mode, each with the action its verb asks for or, when `effective`, the one
/// that takes effect here.
void add_findings(Review& review, const State& state, rules::Mode mode, bool effective,
                  std::vector<Finding>& findings, std::vector<EvalError>& errors) {
    const rules::Context context = make_context(review, state);
    for (const rules::Policy* policy : matching_policies(review, state).policies) {
        if (policy->mode != mode) continue;
        if (!review.budget.spend(policy->rules.size())) {
            errors.push_back(rules::out_of_budget(*policy, "", review.budget));
            if (errors.back().reason == "budget") errors.back().failure = rules::Failure::Deny;
            continue;
        }
        const std::size_t first = findings.size();
        std::uint64_t cost = limits::kMaxCelPolicyCost;
        for (const rules::Rule& rule : policy->rules)
            run_rule(*policy, rule, context, cost, findings, errors);
        if (!effective) continue;
        for (std::size_t i = first; i < findings.size(); ++i)
            findings[i].action = effective_action(review, *policy, findings[i]);
    }
}

std::vector<Finding> enforced_findings(Review& review, const State& state) {
    std::vector<EvalError> errors;  // reported where the object itself is judged
    std::vector<Finding> findings;
    add_findings(review, state, rules::Mode::Enforce, false, findings, errors);
    return findings;
}

/// A cost that may be more is not known.
std::optional<Money> known_hourly(const rules::Context& context) {
    const cost::WorkloadCost& cost = context.cost_now();
    return cost.at_least ? std::nullopt : cost.hourly;
}

}  // namespace

std::vector<Finding> validate(Review& review, const State& state, std::vector<EvalError>& errors) {
    const Matching& matching = matching_policies(review, state);
    errors.insert(errors.end(), matching.errors.begin(), matching.errors.end());
    std::vector<Finding> findings;
    // What can deny comes first: neither steps nor room are spent on what cannot.
    for (const rules::Mode mode : {rules::Mode::Enforce, rules::Mode::Warn, rules::Mode::Audit})
        add_findings(review, state, mode, true, findings, errors);
    return findings;
}

std::optional<Finding> newly_refused(Review& review, const State& before, const State& after) {
    std::vector<Finding> now = enforced_findings(review, after), grandfathered;
    if (now.empty()) return std::nullopt;
    apply_ratchet(now, enforced_findings(review, before), grandfathered);
    // Held against the ceilings of exceptions as validation holds `after`, all of a workload's pods together:
    // what is done here is not refused there. (Of a pod that comes alone, others are not known to it: where
    // they matter to a ceiling, it may be given a cheaper offer than its workload was told.)
    const std::optional<Money> hourly = known_hourly(make_context(review, after));
    // Whoever asks: a controller and its pod must come to the same answer.
    for (Finding& finding : now) {
        if (finding.action != Action::Deny) continue;
        if (find_exception(review, after, finding.by.policy, finding.by.rule, hourly).exception == nullptr)
            return std::move(finding);
    }
    return std::nullopt;
}

}  // namespace tollgate::decide
