// SPDX-License-Identifier: Apache-2.0
// The tie-break for slices that stay on one NUMA node of their GPU: at one price alone, and only where the
// power limit is known to be low.
#include "engine/plan/plan.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/engine/fleet/sample_market.hpp"

#include <optional>
#include <string>

using namespace tollgate;
using namespace tollgate::plan;
using namespace tollgate::sample;

namespace {

/// An H100, where the pod is, an L40S, and half an A100 for half of `price`.
fleet::Market fleet_of(std::optional<std::int64_t> watts, const char* price = "1.6", bool localized = true) {
    fleet::Pool near = mig(pool("near", "a100-80-sxm", 1, price), {{"3g.40gb", 2}});
    near.numa_localized = localized;
    near.power_limit_watts = watts;
    return market({pool("h100", "h100-80-sxm", 8, "6.88"), pool("a", "l40s", 1, "0.8"), near});
}

struct Planned {
    SamplePod sample =
        sample::pod("nvidia.com/gpu", 1, R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3"})");
    workload::Need need;
    fleet::Market market;
    Plan plan;

    explicit Planned(fleet::Market fleet, bool prefers = true) : market(std::move(fleet)) {
        need.memory_mib = {8192, workload::Confidence::Declared, "test"};
        Query query;
        query.pod = &sample.pod;
        query.need = &need;
        query.pools = {"*"};
        query.prefers_numa = prefers;
        plan = plan::plan(query, market, catalog(), true);
    }
    std::string chosen() const { return plan.chosen == nullptr ? "" : plan.chosen->pool->name; }
};

}  // namespace

TEST_CASE("among offers of one price, MIG on one NUMA node of its GPU comes first where that is asked for") {
    CHECK(Planned(fleet_of(400), false).chosen() == "a");  // the smaller change
    const Planned planned(fleet_of(400));
    CHECK(planned.chosen() == "near");
    CHECK(planned.plan.candidates[0].detail == "NUMA-localised MIG at 400 W or less, preferred at one price");
    CHECK(planned.plan.candidates[1].detail ==
          "costs the same, but is no NUMA-localised MIG at 400 W or less");
}

TEST_CASE("NUMA is preferred neither past the one figure there is nor for a cent more") {
    CHECK(Planned(fleet_of(401)).chosen() == "a");
    CHECK(Planned(fleet_of(std::nullopt)).chosen() == "a");
    CHECK(Planned(fleet_of(400, "1.6", false)).chosen() == "a");
    CHECK(Planned(fleet_of(400, "1.62")).chosen() == "a");
}
