// SPDX-License-Identifier: Apache-2.0
#include "engine/fleet/discovery/devices.hpp"

#include "engine/base/limits.hpp"
#include "engine/fleet/discovery/mig.hpp"
#include "engine/fleet/discovery/products.hpp"
#include "engine/fleet/node_labels.hpp"

#include <algorithm>
#include <utility>

namespace tollgate::fleet {
namespace {

using gpu::ResourceClass;

constexpr std::string_view kGpu = "nvidia.com/gpu";
constexpr std::string_view kShared = "nvidia.com/gpu.shared";
constexpr std::string_view kReplicasKey = "nvidia.com/gpu.replicas";
constexpr std::string_view kStrategyKey = "nvidia.com/gpu.sharing-strategy";
constexpr std::string_view kGkeClientsKey = "cloud.google.com/gke-max-shared-clients-per-gpu";
constexpr std::string_view kGkeStrategyKey = "cloud.google.com/gke-gpu-sharing-strategy";
constexpr std::string_view kHamiAnnotation = "hami.io/node-nvidia-register";
constexpr std::int64_t kMaxReplicas = 1024, kMaxMpsClients = 48;  // of a pool of a Fleet

std::int64_t count_of(const DeviceCounts& counts, std::string_view resource) {
    const auto found = counts.find(resource);
    return found == counts.end() ? 0 : found->second;
}

std::int64_t replicas_of(const DeviceView& view) {
    for (const std::string_view key : {kReplicasKey, kGkeClientsKey}) {
        if (const auto replicas = view.labels.number(key); replicas && *replicas > 1) return *replicas;
    }
    return 1;
}

bool is_shared(const DeviceView& view) {
    return count_of(view.counts, kShared) > 0 || replicas_of(view) > 1 ||
           view.labels[kProductKey].ends_with("-SHARED");
}

void read_strategy(const DeviceView& view, Supply& out) {
    const std::string_view own = view.labels[kStrategyKey];
    const std::string_view strategy = own.empty() ? view.labels[kGkeStrategyKey] : own;
    out.sharing.form = strategy == "mps" ? Form::Mps : Form::TimeSlice;
    if (strategy != "mps" && strategy != "time-slicing" && strategy != "time-sharing") {
        out.guesses.emplace_back("sharing: no label says how; time-slices are assumed, which promise least");
    }
}

void check_replicas(Supply& out) {
    const std::int64_t most = out.sharing.form == Form::Mps ? kMaxMpsClients : kMaxReplicas;
    if (out.sharing.replicas >= 2 && out.sharing.replicas <= most) return;
    out.problem = "its GPUs are shared by " + std::to_string(out.sharing.replicas) +
                  ", and a Fleet takes 2 to " + std::to_string(most);
}

/// Time-slices and MPS clients; gpu.count is of the devices behind them.
Supply shared_supply(const DeviceView& view) {
    Supply out;
    out.sharing.renamed = count_of(view.counts, kShared) > 0;
    out.resource = std::string(out.sharing.renamed ? kShared : kGpu);
    name_product(view, "nvidia", out);
    const std::int64_t units = count_of(view.counts, out.resource);
    const std::optional<std::int64_t> devices = view.labels.number("nvidia.com/gpu.count");
    std::int64_t replicas = replicas_of(view);
    if (replicas == 1 && devices && *devices > 0) {
        replicas = units / *devices;
        out.guesses.emplace_back(
            "sharing: replicas are what the node has for each of its GPUs; no label says");
    }
    read_strategy(view, out);
    out.sharing.replicas = static_cast<std::int32_t>(std::clamp<std::int64_t>(replicas, 0, kMaxReplicas + 1));
    check_replicas(out);
    out.gpus = devices && *devices > 0 ? *devices : units / std::max<std::int64_t>(replicas, 1);
    if (out.problem.empty() && out.gpus * replicas != units) {
        out.guesses.push_back("gpusPerNode: " + std::to_string(out.gpus) + " shared by " +
                              std::to_string(replicas) + " each, but a node has " + std::to_string(units) +
                              " of " + out.resource);
    }
    out.gpus_of_node = out.gpus;
    return out;
}

Supply whole_supply(const DeviceView& view, std::string_view resource, std::string_view vendor) {
    Supply out;
    out.resource = std::string(resource);
    name_product(view, vendor, out);
    out.gpus = out.gpus_of_node = count_of(view.counts, resource);
    if (out.sku != nullptr && out.sku->resource != resource && out.problem.empty()) {
        out.problem = "the catalog's " + std::string(out.sku->name) + " is asked for as " +
                      std::string(out.sku->resource) + ", and these nodes have " + out.resource;
    }
    const auto labelled = view.labels.number("nvidia.com/gpu.memory");
    if (vendor == "nvidia" && labelled && *labelled > 0) out.memory_mib = labelled;
    return out;
}

/// Nodes that say they have GPUs and hand out none.
std::optional<Supply> missing_supply(const DeviceView& view) {
    std::string said;
    for (const std::string_view key :
         {std::string_view("nvidia.com/gpu.count"), kProductKey, std::string_view("nvidia.com/gpu.present"),
          std::string_view("cloud.google.com/gke-accelerator"),
          std::string_view("karpenter.k8s.aws/instance-gpu-name"),
          std::string_view("cloud.google.com/gke-tpu-accelerator"),
          std::string_view("karpenter.k8s.aws/instance-accelerator-name"),
          std::string_view("kubernetes.azure.com/accelerator")}) {
        const std::string_view value = view.labels[key];
        if (value.empty() || value == "0" || value == "false" || value == "none") continue;
        said = std::string(key) + ": " + std::string(value);
        break;
    }
    if (said.empty()) return std::nullopt;
    Supply out;
    out.problem = "the label " + said +
                  " speaks of GPUs, but the nodes hand out none: either the device plugin does not run, or "
                  "resource claims (DRA) hand them out, which a Fleet does not offer yet";
    return out;
}

Supply problem_supply(std::string resource, std::string problem) {
    Supply out;
    out.resource = std::move(resource);
    out.problem = std::move(problem);
    return out;
}

void add_nvidia(const DeviceView& view, std::vector<Supply>& out) {
    const bool any_mig = std::any_of(view.counts.begin(), view.counts.end(), [](const auto& each) {
        const gpu::ResourceMeaning meaning = gpu::classify_resource(each.first);
        return meaning.cls == ResourceClass::Mig && meaning.vendor == "nvidia";
    });
    const std::int64_t whole = count_of(view.counts, kGpu);
    const std::int64_t shared = count_of(view.counts, kShared);
    if (view.object["metadata"]["annotations"][kHamiAnnotation].exists()) {
        if (whole + shared > 0) {
            out.push_back(problem_supply(std::string(kGpu),
                                         "HAMi hands out parts of these GPUs by memory and "
                                         "cores, which a Fleet does not offer yet"));
        }
        return;
    }
    if (view.labels[kProductKey].ends_with("-MIG-INVALID")) {
        out.push_back(
            problem_supply(std::string(kGpu),
                           "nvidia.com/mig.strategy is single, but their GPUs are not all cut alike "
                           "(gpu.product ends in -MIG-INVALID); mend nvidia.com/mig.config"));
    } else if (any_mig) {
        add_mixed_mig(view, out);
        if (whole > 0) {
            Supply rest = whole_supply(view, kGpu, "nvidia");
            rest.gpus_of_node = std::max(view.labels.number("nvidia.com/gpu.count").value_or(0), whole);
            rest.guesses.emplace_back(
                "the GPUs of these nodes that are not cut; those that are make another pool");
            out.push_back(std::move(rest));
        }
    } else if (whole > 0 && is_single_mig(view)) {
        out.push_back(single_mig(view));
    } else if ((whole > 0 || shared > 0) && is_shared(view)) {
        out.push_back(shared_supply(view));
    } else if (whole > 0) {
        out.push_back(whole_supply(view, kGpu, "nvidia"));
    }
}

/// Every name that is not NVIDIA's own.
void add_others(const DeviceView& view, std::vector<Supply>& out) {
    for (const auto& [name, count] : view.counts) {
        const gpu::ResourceMeaning meaning = gpu::classify_resource(name);
        const bool whole =
            meaning.cls == ResourceClass::WholeGpu || meaning.cls == ResourceClass::OtherAccelerator;
        if (meaning.vendor == "nvidia" || meaning.cls == ResourceClass::DeviceAspect) continue;
        if (!whole) {
            out.push_back(problem_supply(name, name + " is handed out by " + std::string(meaning.vendor) +
                                                   " in parts that a Fleet does not offer yet"));
        } else if (name == "aws.amazon.com/neuroncore" &&
                   count_of(view.counts, "aws.amazon.com/neuron") > 0) {
            // The cores of the same devices; said at the pool of these.
        } else {
            out.push_back(whole_supply(view, name, meaning.vendor));
            if (count_of(view.counts, "aws.amazon.com/neuroncore") > 0) {
                out.back().guesses.emplace_back(
                    "pods that ask for aws.amazon.com/neuroncore are not judged by this pool");
            }
        }
    }
}

void bound(Supply& supply) {
    if (!supply.problem.empty()) return;
    if (supply.gpus < 1 || supply.gpus > limits::kMaxGpusPerNode) {
        supply.problem = "a node has " + std::to_string(supply.gpus) + " GPUs, and a Fleet takes 1 to " +
                         std::to_string(limits::kMaxGpusPerNode);
    }
}

}  // namespace

std::optional<InstanceGpus> instance_gpus(std::string_view instance) {
    std::optional<InstanceGpus> out;
    if (instance.empty()) return out;
    for (const gpu::Price& price : gpu::Catalog::builtin().prices()) {
        if (price.instance != instance || !price.verified) continue;
        const gpu::Sku* sku = gpu::Catalog::builtin().find_sku(price.gpu);
        if (sku == nullptr || (out && out->sku != sku)) return std::nullopt;
        out = InstanceGpus{sku, price.gpus.is_integer() ? price.gpus.floor().value_or(0) : 0};
    }
    return out;
}

std::vector<Supply> supplies_of(const DeviceView& view) {
    std::vector<Supply> out;
    add_nvidia(view, out);
    add_others(view, out);
    if (out.empty()) {
        if (auto missing = missing_supply(view)) out.push_back(std::move(*missing));
    }
    for (Supply& supply : out) bound(supply);
    return out;
}

}  // namespace tollgate::fleet
