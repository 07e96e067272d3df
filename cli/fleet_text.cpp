// SPDX-License-Identifier: Apache-2.0
#include "cli/fleet_text.hpp"

#include "cli/yaml_text.hpp"
#include "engine/base/quantity.hpp"
#include "engine/base/text.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace tollgate::cli {
namespace {

constexpr std::size_t kWidth = 116;  // of a line of comment

/// One comment, broken into lines between words.
void add_comment(std::string& out, std::string_view indent, std::string_view text) {
    const std::string plain = to_ascii(text);
    std::string line = std::string(indent) + "#";
    const std::size_t empty = line.size();
    for (const std::string_view word : split(plain, ' ')) {
        if (line.size() > empty + 1 && line.size() + 1 + word.size() > kWidth) {
            out += line + "\n";
            line = std::string(indent) + "#  ";
        }
        line += " " + std::string(word);
    }
    out += line + "\n";
}

/// Digits and a unit: no reader takes it for anything else ("1e3" would be a number).
std::string amount_text(const std::string& text) {
    const std::size_t digits = text.find_first_not_of("0123456789");
    if (!text.empty() && digits == std::string::npos) return text;
    if (digits != std::string::npos && digits > 0) {
        constexpr std::string_view kUnits[] = {"m", "k", "M", "G", "T", "P", "Ki", "Mi", "Gi", "Ti", "Pi"};
        const std::string_view unit = std::string_view(text).substr(digits);
        if (std::find(std::begin(kUnits), std::end(kUnits), unit) != std::end(kUnits)) return text;
    }
    return yaml_scalar(text);
}

std::string sharing_text(const fleet::Sharing& sharing) {
    std::string out = "{";
    if (sharing.form == fleet::Form::Mig) {
        out += "mig: {strategy: ";
        out += sharing.mig_strategy == fleet::MigStrategy::Single ? "Single" : "Mixed";
        out += ", profiles: " + gpu::to_string(sharing.profiles);
    } else {
        out += sharing.form == fleet::Form::Mps ? "mps: {" : "timeSlicing: {";
        out += "replicas: " + std::to_string(sharing.replicas);
        if (sharing.renamed) out += ", renamed: true";
    }
    if (sharing.memory_mib) out += ", memory: " + format_mib(*sharing.memory_mib);
    return out + "}}";
}

std::string toleration_text(const fleet::Toleration& toleration) {
    std::string out = "{key: " + yaml_scalar(toleration.key) + ", operator: " + toleration.op;
    if (!toleration.value.empty()) out += ", value: " + yaml_scalar(toleration.value);
    if (!toleration.effect.empty()) out += ", effect: " + toleration.effect;
    return out + "}";
}

std::string list_text(const std::vector<std::string>& texts) {
    std::vector<std::string> quoted;
    quoted.reserve(texts.size());
    for (const std::string& text : texts) quoted.push_back(yaml_scalar(text));
    return "[" + join(quoted, ", ") + "]";
}

void add_pool(std::string& out, const fleet::DiscoveredPool& found, bool counted) {
    const fleet::Pool& pool = found.pool;
    const std::string indent = "    ";
    for (const std::string& comment : found.comments) add_comment(out, "  ", comment);
    out += "  - name: " + yaml_scalar(pool.name) + "\n";
    out += indent + "gpu: " + yaml_scalar(found.gpu) + "\n";
    out += indent + "gpusPerNode: " + std::to_string(pool.gpus_per_node) + "\n";
    if (!found.allocatable.empty()) out += indent + "allocatable:\n";
    for (const auto& [name, amount] : found.allocatable) {
        out += indent + "  " + yaml_scalar(name) + ": " + amount_text(amount) + "\n";
    }
    if (counted) out += indent + "nodes: " + std::to_string(found.nodes) + "\n";
    if (!pool.zones.empty()) out += indent + "zones: " + list_text(pool.zones) + "\n";
    add_comment(out, indent, found.price_comment);
    if (pool.stated_price_per_gpu_hour) {
        out += indent + "price: " + pool.stated_price_per_gpu_hour->usd.to_decimal(6, 2) + "\n";
    }
    add_comment(out, indent, "billing: " + found.billing_comment);
    out += indent + "billing: " + std::string(gpu::to_string(pool.billing)) + "\n";
    if (!pool.node_selector.empty()) out += indent + "nodeSelector:\n";
    for (const auto& [key, value] : pool.node_selector) {
        out += indent + "  " + yaml_scalar(key) + ": " + yaml_scalar(value) + "\n";
    }
    if (!pool.tolerations.empty()) out += indent + "tolerations:\n";
    for (const fleet::Toleration& each : pool.tolerations)
        out += indent + "- " + toleration_text(each) + "\n";
    if (!pool.driver.empty()) out += indent + "driver: " + yaml_scalar(pool.driver) + "\n";
    if (pool.memory_mib) out += indent + "memory: " + format_mib(*pool.memory_mib) + "\n";
    if (pool.sharing.form != fleet::Form::Whole)
        out += indent + "sharing: " + sharing_text(pool.sharing) + "\n";
}

std::string of_nodes(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " node" : " nodes");
}

/// Lower case letters, digits, '-' and '.': the name of an object.
std::string object_name(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
    });
    while (!text.empty() && text.back() == '-') text.pop_back();
    const std::size_t first = text.find_first_not_of('-');
    return first == std::string::npos ? "discovered" : text.substr(first, 63);
}

}  // namespace

std::string fleet_text(const fleet::Discovery& discovery, std::string name) {
    if (name.empty()) name = object_name(discovery.provider + "-" + discovery.region);
    std::string out;
    add_comment(out, "",
                "Written by `tollgate fleet discover` from " + of_nodes(discovery.nodes) +
                    "; list prices are of the catalog of " + std::string(gpu::Catalog::builtin().as_of()) +
                    ". Read it before you use it.");
    add_comment(out, "",
                "Nodes do not tell what your DaemonSets take (subtract it from allocatable), how far an "
                "autoscaler may go (nodes: {min, max}), what you really pay (price), the power limit of a "
                "GPU (powerLimit) or whether MIG instances are NUMA-localised (numa).");
    out += "apiVersion: tollgate.dev/v1alpha1\nkind: Fleet\nmetadata:\n  name: " + yaml_scalar(name) +
           "\nspec:\n";
    if (discovery.provider.empty()) {
        add_comment(out, "  ",
                    "prices: no node names a cloud (spec.providerID); each pool has to state its price");
    } else {
        out += "  prices: {provider: " + yaml_scalar(discovery.provider);
        if (!discovery.region.empty()) out += ", region: " + yaml_scalar(discovery.region);
        out += "}\n";
    }
    out += "  pools:\n";
    for (const fleet::DiscoveredPool& pool : discovery.pools) add_pool(out, pool, discovery.provider.empty());
    for (const fleet::Unwritten& left : discovery.unwritten) {
        add_comment(out, "",
                    "Not written, " + of_nodes(left.nodes.size()) + " (" + fleet::few_of(left.nodes) +
                        "): " + left.reason);
    }
    if (discovery.without_accelerator > 0) {
        add_comment(out, "",
                    of_nodes(discovery.without_accelerator) + " without an accelerator, in no pool.");
    }
    return out;
}

}  // namespace tollgate::cli
