// SPDX-License-Identifier: Apache-2.0
#include "engine/fleet/node_labels.hpp"

#include "engine/base/ratio.hpp"
#include "engine/base/text.hpp"

#include <algorithm>

namespace tollgate::fleet {
namespace {

using Values = std::vector<std::string>;

constexpr std::string_view kInstanceKey = "node.kubernetes.io/instance-type";
constexpr std::string_view kOldInstanceKey = "beta.kubernetes.io/instance-type";
constexpr std::string_view kMemoryKey = "nvidia.com/gpu.memory";

const std::string* own_label(const Pool& pool, std::string_view key) {
    for (const auto& [name, value] : pool.node_selector) {
        if (name == key) return &value;
    }
    return nullptr;
}

/// Nodes behind a savings plan still call themselves on-demand; reservations call themselves reserved.
Values capacity_types(Billing billing) {
    switch (billing) {
        case Billing::OnDemand:
            return {"on-demand"};
        case Billing::Spot:
            return {"spot"};
        case Billing::Committed:
            return {"on-demand", "reserved"};
    }
    return {};
}

/// Capacity blocks are reservations.
Values eks_capacity_types(Billing billing) {
    switch (billing) {
        case Billing::OnDemand:
            return {"ON_DEMAND"};
        case Billing::Spot:
            return {"SPOT"};
        case Billing::Committed:
            return {"ON_DEMAND", "CAPACITY_BLOCK"};
    }
    return {};
}

Values sharing_strategy(Form form) {
    switch (form) {
        case Form::TimeSlice:
            return {"time-slicing"};
        case Form::Mps:
            return {"mps"};
        case Form::Whole:
        case Form::Mig:
            return {"none"};
    }
    return {};
}

Values products(const Offer& offer) {
    if (!offer.pool->product.empty()) return {offer.product};
    Values values;
    const std::string_view bare = gpu::strip_product_suffixes(offer.product);
    for (const std::string_view label : offer.pool->sku->product_labels) {
        values.push_back(std::string(label) + offer.product.substr(bare.size()));
    }
    return values;
}

std::optional<Values> catalog_label(const Offer& offer, std::string_view key) {
    const gpu::Sku& sku = *offer.pool->sku;
    if (sku.vendor != "nvidia") return std::nullopt;
    if (key == kProductKey && !offer.product.empty()) return products(offer);
    if (key == "nvidia.com/gpu.family") return Values{std::string(sku.architecture)};
    if (key == "nvidia.com/gpu.count") return Values{std::to_string(offer.pool->gpus_per_node)};
    if (key == "nvidia.com/gpu.sharing-strategy") return sharing_strategy(offer.form);
    if (sku.compute_capability && key == "nvidia.com/gpu.compute.major") {
        return Values{std::to_string(sku.compute_capability->major)};
    }
    if (sku.compute_capability && key == "nvidia.com/gpu.compute.minor") {
        return Values{std::to_string(sku.compute_capability->minor)};
    }
    return std::nullopt;
}

/// Labels of clouds that stand for one GPU: all values that name this offer's.
std::optional<Values> cloud_product(const Offer& offer, std::string_view key) {
    Values values;
    for (const gpu::LabelValue& row : gpu::Catalog::builtin().label_values()) {
        if (row.key == key && row.verified && row.gpu == offer.pool->sku->id) values.emplace_back(row.value);
    }
    if (values.empty()) return std::nullopt;
    return values;
}

/// An instance type of the price list tells which GPU its nodes have, and how many.
bool instance_possible(const Offer& offer, std::string_view instance) {
    bool listed = false;
    for (const gpu::Price& price : gpu::Catalog::builtin().prices()) {
        if (price.instance != instance) continue;
        listed = true;
        if (price.gpu == offer.pool->sku->id && price.gpus == Ratio(offer.pool->gpus_per_node)) return true;
    }
    return !listed;
}

/// A label that the Fleet gives to other pools, on a key of which this one says nothing.
bool is_foreign(const Pool& pool, std::string_view key, std::string_view value) {
    return pool.fleet_labels != nullptr && pool.fleet_labels->contains(std::pair(key, value));
}

bool value_possible(const Offer& offer, std::string_view key, std::string_view value) {
    if (own_label(*offer.pool, key) == nullptr) {
        if (is_foreign(*offer.pool, key, value)) return false;
        if (key == kInstanceKey || key == kOldInstanceKey) return instance_possible(offer, value);
        const gpu::Catalog& catalog = gpu::Catalog::builtin();
        // A value the catalog does not know may stand for any GPU.
        if (key != kProductKey && catalog.is_product_key(key) &&
            catalog.find_sku_by_label(key, value) == nullptr) {
            return true;
        }
    }
    const std::optional<Values> values = label_values(offer, key);
    return !values || std::find(values->begin(), values->end(), value) != values->end();
}

/// nvidia.com/gpu.memory varies with the driver by some MiB: good for "more than", not for "exactly".
std::optional<Ratio> number_of(const Offer& offer, std::string_view key) {
    if (key == kMemoryKey && own_label(*offer.pool, key) == nullptr) {
        const std::optional<std::int64_t> mib = offer.pool->sku->usable_memory_mib();
        if (offer.form != Form::Whole || !mib) return std::nullopt;
        return Ratio(*mib);
    }
    const std::optional<Values> values = label_values(offer, key);
    if (!values || values->size() != 1) return std::nullopt;
    return parse_decimal(values->front());
}

bool in_list(json::Node list, std::string_view value) {
    for (const json::Node each : list.elements()) {
        if (each.text() == value) return true;
    }
    return false;
}

bool expression_possible(const Offer& offer, json::Node expression) {
    const std::string_view key = expression["key"].string();
    const std::string_view op = expression["operator"].string();
    const json::Node list = expression["values"];
    if (op == "In") {
        for (const json::Node value : list.elements()) {
            if (value_possible(offer, key, value.text())) return true;
        }
        return false;
    }
    if (op == "Gt" || op == "Lt") {
        const std::optional<Ratio> have = number_of(offer, key);
        const std::optional<Ratio> bound = parse_decimal(list[std::size_t{0}].text());
        if (!have || !bound) return true;
        return op == "Gt" ? *have > *bound : *have < *bound;
    }
    const std::optional<Values> values = label_values(offer, key);
    if (!values) return true;
    if (op == "Exists") return !values->empty();
    if (op == "DoesNotExist") return values->empty();
    if (op == "NotIn") {
        return values->empty() || std::any_of(values->begin(), values->end(), [&](const std::string& value) {
                   return !in_list(list, value);
               });
    }
    return true;  // no operator of this version: the API server judges it
}

bool term_possible(const Offer& offer, json::Node term, const KeyFilter& skip) {
    for (const json::Node expression : term["matchExpressions"].elements()) {
        if (skip && skip(expression["key"].string())) continue;
        if (!expression_possible(offer, expression)) return false;
    }
    return true;
}

json::Node required_terms(const workload::Placement& placement) {
    return placement
        .affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"];
}

}  // namespace

std::optional<std::vector<std::string>> label_values(const Offer& offer, std::string_view key) {
    const Pool& pool = *offer.pool;
    if (const std::string* own = own_label(pool, key)) return Values{*own};
    if (key == kZoneKey || key == kOldZoneKey) {
        if (pool.zones.empty()) return std::nullopt;
        return pool.zones;
    }
    if (key == "karpenter.sh/capacity-type") return capacity_types(pool.billing);
    if (key == "eks.amazonaws.com/capacityType") return eks_capacity_types(pool.billing);
    if (key == "cloud.google.com/gke-spot") return pool.billing == Billing::Spot ? Values{"true"} : Values{};
    if (key == "kubernetes.azure.com/scalesetpriority") {
        return pool.billing == Billing::Spot ? Values{"spot"} : Values{};
    }
    if (key == "kubernetes.io/arch" && !pool.sku->host_architecture.empty()) {
        return Values{std::string(pool.sku->host_architecture)};
    }
    if (std::optional<Values> values = catalog_label(offer, key)) return values;
    return cloud_product(offer, key);
}

bool is_common_key(std::string_view key) {
    const std::string_view domain = key.substr(0, key.find('/'));
    if (domain.size() == key.size()) return false;  // no domain: somebody's own
    constexpr std::string_view kOwners[] = {"kubernetes.io", "k8s.io",    "nvidia.com",
                                            "amd.com",       "intel.com", "karpenter.k8s.aws"};
    for (const std::string_view owner : kOwners) {
        if (domain == owner) return true;
        if (domain.ends_with(owner) && domain[domain.size() - owner.size() - 1] == '.') return true;
    }
    return key == "karpenter.sh/capacity-type" || key == "eks.amazonaws.com/capacityType" ||
           key == "cloud.google.com/gke-spot" || key == "kubernetes.azure.com/scalesetpriority" ||
           gpu::Catalog::builtin().is_product_key(key);
}

bool nodes_match(const Offer& offer, const workload::Placement& placement, const KeyFilter& skip) {
    for (const auto [key, value] : placement.node_selector.members()) {
        if (skip && skip(key)) continue;
        if (!value_possible(offer, key, value.text())) return false;
    }
    const json::Node terms = required_terms(placement);
    if (terms.size() == 0) return true;
    for (const json::Node term : terms.elements()) {
        if (term_possible(offer, term, skip)) return true;
    }
    return false;
}

std::string why_no_match(const Offer& offer, const workload::Placement& placement, const KeyFilter& skip) {
    if (nodes_match(offer, placement, skip)) return "";
    constexpr std::size_t kShown = 63;  // the longest value of a label
    const auto shown = [](std::string_view text) { return to_ascii(truncated(text, kShown)); };
    for (const auto [key, value] : placement.node_selector.members()) {
        if ((skip && skip(key)) || value_possible(offer, key, value.text())) continue;
        const std::optional<Values> have = label_values(offer, key);
        const std::string asked = "it selects " + shown(key) + ": " + shown(value.text());
        if (!have) return asked + ", which selects nodes of another pool";
        return asked + ", and these nodes have " +
               (have->empty() ? std::string("none") : join(*have, " or "));
    }
    std::string keys;
    for (const json::Node term : required_terms(placement).elements()) {
        for (const json::Node expression : term["matchExpressions"].elements()) {
            const std::string_view key = expression["key"].string();
            if ((skip && skip(key)) || expression_possible(offer, expression)) continue;
            keys = " on " + shown(key);
            break;
        }
        if (!keys.empty()) break;
    }
    return "its required node affinity" + keys + " does not hold on these nodes";
}

bool selects_on(const workload::Placement& placement, std::string_view key) {
    if (placement.node_selector[key].exists()) return true;
    for (const json::Node term : required_terms(placement).elements()) {
        for (const json::Node expression : term["matchExpressions"].elements()) {
            if (expression["key"].string() == key) return true;
        }
    }
    return false;
}

bool reachable(const Offer& offer, const workload::Placement& placement, std::string_view resource) {
    return resource == offer.resource && nodes_match(offer, placement);
}

}  // namespace tollgate::fleet
