// SPDX-License-Identifier: Apache-2.0
// The market: pools of nodes, what each offers, at what price. A pool x a form of sharing is an Offer: a
// resource a pod can ask for. Compiled once per snapshot from Fleet documents; constant afterwards.
//
// Limits: what neither the Fleet nor the catalog knows stays unknown (memory fits nothing, a price makes no
// candidate, a node label excludes nothing). Thread rule: constant after compile(), any thread.
// Source of label values: NVIDIA GPU feature discovery; sharing: k8s-device-plugin README.
#pragma once

#include "engine/base/json/node.hpp"
#include "engine/base/money.hpp"
#include "engine/base/ratio.hpp"
#include "engine/gpu/catalog.hpp"
#include "engine/gpu/mig_layout.hpp"
#include "engine/workload/need.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate::fleet {

using gpu::Billing;
using workload::Isolation;

struct Toleration {
    std::string key, op, value, effect;  // op: "Exists" or "Equal"; "" effect: all
    friend bool operator==(const Toleration&, const Toleration&) = default;
};

enum class Form : std::uint8_t { Whole, Mig, TimeSlice, Mps };
std::string_view to_string(Form form);

enum class MigStrategy : std::uint8_t { Single, Mixed };

struct Sharing {
    Form form = Form::Whole;
    MigStrategy mig_strategy = MigStrategy::Mixed;
    gpu::MigLayout profiles;    // instances per GPU
    std::int32_t replicas = 1;  // time slices or MPS clients per GPU
    bool renamed = false;       // nvidia.com/gpu.shared
    std::optional<std::int64_t>
        memory_mib;  // stated by the Fleet where the catalog knows none (per device of the form)
};

/// Pairs of key and value, looked up without copying either.
struct LabelLess {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
        const int keys = std::string_view(a.first).compare(std::string_view(b.first));
        return keys != 0 ? keys < 0 : std::string_view(a.second) < std::string_view(b.second);
    }
};
using LabelSet = std::set<std::pair<std::string, std::string>, LabelLess>;

/// As written in the Fleet document, checked; `sku` points into the catalog.
struct Pool {
    std::string name;
    const gpu::Sku* sku = nullptr;
    std::string
        product;  // the gpu.product label value its nodes carry (without suffixes); "": any of the sku's
    std::int64_t gpus_per_node = 1;
    std::optional<Ratio> cpu;                          // allocatable cores of a node
    std::optional<Ratio> memory;                       // allocatable bytes of a node
    std::vector<std::pair<std::string, Ratio>> other;  // other allocatable extended resources
    std::int64_t min_nodes = 0;
    std::optional<std::int64_t> max_nodes;
    std::vector<std::string> zones;
    Billing billing = Billing::OnDemand;
    std::optional<Money> stated_price_per_gpu_hour;  // price, or pricePerNode / gpusPerNode
    std::vector<std::pair<std::string, std::string>> node_selector;
    std::vector<Toleration> tolerations;
    std::string driver;
    std::optional<std::int64_t> power_limit_watts;
    bool numa_localized = false;
    Sharing sharing;
    std::optional<std::int64_t> memory_mib;  // of a whole GPU, where the catalog knows none

    // Filled in by compile():
    std::optional<Money> price_per_gpu_hour;
    std::string price_source;  // "fleet", "aws us-east-1 p5.48xlarge 2026-07-20 (karp_aws)"
    /// Of all pools, the labels that select them and that no cloud or vendor writes. Where this pool says
    /// nothing of such a key, its nodes do not carry the labels of others. Shared by the pools of a market.
    std::shared_ptr<const LabelSet> fleet_labels;
};

struct Offer {
    std::uint32_t id = 0;  // index in Market::offers
    const Pool* pool = nullptr;
    Form form = Form::Whole;
    std::string resource;  // "nvidia.com/mig-1g.10gb"
    std::string product;   // the gpu.product label value nodes of this offer carry; "" when it has none
    std::string profile;   // MIG profile, else ""
    const gpu::MigProfile* mig = nullptr;
    Ratio gpu_share;                         // of one GPU; a layout's instances add up to 1
    Ratio compute_share;                     // of one GPU's compute
    Ratio bandwidth_share;                   // of one GPU's memory bandwidth
    std::optional<std::int64_t> memory_mib;  // what one unit can count on; empty: unknown, fits nothing
    std::optional<Ratio> bandwidth_gbs;      // empty: no source to rely on
    Isolation isolation = Isolation::Hardware;
    std::int64_t units_per_node = 1;  // of this resource
    std::optional<Money> usd_hour;    // one unit, at its GPU share
    /// usd_hour in whole micro-dollars, rounded down; 0 when unknown. For a first look, never for a verdict.
    std::int64_t least_micro_usd = 0;
};

/// Offers point into `pools`: a Market moves, but is never copied.
struct Market {
    Market() = default;
    Market(Market&&) = default;
    Market& operator=(Market&&) = default;

    std::string fleet_name;  // "" when none is loaded
    std::string provider, region;
    std::vector<Pool> pools;  // in document order; never moved after compile()
    std::vector<Offer> offers;
    workload::UsageTable usage;  // what workloads were measured to use; empty without Usage documents
    std::vector<std::string>
        notes;  // "pool x: no price known for ..." (also given as diagnostics by policies)

    const Pool* find_pool(std::string_view name) const;
};

/// Resolves prices and makes offers. `pools` must have been checked (policies does, with spans).
Market compile(std::string fleet_name, std::string provider, std::string region, std::vector<Pool> pools,
               const gpu::Catalog& catalog);

/// May a pod with this placement and this resource run on this offer's nodes as it stands? Considers
/// nodeSelector and required node affinity on keys the Fleet knows (product labels, the pool's own selector,
/// GKE accelerator labels, instance and capacity types, zones), and labels that select other pools alone;
/// keys it does not know do not exclude.
bool reachable(const Offer& offer, const workload::Placement& placement, std::string_view resource);

}  // namespace tollgate::fleet
