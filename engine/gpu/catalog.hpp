// SPDX-License-Identifier: Apache-2.0
// The catalog: what GPUs are, how MIG cuts them, what resource names mean, what list prices were on what date.
//
// The data is compiled in: engine/gpu/data/catalog.yaml -> scripts/generate_catalog.py -> catalog_data.cpp (generated,
// committed). Facts a source did not give are absent (std::optional), and what is absent never counts as fitting.
// Thread rule: constant data.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ratio.hpp"

namespace tollgate::gpu {

/// One MIG profile on one board. Source: NVIDIA MIG user guide; placements as the mock NVML tables give them.
struct MigProfile {
    std::string_view name;      // "1g.10gb", "1g.10gb+me"
    std::string_view resource;  // "nvidia.com/mig-1g.10gb.me"
    std::int32_t compute_slices;
    std::int32_t memory_slices;
    std::optional<std::int64_t> memory_mib;  // usable, not the number in the name
    std::int32_t max_instances;
    std::span<const std::int32_t> placement_starts;  // empty: unknown
    std::int32_t placement_size;
};

struct MigTable {
    std::string_view name;  // "a100-80"
    std::int32_t compute_slices_total;
    std::int32_t memory_slices_total;
    std::span<const MigProfile> profiles;
    std::string_view source;

    const MigProfile* find(std::string_view profile_or_resource) const;
};

struct Sku {
    std::string_view id;    // "h100-80-sxm"
    std::string_view name;  // "NVIDIA H100 SXM5 80GB"
    std::string_view vendor;
    std::string_view architecture;  // as nvidia.com/gpu.family has it
    std::optional<std::int64_t> memory_mib;       // observed; absent: only the nominal size is known
    std::optional<std::int64_t> memory_gb_nominal;
    std::optional<std::int64_t> bandwidth_gbs;
    std::optional<Ratio> fp16_tflops, bf16_tflops, fp8_tflops;  // dense
    bool mig_capable;
    bool nvlink;
    std::span<const std::string_view> product_labels;  // nvidia.com/gpu.product values, best first
    const MigTable* mig;    // null when not MIG capable or without a table
    std::string_view resource;  // "nvidia.com/gpu", "amd.com/gpu", ...
    std::string_view source;

    /// BF16 in hardware: catalog fact; T4, V100 and P100 have none.
    bool has_bf16() const { return bf16_tflops.has_value(); }
    bool has_fp8() const { return fp8_tflops.has_value(); }
    /// What a workload can count on: observed MiB; else unknown.
    std::optional<std::int64_t> usable_memory_mib() const { return memory_mib; }
};

enum class Billing : std::uint8_t { OnDemand, Spot, Committed };
std::string_view to_string(Billing billing);

struct Price {
    std::string_view provider, region, instance;
    std::string_view gpu;  // Sku id
    Ratio gpus;            // per instance; Azure sells fractions
    std::optional<std::int64_t> vcpus;
    std::optional<Ratio> memory_gib;
    Billing billing;
    Ratio usd_per_hour;      // of the instance
    Ratio usd_per_gpu_hour;
    std::string_view date;   // "2026-07-20"
    std::string_view source;
};

/// What a resource name stands for.
enum class ResourceClass : std::uint8_t {
    WholeGpu,      // nvidia.com/gpu (also one replica or one MIG device, where a node is configured so), amd.com/gpu, ...
    SharedGpu,     // nvidia.com/gpu.shared
    Mig,           // nvidia.com/mig-<profile>[.shared], mig.das.com/<profile>
    VirtualGpu,    // HAMi, Volcano, nos device counts
    DeviceAspect,  // memory or cores of a device asked for by another name (nvidia.com/gpumem)
    OtherAccelerator,  // TPU, Neuron, Gaudi: a device that is no GPU
    NotAccelerator,
};

struct ResourceMeaning {
    ResourceClass cls = ResourceClass::NotAccelerator;
    std::string_view vendor;       // "nvidia"; "" for none
    std::string_view mig_profile;  // "1g.10gb" or "1g.10gb.me" as in the name; "" when not MIG
    bool shared = false;           // the ".shared" suffix
    bool is_accelerator() const { return cls != ResourceClass::NotAccelerator; }
};

/// Structural, never by substring: exact names of the catalog, then nvidia.com/mig-<C>g.<M>gb[suffixes], mig.das.com/.
/// A name in an accelerator vendor's domain that is not known gives NotAccelerator and is what knownAccelerators asks.
ResourceMeaning classify_resource(std::string_view resource_name);
/// nvidia.com/, amd.com/, ... : a domain whose resources are accelerators.
bool is_accelerator_domain(std::string_view resource_name);

struct LabelFact { std::string_view key, values, writer, source; };
struct ResourceFact { std::string_view name, vendor, meaning, source; };

class Catalog {
  public:
    /// The catalog compiled into the binary.
    static const Catalog& builtin();

    std::string_view as_of() const;  // "2026-11-22"
    std::span<const Sku> skus() const;
    std::span<const MigTable> mig_tables() const;
    std::span<const Price> prices() const;
    std::span<const ResourceFact> resources() const;
    std::span<const LabelFact> labels() const;

    /// By catalog id or by nvidia.com/gpu.product label (without -SHARED or -MIG-...); also the GKE accelerator values.
    const Sku* find_sku(std::string_view id_or_product) const;
    /// Nearest ids and labels, for "did you mean".
    std::vector<std::string_view> sku_names() const;
    /// The cheapest per-GPU price row of that provider, region ("" = any), gpu and billing whose instance has at least
    /// `min_gpus_per_node` GPUs; null when none is known.
    const Price* find_price(std::string_view provider, std::string_view region, std::string_view gpu, Billing billing,
                            std::int64_t min_gpus_per_node) const;
};

}  // namespace tollgate::gpu
