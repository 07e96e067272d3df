// SPDX-License-Identifier: Apache-2.0
#include "engine/fleet/fleet.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/engine/fleet/sample_market.hpp"

using namespace tollgate;
using namespace tollgate::fleet;
using namespace tollgate::sample;

TEST_CASE("a whole GPU offers itself at its price") {
    const Market m = market({pool("h100", "h100-80-sxm", 8, "6.88")});
    REQUIRE(m.offers.size() == 1);
    const Offer& offer = m.offers.front();
    CHECK(offer.resource == "nvidia.com/gpu");
    CHECK(offer.product == "NVIDIA-H100-80GB-HBM3");
    CHECK(offer.gpu_share == Ratio(1));
    CHECK(offer.memory_mib == 81559);
    CHECK(offer.isolation == Isolation::Hardware);
    CHECK(offer.units_per_node == 8);
    CHECK(offer.usd_hour == Money{Ratio::of(688, 100)});
    CHECK(offer.pool == &m.pools.front());
}

TEST_CASE("MIG instances of a layout add up to the whole GPU") {
    const Market m = market({mig(pool("a100", "a100-80-sxm", 8, "4"), {{"1g.10gb", 4}, {"3g.40gb", 1}})});
    REQUIRE(m.offers.size() == 2);
    const Offer& small = m.offers[0];
    const Offer& large = m.offers[1];
    CHECK(small.resource == "nvidia.com/mig-1g.10gb");
    CHECK(small.product == "NVIDIA-A100-SXM4-80GB");
    CHECK(small.memory_mib == 9856);
    CHECK(small.units_per_node == 32);
    CHECK(large.memory_mib == 40192);
    CHECK(large.units_per_node == 8);
    // Weights 1/7 and 4/8; the four and the one add up to 15/14.
    CHECK(small.gpu_share == Ratio::of(2, 15));
    CHECK(large.gpu_share == Ratio::of(7, 15));
    CHECK(small.gpu_share * Ratio(4) + large.gpu_share == Ratio(1));
    CHECK(small.compute_share == Ratio::of(1, 7));
    CHECK(large.bandwidth_share == Ratio::of(1, 2));
    CHECK(*small.usd_hour * Ratio(4) + *large.usd_hour == Money{Ratio(4)});
}

TEST_CASE("the plus of a profile becomes a dot in the resource and nothing in the label") {
    const Market mixed = market({mig(pool("a", "a100-80-sxm", 1, "1"), {{"1g.10gb+me", 1}})});
    CHECK(mixed.offers.front().resource == "nvidia.com/mig-1g.10gb.me");
    const Market single =
        market({mig(pool("a", "a100-80-sxm", 1, "1"), {{"1g.10gb+me", 1}}, MigStrategy::Single)});
    CHECK(single.offers.front().resource == "nvidia.com/gpu");
    CHECK(single.offers.front().product == "NVIDIA-A100-SXM4-80GB-MIG-1g.10gbme");
}

TEST_CASE("replicas count on their part of the memory") {
    const Market m = market({shared(pool("t4", "t4", 1, "0.526"), Form::TimeSlice, 4, true),
                             shared(pool("t4b", "t4", 1, "0.526"), Form::TimeSlice, 4),
                             shared(pool("mps", "l4", 2, "0.8"), Form::Mps, 3)});
    REQUIRE(m.offers.size() == 3);
    CHECK(m.offers[0].resource == "nvidia.com/gpu.shared");
    CHECK(m.offers[0].product == "Tesla-T4");
    CHECK(m.offers[0].memory_mib == 3840);
    CHECK(m.offers[0].isolation == Isolation::None);
    CHECK(m.offers[0].usd_hour == Money{Ratio::of(526, 4000)});
    CHECK(m.offers[1].resource == "nvidia.com/gpu");
    CHECK(m.offers[1].product == "Tesla-T4-SHARED");
    CHECK(m.offers[2].isolation == Isolation::Memory);
    CHECK(m.offers[2].memory_mib == 7629);  // 22888 / 3, rounded down
    CHECK(m.offers[2].units_per_node == 6);
}

TEST_CASE("unknown memory stays unknown unless the Fleet states it") {
    Pool h200 = mig(pool("h200", "h200-sxm", 8, "7.9"), {{"1g.18gb", 7}});
    CHECK(market({h200}).offers.front().memory_mib == std::nullopt);
    h200.sharing.memory_mib = 16384;
    CHECK(market({h200}).offers.front().memory_mib == 16384);
    Pool gb200 = pool("gb200", "gb200", 4, "10.5");
    CHECK(market({gb200}).offers.front().memory_mib == std::nullopt);
    gb200.memory_mib = 185000;
    CHECK(market({gb200}).offers.front().memory_mib == 185000);
    Pool l4 = pool("l4", "l4", 1, "0.8");
    l4.memory_mib = 999999;  // the catalog knows better
    CHECK(market({l4}).offers.front().memory_mib == 22888);
}

TEST_CASE("a layout that does not fit offers nothing and says so") {
    const Market m = market({mig(pool("a", "a100-80-sxm", 1, "1"), {{"3g.40gb", 2}, {"1g.10gb", 1}}),
                             mig(pool("b", "l4", 1, "1"), {{"1g.10gb", 1}})});
    CHECK(m.offers.empty());
    REQUIRE(m.notes.size() == 2);
    CHECK(m.notes[0].find("pool a: 9 of 8 memory slices") == 0);
    CHECK(m.notes[1] == "pool b: no MIG profiles are known for l4");
}

TEST_CASE("a driver too old for the MIG profile is noted") {
    Pool b200 = mig(pool("b200", "b200", 8, "6"), {{"1g.23gb", 7}});
    const auto notes = [&](const char* driver) {
        b200.driver = driver;
        return market({b200}).notes;
    };
    CHECK(notes("570.133.20").empty());
    CHECK(notes("580.65").empty());
    CHECK(notes("").empty());
    CHECK(notes("unknown").empty());
    REQUIRE(notes("570.86.15").size() == 1);
    CHECK(notes("570.86.15").front() ==
          "pool b200: MIG 1g.23gb needs driver 570.133.20 or newer, the pool has 570.86.15");
}

TEST_CASE("prices: the Fleet's own, else the list price of a node like the pool's, else none") {
    Pool own = pool("own", "h100-80-sxm", 8, "5");
    Pool listed = own, cpus = pool("cpus", "l4", 1, "0"), spot = own, instance = own;
    listed.name = "listed";
    listed.stated_price_per_gpu_hour.reset();
    cpus.stated_price_per_gpu_hour.reset();
    cpus.cpu = Ratio(62);
    spot.name = "spot";
    spot.stated_price_per_gpu_hour.reset();
    spot.billing = Billing::Spot;
    instance.name = "instance";
    instance.stated_price_per_gpu_hour.reset();
    instance.node_selector = {{"node.kubernetes.io/instance-type", "p5.9xlarge"}};
    const Market m = market({own, listed, cpus, spot, instance});
    CHECK(m.find_pool("own")->price_source == "fleet");
    CHECK(m.find_pool("listed")->price_per_gpu_hour == Money{Ratio::of(688, 100)});
    CHECK(m.find_pool("listed")->price_source == "aws us-east-1 p5.48xlarge 2026-07-20 (karp_aws, karp_it)");
    CHECK(m.find_pool("cpus")->price_source.find("g6.16xlarge") != std::string::npos);
    CHECK(!m.find_pool("spot")->price_per_gpu_hour);
    CHECK(!m.find_pool("instance")->price_per_gpu_hour);
    REQUIRE(m.notes.size() == 2);
    CHECK(m.notes[0] ==
          "pool spot: no price is known for Spot h100-80-sxm with 8 GPUs per node at aws us-east-1; state "
          "price or "
          "pricePerNode");
    CHECK(!m.offers[3].usd_hour);

    // Without a provider no list is asked.
    const Market nowhere = compile("f", "", "", {listed}, catalog());
    CHECK(!nowhere.pools.front().price_per_gpu_hour);
}

TEST_CASE("a market can be moved and its offers still point at its pools") {
    Market first = market({pool("a", "l4", 1, "1"), pool("b", "t4", 1, "1")});
    const Market second = std::move(first);
    REQUIRE(second.offers.size() == 2);
    CHECK(second.offers[1].pool == second.find_pool("b"));
    CHECK(second.find_pool("c") == nullptr);
}
