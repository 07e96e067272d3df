// SPDX-License-Identifier: Apache-2.0
#include "engine/cost/cost.hpp"
#include "engine/fleet/node_labels.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace tollgate::cost {
namespace {

using workload::Encoding;
using workload::PodDemand;

/// The GPU that the pod's product selectors name; null when they name none or several.
const gpu::Sku* named_product(const workload::Placement& placement, const gpu::Catalog& catalog) {
    const gpu::Sku* named = nullptr;
    bool several = false;
    const auto take = [&](std::string_view key, std::string_view value) {
        const gpu::Sku* sku = catalog.find_sku_by_label(key, value);
        if (sku == nullptr) return;
        several = several || (named != nullptr && named != sku);
        named = sku;
    };
    for (const auto [key, value] : placement.node_selector.members()) take(key, value.string());
    const json::Node terms =
        placement
            .affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"];
    for (const json::Node term : terms.elements()) {
        for (const json::Node expression : term["matchExpressions"].elements()) {
            if (expression["operator"].string() != "In") continue;
            for (const json::Node value : expression["values"].elements()) {
                take(expression["key"].string(), value.string());
            }
        }
    }
    return several ? nullptr : named;
}

/// One pool on which the whole pod could run, and what it takes of it.
struct Place {
    const fleet::Pool* pool = nullptr;
    const fleet::Offer* offer = nullptr;  // of the first demand
    Ratio gpus;                           // whole-GPU equivalents of all demands
};

/// What the search over the pools saw.
struct Seen {
    Place dearest;
    std::optional<Money> price;
    std::size_t priced = 0;
    std::vector<std::string_view> too_big;   // pools on whose nodes the pod is too large
    std::vector<std::string_view> unpriced;  // pools without a price
};

/// GPUs that a share asked for by annotation takes on a whole-GPU offer; empty when it cannot be told.
std::optional<Ratio> fraction_of(const PodDemand& demand, const fleet::Offer& offer) {
    if (demand.share) return *demand.share * Ratio(demand.count);
    if (!demand.memory_mib || !offer.memory_mib || *offer.memory_mib <= 0) return std::nullopt;
    return Ratio::of(*demand.memory_mib, *offer.memory_mib) * Ratio(demand.count);
}

/// GPUs that `demand` takes on `offer`; empty when the offer does not serve it.
std::optional<Ratio> gpus_on(const PodDemand& demand, const fleet::Offer& offer,
                             const workload::Placement& placement) {
    if (demand.encoding == Encoding::Annotation) {
        if (offer.form != fleet::Form::Whole || !fleet::nodes_match(offer, placement)) return std::nullopt;
        return fraction_of(demand, offer);
    }
    if (!fleet::reachable(offer, placement, demand.resource)) return std::nullopt;
    return offer.gpu_share * Ratio(demand.count);
}

bool counts(const PodDemand& demand) {
    return demand.meaning.cls != gpu::ResourceClass::DeviceAspect;
}

/// Can the offers of one pool serve every demand of the pod?
std::optional<Place> place_on(const workload::Pod& pod, std::span<const fleet::Offer> offers) {
    Place place;
    place.pool = offers.front().pool;
    for (const PodDemand& demand : pod.totals) {
        if (!counts(demand)) continue;
        bool served = false;
        for (const fleet::Offer& offer : offers) {
            const std::optional<Ratio> gpus = gpus_on(demand, offer, pod.placement);
            if (!gpus) continue;
            served = true;
            if (place.offer == nullptr) place.offer = &offer;
            place.gpus += *gpus;
            break;
        }
        if (!served) return std::nullopt;
    }
    return place;
}

void look_at(const workload::Pod& pod, std::span<const fleet::Offer> offers, Seen& seen) {
    const std::optional<Place> place = place_on(pod, offers);
    if (!place) return;
    const fleet::Pool& pool = *place->pool;
    const DominantShare share = dominant_share(pool, place->gpus, pod.resources);
    if (!(share.share <= Ratio(1))) {
        seen.too_big.push_back(pool.name);
        return;
    }
    const std::optional<Money> price = node_share_price(pool, share.share);
    if (!price) {
        seen.unpriced.push_back(pool.name);
        return;
    }
    ++seen.priced;
    if (!seen.price || *price > *seen.price) {
        seen.price = price;
        seen.dearest = *place;
    }
}

/// The offers of one pool stand together, so that one pass over all of them is enough.
Seen look_around(const workload::Pod& pod, const fleet::Market& market) {
    Seen seen;
    const std::span<const fleet::Offer> offers(market.offers);
    for (std::size_t begin = 0; begin < offers.size();) {
        std::size_t end = begin;
        while (end < offers.size() && offers[end].pool == offers[begin].pool) ++end;
        look_at(pod, offers.subspan(begin, end - begin), seen);
        begin = end;
    }
    return seen;
}

/// No pool of the Fleet has it: the list price of the product that the pod names.
PodCost price_by_product(const workload::Pod& pod, const PodDemand& demand, const fleet::Market& market,
                         const gpu::Catalog& catalog) {
    PodCost cost;
    cost.note = "no pool of the fleet offers " + std::string(demand.resource) + " where this pod may run";
    if (demand.meaning.cls != gpu::ResourceClass::WholeGpu || market.provider.empty()) return cost;
    const gpu::Sku* sku = named_product(pod.placement, catalog);
    if (sku == nullptr || sku->resource != demand.resource) return cost;
    gpu::PriceQuery query;
    query.provider = market.provider;
    query.region = market.region;
    query.gpu = sku->id;
    query.gpus_per_node = demand.count;
    const gpu::Price* price = catalog.find_price(query);
    if (price == nullptr) return cost;
    cost.hourly = Money{price->usd_per_gpu_hour} * Ratio(demand.count);
    cost.note += "; priced as " + std::string(sku->id) + " by the list of " + std::string(price->provider) +
                 " " + std::string(price->region) + " of " + std::string(price->date);
    return cost;
}

/// "pool a", "pools a, b and c", "pools a, b, c, d and 7 more".
std::string pools_text(const std::vector<std::string_view>& names) {
    constexpr std::size_t kNamed = 4;
    std::string text = names.size() == 1 ? "pool " : "pools ";
    const std::size_t named = names.size() > kNamed + 1 ? kNamed : names.size();
    for (std::size_t i = 0; i < named; ++i) {
        const bool last = i + 1 == names.size();
        text += (i == 0 ? "" : last ? " and " : ", ") + std::string(names[i]);
    }
    return named == names.size() ? text : text + " and " + std::to_string(names.size() - named) + " more";
}

std::string location_note(const workload::Pod& pod, const Seen& seen) {
    std::string note;
    if (seen.priced > 1) {
        note = "priced as pool " + seen.dearest.pool->name + ", the dearest of " +
               std::to_string(seen.priced) + " pools it could land on";
    }
    if (!seen.unpriced.empty()) {
        note += (note.empty() ? "" : "; ") +
                ("no price is known for " + pools_text(seen.unpriced) + ", where it could land too");
    }
    for (const PodDemand& demand : pod.totals) {
        if (counts(demand)) continue;
        note += (note.empty() ? "" : "; ") + ("priced as whole devices, at most: shares by " +
                                              std::string(demand.resource) + " are not priced");
        break;
    }
    return note;
}

/// Why this pod cannot be priced at all; "" when it can be tried.
std::string unpriceable(const workload::Pod& pod) {
    bool any = false;
    for (const PodDemand& demand : pod.totals) {
        if (!demand.known && demand.encoding == Encoding::Claim) {
            return "what its ResourceClaim " + std::string(demand.resource) + " gives it is not known";
        }
        if (!demand.known) return "how much " + std::string(demand.resource) + " it asks for cannot be told";
        any = any || counts(demand);
    }
    if (!any && !pod.totals.empty()) return "it asks for parts of a device but for no device";
    if (!pod.resources.readable) return "a CPU or memory amount cannot be read";
    return "";
}

}  // namespace

PodCost price_pod(const workload::Pod& pod, const fleet::Market& market, const gpu::Catalog& catalog) {
    PodCost cost;
    if (pod.totals.empty()) {
        cost.hourly = Money{};
        return cost;
    }
    cost.note = unpriceable(pod);
    if (!cost.note.empty()) return cost;
    const PodDemand* first = nullptr;
    for (const PodDemand& demand : pod.totals) {
        if (first == nullptr && counts(demand)) first = &demand;
    }
    const Seen seen = look_around(pod, market);
    if (seen.price) {
        cost.hourly = seen.price;
        cost.at_least = !seen.unpriced.empty();
        cost.location.offer = seen.dearest.offer;
        cost.location.devices = first->count;
        cost.location.gpus = seen.dearest.gpus;
        cost.location.assumed = seen.priced > 1 || !seen.unpriced.empty();
        cost.location.note = location_note(pod, seen);
        cost.note = cost.location.note;
    } else if (!seen.too_big.empty()) {
        cost.note = "it fits on no node of " + pools_text(seen.too_big);
        if (!seen.unpriced.empty()) cost.note += "; no price is known for " + pools_text(seen.unpriced);
    } else if (!seen.unpriced.empty()) {
        cost.note = "no price is known for " + pools_text(seen.unpriced);
    } else {
        return price_by_product(pod, *first, market, catalog);
    }
    return cost;
}

WorkloadCost price_workload(const workload::Workload& workload, const fleet::Market& market,
                            const gpu::Catalog& catalog) {
    WorkloadCost cost;
    Money sum;
    bool known = true;
    std::string why_unknown;  // comes before how the rest was priced
    const auto say = [](std::string& note, const std::string& text) {
        if (note.empty()) note = text;
    };
    for (const workload::Pod& pod : workload.pods) {
        cost.pods.push_back(price_pod(pod, market, catalog));
        const PodCost& one = cost.pods.back();
        say(cost.note, one.note);
        if (!one.hourly) {
            known = false;
            say(why_unknown, one.note);
        } else if (one.hourly->usd.is_zero()) {
            continue;
        } else if (!pod.replicas) {
            known = false;
            const std::string each =
                format_usd(*one.hourly) + "/h each" + (one.note.empty() ? "" : "; " + one.note);
            say(why_unknown,
                (pod.per_node ? "one pod on every node: " : "how many pods run at once has no bound: ") +
                    each);
        } else {
            sum += *one.hourly * Ratio(*pod.replicas);
            cost.at_least = cost.at_least || (one.at_least && *pod.replicas > 0);
        }
    }
    if (!why_unknown.empty()) cost.note = std::move(why_unknown);
    if (!known || !sum.usd.is_known()) return cost;
    cost.hourly = sum;
    constexpr std::int64_t kSecondsPerHour = 3600;
    if (workload.lifetime.deadline_seconds) {
        cost.total = sum * Ratio::of(*workload.lifetime.deadline_seconds, kSecondsPerHour);
    }
    return cost;
}

}  // namespace tollgate::cost
