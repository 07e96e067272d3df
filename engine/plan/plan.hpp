// SPDX-License-Identifier: Apache-2.0
// The planner: of all offers, which hold the whole pod and meet its needs, and which of those is cheapest.
// Every offer that lost carries its reason, so that `explain` can show it. It never proposes anything that is
// not strictly cheaper.
#pragma once

#include "engine/cost/cost.hpp"
#include "engine/fleet/fleet.hpp"
#include "engine/workload/need.hpp"
#include "engine/workload/workload.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::plan {

/// Why an offer is no candidate. One row per code in plan.cpp with its text.
enum class Reason : std::uint8_t {
    Chosen,
    NotNamed,
    SameOffer,
    PriceUnknown,
    MemoryUnknown,
    MemoryTooSmall,
    ComputeTooSmall,
    BandwidthTooSmall,
    BandwidthUnknown,
    IsolationTooWeak,
    NoMemoryIsolation,
    NeedsPeerToPeer,
    CountNotPossible,
    CpuTooSmall,
    HostMemoryTooSmall,
    OtherResourceMissing,
    BillingNotNamed,
    ZoneMismatch,
    SelectorMismatch,
    NoBf16,
    NoFp8,
    ProfileTooSmall,
    NotCheaper,
    SavingTooSmall,
    NotCash,
    DearerThanChosen,
    VendorDiffers,
    PinnedToHost,
};
std::string_view to_string(Reason reason);

enum class SavingKind : std::uint8_t { Cash, Freed };
std::string_view to_string(SavingKind kind);

struct Query {
    const workload::Pod* pod = nullptr;  // asks for exactly one accelerator resource (see single_demand)
    const workload::Need* need = nullptr;
    std::vector<std::string> pools;  // globs; at least one
    workload::Isolation isolation =
        workload::Isolation::Hardware;  // weakest allowed; need->isolation may be stronger
    std::vector<fleet::Billing>
        billing;       // empty: the billing of the pool it is on now (never Spot from others)
    Ratio min_saving;  // share of the cost now, e.g. 1/10
    std::optional<Ratio> min_bandwidth;  // share of the requested GPU's bandwidth
    bool freed_counts = false;           // value: Freed
};

struct Candidate {
    const fleet::Offer* offer = nullptr;
    Reason reason = Reason::Chosen;
    std::string detail;           // "needs 18432 MiB, has 9856 MiB"
    std::int64_t count = 0;       // units of offer->resource the pod would ask for
    std::optional<Money> hourly;  // the pod's cost there
};

struct Plan {
    const fleet::Offer* chosen = nullptr;  // null: leave it alone
    std::int64_t count = 0;
    Money before, after;  // one pod per hour
    SavingKind saving_kind = SavingKind::Cash;
    std::string why_not;                // when nothing was chosen, in one line
    std::vector<Candidate> candidates;  // all offers, chosen first, then by price; only when `explain` is set
    std::uint64_t steps = 0;            // offers looked at, for the budget
};

/// The one accelerator resource the planner may rewrite: null when the pod has none, or several, or one that
/// is unknown, and then `why` says which.
const workload::PodDemand* single_demand(const workload::Pod& pod, std::string& why);

Plan plan(const Query& query, const fleet::Market& market, const gpu::Catalog& catalog, bool explain);

/// Judges one given target instead of searching (verb `replace`): same feasibility, no minimum saving beyond
/// strictly cheaper.
Candidate judge(const Query& query, const fleet::Offer& offer, std::int64_t count,
                const fleet::Market& market, const gpu::Catalog& catalog);

}  // namespace tollgate::plan
