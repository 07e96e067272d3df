// SPDX-License-Identifier: Apache-2.0
// place, billing: Spot: the same resource of the same GPU on Spot nodes, for less. Nothing else about the pod
// changes, so that nothing has to be known of its needs; whoever says a capacity type means it.
#include "engine/fleet/node_labels.hpp"
#include "engine/rules/placing.hpp"
#include "engine/rules/rewriting.hpp"
#include "engine/rules/run.hpp"

#include <algorithm>
#include <functional>
#include <string>

namespace tollgate::rules {
namespace {

/// The same kind of device, billed as Spot.
bool is_twin(const fleet::Offer& offer, const fleet::Offer& now) {
    return offer.pool->billing == fleet::Billing::Spot && offer.pool->sku == now.pool->sku &&
           offer.resource == now.resource && offer.form == now.form && offer.profile == now.profile;
}

plan::Query query_of(const Attempt& attempt, const workload::Need& need) {
    plan::Query query;
    query.pod = &attempt.subject();
    query.need = &need;
    query.cost = attempt.context.pod_cost(attempt.pod);
    query.pools = {"*"};
    query.isolation = need.isolation.value_or(workload::Isolation::None);
    query.billing = {fleet::Billing::Spot};
    return query;
}

std::string why_not_now(const Attempt& attempt, const fleet::Offer* now) {
    const workload::Workload& workload = attempt.context.workload;
    if (!attempt.policy.match.names_class(workload.cls))
        return "it is of class " + std::string(workload::to_string(workload.cls)) +
               ", which the policy's match does not name, so it is not moved to Spot";
    for (const std::string_view key : fleet::kCapacityKeys)
        if (fleet::selects_on(attempt.subject().placement, key))
            return "it says by " + std::string(key) + " itself how it is billed";
    if (now == nullptr) return "where it runs now cannot be told";
    return now->pool->billing == fleet::Billing::Spot ? "it runs on Spot already" : "";
}

/// The cheapest offer that would do, each with its reason in `plan`.
plan::Candidate cheapest_twin(const Attempt& attempt, const plan::Query& query, std::int64_t count,
                              const fleet::Offer& now, plan::Plan& plan) {
    const Context& context = attempt.context;
    plan::Candidate best;
    const auto fits = [](const plan::Candidate& candidate) {
        return candidate.reason == plan::Reason::Chosen && candidate.hourly.has_value() &&
               candidate.before.has_value();
    };
    for (const fleet::Offer& offer : context.market.offers) {
        if (!is_twin(offer, now)) continue;
        ++plan.steps;
        const plan::Candidate candidate = plan::judge(query, offer, count, context.market, context.catalog);
        if (context.explain) plan.candidates.push_back(candidate);
        const bool better = fits(candidate) && (!fits(best) || *candidate.hourly < *best.hourly);
        if (best.offer == nullptr || better) best = candidate;
    }
    if (!fits(best) && best.reason == plan::Reason::Chosen) best.reason = plan::Reason::PriceUnknown;
    return best;
}

}  // namespace

void move_to_spot(const Placing& at, Rewrite& out) {
    const Attempt attempt{
        at.policy, at.of, at.context, at.pod, false, Keep::NeedsReason, RewriteAction::Rewrite};
    if (!may_try(attempt, out)) return;
    const fleet::Offer* now = attempt.location().offer;
    out.why_not = why_not_now(attempt, now);
    std::string why;
    const workload::PodDemand* demand = plan::single_demand(attempt.subject(), why);
    if (!out.why_not.empty() || demand == nullptr) return;
    plan::Query query = query_of(attempt, out.need);
    Moved moved{attempt, *demand, nullptr, {}};
    query.why_not_there = std::ref(moved);
    const plan::Candidate best = cheapest_twin(attempt, query, demand->count, *now, out.plan);
    if (!at.context.budget.spend(out.plan.steps)) {
        out.errors.push_back(out_of_budget(at.policy, at.of.name, at.context.budget));
        out.why_not = out.errors.back().message;
        return;
    }
    if (best.offer == nullptr || best.reason != plan::Reason::Chosen) {
        out.why_not =
            best.offer == nullptr
                ? "the Fleet has no Spot pool that offers " + std::string(demand->resource) + " of its GPU"
                : "Spot pool " + best.offer->pool->name + ": " + std::string(plan::to_string(best.reason)) +
                      (best.detail.empty() ? "" : " (" + best.detail + ")");
        return;
    }
    out.plan.chosen = best.offer;
    out.plan.count = best.count;
    out.plan.before = *best.before;
    out.plan.after = *best.hourly;
    if (moved.to != best.offer) moved(*best.offer, best.count);  // another was asked of since
    finish(attempt, std::move(moved), out);
}

}  // namespace tollgate::rules
