// SPDX-License-Identifier: Apache-2.0
#include "engine/fleet/discovery/node.hpp"

#include "engine/base/quantity.hpp"
#include "engine/base/text.hpp"
#include "engine/fleet/node_labels.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace tollgate::fleet {
namespace {

/// The first of several keys that says something.
std::string_view first_of(const Labels& labels, std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys) {
        if (const std::string_view value = labels[key]; !value.empty()) return value;
    }
    return "";
}

// What comes before "://" in spec.providerID, and what the price list calls it.
constexpr std::pair<std::string_view, std::string_view> kProviders[] = {
    {"aws", "aws"}, {"gce", "gcp"}, {"azure", "azure"}};
// Machines that stand nowhere in particular, whatever runs the kubelet.
constexpr std::string_view kOwnMachines[] = {"kind", "k3s", "rke2", "metal3", "baremetalhost", "kubevirt"};
// Label families, for nodes without a providerID.
constexpr std::pair<std::string_view, std::string_view> kFamilies[] = {
    {"eks.amazonaws.com/nodegroup", "aws"},      {"karpenter.k8s.aws/instance-family", "aws"},
    {"cloud.google.com/gke-nodepool", "gcp"},    {"kubernetes.azure.com/cluster", "azure"},
    {"kubernetes.azure.com/agentpool", "azure"}, {"karpenter.azure.com/sku-name", "azure"}};

std::string provider_of(const Labels& labels, std::string_view provider_id) {
    const std::size_t end = provider_id.find("://");
    const std::string_view scheme =
        end == std::string_view::npos ? std::string_view() : provider_id.substr(0, end);
    for (const auto& [id, name] : kProviders) {
        if (scheme == id) return std::string(name);
    }
    if (std::find(std::begin(kOwnMachines), std::end(kOwnMachines), scheme) != std::end(kOwnMachines))
        return "";
    if (!scheme.empty() && is_label_text(scheme)) return std::string(scheme);
    for (const auto& [key, name] : kFamilies) {
        if (!labels[key].empty()) return std::string(name);
    }
    return "";
}

/// A zone's region, as each cloud writes its zones: us-east-1a, us-central1-a, eastus-1.
std::string region_of_zone(std::string_view provider, std::string_view zone) {
    if (provider == "aws" && zone.size() > 1) return std::string(zone.substr(0, zone.size() - 1));
    const std::size_t dash = zone.rfind('-');
    if ((provider == "gcp" || provider == "azure") && dash != std::string_view::npos)
        return std::string(zone.substr(0, dash));
    return "";
}

void read_place(const Labels& labels, std::string_view provider_id, NodeFacts& out) {
    out.provider = provider_of(labels, provider_id);
    out.zone = std::string(first_of(labels, {kZoneKey, kOldZoneKey}));
    if (out.zone.empty() && (out.provider == "aws" || out.provider == "gcp")) {
        // aws:///us-east-1a/i-0abc and gce://project/us-central1-a/name
        const std::vector<std::string_view> parts = split(provider_id, '/');
        if (parts.size() > 4 && is_label_text(parts[parts.size() - 2]))
            out.zone = std::string(parts[parts.size() - 2]);
    }
    out.region = std::string(
        first_of(labels, {"topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"}));
    if (out.region.empty()) out.region = region_of_zone(out.provider, out.zone);
}

struct BillingLabel {
    std::string_view key, value;
    Billing billing;
};
constexpr BillingLabel kBillings[] = {
    {"karpenter.sh/capacity-type", "spot", Billing::Spot},
    {"karpenter.sh/capacity-type", "reserved", Billing::Committed},
    {"karpenter.sh/capacity-type", "on-demand", Billing::OnDemand},
    {"eks.amazonaws.com/capacityType", "SPOT", Billing::Spot},
    {"eks.amazonaws.com/capacityType", "CAPACITY_BLOCK", Billing::Committed},
    {"eks.amazonaws.com/capacityType", "ON_DEMAND", Billing::OnDemand},
    {"cloud.google.com/gke-spot", "true", Billing::Spot},
    {"cloud.google.com/gke-preemptible", "true", Billing::Spot},
    {"cloud.google.com/gke-provisioning", "spot", Billing::Spot},
    {"cloud.google.com/gke-provisioning", "preemptible", Billing::Spot},
    {"kubernetes.azure.com/scalesetpriority", "spot", Billing::Spot},
    {"node.kubernetes.io/lifecycle", "spot", Billing::Spot},
};

void read_billing(const Labels& labels, NodeFacts& out) {
    for (const BillingLabel& row : kBillings) {
        if (labels[row.key] != row.value) continue;
        out.billing = row.billing;
        out.billing_from = std::string(row.key) + ": " + std::string(row.value);
        return;
    }
    if (!labels["cloud.google.com/reservation-name"].empty()) {
        out.billing = Billing::Committed;
        out.billing_from = "cloud.google.com/reservation-name";
        return;
    }
    out.billing = out.provider.empty() ? Billing::Committed : Billing::OnDemand;
}

std::string driver_of(const Labels& labels) {
    std::string full(labels["nvidia.com/cuda.driver-version.full"]);
    if (!full.empty()) return full;
    for (const auto& [prefix, last] :
         {std::pair<std::string, std::string>("nvidia.com/cuda.driver-version.", "revision"),
          std::pair<std::string, std::string>("nvidia.com/cuda.driver.", "rev")}) {
        full = std::string(labels[prefix + "major"]);
        for (const std::string& part : {std::string("minor"), last}) {
            const std::string_view value = labels[prefix + part];
            if (!full.empty() && !value.empty()) full += "." + std::string(value);
        }
        if (!full.empty()) return full;
    }
    return "";
}

// Set on a node for a while, by what watches or removes it; a pod that waits needs no toleration of them.
constexpr std::string_view kPassingTaints[] = {
    "node.kubernetes.io/",
    "node.cloudprovider.kubernetes.io/",
    "ToBeDeletedByClusterAutoscaler",
    "karpenter.sh/",
    "DeletionCandidateOfClusterAutoscaler",
    "node.cilium.io/",
    "ebs.csi.aws.com/",
    "efs.csi.aws.com/",
    "startup-taint.cluster-autoscaler.kubernetes.io/",
};

void read_taints(json::Node taints, NodeFacts& out) {
    for (const json::Node taint : taints.elements()) {
        const std::string_view key = taint["key"].string(), value = taint["value"].string();
        const std::string_view effect = taint["effect"].string();
        const bool known = effect == "NoSchedule" || effect == "PreferNoSchedule" || effect == "NoExecute";
        if (key.empty() || !known || !is_label_text(key) || !is_label_text(value)) continue;
        const bool passing = std::any_of(std::begin(kPassingTaints), std::end(kPassingTaints),
                                         [&](std::string_view prefix) { return key.starts_with(prefix); });
        if (passing) {
            out.passing_taints.emplace_back(key);
        } else {
            out.tolerations.push_back({std::string(key), value.empty() ? "Exists" : "Equal",
                                       std::string(value), std::string(effect)});
        }
    }
    const auto order = [](const Toleration& t) { return std::tie(t.key, t.op, t.value, t.effect); };
    std::sort(out.tolerations.begin(), out.tolerations.end(),
              [&](const Toleration& a, const Toleration& b) { return order(a) < order(b); });
    out.tolerations.erase(std::unique(out.tolerations.begin(), out.tolerations.end()), out.tolerations.end());
}

/// A device that does not work is missing in allocatable; it belongs to the node all the same.
DeviceCounts count_devices(json::Node status) {
    DeviceCounts out;
    for (const char* list : {"allocatable", "capacity"}) {
        for (const auto [name, value] : status[list].members()) {
            if (!is_label_text(name) || !gpu::classify_resource(name).is_accelerator()) continue;
            const Result<Ratio> amount = read_quantity(value);
            const std::int64_t count = amount ? amount->floor().value_or(0) : 0;
            if (count > 0) out[std::string(name)] = std::max(count, out[std::string(name)]);
        }
    }
    return out;
}

bool lacks_devices(json::Node allocatable, const DeviceCounts& devices) {
    return std::any_of(devices.begin(), devices.end(), [&](const auto& each) {
        const Result<Ratio> amount = read_quantity(allocatable[each.first]);
        return !amount || *amount < Ratio(each.second);
    });
}

void read_resources(json::Node allocatable, NodeFacts& out) {
    for (const auto [name, value] : allocatable.members()) {
        // Slots for pods and volumes are no amount that a container asks for.
        if (!is_label_text(name) || name == "pods" || name.starts_with("attachable-volumes-")) continue;
        if (gpu::classify_resource(name).is_accelerator()) continue;
        const Result<Ratio> amount = read_quantity(value);
        if (!amount || !amount->is_known() || amount->is_negative() || amount->is_zero()) continue;
        out.resources.emplace(std::string(name), Amount{*amount, std::string(value.text())});
    }
}

bool is_ready(json::Node conditions) {
    for (const json::Node condition : conditions.elements()) {
        if (condition["type"].string() == "Ready") return condition["status"].string() == "True";
    }
    return true;
}

}  // namespace

Result<NodeFacts> read_node(json::Node object, const std::string& place) {
    if (!object.is_object()) return fail(place + " is no object, and so no Node");
    const std::string_view kind = object["kind"].string();
    if (kind != "Node" || object["apiVersion"].string() != "v1") {
        const std::string shown = kind.empty() ? "no kind" : to_ascii(truncated(kind, 60));
        return fail(place + " has " + (kind.empty() ? shown : "kind " + shown) + ", not a Node of v1");
    }
    NodeFacts out;
    out.object = object;
    out.name = to_ascii(truncated(object["metadata"]["name"].string(), 253));
    if (out.name.empty()) return fail(place + " is a Node without metadata.name");
    if (!object["status"]["allocatable"].is_object() && !object["status"]["capacity"].is_object()) {
        return fail("Node " + out.name +
                    " has neither status.allocatable nor status.capacity: was the dump cut?");
    }
    const Labels labels(object);
    read_place(labels, object["spec"]["providerID"].string(), out);
    out.instance = std::string(first_of(labels, {kInstanceKeys[0], kInstanceKeys[1]}));
    out.arch = std::string(first_of(labels, {"kubernetes.io/arch", "beta.kubernetes.io/arch"}));
    out.os = std::string(first_of(labels, {"kubernetes.io/os", "beta.kubernetes.io/os"}));
    read_billing(labels, out);
    out.driver = driver_of(labels);
    read_taints(object["spec"]["taints"], out);
    const json::Node allocatable = object["status"]["allocatable"];
    read_resources(allocatable.is_object() ? allocatable : object["status"]["capacity"], out);
    out.in_service = !object["spec"]["unschedulable"].boolean() && is_ready(object["status"]["conditions"]);
    out.devices = count_devices(object["status"]);
    out.devices_missing = allocatable.is_object() && lacks_devices(allocatable, out.devices);
    out.supplies = supplies_of({labels, object, out.devices, out.instance});
    return out;
}

}  // namespace tollgate::fleet
