// SPDX-License-Identifier: Apache-2.0
// The catalog: what GPUs are, how MIG cuts them, what resource names mean, what list prices were on what
// date.
//
// The data is compiled in: engine/gpu/data/catalog.yaml -> scripts/generate_catalog.py -> catalog_data.cpp
// (generated, committed). Facts a source did not give are absent (std::optional), and what is absent never
// counts as fitting. Facts marked unverified are there to be printed; the accessors that decide skip them.
// Thread rule: constant data, any thread.
#pragma once

#include "engine/base/ratio.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tollgate::gpu {

/// One MIG profile on one board. Source: NVIDIA MIG user guide; placements as the mock NVML tables give them.
struct MigProfile {
    std::string_view name;      // "1g.10gb", "1g.10gb+me"
    std::string_view resource;  // "nvidia.com/mig-1g.10gb.me"
    std::string_view alias;     // the name older drivers give it ("3g.95gb"), or ""
    std::int32_t compute_slices;
    std::int32_t memory_slices;
    std::optional<std::int64_t> memory_mib;  // usable, not the number in the name
    std::int32_t max_instances;
    std::span<const std::int32_t> placement_starts;  // empty: unknown
    std::int32_t placement_size;
    std::string_view min_driver;  // "525"; "" when the table's holds

    /// "+me" and "+me.all": there is one set of media engines to give away.
    bool has_media() const { return name.find("+me") != std::string_view::npos; }
};

struct MigTable {
    std::string_view name;  // "a100-80"
    std::int32_t compute_slices_total;
    std::int32_t memory_slices_total;
    std::span<const MigProfile> profiles;
    std::string_view min_driver;  // "570.133.20" or ""
    bool verified;                // false: the geometry is only partly sourced
    std::string_view source;

    /// By profile ("1g.10gb+me"), resource ("nvidia.com/mig-1g.10gb.me", with or without ".shared"), the
    /// profile as a resource or a product label spells it ("1g.10gb.me", "1g.10gbme"), or an alias.
    const MigProfile* find(std::string_view profile_or_resource) const;
};

/// A value of nvidia.com/gpu.product.
struct ProductLabel {
    std::string_view label;
    bool verified;
    std::string_view source;
};

struct ComputeCapability {
    std::int32_t major, minor;
    // clang-tidy 14 sees a 0 for a pointer in the defaulted operator.
    friend auto operator<=>(const ComputeCapability&, const ComputeCapability&) = default;  // NOLINT
};

struct Sku {
    std::string_view id;    // "h100-80-sxm"
    std::string_view name;  // "NVIDIA H100 SXM5 80GB"
    std::string_view vendor;
    std::string_view architecture;  // as nvidia.com/gpu.family has it
    std::optional<ComputeCapability> compute_capability;
    std::string_view host_architecture;  // "arm64" for boards with their own CPU; "" when the host decides
    std::optional<std::int64_t> memory_mib;  // observed on a device
    std::optional<std::int64_t>
        memory_mib_at_least;                    // a floor that follows from MIG instances fitting at once
    std::string_view memory_mib_at_least_from;  // how it follows
    std::optional<std::int64_t> memory_gb_nominal;
    std::optional<std::int64_t> bandwidth_gbs;
    std::optional<Ratio> fp16_tflops, bf16_tflops, fp8_tflops;  // dense
    std::optional<std::int64_t> tdp_watts;
    bool mig_capable;
    bool nvlink;
    std::span<const ProductLabel> products;               // all, best first
    std::span<const std::string_view> product_labels;     // the verified ones
    std::span<const std::string_view> unverified_fields;  // "bandwidth_gbs"; "row" for all figures
    const MigTable* mig;                                  // null when not MIG capable or without a table
    std::string_view resource;                            // "nvidia.com/gpu", "amd.com/gpu", ...
    std::string_view source;

    bool is_verified(std::string_view field) const;
    /// BF16 in hardware: from compute capability 8.0 on (T4, V100 and P100 have none); other vendors by
    /// figure.
    bool has_bf16() const;
    /// FP8 in hardware: from compute capability 8.9 (Ada) on; other vendors by figure.
    bool has_fp8() const;
    /// What a workload can count on: the derived floor, else the observed MiB; else unknown.
    std::optional<std::int64_t> usable_memory_mib() const;
    /// Bandwidth when a source can be relied on; a decision never uses bandwidth_gbs itself.
    std::optional<std::int64_t> reliable_bandwidth_gbs() const;
};

enum class Billing : std::uint8_t { OnDemand, Spot, Committed };
std::string_view to_string(Billing billing);

struct Price {
    std::string_view provider, region, instance;
    std::string_view gpu;  // Sku id
    Ratio gpus;            // per instance; some clouds sell fractions
    std::optional<std::int64_t> vcpus;
    std::optional<Ratio> memory_gib;
    Billing billing;
    Ratio usd_per_hour;  // of the instance
    Ratio usd_per_gpu_hour;
    std::string_view date;  // "2026-07-20"; a year alone where the price file does not record the day
    std::string_view source;
    bool verified;
};

/// What a resource name stands for.
enum class ResourceClass : std::uint8_t {
    WholeGpu,          // nvidia.com/gpu (also one replica or one MIG device, where a node is configured so),
                       // amd.com/gpu
    SharedGpu,         // nvidia.com/gpu.shared
    Mig,               // nvidia.com/mig-<profile>[.shared], mig.das.com/<profile>
    VirtualGpu,        // HAMi, Volcano, nos device counts
    DeviceAspect,      // memory or cores of a device asked for by another name (nvidia.com/gpumem)
    OtherAccelerator,  // TPU, Neuron, Gaudi: a device that is no GPU
    NotAccelerator,
};
std::string_view to_string(ResourceClass cls);

struct ResourceMeaning {
    ResourceClass cls = ResourceClass::NotAccelerator;
    std::string_view vendor;       // "nvidia"; "" for none
    std::string_view mig_profile;  // "1g.10gb" or "1g.10gb.me" as in the name; "" when not MIG
    bool shared = false;           // the ".shared" suffix
    bool is_accelerator() const { return cls != ResourceClass::NotAccelerator; }
};

/// Structural, never by substring: exact names of the catalog, then nvidia.com/mig-<C>g.<M>gb[suffixes],
/// mig.das.com/. A name in an accelerator vendor's domain that is not known gives NotAccelerator and is what
/// knownAccelerators asks.
ResourceMeaning classify_resource(std::string_view resource_name);
/// nvidia.com/, amd.com/, ... : a domain whose resources are accelerators.
bool is_accelerator_domain(std::string_view resource_name);
/// "1g.10gb", "1g.10gb+me", "1c.3g.40gb", "1g.24gb.me.all", "1g.24gb-me": the shape of a MIG profile's name.
bool is_mig_profile_name(std::string_view text);
/// A gpu.product value without "-SHARED" and "-MIG-<profile>".
std::string_view strip_product_suffixes(std::string_view product);

struct LabelFact {
    std::string_view key, values, writer, source;
    bool verified;
};
struct ResourceFact {
    std::string_view name;
    ResourceClass cls;
    std::string_view vendor, meaning, source;
};
/// A value of a node label, other than gpu.product, that names one GPU.
struct LabelValue {
    std::string_view key, value;
    std::string_view gpu;  // Sku id
    bool verified;
    std::string_view source;
};
struct CudaDriver {
    std::int32_t cuda_major, min_driver_major;
};
struct Source {
    std::string_view key, text;
};

/// What is asked of the price list.
struct PriceQuery {
    std::string_view provider;  // "": any
    std::string_view region;    // "": any
    std::string_view gpu;       // Sku id
    Billing billing = Billing::OnDemand;
    std::int64_t gpus_per_node = 1;
    std::string_view instance;        // only this instance type, when not ""
    std::optional<Ratio> min_vcpus;   // instances known to be smaller are left out
    std::optional<Ratio> min_memory;  // bytes
};

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
    std::span<const LabelValue> label_values() const;
    std::span<const Source> sources() const;

    /// By catalog id or by nvidia.com/gpu.product label (without -SHARED or -MIG-...); also the GKE
    /// accelerator values. Names that are not verified find nothing.
    const Sku* find_sku(std::string_view id_or_product) const;
    /// The GPU that `key: value` on a node names; null when the pair says nothing (or nothing verified).
    const Sku* find_sku_by_label(std::string_view key, std::string_view value) const;
    /// Does the label `key` name a GPU at all (gpu.product, GKE's and Karpenter's)?
    bool is_product_key(std::string_view key) const;
    /// All ids and labels, for "did you mean".
    std::vector<std::string_view> sku_names() const;
    /// The cheapest per-GPU price row that answers the query: instances with exactly `gpus_per_node` GPUs,
    /// or, when there are none, with more. Null when none is known. Unverified rows never answer.
    const Price* find_price(const PriceQuery& query) const;
    /// The oldest driver branch that runs CUDA `major`; empty when unknown.
    std::optional<std::int32_t> min_driver(std::int32_t cuda_major) const;

  private:
    Catalog();
    std::unordered_map<std::string_view, const Sku*> by_name_;
};

}  // namespace tollgate::gpu
