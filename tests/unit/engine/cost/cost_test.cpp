// SPDX-License-Identifier: Apache-2.0
#include "engine/cost/cost.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/engine/fleet/sample_market.hpp"

using namespace tollgate;
using namespace tollgate::cost;
using namespace tollgate::sample;

namespace {

Money usd(const char* text) {
    return Money{*parse_decimal(text)};
}

fleet::Market h100_market() {
    return market({host(pool("h100", "h100-80-sxm", 8, "6.88"), 188, 1900)});
}

workload::Workload of(std::vector<workload::Pod> pods) {
    workload::Workload workload;
    workload.pods = std::move(pods);
    return workload;
}

}  // namespace

TEST_CASE("a pod pays for its dominant share of the node") {
    const fleet::Market m = h100_market();
    const fleet::Offer& offer = m.offers.front();
    workload::PodResources resources;
    resources.cpu = Ratio(94);
    resources.memory = Ratio(100) * Ratio(kGiB);
    const DominantShare half = dominant_share(offer, 1, resources);
    CHECK(half.share == Ratio::of(1, 2));  // 94 of 188 CPUs strand three more GPUs
    CHECK(half.of == ShareOf::Cpu);
    CHECK(half.gpu == Ratio::of(1, 8));
    CHECK(pod_hourly(offer, 1, resources) == usd("27.52"));
    CHECK(pod_hourly(offer, 1, resources, true) == usd("6.88"));
    resources.cpu = Ratio(10);
    CHECK(dominant_share(offer, 1, resources).of == ShareOf::Gpu);
    resources.memory = Ratio(1900) * Ratio(kGiB);
    CHECK(dominant_share(offer, 1, resources).of == ShareOf::Memory);
    CHECK(pod_hourly(offer, 8, resources) == usd("55.04"));
    resources.cpu = Ratio(200);
    CHECK(dominant_share(offer, 1, resources).share > Ratio(1));
}

TEST_CASE("a node that says nothing of CPU is paid by GPU share") {
    const fleet::Market m = market({pool("l4", "l4", 4, "0.8")});
    workload::PodResources resources;
    resources.cpu = Ratio(1000);
    CHECK(pod_hourly(m.offers.front(), 1, resources) == usd("0.8"));
    CHECK(says_nothing_of_cpu_and_memory(m.pools.front()));
}

TEST_CASE("pods without accelerators cost nothing here") {
    CHECK(price_pod(workload::Pod{}, h100_market(), catalog()).hourly == Money{});
}

TEST_CASE("a pod is priced where it runs") {
    const fleet::Market m = market({pool("h100", "h100-80-sxm", 8, "6.88"), pool("l4", "l4", 1, "0.8"),
                                    mig(pool("a100", "a100-80-sxm", 8, "3.5"), {{"1g.10gb", 7}}),
                                    shared(pool("t4", "t4", 1, "0.5"), fleet::Form::TimeSlice, 4, true)});
    const auto price = [&](const SamplePod& sample) { return price_pod(sample.pod, m, catalog()); };

    const PodCost named =
        price(sample::pod("nvidia.com/gpu", 1, R"({"nvidia.com/gpu.product":"NVIDIA-L4"})"));
    CHECK(named.hourly == usd("0.8"));
    CHECK(named.location.offer->pool->name == "l4");
    CHECK(!named.location.assumed);
    CHECK(named.note.empty());

    const PodCost anywhere = price(sample::pod("nvidia.com/gpu", 1));
    CHECK(anywhere.hourly == usd("6.88"));
    CHECK(anywhere.location.assumed);
    CHECK(anywhere.note == "priced as pool h100, the dearest of 2 pools it could land on");

    CHECK(price(sample::pod("nvidia.com/mig-1g.10gb", 1)).hourly == usd("0.5"));
    CHECK(price(sample::pod("nvidia.com/gpu.shared", 1)).hourly == usd("0.125"));
}

TEST_CASE("what cannot be told costs an unknown amount, never nothing") {
    const fleet::Market m = h100_market();
    const auto price = [&](const SamplePod& sample) { return price_pod(sample.pod, m, catalog()); };

    const PodCost nowhere = price(sample::pod("nvidia.com/mig-1g.10gb", 1));
    CHECK(!nowhere.hourly);
    CHECK(nowhere.note == "no pool of the fleet offers nvidia.com/mig-1g.10gb where this pod may run");

    SamplePod big = sample::pod("nvidia.com/gpu", 1);
    big.pod = with_host(big.pod, 500, 1);
    CHECK(!price(big).hourly);
    CHECK(price(big).note == "it fits on no node of pool h100");
    CHECK(!price(sample::pod("nvidia.com/gpu", 9)).hourly);
    const auto note = [](std::vector<fleet::Pool> pools) {
        SamplePod too_big = sample::pod("nvidia.com/gpu", 9);
        return price_pod(too_big.pod, market(std::move(pools)), catalog()).note;
    };
    const auto l4 = [](const char* name) { return pool(name, "l4", 1, "1"); };
    CHECK(note({l4("a"), l4("b")}) == "it fits on no node of pools a and b");
    CHECK(note({l4("a"), l4("b"), l4("c"), l4("d"), l4("e")}) ==
          "it fits on no node of pools a, b, c, d and e");
    CHECK(note({l4("a"), l4("b"), l4("c"), l4("d"), l4("e"), l4("f")}) ==
          "it fits on no node of pools a, b, c, d and 2 more");

    SamplePod unread = sample::pod("nvidia.com/gpu", 1);
    unread.pod.totals.front().known = false;
    CHECK(!price(unread).hourly);
    unread = sample::pod("nvidia.com/gpu", 1);
    unread.pod.resources.readable = false;
    CHECK(!price(unread).hourly);

    fleet::Pool unpriced = pool("spot", "h100-80-sxm", 8, "1");
    unpriced.stated_price_per_gpu_hour.reset();
    unpriced.billing = fleet::Billing::Spot;
    const PodCost unknown = price_pod(sample::pod("nvidia.com/gpu", 1).pod, market({unpriced}), catalog());
    CHECK(!unknown.hourly);
    CHECK(unknown.note == "no price is known for pool spot");
}

TEST_CASE("a product no pool has is priced by the list, and says so") {
    const PodCost cost =
        price_pod(sample::pod("nvidia.com/gpu", 8, R"({"nvidia.com/gpu.product":"NVIDIA-H200"})").pod,
                  h100_market(), catalog());
    CHECK(cost.hourly == usd("63.296"));
    CHECK(cost.location.offer == nullptr);
    CHECK(cost.note.find("priced as h200-sxm by the list of aws us-east-1 of 2026-07-20") !=
          std::string::npos);
}

TEST_CASE("several accelerators of one pod are on one node") {
    const fleet::Market m =
        market({mig(pool("a100", "a100-80-sxm", 8, "3"), {{"1g.10gb", 4}, {"3g.40gb", 1}}),
                pool("l4", "l4", 1, "0.8")});
    SamplePod both = sample::pod("nvidia.com/mig-1g.10gb", 1);
    both.pod.totals.push_back(sample::pod("nvidia.com/mig-3g.40gb", 1).pod.totals.front());
    CHECK(price_pod(both.pod, m, catalog()).hourly ==
          Money{Ratio(3) * (Ratio::of(2, 15) + Ratio::of(7, 15))});
    both.pod.totals.push_back(sample::pod("nvidia.com/gpu", 1).pod.totals.front());
    CHECK(!price_pod(both.pod, m, catalog()).hourly);
}

TEST_CASE("shares by annotation are priced on whole GPUs") {
    const fleet::Market m = market({pool("l40s", "l40s", 4, "2")});
    SamplePod fraction = sample::pod("gpu-fraction", 1);
    fraction.pod.totals.front().encoding = workload::Encoding::Annotation;
    fraction.pod.totals.front().meaning.cls = gpu::ResourceClass::VirtualGpu;
    fraction.pod.totals.front().share = Ratio::of(1, 4);
    CHECK(price_pod(fraction.pod, m, catalog()).hourly == usd("0.5"));
    fraction.pod.totals.front().share.reset();
    fraction.pod.totals.front().memory_mib = 23034;  // half of 46068
    CHECK(price_pod(fraction.pod, m, catalog()).hourly == usd("1"));
}

TEST_CASE("device shares by resource are priced as whole devices, and say so") {
    SamplePod hami = sample::pod("nvidia.com/gpu", 1);
    hami.pod.totals.push_back(sample::pod("nvidia.com/gpumem", 3000).pod.totals.front());
    const PodCost cost = price_pod(hami.pod, h100_market(), catalog());
    CHECK(cost.hourly == usd("6.88"));
    CHECK(cost.note.find("priced as whole devices, at most") == 0);
    SamplePod memory_alone = sample::pod("nvidia.com/gpumem", 3000);
    CHECK(!price_pod(memory_alone.pod, h100_market(), catalog()).hourly);
}

TEST_CASE("a workload costs the sum over its pods times their replicas") {
    const fleet::Market m = h100_market();
    workload::Pod worker = sample::pod("nvidia.com/gpu", 8).pod;
    worker.replicas = 4;
    workload::Workload job = of({worker, workload::Pod{}});
    WorkloadCost cost = price_workload(job, m, catalog());
    CHECK(cost.hourly == usd("220.16"));
    CHECK(!cost.total);
    CHECK(cost.pods.size() == 2);
    job.lifetime.deadline_seconds = 5400;
    CHECK(price_workload(job, m, catalog()).total == usd("330.24"));

    worker.replicas.reset();
    worker.per_node = true;
    cost = price_workload(of({worker}), m, catalog());
    CHECK(!cost.hourly);
    CHECK(cost.note == "one pod on every node: $55.04/h each");
    worker.per_node = false;
    CHECK(price_workload(of({worker}), m, catalog()).note ==
          "how many pods run at once has no bound: $55.04/h each");
    // Why the sum is not known comes first, and how one was priced after it.
    worker.per_node = true;
    const fleet::Market two = market({pool("a", "h100-80-sxm", 8, "2"), pool("b", "h100-80-sxm", 8, "1")});
    CHECK(price_workload(of({worker}), two, catalog()).note ==
          "one pod on every node: $16.00/h each; priced as pool a, the dearest of 2 pools it could land on");
    // Unbounded pods without accelerators change nothing.
    workload::Pod idle;
    idle.replicas.reset();
    CHECK(price_workload(of({idle}), m, catalog()).hourly == Money{});
}
