// SPDX-License-Identifier: Apache-2.0
#include "engine/fleet/fleet.hpp"

#include "engine/fleet/node_labels.hpp"
#include "engine/fleet/offers.hpp"

#include <algorithm>
#include <utility>

namespace tollgate::fleet {
namespace {

constexpr std::string_view kInstanceKey = "node.kubernetes.io/instance-type";

std::string describe(const Pool& pool, const gpu::PriceQuery& query) {
    std::string text = std::string(to_string(pool.billing)) + " " + std::string(pool.sku->id);
    if (!query.instance.empty()) text += " on " + std::string(query.instance);
    text += " with " + std::to_string(pool.gpus_per_node) + " GPUs per node";
    if (!query.provider.empty()) text += " at " + std::string(query.provider);
    if (!query.region.empty()) text += " " + std::string(query.region);
    return text;
}

/// The Fleet's own price, else the list price of the node the pool looks like.
void resolve_price(Pool& pool, const Market& market, const gpu::Catalog& catalog,
                   std::vector<std::string>& notes) {
    pool.price_per_gpu_hour = pool.stated_price_per_gpu_hour;
    pool.price_source = "fleet";
    if (pool.price_per_gpu_hour) return;
    gpu::PriceQuery query;
    query.provider = market.provider;
    query.region = market.region;
    query.gpu = pool.sku->id;
    query.billing = pool.billing;
    query.gpus_per_node = pool.gpus_per_node;
    query.min_vcpus = pool.cpu;
    query.min_memory = pool.memory;
    const auto instance = std::find_if(pool.node_selector.begin(), pool.node_selector.end(),
                                       [](const auto& label) { return label.first == kInstanceKey; });
    if (instance != pool.node_selector.end()) query.instance = instance->second;
    // Without a provider any cloud's price would be as good as another: that is no price.
    const gpu::Price* price = market.provider.empty() ? nullptr : catalog.find_price(query);
    if (price == nullptr) {
        pool.price_source.clear();
        notes.push_back("pool " + pool.name + ": no price is known for " + describe(pool, query) +
                        "; state price or pricePerNode");
        return;
    }
    pool.price_per_gpu_hour = Money{price->usd_per_gpu_hour};
    pool.price_source = std::string(price->provider) + " " + std::string(price->region) + " " +
                        std::string(price->instance) + " " + std::string(price->date) + " (" +
                        std::string(price->source) + ")";
}

/// Tells the pools what labels the Fleet gives to whom.
void tell_apart(std::vector<Pool>& pools) {
    LabelSet own;
    for (const Pool& pool : pools) {
        for (const auto& label : pool.node_selector) {
            if (!is_common_key(label.first)) own.insert(label);
        }
    }
    const auto shared = std::make_shared<const LabelSet>(std::move(own));
    for (Pool& pool : pools) pool.fleet_labels = shared;
}

}  // namespace

std::string_view to_string(Form form) {
    switch (form) {
        case Form::Whole:
            return "whole";
        case Form::Mig:
            return "MIG";
        case Form::TimeSlice:
            return "time-slice";
        case Form::Mps:
            return "MPS";
    }
    return "";
}

const Pool* Market::find_pool(std::string_view name) const {
    for (const Pool& pool : pools) {
        if (pool.name == name) return &pool;
    }
    return nullptr;
}

Market compile(std::string fleet_name, std::string provider, std::string region, std::vector<Pool> pools,
               const gpu::Catalog& catalog) {
    Market market;
    market.fleet_name = std::move(fleet_name);
    market.provider = std::move(provider);
    market.region = std::move(region);
    market.pools = std::move(pools);
    tell_apart(market.pools);
    for (Pool& pool : market.pools) resolve_price(pool, market, catalog, market.notes);
    for (const Pool& pool : market.pools) {
        for (Offer& offer : make_offers(pool, market.notes)) {
            offer.id = static_cast<std::uint32_t>(market.offers.size());
            market.offers.push_back(std::move(offer));
        }
    }
    return market;
}

}  // namespace tollgate::fleet
