// SPDX-License-Identifier: Apache-2.0
#include "engine/fleet/discovery/list_prices.hpp"

#include "engine/fleet/node_labels.hpp"

#include <algorithm>

namespace tollgate::fleet {
namespace {

gpu::PriceQuery query_of(const Group& group, const DiscoveredPool& out) {
    const NodeFacts& first = *group.nodes.front();
    gpu::PriceQuery query;
    query.provider = first.provider;
    query.region = first.region;
    query.gpu = out.pool.sku->id;
    query.billing = out.pool.billing;
    query.gpus_per_node = group.supply.gpus_of_node;
    query.instance = first.instance;
    if (first.instance.empty()) {
        query.min_vcpus = out.pool.cpu;
        query.min_memory = out.pool.memory;
    }
    return query;
}

const gpu::Price* find(const gpu::PriceQuery& query) {
    return query.provider.empty() ? nullptr : gpu::Catalog::builtin().find_price(query);
}

std::string described(const gpu::Price& price) {
    return format_usd(Money{price.usd_per_gpu_hour}) + " per GPU and hour, list price of " +
           std::string(price.provider) + " " + std::string(price.region) + " " + std::string(price.instance) +
           " (" + std::string(gpu::to_string(price.billing)) + ") of " + std::string(price.date);
}

/// The nearest that is known: another region, or another billing.
std::string hint(gpu::PriceQuery query) {
    query.region = "";
    const gpu::Price* price = find(query);
    if (price == nullptr && query.billing != Billing::OnDemand) {
        query.billing = Billing::OnDemand;
        price = find(query);
    }
    return price == nullptr ? "" : ". For comparison: " + described(*price);
}

struct LookedUp {
    std::optional<Money> price;
    std::string source;
};
/// What the loaded Fleet would find by itself.
LookedUp looked_up(const std::string& provider, const std::string& region, const Pool& pool) {
    const Market market = compile("", provider, region, {pool}, gpu::Catalog::builtin());
    return {market.pools.front().price_per_gpu_hour, market.pools.front().price_source};
}

/// With the type in its selector the pool looks for that type's price and no other.
void pin_instance(const Group& group, Pool& pool) {
    const std::string key(kInstanceKeys[0]);
    const bool there = std::any_of(pool.node_selector.begin(), pool.node_selector.end(),
                                   [&](const auto& each) { return each.first == key; });
    const std::string value = common_label(group, key);
    if (!there && !value.empty()) pool.node_selector.emplace_back(key, value);
}

}  // namespace

void write_price(const std::string& provider, const std::string& region, const Group& group,
                 DiscoveredPool& out) {
    Pool& pool = out.pool;
    const gpu::PriceQuery query = query_of(group, out);
    const gpu::Price* price = find(query);
    const std::optional<Money> wanted = price ? std::optional(Money{price->usd_per_gpu_hour}) : std::nullopt;
    if (looked_up(provider, region, pool).price != wanted) pin_instance(group, pool);
    const LookedUp found = looked_up(provider, region, pool);
    out.price_known = price != nullptr;
    if (price != nullptr) {
        const bool same = found.price == wanted;
        if (!same) pool.stated_price_per_gpu_hour = wanted;
        out.price_comment =
            "price: " + described(*price) + (same ? "; looked up in the catalog, so state what you pay" : "");
        return;
    }
    out.price_comment = "price: none is known for " + std::string(gpu::to_string(pool.billing)) + " " +
                        std::string(pool.sku->id) +
                        (query.provider.empty() ? "" : " at " + std::string(query.provider)) +
                        (query.region.empty() ? "" : " " + std::string(query.region)) +
                        "; write `price` (USD per GPU and hour) or `pricePerNode`, ";
    // A Fleet has one region for all its pools.
    out.price_comment += found.price
                             ? "or the Fleet takes " + format_usd(*found.price) + ", of " + found.source
                             : "or no rule can compare costs" + hint(query);
}

}  // namespace tollgate::fleet
