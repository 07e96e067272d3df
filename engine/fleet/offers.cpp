// SPDX-License-Identifier: Apache-2.0
#include "engine/fleet/offers.hpp"

#include "engine/base/text.hpp"

#include <algorithm>

namespace tollgate::fleet {
namespace {

std::string product_of(const Pool& pool) {
    if (!pool.product.empty()) return pool.product;
    return pool.sku->product_labels.empty() ? std::string() : std::string(pool.sku->product_labels.front());
}

std::string with_suffix(const std::string& product, const std::string& suffix) {
    return product.empty() ? product : product + suffix;
}

std::optional<std::int64_t> whole_memory(const Pool& pool) {
    const std::optional<std::int64_t> known = pool.sku->usable_memory_mib();
    return known ? known : pool.memory_mib;
}

/// Everything that follows from the shares of one GPU that a unit has.
void fill(Offer& offer, const Pool& pool, const Ratio& gpu_share, const Ratio& compute,
          const Ratio& bandwidth) {
    offer.pool = &pool;
    offer.form = pool.sharing.form;
    offer.gpu_share = gpu_share;
    offer.compute_share = compute;
    offer.bandwidth_share = bandwidth;
    if (const auto gbs = pool.sku->reliable_bandwidth_gbs()) offer.bandwidth_gbs = Ratio(*gbs) * bandwidth;
    if (!pool.price_per_gpu_hour) return;
    offer.usd_hour = *pool.price_per_gpu_hour * gpu_share;
    constexpr std::int64_t kMicro = 1'000'000;
    offer.least_micro_usd =
        std::max<std::int64_t>((offer.usd_hour->usd * Ratio(kMicro)).floor().value_or(0), 0);
}

Offer whole(const Pool& pool) {
    Offer offer;
    fill(offer, pool, Ratio(1), Ratio(1), Ratio(1));
    offer.resource = pool.sku->resource;
    offer.product = product_of(pool);
    offer.memory_mib = whole_memory(pool);
    offer.units_per_node = pool.gpus_per_node;
    return offer;
}

/// A replica may count on its part of the memory alone: a time-slice has nothing that keeps it, MPS enforces
/// it.
Offer replica(const Pool& pool) {
    const std::int64_t replicas = std::max<std::int64_t>(pool.sharing.replicas, 1);
    const Ratio part = Ratio::of(1, replicas);
    Offer offer;
    fill(offer, pool, part, part, part);
    const std::string_view shared_suffix = replicas > 1 ? "-SHARED" : "";
    offer.resource = std::string(pool.sku->resource) + (pool.sharing.renamed ? ".shared" : "");
    offer.product = with_suffix(product_of(pool), std::string(pool.sharing.renamed ? "" : shared_suffix));
    const std::optional<std::int64_t> device = whole_memory(pool);
    offer.memory_mib = device ? std::optional(*device / replicas) : pool.sharing.memory_mib;
    offer.isolation = pool.sharing.form == Form::Mps ? Isolation::Memory : Isolation::None;
    offer.units_per_node = pool.gpus_per_node * replicas;
    return offer;
}

/// The larger of the compute and the memory slices an instance takes, over the board's totals.
Ratio weight(const gpu::MigTable& table, const gpu::MigProfile& profile) {
    return max(Ratio::of(profile.compute_slices, table.compute_slices_total),
               Ratio::of(profile.memory_slices, table.memory_slices_total));
}

Offer instance(const Pool& pool, const gpu::MigTable& table, const gpu::MigProfile& profile,
               std::int64_t count, const Ratio& share) {
    Offer offer;
    fill(offer, pool, share, Ratio::of(profile.compute_slices, table.compute_slices_total),
         Ratio::of(profile.memory_slices, table.memory_slices_total));
    offer.profile = std::string(profile.name);
    offer.mig = &profile;
    const std::string product = product_of(pool);
    if (pool.sharing.mig_strategy == MigStrategy::Mixed) {
        offer.resource = std::string(profile.resource);
        offer.product = product;
    } else {
        // The label keeps letters, digits, "-", "_" and ".": the plus of "+me" is lost.
        std::string name(profile.name);
        name.erase(std::remove(name.begin(), name.end(), '+'), name.end());
        offer.resource = std::string(pool.sku->resource);
        offer.product = with_suffix(product, "-MIG-" + name);
    }
    offer.memory_mib = profile.memory_mib ? profile.memory_mib : pool.sharing.memory_mib;
    offer.units_per_node = pool.gpus_per_node * count;
    return offer;
}

/// Is dotted version `a` older than `b`, as far as both have numbers?
bool is_older(std::string_view a, std::string_view b) {
    const std::vector<std::string_view> left = split(a, '.'), right = split(b, '.');
    for (std::size_t i = 0; i < left.size() && i < right.size(); ++i) {
        const auto x = parse_decimal(left[i]), y = parse_decimal(right[i]);
        if (!x || !y) return false;
        if (*x != *y) return *x < *y;
    }
    return false;
}

void note_driver(const Pool& pool, const gpu::MigTable& table, const gpu::MigProfile& profile,
                 std::vector<std::string>& notes) {
    const std::string_view needed = profile.min_driver.empty() ? table.min_driver : profile.min_driver;
    if (needed.empty() || pool.driver.empty() || !is_older(pool.driver, needed)) return;
    notes.push_back("pool " + pool.name + ": MIG " + std::string(profile.name) + " needs driver " +
                    std::string(needed) + " or newer, the pool has " + pool.driver);
}

std::vector<Offer> instances(const Pool& pool, std::vector<std::string>& notes) {
    const gpu::MigTable* table = pool.sku->mig;
    if (table == nullptr) {
        notes.push_back("pool " + pool.name + ": no MIG profiles are known for " + std::string(pool.sku->id));
        return {};
    }
    const gpu::LayoutCheck check = gpu::check_layout(*table, pool.sharing.profiles);
    if (!check.fits) {
        notes.push_back("pool " + pool.name + ": " + check.reason);
        return {};
    }
    Ratio total;
    for (const auto& [name, count] : pool.sharing.profiles)
        total += weight(*table, *table->find(name)) * Ratio(count);
    std::vector<Offer> offers;
    for (const auto& [name, count] : pool.sharing.profiles) {
        const gpu::MigProfile& profile = *table->find(name);
        note_driver(pool, *table, profile, notes);
        offers.push_back(instance(pool, *table, profile, count, weight(*table, profile) / total));
    }
    return offers;
}

}  // namespace

std::vector<Offer> make_offers(const Pool& pool, std::vector<std::string>& notes) {
    switch (pool.sharing.form) {
        case Form::Whole:
            return {whole(pool)};
        case Form::TimeSlice:
        case Form::Mps:
            return {replica(pool)};
        case Form::Mig:
            return instances(pool, notes);
    }
    return {};
}

}  // namespace tollgate::fleet
