// SPDX-License-Identifier: Apache-2.0
#include "engine/base/limits.hpp"
#include "engine/base/text.hpp"
#include "policies/read_documents.hpp"
#include "policies/values.hpp"

#include <algorithm>

namespace tollgate::policies {
namespace {

using fleet::Pool;
using gpu::Billing;

constexpr Choice<Billing> kBillings[] = {
    {"OnDemand", Billing::OnDemand}, {"Spot", Billing::Spot}, {"Committed", Billing::Committed}};
constexpr std::string_view kProductLabel = "nvidia.com/gpu.product";
constexpr std::int64_t kMaxNodes = 1'000'000;
constexpr std::int64_t kMaxWatts = 100'000;

void read_gpu(Fields& fields, Pool& out) {
    Scope& scope = fields.scope();
    const json::Node node = fields.need("gpu", "a gpu.product label or a catalog id, as in NVIDIA-L4");
    const auto text = read_text(scope, node, fields.path_of("gpu"));
    if (!text) return;
    const gpu::Catalog& catalog = gpu::Catalog::builtin();
    out.sku = catalog.find_sku(*text);
    if (out.sku == nullptr) {
        const std::vector<std::string_view> names = catalog.sku_names();
        const std::string_view right = nearest(*text, names);
        scope.error(
            DocCode::UnknownGpu, node,
            fields.path_of("gpu") + ": the catalog has no GPU '" + std::string(truncated(*text, 60)) + "'",
            right.empty() ? "`tollgate catalog` lists them" : "did you mean '" + std::string(right) + "'?");
        return;
    }
    const std::string_view label = gpu::strip_product_suffixes(*text);
    if (label != out.sku->id) {
        out.product = std::string(label);
    } else if (!out.sku->product_labels.empty()) {
        out.product = std::string(out.sku->product_labels.front());
    }
}

void read_allocatable(Fields& fields, Pool& out) {
    Scope& scope = fields.scope();
    const json::Node node = fields.get("allocatable");
    if (!node.exists()) return;
    const std::string path = fields.path_of("allocatable");
    read_map(scope, node, path, "quantities",
             [&](std::string_view key, json::Node value, const std::string& where) {
                 const auto amount = read_amount(scope, value, where);
                 if (!amount) return;
                 if (key == "cpu") {
                     out.cpu = amount;
                 } else if (key == "memory") {
                     out.memory = amount;
                 } else if (gpu::classify_resource(key).is_accelerator()) {
                     scope.error_at_key(
                         DocCode::Contradiction, value,
                         path + ": GPUs are counted by gpusPerNode, not by '" + std::string(key) + "'",
                         "remove it");
                 } else {
                     out.other.emplace_back(std::string(key), *amount);
                 }
             });
    for (const auto& given : {out.cpu, out.memory}) {
        if (given && given->is_zero()) {
            scope.error(DocCode::OutOfRange, node, path + ": a node has some CPU and memory");
        }
    }
    if (!fields.has("gpusPerNode") && node.is_object()) {
        scope.warning(DocCode::DoubtfulCapacity, node,
                      path + " is of a node, but gpusPerNode is not given: 1 is assumed", "add gpusPerNode");
    }
}

void read_nodes(Fields& fields, Pool& out) {
    Scope& scope = fields.scope();
    const json::Node node = fields.get("nodes");
    if (!node.exists()) return;
    const std::string path = fields.path_of("nodes");
    if (!node.is_object()) {
        if (auto fixed = read_integer(scope, node, path, 0, kMaxNodes)) {
            out.min_nodes = *fixed;
            out.max_nodes = *fixed;
        }
        return;
    }
    Fields range(scope, node, path);
    assign(out.min_nodes, read_integer(scope, range.get("min"), range.path_of("min"), 0, kMaxNodes));
    out.max_nodes = read_integer(scope, range.get("max"), range.path_of("max"), 0, kMaxNodes);
    if (out.max_nodes && *out.max_nodes < out.min_nodes) {
        scope.error(DocCode::Contradiction, range.get("max"), path + ": max is less than min");
    }
}

void read_price(Fields& fields, Pool& out) {
    Scope& scope = fields.scope();
    const json::Node per_gpu = fields.get("price");
    const json::Node per_node = fields.get("pricePerNode");
    out.stated_price_per_gpu_hour = read_money(scope, per_gpu, fields.path_of("price"));
    const std::optional<Money> node_price = read_money(scope, per_node, fields.path_of("pricePerNode"));
    if (per_gpu.exists() && per_node.exists()) {
        scope.error_at_key(DocCode::Contradiction, per_node,
                           fields.path() + ": give price (of a GPU) or pricePerNode, not both");
    } else if (node_price) {
        out.stated_price_per_gpu_hour = Money{node_price->usd / Ratio(out.gpus_per_node)};
    }
    for (const json::Node given : {per_gpu, per_node}) {
        const std::optional<Ratio> usd = parse_decimal(given.text());
        if (usd && usd->is_zero()) {
            scope.error(DocCode::OutOfRange, given, fields.path() + ": a price of 0 makes every choice free",
                        "leave it out to look it up, or give what the hardware costs per hour");
        }
    }
}

std::vector<fleet::Toleration> read_tolerations(Fields& fields) {
    constexpr std::string_view kOperators[] = {"Exists", "Equal"};
    constexpr std::string_view kEffects[] = {"NoSchedule", "PreferNoSchedule", "NoExecute"};
    std::vector<fleet::Toleration> out;
    Scope& scope = fields.scope();
    read_list(
        scope, fields.get("tolerations"), fields.path_of("tolerations"), "tolerations",
        [&](json::Node element, const std::string& path) {
            Fields each(scope, element, path);
            fleet::Toleration toleration;
            assign(toleration.key, read_text(scope, each.get("key"), each.path_of("key")));
            const auto op = read_choice(scope, each.get("operator"), each.path_of("operator"), kOperators);
            toleration.op = std::string(kOperators[op.value_or(1)]);
            const json::Node value = each.get("value");
            assign(toleration.value, read_text(scope, value, each.path_of("value")));
            if (auto effect = read_choice(scope, each.get("effect"), each.path_of("effect"), kEffects)) {
                toleration.effect = std::string(kEffects[*effect]);
            }
            if (toleration.op == "Exists" && value.exists()) {
                scope.error_at_key(DocCode::Contradiction, value, path + ": Exists takes no value");
            }
            out.push_back(std::move(toleration));
        });
    return out;
}

void check_selector_product(Fields& fields, Pool& out) {
    const json::Node node = fields.node()["nodeSelector"][kProductLabel];
    if (out.sku == nullptr || !node.is_string()) return;
    const std::string label(gpu::strip_product_suffixes(node.string()));
    const gpu::Sku* selected = gpu::Catalog::builtin().find_sku(label);
    if (selected != nullptr && selected != out.sku) {
        fields.scope().error(DocCode::Contradiction, node,
                             fields.path() + ": nodeSelector asks for " + std::string(node.string()) +
                                 ", but the pool's gpu is " + std::string(out.sku->name));
        return;
    }
    out.product = label;
}

}  // namespace

fleet::Pool read_pool(Scope& scope, json::Node node, const std::string& path) {
    Pool out;
    Fields fields(scope, node, path);
    if (!fields.is_map()) return out;
    assign(out.name, read_name(scope, fields.need("name", "every pool has a name"), fields.path_of("name")));
    read_gpu(fields, out);
    assign(out.gpus_per_node, read_integer(scope, fields.get("gpusPerNode"), fields.path_of("gpusPerNode"), 1,
                                           limits::kMaxGpusPerNode));
    read_allocatable(fields, out);
    read_nodes(fields, out);
    out.zones = read_texts(scope, fields.get("zones"), fields.path_of("zones"), "zones");
    read_price(fields, out);
    assign(out.billing,
           read_enum<Billing>(scope, fields.get("billing"), fields.path_of("billing"), kBillings));
    out.node_selector = read_text_map(scope, fields.get("nodeSelector"), fields.path_of("nodeSelector"));
    check_selector_product(fields, out);
    out.tolerations = read_tolerations(fields);
    assign(out.driver, read_text(scope, fields.get("driver"), fields.path_of("driver")));
    out.power_limit_watts =
        read_integer(scope, fields.get("powerLimit"), fields.path_of("powerLimit"), 1, kMaxWatts);
    if (const json::Node numa_node = fields.get("numa"); numa_node.exists()) {
        Fields numa(scope, numa_node, fields.path_of("numa"));
        assign(out.numa_localized, read_bool(scope, numa.get("localized"), numa.path_of("localized")));
    }
    out.memory_mib = read_mib(scope, fields.get("memory"), fields.path_of("memory"));
    if (const json::Node sharing = fields.get("sharing"); sharing.exists()) {
        out.sharing = read_sharing(scope, sharing, fields.path_of("sharing"), out.sku);
    }
    return out;
}

}  // namespace tollgate::policies
