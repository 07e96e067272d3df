// SPDX-License-Identifier: Apache-2.0
// The planner against an enumeration written from the contract alone, on random small fleets: it finds the
// cheapest offer, it is never dearer, planning its own result changes nothing, and it is monotone.
#include "engine/plan/plan.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/engine/fleet/sample_market.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace tollgate;
using namespace tollgate::sample;
using fleet::Billing;
using fleet::Form;
using workload::Isolation;

namespace {

enum class Hosts { Known, Silent, Mixed };

/// A random fleet with one pod that stands, by the pool's own label, on its first pool.
class World {
  public:
    World(std::uint32_t seed, Hosts hosts) : random_(seed), hosts_(hosts) {
        const int count = pick(2, 6);
        for (int i = 0; i < count; ++i) pools_.push_back(random_pool(i));
        rebuild();
        const std::int64_t devices = chance(4) ? pick(2, 4) : 1;
        stand_on(market.offers[static_cast<std::size_t>(pick(0, static_cast<int>(offers_of_home()) - 1))],
                 devices);
        if (chance(2)) sample.pod = with_host(sample.pod, pick(1, 200), pick(1, 600));
        need.memory_mib = {pick(1, 60) * 1024, workload::Confidence::Declared, "random"};
        need.communicating_gpus = chance(2) ? devices : 1;
        need.preallocates = chance(4);
        need.bf16 = chance(4);
        query.pools = {"*"};
        query.isolation = static_cast<Isolation>(pick(0, 2));
        query.min_saving = Ratio::of(pick(0, 30), 100);
        if (chance(3)) query.billing = {Billing::OnDemand, Billing::Spot, Billing::Committed};
        query.freed_counts = chance(2);
    }

    plan::Plan run() {
        query.pod = &sample.pod;
        query.need = &need;
        plan::Plan plan = plan::plan(query, market, catalog(), true);
        // Without an explanation some offers are not looked at further: with the same result.
        const plan::Plan quick = plan::plan(query, market, catalog(), false);
        CHECK(quick.chosen == plan.chosen);
        CHECK(quick.count == plan.count);
        CHECK(quick.after == plan.after);
        return plan;
    }

    /// What a rewrite does: another name, and the label of the pool.
    void stand_on(const fleet::Offer& offer, std::int64_t devices) {
        const workload::PodResources resources = sample.pod.resources;
        sample = sample::pod(offer.resource, devices, R"({"pool":")" + offer.pool->name + "\"}");
        sample.pod.resources = resources;
    }

    void add_pool() {
        pools_.push_back(random_pool(static_cast<int>(pools_.size())));
        rebuild();
    }

    fleet::Market market;
    SamplePod sample;
    workload::Need need;
    plan::Query query;

  private:
    int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
    bool chance(int one_in) { return pick(1, one_in) == 1; }

    fleet::Pool random_pool(int index) {
        static const char* const kSkus[] = {"t4",          "l4",          "l40s",       "a10g",
                                            "a100-40-sxm", "a100-80-sxm", "h100-80-sxm"};
        const std::string price = std::to_string(pick(1, 9)) + "." + std::to_string(pick(0, 99));
        fleet::Pool pool =
            sample::pool("p" + std::to_string(index), kSkus[pick(0, 6)], pick(1, 8), price.c_str());
        pool.node_selector = {{"pool", pool.name}};
        pool.billing = chance(3) ? static_cast<Billing>(pick(0, 2)) : Billing::OnDemand;
        if (hosts_ == Hosts::Known || (hosts_ == Hosts::Mixed && chance(2))) {
            pool = host(std::move(pool), pick(8, 200), pick(32, 2000));
        }
        const int form = pick(0, 3);
        if (form == 1 && pool.sku->mig != nullptr) return mig(std::move(pool), random_layout(*pool.sku->mig));
        if (form == 2) return shared(std::move(pool), Form::TimeSlice, pick(2, 5), chance(2));
        if (form == 3) return shared(std::move(pool), Form::Mps, pick(2, 5), chance(2));
        return pool;
    }

    gpu::MigLayout random_layout(const gpu::MigTable& table) {
        gpu::MigLayout layout;
        for (int tries = 0; tries < 6; ++tries) {
            const auto index = static_cast<std::size_t>(pick(0, static_cast<int>(table.profiles.size()) - 1));
            gpu::MigLayout larger = layout;
            larger.emplace_back(std::string(table.profiles[index].name), 1);
            if (gpu::check_layout(table, larger).fits) layout = larger;
        }
        return layout;
    }

    std::size_t offers_of_home() const {
        return static_cast<std::size_t>(
            std::count_if(market.offers.begin(), market.offers.end(),
                          [&](const auto& offer) { return offer.pool == &market.pools.front(); }));
    }

    void rebuild() { market = sample::market(pools_); }

    std::mt19937 random_;
    Hosts hosts_;
    std::vector<fleet::Pool> pools_;
};

/// The contract, once more, in as few words as it takes.
bool holds(const World& world, const fleet::Offer& offer, const fleet::Offer& now, std::int64_t count) {
    const workload::Need& need = world.need;
    const fleet::Pool& pool = *offer.pool;
    const auto& billing = world.query.billing;
    if (billing.empty() ? pool.billing != now.pool->billing
                        : std::find(billing.begin(), billing.end(), pool.billing) == billing.end()) {
        return false;
    }
    if (offer.isolation < world.query.isolation) return false;
    if (need.preallocates && offer.isolation == Isolation::None) return false;
    if (offer.form != Form::Whole && need.communicating_gpus > 1) return false;
    if (offer.form != Form::Whole && offer.form != Form::Mig && count > 1) return false;
    if (count > offer.units_per_node || !offer.memory_mib || *offer.memory_mib < need.memory_mib->value)
        return false;
    if (need.bf16 && pool.sku->id == "t4") return false;
    const workload::PodResources& host = world.sample.pod.resources;
    if (host.cpu && pool.cpu && *host.cpu > *pool.cpu) return false;
    if (host.memory && pool.memory && *host.memory > *pool.memory) return false;
    const bool leaves_committed =
        now.pool->billing == Billing::Committed && pool.billing != Billing::Committed;
    return !leaves_committed || world.query.freed_counts;
}

/// Price of the pod on an offer: the node's price times the largest share.
Ratio price(const World& world, const fleet::Offer& offer, std::int64_t count, bool gpu_only) {
    const fleet::Pool& pool = *offer.pool;
    const workload::PodResources& host = world.sample.pod.resources;
    Ratio share = offer.gpu_share * Ratio(count) / Ratio(pool.gpus_per_node);
    if (!gpu_only && host.cpu && pool.cpu) share = max(share, *host.cpu / *pool.cpu);
    if (!gpu_only && host.memory && pool.memory) share = max(share, *host.memory / *pool.memory);
    return pool.price_per_gpu_hour->usd * Ratio(pool.gpus_per_node) * share;
}

bool silent(const fleet::Offer& offer) {
    return !offer.pool->cpu && !offer.pool->memory;
}

/// The cheapest price that the contract allows; empty when nothing is strictly cheaper by enough.
std::optional<Ratio> cheapest(const World& world, const fleet::Offer& now, std::int64_t count) {
    std::optional<Ratio> best;
    for (const fleet::Offer& offer : world.market.offers) {
        if (&offer == &now || !holds(world, offer, now, count)) continue;
        const bool gpu_only = silent(now) || silent(offer);
        const Ratio before = price(world, now, count, gpu_only);
        const Ratio after = price(world, offer, count, gpu_only);
        if (!(after < before) || before - after < world.query.min_saving * before) continue;
        if (!best || after < *best) best = after;
    }
    return best;
}

constexpr std::uint32_t kWorlds = 3000;

}  // namespace

TEST_CASE("the planner finds what enumeration finds, and is never dearer") {
    int rewritten = 0;
    for (std::uint32_t seed = 0; seed < kWorlds; ++seed) {
        World world(seed, seed % 2 == 0 ? Hosts::Known : Hosts::Silent);
        const plan::Plan plan = world.run();
        if (plan.now.offer == nullptr) continue;  // too large for its own node
        INFO("seed " << seed);
        const std::int64_t count = world.sample.pod.totals.front().count;
        const std::optional<Ratio> best = cheapest(world, *plan.now.offer, count);
        REQUIRE((plan.chosen != nullptr) == best.has_value());
        if (!best) continue;
        ++rewritten;
        CHECK(plan.after.usd == *best);
        CHECK(plan.after < plan.before);
        CHECK(holds(world, *plan.chosen, *plan.now.offer, count));
    }
    CHECK(rewritten > static_cast<int>(kWorlds) / 10);  // the worlds are not all trivial
}

TEST_CASE("with pools that are silent on CPU and memory among others, it is still never dearer") {
    for (std::uint32_t seed = 0; seed < kWorlds; ++seed) {
        World world(seed, Hosts::Mixed);
        const plan::Plan plan = world.run();
        if (plan.chosen == nullptr) continue;
        INFO("seed " << seed);
        const fleet::Offer& now = *plan.now.offer;
        const bool gpu_only = silent(now) || silent(*plan.chosen);
        CHECK(price(world, *plan.chosen, plan.count, gpu_only) < price(world, now, plan.count, gpu_only));
        CHECK(holds(world, *plan.chosen, now, plan.count));
    }
}

TEST_CASE("planning its own result changes nothing") {
    int planned_again = 0;
    for (std::uint32_t seed = 0; seed < kWorlds; ++seed) {
        World world(seed, seed % 2 == 0 ? Hosts::Known : Hosts::Silent);
        const plan::Plan first = world.run();
        if (first.chosen == nullptr) continue;
        INFO("seed " << seed);
        const std::string pool = first.chosen->pool->name;
        world.stand_on(*first.chosen, first.count);
        const plan::Plan second = world.run();
        REQUIRE(second.now.offer != nullptr);
        CHECK(second.now.offer->pool->name == pool);
        CHECK(second.chosen == nullptr);
        ++planned_again;
    }
    CHECK(planned_again > 100);
}

TEST_CASE("a larger need never costs less, and more offers never cost more") {
    for (std::uint32_t seed = 0; seed < kWorlds; ++seed) {
        World world(seed, seed % 2 == 0 ? Hosts::Known : Hosts::Silent);
        const plan::Plan plain = world.run();
        if (plain.now.offer == nullptr) continue;
        INFO("seed " << seed);
        const Money cost = plain.chosen != nullptr ? plain.after : plain.before;

        world.need.memory_mib->value += 4096;
        const plan::Plan larger = world.run();
        CHECK((larger.chosen != nullptr ? larger.after : larger.before) >= cost);
        world.need.memory_mib->value -= 4096;

        world.add_pool();
        const plan::Plan more = world.run();
        CHECK((more.chosen != nullptr ? more.after : more.before) <= cost);
    }
}
