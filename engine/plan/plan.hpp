// SPDX-License-Identifier: Apache-2.0
// The planner: of all offers, which hold the whole pod and meet its needs, and which of those is cheapest.
// Every offer that lost carries its reason, so that `explain` can show it. It never proposes anything that is
// not strictly cheaper. An offer's pool counts as reachable when the selectors that name a product or a pool
// are rewritten with it (is_rewritten_key says which those are); all others of the pod must hold.
//
// Limits: one accelerator resource per pod; the count never changes; capacity is not known here. Thread rule:
// pure functions.
#pragma once

#include "engine/cost/cost.hpp"
#include "engine/fleet/fleet.hpp"
#include "engine/workload/need.hpp"
#include "engine/workload/workload.hpp"

#include <cstdint>
#include <functional>
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
    ArchitectureDiffers,
    BesidePods,
    VolumeZone,
    DiskTooSmall,
    DriverTooOld,
    CannotMove,
};
std::string_view to_string(Reason reason);

enum class SavingKind : std::uint8_t { Cash, Freed };
std::string_view to_string(SavingKind kind);

struct Query {
    const workload::Pod* pod = nullptr;  // asks for exactly one accelerator resource (see single_demand)
    const workload::Need* need = nullptr;
    const cost::PodCost* cost = nullptr;  // of the pod as it stands, where it is known; null: worked out
    std::vector<std::string> pools;       // globs; at least one
    workload::Isolation isolation =
        workload::Isolation::Hardware;  // weakest allowed; need->isolation may be stronger
    std::vector<fleet::Billing>
        billing;       // empty: the billing of the pool it is on now (never Spot from others)
    Ratio min_saving;  // share of the cost now, e.g. 1/10
    std::optional<Ratio> min_bandwidth;  // share of the requested GPU's bandwidth
    bool freed_counts = false;           // value: Freed
    /// What `need->compute` and `min_bandwidth` are shares of: the GPU the pod asked for before any
    /// rewriting. Null: where it stands now. Hand it in when planning for a pod that was rewritten before, or
    /// a share of a share shrinks round by round.
    const fleet::Offer* requested = nullptr;
    /// Asked of an offer that would be chosen: why the pod cannot be moved there, "" when it can. The
    /// next-best is tried then. Null: not asked.
    std::function<std::string(const fleet::Offer& offer, std::int64_t count)> why_not_there;
    /// Only the resource name may change (Kueue): the selectors stay, and so must what else could serve it.
    bool resource_only = false;
    /// Among offers of one price, MIG slices that stay on one NUMA node of their GPU come first, where that
    /// is known to gain: see is_localized().
    bool prefers_numa = false;
};

struct Candidate {
    const fleet::Offer* offer = nullptr;
    Reason reason = Reason::Chosen;
    std::string detail;           // "needs 18432 MiB, has 9856 MiB"
    std::int64_t count = 0;       // units of offer->resource the pod would ask for
    std::optional<Money> hourly;  // the pod's cost there
    std::optional<Money> before;  // what that was compared with, once it was
};

struct Plan {
    const fleet::Offer* chosen = nullptr;  // null: leave it alone
    std::int64_t count = 0;
    /// One pod per hour. Where the pool it goes to says nothing of CPU and memory, both by GPU shares alone.
    Money before, after;
    cost::Location now;  // where the pod stands, as far as can be told
    SavingKind saving_kind = SavingKind::Cash;
    std::string why_not;  // when nothing was chosen, in one line; of offers, only when `explain` is set
    std::vector<Candidate> candidates;  // all offers, chosen first, then by price; only when `explain` is set
    std::uint64_t steps = 0;            // offers looked at, for the budget
};

/// Does a rewrite from `from` (null: unknown) to `to` replace this nodeSelector or affinity key: one that
/// names a product, or a label that either pool selects its nodes by?
bool is_rewritten_key(std::string_view key, const fleet::Pool* from, const fleet::Pool& to,
                      const gpu::Catalog& catalog);

/// A MIG slice of a pool that is NUMA-localised, at a power limit at which that gains. NVIDIA published one
/// figure: up to 2.25x at 400 W, less above, and a loss at high limits. So this is the boundary, and what is
/// not known gains nothing.
/// Source: NVIDIA technical blog, "Accelerating Data Processing with NVIDIA Multi-Instance GPU and NUMA Node
/// Localization".
inline constexpr std::int64_t kMostLocalizedWatts = 400;
bool is_localized(const fleet::Offer& offer);

/// The one accelerator resource the planner may rewrite: null when the pod has none, or several, or one that
/// is unknown, and then `why` says which.
const workload::PodDemand* single_demand(const workload::Pod& pod, std::string& why);

Plan plan(const Query& query, const fleet::Market& market, const gpu::Catalog& catalog, bool explain);

/// Judges one given target instead of searching (verb `replace`): same feasibility, but `pools` and
/// `min_saving` are not looked at, only strictly cheaper. Reason::Chosen when it would do.
Candidate judge(const Query& query, const fleet::Offer& offer, std::int64_t count,
                const fleet::Market& market, const gpu::Catalog& catalog);

}  // namespace tollgate::plan
