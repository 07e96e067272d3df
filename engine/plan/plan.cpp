// SPDX-License-Identifier: Apache-2.0
#include "engine/plan/plan.hpp"

#include "engine/base/text.hpp"
#include "engine/fleet/node_labels.hpp"
#include "engine/plan/feasibility.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

namespace tollgate::plan {
namespace {

using fleet::Offer;

/// A candidate with what ranks it.
struct Judged {
    Candidate candidate;
    Money gpu_only;     // by GPU shares alone
    bool full = false;  // CPU and memory counted as well
};

bool names(const std::vector<std::string>& pools, std::string_view pool) {
    return std::any_of(pools.begin(), pools.end(),
                       [&](const std::string& pattern) { return glob_match(pattern, pool); });
}

std::string hourly(const Money& money) {
    return format_usd(money) + "/h";
}

/// Is the offer strictly cheaper than where the pod is now, by at least `min_saving`?
Reason worth_it(const Situation& at, const Ratio& min_saving, Judged& judged) {
    Candidate& candidate = judged.candidate;
    const Offer& offer = *candidate.offer;
    const workload::PodResources& resources = at.query.pod->resources;
    // Where the target says nothing of CPU and memory, GPU shares alone are compared. Where the pod's own
    // pool says nothing, all that it costs here still counts: each move makes the pod as it is priced
    // cheaper, so that no chain of moves ends dearer than it began.
    const bool gpu_only = cost::says_nothing_of_cpu_and_memory(*offer.pool);
    const auto& before = gpu_only ? at.gpu_cost : at.whole_cost;
    const auto after = cost::pod_hourly(offer, candidate.count, resources, gpu_only);
    if (!before || !after) return Reason::PriceUnknown;
    candidate.before = before;
    judged.full = !gpu_only;
    candidate.hourly = after;
    const auto say = [&](auto text) {
        if (at.detailed) candidate.detail = text();
    };
    if (!(*after < *before)) {
        say([&] { return hourly(*after) + " against " + hourly(*before) + " now"; });
        return Reason::NotCheaper;
    }
    const bool committed = at.now.pool->billing == fleet::Billing::Committed;
    if (committed && offer.pool->billing != fleet::Billing::Committed && !at.query.freed_counts) {
        say([] {
            return std::string(
                "the committed capacity it leaves is paid for all the same, and this by the hour");
        });
        return Reason::NotCash;
    }
    const Money saving = *before - *after;
    if (saving.usd < min_saving * before->usd) {
        say([&] {
            return "saves " + hourly(saving) + " of " + hourly(*before) + ", less than " +
                   (min_saving * Ratio(100)).to_decimal(1) + "%";
        });
        return Reason::SavingTooSmall;
    }
    const auto by_gpus = gpu_only ? after : cost::pod_hourly(offer, candidate.count, resources, true);
    if (!by_gpus) return Reason::PriceUnknown;
    judged.gpu_only = *by_gpus;
    return Reason::Chosen;
}

/// Dearer by its GPUs alone than all of what the pod costs now? In whole numbers: most offers end here.
bool is_plainly_dearer(const Situation& at, const Offer& offer, std::int64_t count) {
    constexpr std::int64_t kMostUnits = 1'000'000;  // beyond any node; up to there nothing overflows
    if (at.most_micro_usd <= 0 || count < 1 || count > kMostUnits) return false;
    return offer.least_micro_usd > at.most_micro_usd || offer.least_micro_usd * count > at.most_micro_usd;
}

Judged judge_offer(const Situation& at, const Offer& offer, std::int64_t count, bool by_name,
                   const Ratio& min_saving) {
    Judged judged;
    Candidate& candidate = judged.candidate;
    candidate.offer = &offer;
    candidate.count = count;
    // worth_it() prices those that get so far; the others' prices are only ever shown.
    if (at.detailed) candidate.hourly = cost::pod_hourly(offer, count, at.query.pod->resources);
    if (&offer == &at.now) {
        candidate.reason = Reason::SameOffer;
    } else if (by_name && !names(at.query.pools, offer.pool->name)) {
        candidate.reason = Reason::NotNamed;
    } else if (!offer.pool->price_per_gpu_hour) {
        candidate.reason = Reason::PriceUnknown;
    } else if (!at.detailed && is_plainly_dearer(at, offer, count)) {
        candidate.reason = Reason::NotCheaper;
    } else {
        candidate.reason = feasible(at, offer, count, candidate.detail);
        if (candidate.reason == Reason::Chosen) candidate.reason = worth_it(at, min_saving, judged);
    }
    return judged;
}

/// Smaller is better, after the price: what stays on one NUMA node, where that is asked for; what changes for
/// the pod, then headroom (more first), then name.
auto rank_after_price(const Query& query, const Offer& now, const Offer& offer) {
    const int spread = query.prefers_numa && !is_localized(offer) ? 1 : 0;
    const int change = (offer.resource != now.resource ? 1 : 0) + (offer.pool->sku != now.pool->sku ? 1 : 0) +
                       (offer.pool != now.pool ? 1 : 0);
    return std::tuple(spread, change, -offer.memory_mib.value_or(0), -offer.compute_share,
                      std::string_view(offer.pool->name), std::string_view(offer.resource));
}

template <class Price>
const Judged* cheapest(const Query& query, const Offer& now, const std::vector<Judged>& all, bool full,
                       Price price) {
    const Judged* best = nullptr;
    for (const Judged& each : all) {
        if (each.candidate.reason != Reason::Chosen || each.full != full) continue;
        if (best == nullptr || price(each) < price(*best) ||
            (price(each) == price(*best) && rank_after_price(query, now, *each.candidate.offer) <
                                                rank_after_price(query, now, *best->candidate.offer))) {
            best = &each;
        }
    }
    return best;
}

/// Offers whose whole cost is known are ranked by it. One that can only be compared by GPU shares wins when
/// it is the cheapest of all by those, so that it is not preferred for what its pool keeps silent about.
const Judged* choose(const Query& query, const Offer& now, const std::vector<Judged>& all) {
    const auto whole_cost = [](const Judged& each) { return *each.candidate.hourly; };
    const auto gpu_cost = [](const Judged& each) { return each.gpu_only; };
    const Judged* full = cheapest(query, now, all, true, whole_cost);
    const Judged* by_gpus = cheapest(query, now, all, false, gpu_cost);
    if (full == nullptr || by_gpus == nullptr) return full != nullptr ? full : by_gpus;
    const Judged* least = cheapest(query, now, all, true, gpu_cost);
    return by_gpus->gpu_only < least->gpu_only ? by_gpus : full;
}

/// The best offer that the pod can be moved to; one that it cannot be moved to is marked so.
const Judged* choose_movable(const Query& query, const Offer& now, std::vector<Judged>& all,
                             std::uint64_t& steps) {
    while (true) {
        const Judged* best = choose(query, now, all);
        if (best == nullptr || !query.why_not_there) return best;
        std::string why = query.why_not_there(*best->candidate.offer, best->candidate.count);
        if (why.empty()) return best;
        Candidate& refused = all[static_cast<std::size_t>(best - all.data())].candidate;
        refused.reason = Reason::CannotMove;
        refused.detail = std::move(why);
        steps += all.size();
    }
}

/// "none of 5 other offers would do: 3 too little memory, 2 not cheaper".
std::string why_none(const std::vector<Judged>& all) {
    std::map<Reason, int> counts;
    const Candidate* stuck = nullptr;
    for (const Judged& each : all) {
        if (each.candidate.reason == Reason::SameOffer) continue;
        ++counts[each.candidate.reason];
        if (each.candidate.reason != Reason::CannotMove) continue;
        if (stuck == nullptr || *each.candidate.hourly < *stuck->hourly) stuck = &each.candidate;
    }
    if (counts.empty()) return "there is no other offer";
    std::size_t others = 0;
    for (const auto& [reason, count] : counts) others += static_cast<std::size_t>(count);
    std::string text = others == 1 ? "the one other offer would not do: "
                                   : "none of " + std::to_string(others) + " other offers would do: ";
    bool first = true;
    for (const auto& [reason, count] : counts) {
        text += (first ? "" : ", ") + std::to_string(count) + " " + std::string(to_string(reason));
        first = false;
    }
    if (stuck != nullptr) text += " (pool " + stuck->offer->pool->name + ": " + stuck->detail + ")";
    return text;
}

/// All offers with their reasons, the chosen one first, then by price. Takes the candidates out of `all`.
std::vector<Candidate> explained(const Query& query, std::vector<Judged>& all, const Judged* chosen) {
    const Offer* winner = chosen == nullptr ? nullptr : chosen->candidate.offer;
    const Money least = chosen == nullptr ? Money{} : *chosen->candidate.hourly;
    const bool localized = query.prefers_numa && winner != nullptr && is_localized(*winner);
    const std::string at_most = "NUMA-localised MIG at " + std::to_string(kMostLocalizedWatts) + " W or less";
    std::vector<Candidate> candidates;
    for (Judged& each : all) {
        Candidate& candidate = each.candidate;
        if (candidate.reason == Reason::Chosen && candidate.offer != winner) {
            candidate.reason = Reason::DearerThanChosen;
            const bool spread = localized && !is_localized(*candidate.offer);
            candidate.detail = *candidate.hourly != least
                                   ? hourly(*candidate.hourly) + " against " + hourly(least)
                               : spread ? "costs the same, but is no " + at_most
                                        : "costs the same, but changes more or has less headroom";
        }
        if (candidate.offer == winner && localized) candidate.detail = at_most + ", preferred at one price";
        candidates.push_back(std::move(candidate));
    }
    std::stable_sort(candidates.begin(), candidates.end(), [&](const Candidate& a, const Candidate& b) {
        if ((a.offer == winner) != (b.offer == winner)) return a.offer == winner;
        if (a.hourly.has_value() != b.hourly.has_value()) return a.hourly.has_value();
        return a.hourly && *a.hourly < *b.hourly;
    });
    return candidates;
}

SavingKind kind_of(const Offer& now) {
    return now.pool->billing == fleet::Billing::Committed ? SavingKind::Freed : SavingKind::Cash;
}

/// The demand to rewrite and where the pod is now; `why_not` says why there is nothing to plan.
struct Start {
    const workload::PodDemand* demand = nullptr;
    cost::PodCost cost;
    std::string why_not;
};

Start start(const Query& query, const fleet::Market& market, const gpu::Catalog& catalog) {
    Start start;
    start.demand = single_demand(*query.pod, start.why_not);
    if (start.demand == nullptr) return start;
    start.cost = query.cost != nullptr ? *query.cost : cost::price_pod(*query.pod, market, catalog);
    if (start.cost.location.offer == nullptr) {
        start.why_not = start.cost.note.empty() ? "where it runs now cannot be told" : start.cost.note;
    }
    return start;
}

Situation situation(const Query& query, const fleet::Market& market, const gpu::Catalog& catalog,
                    const Start& start, bool detailed) {
    const Offer& now = *start.cost.location.offer;
    Situation at{query,         market, catalog,
                 *start.demand, now,    query.requested != nullptr ? *query.requested : now,
                 detailed};
    const workload::PodResources& resources = query.pod->resources;
    at.whole_cost = cost::pod_hourly(now, start.demand->count, resources, false);
    at.gpu_cost = cost::pod_hourly(now, start.demand->count, resources, true);
    constexpr std::int64_t kMicro = 1'000'000, kMost = 1'000'000'000'000;
    if (at.whole_cost)
        if (const auto most = (at.whole_cost->usd * Ratio(kMicro)).ceil(); most && *most <= kMost)
            at.most_micro_usd = *most;
    return at;
}

}  // namespace

bool is_rewritten_key(std::string_view key, const fleet::Pool* from, const fleet::Pool& to,
                      const gpu::Catalog& catalog) {
    if (key == fleet::kZoneKey || key == fleet::kOldZoneKey) return false;  // whoever names a zone means it
    if (catalog.is_product_key(key)) return true;
    if (std::find(fleet::kInstanceKeys.begin(), fleet::kInstanceKeys.end(), key) !=
        fleet::kInstanceKeys.end())
        return true;
    const auto selects = [&](const fleet::Pool& pool) {
        return std::any_of(pool.node_selector.begin(), pool.node_selector.end(),
                           [&](const auto& label) { return label.first == key; });
    };
    return selects(to) || (from != nullptr && selects(*from));
}

bool is_localized(const Offer& offer) {
    const fleet::Pool& pool = *offer.pool;
    return offer.form == fleet::Form::Mig && pool.numa_localized && pool.power_limit_watts.has_value() &&
           *pool.power_limit_watts <= kMostLocalizedWatts;
}

const workload::PodDemand* single_demand(const workload::Pod& pod, std::string& why) {
    if (pod.totals.empty()) {
        why = "it asks for no accelerator";
        return nullptr;
    }
    if (pod.totals.size() > 1) {
        why = "it asks for several accelerator resources: " + std::string(pod.totals[0].resource) + " and " +
              std::string(pod.totals[1].resource);
        return nullptr;
    }
    const workload::PodDemand& demand = pod.totals.front();
    if (demand.encoding == workload::Encoding::Claim) {
        why = "what its ResourceClaim " + std::string(demand.resource) + " gives it is not known";
        return nullptr;
    }
    if (!demand.known || demand.count < 1) {
        why = "how much " + std::string(demand.resource) + " it asks for cannot be told";
        return nullptr;
    }
    using gpu::ResourceClass;
    const ResourceClass cls = demand.meaning.cls;
    if (cls != ResourceClass::WholeGpu && cls != ResourceClass::SharedGpu && cls != ResourceClass::Mig) {
        why = std::string(demand.resource) +
              " is not rewritten: it is no GPU, nor a part of one, that a pool offers";
        return nullptr;
    }
    return &demand;
}

Plan plan(const Query& query, const fleet::Market& market, const gpu::Catalog& catalog, bool explain) {
    Plan plan;
    Start begin = start(query, market, catalog);
    plan.now = begin.cost.location;
    if (!begin.why_not.empty()) {
        plan.why_not = std::move(begin.why_not);
        return plan;
    }
    if (begin.cost.hourly) plan.before = plan.after = *begin.cost.hourly;
    const Situation at = situation(query, market, catalog, begin, explain);
    std::vector<Judged> all;
    all.reserve(market.offers.size());
    for (const Offer& offer : market.offers) {
        all.push_back(judge_offer(at, offer, begin.demand->count, true, query.min_saving));
        ++plan.steps;
    }
    const Judged* chosen = choose_movable(query, at.now, all, plan.steps);
    if (chosen != nullptr) {
        plan.chosen = chosen->candidate.offer;
        plan.count = chosen->candidate.count;
        plan.before = *chosen->candidate.before;
        plan.after = *chosen->candidate.hourly;
        plan.saving_kind = kind_of(at.now);
    } else if (explain) {
        plan.why_not = why_none(all);
    }
    if (explain) plan.candidates = explained(query, all, chosen);
    return plan;
}

Candidate judge(const Query& query, const fleet::Offer& offer, std::int64_t count,
                const fleet::Market& market, const gpu::Catalog& catalog) {
    const Start begin = start(query, market, catalog);
    if (!begin.why_not.empty()) {
        Candidate candidate;
        candidate.offer = &offer;
        candidate.count = count;
        candidate.reason = begin.demand == nullptr ? Reason::CountNotPossible : Reason::PriceUnknown;
        candidate.detail = begin.why_not;
        return candidate;
    }
    const Situation at = situation(query, market, catalog, begin, true);
    Candidate candidate = judge_offer(at, offer, count, false, Ratio(0)).candidate;
    if (candidate.reason == Reason::Chosen && query.why_not_there) {
        candidate.detail = query.why_not_there(offer, count);
        if (!candidate.detail.empty()) candidate.reason = Reason::CannotMove;
    }
    return candidate;
}

}  // namespace tollgate::plan
