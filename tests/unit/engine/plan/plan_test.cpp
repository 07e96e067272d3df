// SPDX-License-Identifier: Apache-2.0
#include "engine/plan/plan.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/engine/fleet/sample_market.hpp"

using namespace tollgate;
using namespace tollgate::plan;
using namespace tollgate::sample;
using fleet::Billing;
using fleet::Form;
using workload::Isolation;

namespace {

Money usd(const char* text) {
    return Money{*parse_decimal(text)};
}

/// One H100 pool, where pods start, and what else there is.
fleet::Market sample_market() {
    fleet::Pool spot = pool("l4-spot", "l4", 1, "0.3");
    spot.billing = Billing::Spot;
    return market({pool("h100", "h100-80-sxm", 8, "6.88"), pool("l4", "l4", 1, "0.8"),
                   mig(pool("a100-mig", "a100-80-sxm", 8, "3.5"), {{"1g.10gb", 4}, {"3g.40gb", 1}}),
                   shared(pool("t4-shared", "t4", 1, "0.5"), Form::TimeSlice, 4, true),
                   shared(pool("l4-mps", "l4", 1, "0.8"), Form::Mps, 2, true), spot,
                   pool("gb200", "gb200", 4, "0.1"), pool("mi300", "amd-mi300x", 8, "0.1")});
}

/// A query with what it points to.
struct Case {
    SamplePod sample =
        sample::pod("nvidia.com/gpu", 1, R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3"})");
    workload::Need need;
    Query query;
    fleet::Market market = sample_market();

    explicit Case(std::int64_t need_mib = 8192) {
        if (need_mib > 0) need.memory_mib = {need_mib, workload::Confidence::Declared, "test"};
        query.pools = {"*"};
        query.min_saving = Ratio::of(1, 10);
    }
    Plan run(bool explain = true) {
        query.pod = &sample.pod;
        query.need = &need;
        return plan::plan(query, market, catalog(), explain);
    }
    Reason reason(std::string_view pool, std::string_view resource = "", std::string* detail = nullptr) {
        const Plan result = run();
        for (const Candidate& candidate : result.candidates) {
            if (candidate.offer->pool->name != pool) continue;
            if (!resource.empty() && candidate.offer->resource != resource) continue;
            if (detail != nullptr) *detail = candidate.detail;
            return candidate.reason;
        }
        return Reason::NotNamed;
    }
};

}  // namespace

TEST_CASE("the cheapest offer that holds the pod is chosen") {
    Case c;
    const Plan plan = c.run();
    REQUIRE(plan.chosen != nullptr);
    CHECK(plan.chosen->resource == "nvidia.com/mig-1g.10gb");
    CHECK(plan.count == 1);
    CHECK(plan.before == usd("6.88"));
    CHECK(plan.after == Money{Ratio::of(35, 10) * Ratio::of(2, 15)});
    CHECK(plan.saving_kind == SavingKind::Cash);
    CHECK(plan.steps == c.market.offers.size());
    CHECK(plan.candidates.size() == c.market.offers.size());
    CHECK(plan.candidates.front().reason == Reason::Chosen);
    CHECK(plan.candidates.front().offer == plan.chosen);
    CHECK(c.run(false).candidates.empty());
    CHECK(c.run(false).chosen == plan.chosen);
}

TEST_CASE("real memory decides, not the number in the name") {
    Case ten(10 * 1024);  // 10 GiB does not fit 1g.10gb (9856 MiB)
    std::string detail;
    CHECK(ten.reason("a100-mig", "nvidia.com/mig-1g.10gb", &detail) == Reason::MemoryTooSmall);
    CHECK(detail == "needs 10Gi, has 9856Mi");
    CHECK(ten.run().chosen->pool->name == "l4");
    CHECK(Case(40192).run().chosen->resource == "nvidia.com/mig-3g.40gb");
    const Plan none = Case(80000).run();
    CHECK(none.chosen == nullptr);
    CHECK(none.why_not.find("none of 8 other offers would do: ") == 0);
    CHECK(none.why_not.find("3 too little memory") != std::string::npos);
}

TEST_CASE("each offer that lost says why") {
    Case c;
    CHECK(c.reason("h100") == Reason::SameOffer);
    CHECK(c.reason("l4") == Reason::DearerThanChosen);
    CHECK(c.reason("t4-shared") == Reason::IsolationTooWeak);
    CHECK(c.reason("l4-mps") == Reason::IsolationTooWeak);
    CHECK(c.reason("l4-spot") == Reason::BillingNotNamed);
    CHECK(c.reason("gb200") == Reason::ArchitectureDiffers);
    CHECK(c.reason("mi300") == Reason::VendorDiffers);
    c.query.pools = {"l?", "h100"};
    CHECK(c.reason("a100-mig") == Reason::NotNamed);
    CHECK(c.run().chosen->pool->name == "l4");
}

TEST_CASE("isolation: the rule's, the developer's, and servers that take all memory") {
    Case c(3000);
    c.query.isolation = Isolation::None;
    CHECK(c.run().chosen->pool->name == "t4-shared");
    c.need.isolation = Isolation::Memory;
    CHECK(c.reason("t4-shared") == Reason::IsolationTooWeak);
    CHECK(c.run().chosen->pool->name == "l4-mps");
    c.need.isolation.reset();
    c.need.preallocates = true;
    c.need.preallocates_reason = "vLLM reserves 0.9 of the device";
    std::string detail;
    CHECK(c.reason("t4-shared", "", &detail) == Reason::NoMemoryIsolation);
    CHECK(detail == "vLLM reserves 0.9 of the device");
    c.need.isolation = Isolation::Hardware;
    CHECK(c.reason("l4-mps") == Reason::IsolationTooWeak);
}

TEST_CASE("spot and other billing only when named") {
    Case c;
    c.query.billing = {Billing::OnDemand, Billing::Spot};
    CHECK(c.run().chosen->pool->name == "l4-spot");
    c.query.billing = {Billing::Committed};
    CHECK(c.run().chosen == nullptr);
}

TEST_CASE("committed capacity: leaving it for hourly prices saves nothing unless the rule says so") {
    Case c;
    for (fleet::Pool& pool : c.market.pools) {
        if (pool.name == "h100") pool.billing = Billing::Committed;
    }
    c.query.billing = {Billing::OnDemand, Billing::Committed};
    CHECK(c.reason("a100-mig", "nvidia.com/mig-1g.10gb") == Reason::NotCash);
    CHECK(c.run().chosen == nullptr);
    c.query.freed_counts = true;
    CHECK(c.run().chosen->pool->name == "a100-mig");
    CHECK(c.run().saving_kind == SavingKind::Freed);
    // Within committed capacity what becomes free is a saving of its own kind.
    c.query.freed_counts = false;
    for (fleet::Pool& pool : c.market.pools) {
        if (pool.billing == Billing::OnDemand) pool.billing = Billing::Committed;
    }
    CHECK(c.run().chosen->pool->name == "a100-mig");
    CHECK(c.run().saving_kind == SavingKind::Freed);
}

TEST_CASE("several GPUs that talk to each other never go to parts of GPUs") {
    Case c;
    c.sample = sample::pod("nvidia.com/gpu", 4, R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3"})");
    c.need.communicating_gpus = 4;
    CHECK(c.reason("a100-mig") == Reason::NeedsPeerToPeer);
    CHECK(c.reason("l4") == Reason::CountNotPossible);  // one GPU per node
    c.need.communicating_gpus = 1;
    const Plan apart = c.run();
    REQUIRE(apart.chosen != nullptr);
    CHECK(apart.chosen->pool->name == "a100-mig");
    CHECK(apart.count == 4);
    c.query.isolation = Isolation::None;
    CHECK(c.reason("t4-shared") == Reason::CountNotPossible);
}

TEST_CASE("hardware features: BF16, FP8, compute, bandwidth") {
    Case c(3000);
    c.query.isolation = Isolation::None;
    c.need.bf16 = true;
    CHECK(c.reason("t4-shared") == Reason::NoBf16);
    c.need.fp8 = true;
    CHECK(c.reason("a100-mig") == Reason::NoFp8);
    CHECK(c.run().chosen->pool->name == "l4-mps");

    Case compute;
    // 0.3 of an H100 is 297 TFLOPS; 3/7 of an A100 is 134, an L4 121.
    compute.need.compute = {Ratio::of(3, 10), workload::Confidence::Declared, "test"};
    CHECK(compute.run().chosen == nullptr);
    compute.need.compute->value = Ratio::of(1, 10);
    CHECK(compute.run().chosen->pool->name == "l4");
    CHECK(compute.reason("a100-mig", "nvidia.com/mig-1g.10gb") == Reason::ComputeTooSmall);

    Case bandwidth;
    bandwidth.query.min_bandwidth = Ratio::of(1, 10);  // 335 GB/s; an L4 has 300
    CHECK(bandwidth.reason("l4") == Reason::BandwidthTooSmall);
    CHECK(bandwidth.reason("a100-mig", "nvidia.com/mig-1g.10gb") == Reason::BandwidthTooSmall);
    CHECK(bandwidth.run().chosen->resource == "nvidia.com/mig-3g.40gb");
    bandwidth.query.isolation = Isolation::None;
    bandwidth.need.memory_mib->value = 1000;
    CHECK(bandwidth.reason("t4-shared") == Reason::BandwidthUnknown);  // sources disagree on the T4
}

TEST_CASE("shares refer to the GPU asked for at first, so that planning again changes nothing") {
    Case c;
    c.market = market({mig(pool("mig", "a100-80-sxm", 8, "3.5"), {{"3g.40gb", 1}, {"1g.10gb", 4}}),
                       pool("whole", "a100-80-sxm", 8, "3.5")});
    c.need.compute = {Ratio::of(3, 10), workload::Confidence::Declared, "test"};
    c.sample = sample::pod("nvidia.com/gpu", 1);
    REQUIRE(c.run().chosen != nullptr);
    CHECK(c.run().chosen->resource == "nvidia.com/mig-3g.40gb");
    const fleet::Offer* whole = c.run().now.offer;
    c.sample = sample::pod("nvidia.com/mig-3g.40gb", 1);
    CHECK(c.run().chosen->resource == "nvidia.com/mig-1g.10gb");  // 0.3 of three sevenths
    c.query.requested = whole;
    CHECK(c.run().chosen == nullptr);
}

TEST_CASE("host size: CPU, memory and other resources of one node") {
    Case c;
    c.market = market(
        {host(pool("h100", "h100-80-sxm", 8, "6.88"), 188, 1900), host(pool("l4", "l4", 1, "0.8"), 4, 16)});
    c.sample.pod = with_host(c.sample.pod, 8, 8);
    std::string detail;
    CHECK(c.reason("l4", "", &detail) == Reason::CpuTooSmall);
    CHECK(detail == "needs 8 CPUs, a node has 4");
    c.sample.pod = with_host(c.sample.pod, 4, 32);
    CHECK(c.reason("l4") == Reason::HostMemoryTooSmall);
    c.sample.pod = with_host(c.sample.pod, 4, 16);
    CHECK(c.run().chosen->pool->name == "l4");
    c.sample.pod.resources.other.emplace_back("vpc.amazonaws.com/efa", Ratio(1));
    CHECK(c.reason("l4") == Reason::OtherResourceMissing);
    c.market.pools[1].other.emplace_back("vpc.amazonaws.com/efa", Ratio(1));
    CHECK(c.run().chosen->pool->name == "l4");
}

TEST_CASE("what strands CPUs is not cheap: the dominant share is compared") {
    Case c;
    // A quarter of an L4 node's GPUs with all of its CPUs costs the whole node.
    c.market = market(
        {host(pool("h100", "h100-80-sxm", 8, "2"), 188, 1900), host(pool("l4", "l4", 4, "0.8"), 48, 192)});
    c.sample.pod = with_host(c.sample.pod, 2, 8);
    CHECK(c.run().chosen->pool->name == "l4");
    c.sample.pod = with_host(c.sample.pod, 47, 8);  // h100: 47/188 of $16 = $4; l4: 47/48 of $3.2
    CHECK(c.run().before == usd("4"));
    CHECK(c.run().after == Money{*parse_decimal("3.2") * Ratio::of(47, 48)});
    c.sample.pod = with_host(c.sample.pod, 20, 8);  // h100: its GPU share, $2; l4: $1.33
    CHECK(c.run().chosen->pool->name == "l4");
    c.sample.pod = with_host(c.sample.pod, 30, 8);  // h100: 30/188 of $16 = $2.55; l4: $2
    CHECK(c.run().chosen->pool->name == "l4");
    c.query.min_saving = Ratio::of(1, 4);
    std::string detail;
    CHECK(c.reason("l4", "", &detail) == Reason::SavingTooSmall);
    CHECK(detail == "saves $0.55/h of $2.55/h, less than 25%");
}

TEST_CASE("compared with a pool that is silent on CPU and memory, GPU shares alone count") {
    Case c;
    c.market = market({host(pool("h100", "h100-80-sxm", 8, "6.88"), 188, 1900), pool("l4", "l4", 1, "0.8")});
    c.sample.pod = with_host(c.sample.pod, 94, 8);
    const Plan plan = c.run();
    REQUIRE(plan.chosen != nullptr);
    CHECK(plan.before == usd("6.88"));  // not the 27.52 that the CPUs strand
    CHECK(plan.after == usd("0.8"));
}

TEST_CASE("leaving a silent pool counts all that the pod costs where it goes") {
    Case c;
    // By GPU shares a slice is cheaper; with the pod's memory it costs most of a node, and the next look
    // would move the pod on, to where it is dearer than it began.
    c.market = market({pool("h100", "h100-80-sxm", 8, "2"),
                       host(mig(pool("slices", "a100-80-sxm", 8, "3"), {{"1g.10gb", 7}}), 94, 30),
                       host(pool("l4", "l4", 1, "2.5"), 15, 58)});
    c.sample.pod = with_host(c.sample.pod, 4, 20);
    c.query.min_saving = Ratio(0);
    const Plan plan = c.run();
    CHECK(plan.chosen == nullptr);
    std::string detail;
    CHECK(c.reason("slices", "", &detail) == Reason::NotCheaper);
    CHECK(detail == "$16.00/h against $2.00/h now");
    CHECK(c.reason("l4") == Reason::NotCheaper);
}

TEST_CASE("each choice makes the pod, as it is then priced, cheaper") {
    // Silent pools among others: whichever the pod starts at, moving ends, and never where it began.
    const fleet::Market m =
        market({host(pool("a", "h100-80-sxm", 8, "5"), 80, 800), pool("b", "a100-80-sxm", 8, "5.5"),
                host(pool("c", "l40s", 8, "6"), 400, 800), pool("d", "h200-sxm", 8, "4.9"),
                host(pool("e", "l4", 4, "4"), 24, 100)});
    for (const fleet::Offer& start : m.offers) {
        const fleet::Offer* now = &start;
        for (int moves = 0; now != nullptr; ++moves) {
            REQUIRE(moves < 5);
            Case c(1024);
            c.query.min_saving = Ratio(0);
            c.query.pod = &c.sample.pod;
            c.query.need = &c.need;
            c.sample =
                sample::pod("nvidia.com/gpu", 1, R"({"nvidia.com/gpu.product":")" + now->product + "\"}");
            c.sample.pod = with_host(c.sample.pod, 16, 64);
            const Plan plan = plan::plan(c.query, m, catalog(), false);
            if (plan.chosen != nullptr) {
                const auto priced = [&](const fleet::Offer& offer) {
                    return *cost::pod_hourly(offer, 1, c.sample.pod.resources);
                };
                CHECK(priced(*plan.chosen) < priced(*now));
            }
            now = plan.chosen;
        }
    }
}

TEST_CASE("an offer that the pod cannot be moved to gives way to the next-best") {
    Case c;
    std::vector<std::string> asked;
    c.query.why_not_there = [&](const fleet::Offer& offer, std::int64_t) -> std::string {
        asked.push_back(offer.pool->name);
        return offer.pool->name == "l4" ? "" : "no way there";
    };
    const Plan plan = c.run();
    REQUIRE(plan.chosen != nullptr);
    CHECK(plan.chosen->pool->name == "l4");
    CHECK(asked == std::vector<std::string>{"a100-mig", "l4"});
    std::string detail;
    CHECK(c.reason("a100-mig", "nvidia.com/mig-1g.10gb", &detail) == Reason::CannotMove);
    CHECK(detail == "no way there");
    c.query.why_not_there = [](const fleet::Offer&, std::int64_t) { return std::string("no way there"); };
    CHECK(c.run().chosen == nullptr);
    CHECK(c.run().why_not.find("(pool a100-mig: no way there)") != std::string::npos);
}

TEST_CASE("never dearer, never the same price") {
    Case c;
    c.market = market(
        {pool("h100", "h100-80-sxm", 8, "0.8"), pool("l4", "l4", 1, "0.8"), pool("a10", "l40s", 1, "0.9")});
    c.query.min_saving = Ratio(0);
    CHECK(c.run().chosen == nullptr);
    CHECK(c.reason("l4") == Reason::NotCheaper);
    CHECK(c.reason("a10") == Reason::NotCheaper);
}

TEST_CASE("a saving of exactly the minimum is enough") {
    Case c;
    c.market = market({pool("h100", "h100-80-sxm", 8, "1"), pool("l4", "l4", 1, "0.9")});
    CHECK(c.run().chosen != nullptr);
    c.query.min_saving = Ratio::of(101, 1000);
    CHECK(c.reason("l4") == Reason::SavingTooSmall);
}

TEST_CASE("unknown memory, unknown price and unknown place are left alone") {
    Case c;
    c.market = market(
        {pool("h100", "h100-80-sxm", 8, "6.88"), mig(pool("h200", "h200-sxm", 8, "1"), {{"1g.18gb", 7}})});
    CHECK(c.reason("h200") == Reason::MemoryUnknown);
    Case unpriced;
    unpriced.market.pools[2].price_per_gpu_hour.reset();
    CHECK(unpriced.reason("a100-mig") == Reason::PriceUnknown);
    Case nowhere;
    nowhere.sample = sample::pod("nvidia.com/mig-2g.20gb", 1);
    CHECK(nowhere.run().chosen == nullptr);
    CHECK(nowhere.run().why_not ==
          "no pool of the fleet offers nvidia.com/mig-2g.20gb where this pod may run");
    // With no need known, nothing smaller than what it has now fits.
    Case no_need(0);
    CHECK(no_need.run().chosen == nullptr);
    no_need.market =
        market({pool("h100", "h100-80-sxm", 8, "6.88"), pool("h100-old", "h100-80-sxm", 8, "5")});
    no_need.sample = sample::pod("nvidia.com/gpu", 1);
    CHECK(no_need.run().chosen->pool->name == "h100-old");
}

TEST_CASE("a MIG profile as the need: this one or more") {
    Case c(0);
    c.need.profile = "1g.10gb";
    CHECK(c.run().chosen->resource == "nvidia.com/mig-1g.10gb");
    c.need.profile = "2g.20gb";
    CHECK(c.reason("a100-mig", "nvidia.com/mig-1g.10gb") == Reason::ProfileTooSmall);
    CHECK(c.run().chosen->pool->name == "l4");  // 22888 MiB, a 2g.20gb has 20096
    c.need.profile = "3g.40gb";
    CHECK(c.run().chosen->resource == "nvidia.com/mig-3g.40gb");
    c.need.profile = "huge";
    CHECK(c.run().chosen == nullptr);
}

TEST_CASE("selectors that name the product or the pool are rewritten, all others must hold") {
    Case c;
    const auto at = [&](const char* selector) { c.sample = sample::pod("nvidia.com/gpu", 1, selector); };
    at(R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3","nvidia.com/gpu.family":"hopper"})");
    CHECK(c.reason("l4") == Reason::SelectorMismatch);
    at(R"({"node.kubernetes.io/instance-type":"p5.48xlarge"})");
    CHECK(c.run().chosen->pool->name == "a100-mig");
    c.market.pools[0].node_selector = {{"pool", "h100"}};
    at(R"({"pool":"h100"})");
    CHECK(c.run().chosen->pool->name == "a100-mig");
}

TEST_CASE("zones stay") {
    Case c;
    c.market.pools[0].zones = {"a"};
    c.market.pools[1].zones = {"a", "b"};
    c.market.pools[2].zones = {"b"};
    CHECK(c.reason("a100-mig") == Reason::ZoneMismatch);
    CHECK(c.reason("l4") == Reason::ZoneMismatch);  // the pod could end up in b
    c.market.pools[1].zones = {"a"};
    CHECK(c.run().chosen->pool->name == "l4");
    c.market.pools[1].zones = {"a", "b"};
    c.sample = sample::pod(
        "nvidia.com/gpu", 1,
        R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3","topology.kubernetes.io/zone":"a"})");
    CHECK(c.run().chosen->pool->name == "l4");
}

TEST_CASE("zones that are not stated are not the same zones") {
    Case c;
    c.market.pools[0].zones = {"a"};
    std::string detail;
    CHECK(c.reason("l4", "", &detail) == Reason::ZoneMismatch);
    CHECK(detail == "in which zones these nodes are is not stated");
    c.market.pools[0].zones.clear();
    CHECK(c.reason("l4") != Reason::ZoneMismatch);
    // Whoever names a zone means it.
    c.sample = sample::pod(
        "nvidia.com/gpu", 1,
        R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3","topology.kubernetes.io/zone":"a"})");
    CHECK(c.reason("l4") == Reason::ZoneMismatch);
    // So do pools that are selected by their zone: it is no name of the pool.
    fleet::Pool here = pool("h100", "h100-80-sxm", 8, "6.88"), there = pool("l4", "l4", 1, "0.8");
    here.node_selector = {{"topology.kubernetes.io/zone", "a"}};
    there.node_selector = {{"topology.kubernetes.io/zone", "b"}};
    c.market = market({here, there});
    CHECK(c.reason("l4", "", &detail) == Reason::SelectorMismatch);
    CHECK(detail == "it selects topology.kubernetes.io/zone: a, and these nodes have b");
    c.sample = sample::pod("nvidia.com/gpu", 1, R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3"})");
    CHECK(c.reason("l4") == Reason::ZoneMismatch);
}

TEST_CASE("a volume may be in any zone the pod may be in") {
    Case c;
    c.sample.pod.placement.has_volumes = true;
    CHECK(c.run().chosen != nullptr);  // zones are not told apart in this Fleet
    c.market.pools[0].zones = {"a", "b"};
    CHECK(c.reason("l4") == Reason::VolumeZone);  // where its nodes are is not known
    c.market.pools[1].zones = {"b"};
    CHECK(c.reason("l4") == Reason::VolumeZone);
    c.market.pools[1].zones = {"b", "a"};
    CHECK(c.reason("l4") == Reason::Chosen);
    c.market.pools[0].zones.clear();
    CHECK(c.reason("l4") == Reason::VolumeZone);
    c.sample.pod.placement.has_volumes = false;
    CHECK(c.reason("l4") != Reason::VolumeZone);
}

TEST_CASE("a pod that must be beside others stays with them") {
    Case c;
    c.sample.pod.placement.beside_pods = true;
    CHECK(c.reason("l4") == Reason::BesidePods);
    CHECK(c.run().chosen == nullptr);
}

TEST_CASE("a node's disk counts where the Fleet states it") {
    Case c;
    c.sample.pod.resources.ephemeral_storage = Ratio(200 * kGiB);
    CHECK(c.reason("l4") != Reason::DiskTooSmall);
    c.market.pools[1].other.emplace_back("ephemeral-storage", Ratio(100 * kGiB));
    std::string detail;
    CHECK(c.reason("l4", "", &detail) == Reason::DiskTooSmall);
    CHECK(detail == "needs 200Gi of disk, a node has 100Gi");
    c.sample.pod.resources.ephemeral_storage = Ratio(100 * kGiB);
    CHECK(c.reason("l4") != Reason::DiskTooSmall);
}

TEST_CASE("a server that takes the model's own precision is not moved to where BF16 is missing") {
    Case c;
    c.market = market({pool("h100", "h100-80-sxm", 8, "6.88"), pool("t4", "t4", 1, "0.5"),
                       pool("v100", "v100-16", 1, "0.4")});
    CHECK(c.reason("t4") != Reason::NoBf16);
    c.need.bf16_by_default = "vLLM";
    std::string detail;
    CHECK(c.reason("t4", "", &detail) == Reason::NoBf16);
    CHECK(detail.find("vLLM") != std::string::npos);
    // One that runs without it today needs it no more elsewhere.
    c.sample = sample::pod("nvidia.com/gpu", 1, R"({"nvidia.com/gpu.product":"Tesla-T4"})");
    CHECK(c.reason("v100") != Reason::NoBf16);
    c.need.bf16 = true;
    CHECK(c.reason("v100") == Reason::NoBf16);
}

TEST_CASE("the driver must run the CUDA of the image, where both are known") {
    Case c;
    c.need.cuda_major = 12;
    CHECK(c.reason("l4") != Reason::DriverTooOld);
    c.market.pools[1].driver = "525.60.13";
    CHECK(c.reason("l4") != Reason::DriverTooOld);
    c.market.pools[1].driver = "470.57.02";
    std::string detail;
    CHECK(c.reason("l4", "", &detail) == Reason::DriverTooOld);
    CHECK(detail == "its image holds CUDA 12, which needs driver 525 or newer; the nodes have 470.57.02");
    c.need.cuda_major.reset();
    CHECK(c.reason("l4") != Reason::DriverTooOld);
}

TEST_CASE("pods bound to a node are left alone") {
    Case host_name;
    host_name.sample = sample::pod("nvidia.com/gpu", 1, R"({"kubernetes.io/hostname":"n1"})");
    CHECK(host_name.reason("l4") == Reason::PinnedToHost);
    Case elsewhere;  // to stay away from one host is not to be bound to another
    elsewhere.sample =
        sample::pod("nvidia.com/gpu", 1, R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3"})",
                    required(R"({"key":"kubernetes.io/hostname","operator":"NotIn","values":["n1"]})"));
    CHECK(elsewhere.reason("l4") != Reason::PinnedToHost);
    Case daemon;
    daemon.sample.pod.per_node = true;
    CHECK(daemon.run().chosen == nullptr);
    Case bound;
    bound.sample.pod.placement.node_name = "n1";
    CHECK(bound.run().chosen == nullptr);
}

TEST_CASE("where only the resource name may change, the name alone must lead there") {
    Case c;
    c.sample = sample::pod("nvidia.com/gpu", 1);
    c.query.resource_only = true;
    CHECK(c.reason("l4") == Reason::SelectorMismatch);
    CHECK(c.run().chosen->resource == "nvidia.com/mig-1g.10gb");
    // A selector that stays keeps the pod where it is.
    c.sample = sample::pod("nvidia.com/gpu", 1, R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3"})");
    CHECK(c.run().chosen == nullptr);
    // The name leads to a dearer pool as well.
    c.sample = sample::pod("nvidia.com/gpu", 1);
    c.market = market({pool("h100", "h100-80-sxm", 8, "6.88"),
                       mig(pool("m1", "a100-80-sxm", 8, "3"), {{"1g.10gb", 7}}),
                       mig(pool("m2", "h100-80-sxm", 8, "7"), {{"1g.10gb", 7}})});
    CHECK(c.reason("m1") == Reason::SelectorMismatch);
    CHECK(c.run().chosen->pool->name == "m2");
}

TEST_CASE("ties: the smaller change, then more headroom, then the name") {
    Case c;
    c.market = market({pool("h100", "h100-80-sxm", 8, "6.88"), pool("z", "l4", 1, "0.8"),
                       pool("b", "l40s", 1, "0.8"), pool("a", "l40s", 1, "0.8"),
                       mig(pool("0", "a100-80-sxm", 1, "0.8"), {{"7g.80gb", 1}})});
    CHECK(c.run().chosen->pool->name == "a");
    CHECK(c.reason("z") == Reason::DearerThanChosen);
}

TEST_CASE("only one known accelerator resource is rewritten") {
    const auto why = [](const workload::Pod& pod) {
        std::string text;
        CHECK(single_demand(pod, text) == nullptr);
        return text;
    };
    CHECK(why(workload::Pod{}) == "it asks for no accelerator");
    SamplePod two = sample::pod("nvidia.com/gpu", 1);
    two.pod.totals.push_back(sample::pod("nvidia.com/gpumem", 3000).pod.totals.front());
    CHECK(why(two.pod) == "it asks for several accelerator resources: nvidia.com/gpu and nvidia.com/gpumem");
    SamplePod unknown = sample::pod("nvidia.com/gpu", 1);
    unknown.pod.totals.front().known = false;
    CHECK(why(unknown.pod) == "how much nvidia.com/gpu it asks for cannot be told");
    CHECK(why(sample::pod("google.com/tpu", 4).pod).find("google.com/tpu is not rewritten") == 0);
    std::string text;
    const SamplePod fine = sample::pod("nvidia.com/mig-1g.10gb", 2);
    CHECK(single_demand(fine.pod, text) == &fine.pod.totals.front());
}

TEST_CASE("a given target is judged by the same rules, without names and minimum saving") {
    Case c;
    c.query.pools.clear();
    c.query.min_saving = Ratio(1);
    c.query.pod = &c.sample.pod;
    c.query.need = &c.need;
    const auto judged = [&](std::size_t offer) {
        return judge(c.query, c.market.offers[offer], 1, c.market, catalog());
    };
    CHECK(judged(0).reason == Reason::SameOffer);
    CHECK(judged(1).reason == Reason::Chosen);
    CHECK(judged(1).hourly == usd("0.8"));
    CHECK(judged(4).reason == Reason::IsolationTooWeak);
    c.need.memory_mib->value = 30000;
    CHECK(judged(1).reason == Reason::MemoryTooSmall);
    CHECK(judged(1).detail == "needs 30000Mi, has 22888Mi");
    c.sample.pod.totals.clear();
    CHECK(judged(1).detail == "it asks for no accelerator");
}

TEST_CASE("every reason has its words") {
    for (int i = 0; i <= static_cast<int>(Reason::CannotMove); ++i) {
        CHECK(!to_string(static_cast<Reason>(i)).empty());
    }
}
