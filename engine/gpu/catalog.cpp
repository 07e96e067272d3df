// SPDX-License-Identifier: Apache-2.0
#include "engine/gpu/catalog.hpp"

#include "engine/gpu/catalog_data.hpp"

#include <algorithm>
#include <string>

namespace tollgate::gpu {
namespace {

constexpr ComputeCapability kFirstWithBf16{8, 0};
constexpr ComputeCapability kFirstWithFp8{8, 9};
constexpr std::string_view kProductKey = "nvidia.com/gpu.product";

/// "nvidia.com/mig-1g.10gb.me.shared" -> "1g.10gb.me": what is left names the profile.
std::string_view profile_part(std::string_view text) {
    for (const std::string_view prefix : {"nvidia.com/", "mig.das.com/", "mig-"}) {
        if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
    }
    constexpr std::string_view kShared = ".shared";
    if (text.ends_with(kShared)) text.remove_suffix(kShared.size());
    return text;
}

/// Are `name` ("1g.5gb+me") and `spelled` the same but for how the plus sign is written: "+", "." or left
/// out?
bool same_profile(std::string_view name, std::string_view spelled) {
    std::size_t at = 0;
    for (const char c : name) {
        if (at < spelled.size() && (spelled[at] == c || (c == '+' && spelled[at] == '.'))) {
            ++at;
        } else if (c != '+') {
            return false;
        }
    }
    return at == spelled.size();
}

bool answers(const Price& price, const PriceQuery& query) {
    if (!price.verified || price.gpu != query.gpu || price.billing != query.billing) return false;
    if (!query.provider.empty() && price.provider != query.provider) return false;
    if (!query.region.empty() && price.region != query.region) return false;
    if (!query.instance.empty() && price.instance != query.instance) return false;
    if (query.min_vcpus && price.vcpus && Ratio(*price.vcpus) < *query.min_vcpus) return false;
    constexpr std::int64_t kGiB = std::int64_t{1} << 30;
    if (query.min_memory && price.memory_gib && *price.memory_gib * Ratio(kGiB) < *query.min_memory)
        return false;
    return price.gpus >= Ratio(query.gpus_per_node);
}

}  // namespace

const MigProfile* MigTable::find(std::string_view profile_or_resource) const {
    const std::string_view wanted = profile_part(profile_or_resource);
    for (const MigProfile& profile : profiles) {
        if (same_profile(profile.name, wanted)) return &profile;
        if (!profile.alias.empty() && profile.alias == wanted) return &profile;
    }
    return nullptr;
}

bool Sku::is_verified(std::string_view field) const {
    return std::none_of(unverified_fields.begin(), unverified_fields.end(),
                        [&](std::string_view listed) { return listed == field || listed == "row"; });
}

bool Sku::has_bf16() const {
    return compute_capability ? *compute_capability >= kFirstWithBf16 : bf16_tflops.has_value();
}

bool Sku::has_fp8() const {
    return compute_capability ? *compute_capability >= kFirstWithFp8 : fp8_tflops.has_value();
}

std::optional<std::int64_t> Sku::usable_memory_mib() const {
    return memory_mib_at_least ? memory_mib_at_least : memory_mib;
}

std::optional<std::int64_t> Sku::reliable_bandwidth_gbs() const {
    return is_verified("bandwidth_gbs") ? bandwidth_gbs : std::nullopt;
}

std::string_view to_string(Billing billing) {
    switch (billing) {
        case Billing::OnDemand:
            return "OnDemand";
        case Billing::Spot:
            return "Spot";
        case Billing::Committed:
            return "Committed";
    }
    return "";
}

Catalog::Catalog() {
    for (const Sku& sku : skus()) {
        by_name_.emplace(sku.id, &sku);
        for (const std::string_view label : sku.product_labels) by_name_.emplace(label, &sku);
    }
    // After ids and labels, so that neither can be shadowed.
    for (const LabelValue& value : label_values()) {
        const auto sku = by_name_.find(value.gpu);
        if (value.verified && sku != by_name_.end()) by_name_.emplace(value.value, sku->second);
    }
}

const Catalog& Catalog::builtin() {
    static const Catalog catalog;
    return catalog;
}

std::string_view Catalog::as_of() const {
    return data::as_of();
}
std::span<const Sku> Catalog::skus() const {
    return data::skus();
}
std::span<const MigTable> Catalog::mig_tables() const {
    return data::mig_tables();
}
std::span<const Price> Catalog::prices() const {
    return data::prices();
}
std::span<const ResourceFact> Catalog::resources() const {
    return data::resources();
}
std::span<const LabelFact> Catalog::labels() const {
    return data::labels();
}
std::span<const LabelValue> Catalog::label_values() const {
    return data::label_values();
}
std::span<const Source> Catalog::sources() const {
    return data::sources();
}

const Sku* Catalog::find_sku(std::string_view id_or_product) const {
    auto found = by_name_.find(id_or_product);
    if (found == by_name_.end()) found = by_name_.find(strip_product_suffixes(id_or_product));
    return found == by_name_.end() ? nullptr : found->second;
}

const Sku* Catalog::find_sku_by_label(std::string_view key, std::string_view value) const {
    if (key == kProductKey) {
        const Sku* sku = find_sku(value);
        if (sku == nullptr) return nullptr;
        const std::string_view bare = strip_product_suffixes(value);
        const auto& names = sku->product_labels;
        return std::find(names.begin(), names.end(), bare) == names.end() ? nullptr : sku;
    }
    for (const LabelValue& row : label_values()) {
        if (row.verified && row.key == key && row.value == value) return find_sku(row.gpu);
    }
    return nullptr;
}

bool Catalog::is_product_key(std::string_view key) const {
    if (key == kProductKey) return true;
    const auto rows = label_values();
    return std::any_of(rows.begin(), rows.end(), [&](const LabelValue& row) { return row.key == key; });
}

std::vector<std::string_view> Catalog::sku_names() const {
    std::vector<std::string_view> names;
    for (const Sku& sku : skus()) {
        names.push_back(sku.id);
        names.insert(names.end(), sku.product_labels.begin(), sku.product_labels.end());
    }
    return names;
}

const Price* Catalog::find_price(const PriceQuery& query) const {
    const Price* best = nullptr;
    bool best_exact = false;
    for (const Price& price : prices()) {
        if (!answers(price, query)) continue;
        const bool exact = price.gpus == Ratio(query.gpus_per_node);
        const bool better = best == nullptr || (exact && !best_exact) ||
                            (exact == best_exact && price.usd_per_gpu_hour < best->usd_per_gpu_hour);
        if (better) {
            best = &price;
            best_exact = exact;
        }
    }
    return best;
}

std::optional<std::int32_t> Catalog::min_driver(std::int32_t cuda_major) const {
    for (const CudaDriver& row : data::cuda_drivers()) {
        if (row.cuda_major == cuda_major) return row.min_driver_major;
    }
    return std::nullopt;
}

}  // namespace tollgate::gpu
