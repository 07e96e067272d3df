// SPDX-License-Identifier: Apache-2.0
#include "engine/fleet/discovery/selectors.hpp"

#include "engine/fleet/node_labels.hpp"

#include <algorithm>
#include <set>

namespace tollgate::fleet {
namespace {

// What tells pools of one product apart, the most telling first.
constexpr std::string_view kTelling[] = {
    kInstanceKeys[0],
    "karpenter.sh/capacity-type",
    "eks.amazonaws.com/capacityType",
    "cloud.google.com/gke-spot",
    "cloud.google.com/gke-preemptible",
    "cloud.google.com/gke-provisioning",
    "kubernetes.azure.com/scalesetpriority",
    "cloud.google.com/gke-tpu-topology",
    "nvidia.com/gpu.count",
    "nvidia.com/mig.config",
    "nvidia.com/mig.strategy",
    "nvidia.com/gpu.sharing-strategy",
    "nvidia.com/gpu.replicas",
    "nvidia.com/device-plugin.config",
    "nvidia.com/gpu.machine",
    "karpenter.sh/nodepool",
    "eks.amazonaws.com/nodegroup",
    "cloud.google.com/gke-nodepool",
    "kubernetes.azure.com/agentpool",
    "topology.kubernetes.io/region",
};
constexpr std::string_view kGkeSharing[] = {"cloud.google.com/gke-gpu-partition-size",
                                            "cloud.google.com/gke-gpu-sharing-strategy",
                                            "cloud.google.com/gke-max-shared-clients-per-gpu"};
// Differ from node to node or from day to day, so that they select no pool.
constexpr std::string_view kUnsteady[] = {"kubernetes.io/hostname",
                                          "feature.node.kubernetes.io/",
                                          "nvidia.com/gfd.timestamp",
                                          "nvidia.com/cuda.",
                                          "topology.",
                                          "failure-domain.",
                                          "node.kubernetes.io/exclude-"};

bool carries(const NodeFacts& node, std::string_view key, std::string_view value) {
    return Labels(node.object)[key] == value;
}

class Builder {
  public:
    Builder(const Group& group, const std::vector<const NodeFacts*>& others)
        : group_(group), confused_(others) {}

    /// Written whatever it tells apart.
    void require(std::string_view key) {
        const std::string value = common_label(group_, key);
        if (!value.empty() && !has(key)) add(key, value);
    }

    /// Written when it tells some node apart.
    void consider(std::string_view key) {
        if (confused_.empty() || has(key)) return;
        const std::string value = common_label(group_, key);
        if (value.empty()) return;
        const bool tells = std::any_of(confused_.begin(), confused_.end(),
                                       [&](const NodeFacts* other) { return !carries(*other, key, value); });
        if (tells) add(key, value);
    }

    Reach take() {
        Reach out{std::move(selector_), {}};
        for (const NodeFacts* other : confused_) out.also.push_back(other->name);
        return out;
    }

  private:
    bool has(std::string_view key) const {
        return std::any_of(selector_.begin(), selector_.end(),
                           [&](const auto& each) { return each.first == key; });
    }

    void add(std::string_view key, const std::string& value) {
        selector_.emplace_back(std::string(key), value);
        std::erase_if(confused_, [&](const NodeFacts* other) { return !carries(*other, key, value); });
    }

    const Group& group_;
    std::vector<const NodeFacts*> confused_;
    Selector selector_;
};

bool is_unsteady(std::string_view key) {
    return std::any_of(std::begin(kUnsteady), std::end(kUnsteady),
                       [&](std::string_view prefix) { return key.starts_with(prefix); });
}

}  // namespace

std::string common_label(const Group& group, std::string_view key) {
    const std::string value(Labels(group.nodes.front()->object)[key]);
    const bool common = std::all_of(group.nodes.begin(), group.nodes.end(),
                                    [&](const NodeFacts* node) { return carries(*node, key, value); });
    return common ? value : std::string();
}

Reach reach(const Group& group, const std::vector<const NodeFacts*>& others) {
    Builder builder(group, others);
    if (!group.supply.product_key.empty()) builder.require(group.supply.product_key);
    const NodeFacts& first = *group.nodes.front();
    // Images must fit: what is not the usual architecture is always said.
    if (!first.arch.empty() && first.arch != "amd64") builder.require("kubernetes.io/arch");
    if (!first.os.empty() && first.os != "linux") builder.require("kubernetes.io/os");
    // On GKE shared and cut GPUs go by the name of whole ones: these labels alone say what they are.
    if (group.supply.sharing.form != Form::Whole) {
        for (const std::string_view key : kGkeSharing) builder.require(key);
    }
    for (const std::string_view key : kTelling) builder.consider(key);
    std::set<std::string_view> rest;
    for (const auto [key, value] : Labels(first.object).node().members()) {
        if (is_label_text(key) && !is_unsteady(key)) rest.insert(key);
    }
    for (const std::string_view key : rest) builder.consider(key);
    return builder.take();
}

}  // namespace tollgate::fleet
