// SPDX-License-Identifier: Apache-2.0
// replace: one explicit substitution. No search, and no need has to be known; whatever is known must still
// fit, and it must be cheaper.
#include "engine/base/text.hpp"
#include "engine/rules/rewriting.hpp"
#include "engine/rules/run.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>

namespace tollgate::rules {
namespace {

constexpr std::string_view kProduct = "nvidia.com/gpu.product";

/// Does the pod ask for a product the glob names: by its selectors, else by where it is bound to land?
bool asks_for_product(const Attempt& attempt, const std::string& glob) {
    const workload::Placement& placement = attempt.subject().placement;
    if (const json::Node selected = placement.node_selector[kProduct]; selected.exists()) {
        return glob_match(glob, selected.string());
    }
    bool named = false;
    const json::Node terms =
        placement
            .affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"];
    for (const json::Node term : terms.elements()) {
        for (const json::Node expression : term["matchExpressions"].elements()) {
            if (expression["key"].string() != kProduct || expression["operator"].string() != "In") continue;
            named = true;
            for (const json::Node value : expression["values"].elements()) {
                if (!glob_match(glob, value.string())) return false;
            }
        }
    }
    if (named) return true;
    const cost::Location& now = attempt.location();
    return now.offer != nullptr && !now.assumed && glob_match(glob, now.offer->product);
}

bool applies(const Replace& rule, const Attempt& attempt, const workload::PodDemand& demand) {
    if (demand.resource != rule.from_resource) return false;
    if (rule.from_count.has_value() && *rule.from_count != demand.count) return false;
    return rule.from_product.empty() || asks_for_product(attempt, rule.from_product);
}

bool is_target(const Replace& rule, const fleet::Offer& offer) {
    return rule.to_pool.empty() ? offer.resource == rule.to_resource : offer.pool->name == rule.to_pool;
}

bool is_better(const plan::Candidate& candidate, const plan::Candidate& best) {
    const bool fits = candidate.reason == plan::Reason::Chosen;
    if (fits != (best.reason == plan::Reason::Chosen)) return fits;
    return fits && candidate.hourly.has_value() && best.hourly.has_value() &&
           *candidate.hourly < *best.hourly;
}

/// Judges the offers the rule names; the cheapest that fits, else the first with its reason.
plan::Candidate judge_targets(const Replace& rule, const plan::Query& query,
                              const workload::PodDemand& demand, const Context& context, plan::Plan& plan) {
    plan::Candidate best;
    for (const fleet::Offer& offer : context.market.offers) {
        if (!is_target(rule, offer)) continue;
        ++plan.steps;
        const plan::Candidate candidate =
            plan::judge(query, offer, rule.to_count.value_or(demand.count), context.market, context.catalog);
        if (context.explain) plan.candidates.push_back(candidate);
        if (best.offer == nullptr || is_better(candidate, best)) best = candidate;
    }
    return best;
}

std::string why_not(const Replace& rule, const plan::Candidate& best) {
    if (best.offer == nullptr) {
        return "the Fleet offers no " + (rule.to_pool.empty() ? rule.to_resource : "pool " + rule.to_pool);
    }
    std::string text = best.offer->resource + " of pool " + best.offer->pool->name + ": " +
                       std::string(plan::to_string(best.reason));
    if (!best.detail.empty()) text += " (" + best.detail + ")";
    return text;
}

}  // namespace

Rewrite replace(const Replace& rule, const Policy& policy, const Rule& of, const Context& context,
                std::uint32_t pod, bool resource_only) {
    Rewrite out;
    const Attempt attempt{policy, of, context, pod, resource_only, rule.keep, rule.action};
    if (!may_try(attempt, out)) return out;
    std::string why;
    const workload::PodDemand* demand = plan::single_demand(attempt.subject(), why);
    if (demand == nullptr || !applies(rule, attempt, *demand)) return out;
    plan::Query query;
    query.pod = &attempt.subject();
    query.need = &out.need;
    query.cost = context.pod_cost(pod);
    query.pools = {rule.to_pool.empty() ? std::string("*") : rule.to_pool};
    query.isolation = out.need.isolation.value_or(workload::Isolation::None);
    query.resource_only = resource_only;
    Moved moved{attempt, *demand, nullptr, {}};
    query.why_not_there = std::ref(moved);
    const plan::Candidate best = judge_targets(rule, query, *demand, context, out.plan);
    if (!context.budget.spend(out.plan.steps)) {
        out.errors.push_back(out_of_budget(policy, of.name, context.budget));
        out.why_not = out.errors.back().message;
        return out;
    }
    if (best.offer == nullptr || best.reason != plan::Reason::Chosen || !best.hourly.has_value() ||
        !best.before.has_value()) {
        out.why_not = why_not(rule, best);
        return out;
    }
    out.plan.chosen = best.offer;
    out.plan.count = best.count;
    out.plan.before = *best.before;
    out.plan.after = *best.hourly;
    const cost::Location& now = attempt.location();
    const bool owned = now.offer != nullptr && now.offer->pool->billing == gpu::Billing::Committed;
    out.plan.saving_kind = owned ? plan::SavingKind::Freed : plan::SavingKind::Cash;
    if (moved.to != best.offer) moved(*best.offer, best.count);  // another was asked of since
    finish(attempt, std::move(moved), out);
    return out;
}

}  // namespace tollgate::rules
