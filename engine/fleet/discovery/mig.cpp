// SPDX-License-Identifier: Apache-2.0
#include "engine/fleet/discovery/mig.hpp"

#include "engine/base/limits.hpp"
#include "engine/fleet/discovery/products.hpp"
#include "engine/fleet/node_labels.hpp"

#include <algorithm>
#include <utility>

namespace tollgate::fleet {
namespace {

using gpu::MigLayout;
using gpu::MigTable;

constexpr std::string_view kPrefix = "nvidia.com/mig-";
constexpr std::string_view kPartitionKey = "cloud.google.com/gke-gpu-partition-size";
constexpr std::string_view kMigSuffix = "-MIG-";
constexpr std::int64_t kMostOnOneGpu = 64;  // instances of a profile, in a Fleet

/// Empty when the instances do not spread evenly, or one GPU cannot hold its part.
MigLayout evenly(const MigTable& table, const MigLayout& counts, std::int64_t gpus) {
    MigLayout per_gpu;
    for (const auto& [profile, count] : counts) {
        if (count % gpus != 0 || count / gpus > kMostOnOneGpu) return {};
        per_gpu.emplace_back(profile, static_cast<std::int32_t>(count / gpus));
    }
    return gpu::check_layout(table, per_gpu).fits ? per_gpu : MigLayout{};
}

/// Each profile on GPUs of its own, as many to a GPU as it holds.
std::vector<LayoutPart> apart(const MigTable& table, const MigLayout& counts, std::int64_t gpus) {
    std::vector<LayoutPart> parts;
    std::int64_t used = 0;
    for (const auto& [name, count] : counts) {
        const std::int32_t most = table.find(name)->max_instances;
        if (most < 1 || count % most != 0) return {};
        parts.push_back({{{name, most}}, count / most});
        used += count / most;
    }
    return used == gpus ? parts : std::vector<LayoutPart>{};
}

/// "1g.10gb.me" of "nvidia.com/mig-1g.10gb.me.shared".
std::string profile_of(std::string_view resource) {
    return std::string(gpu::classify_resource(resource).mig_profile);
}

struct Instances {
    MigLayout counts;  // by the catalog's names
    std::string problem;
    std::string first_resource;
};

Instances count_instances(const DeviceView& view, const MigTable& table) {
    Instances out;
    for (const auto& [resource, count] : view.counts) {
        const gpu::ResourceMeaning meaning = gpu::classify_resource(resource);
        if (meaning.cls != gpu::ResourceClass::Mig || meaning.vendor != "nvidia") continue;
        const std::string label = std::string(kPrefix) + profile_of(resource);
        if (meaning.shared || view.labels.number(label + ".replicas").value_or(1) > 1) {
            out.problem = "its MIG instances are shared in time (" + resource + "), which a pool cannot say";
        }
        const gpu::MigProfile* profile = table.find(meaning.mig_profile);
        if (profile == nullptr) {
            out.problem = "the catalog knows no MIG profile " + profile_of(resource) + " of this GPU";
            return out;
        }
        if (count > limits::kMaxGpusPerNode * kMostOnOneGpu) {
            out.problem = std::to_string(count) + " of " + resource + " are more than a node can have";
        }
        if (out.first_resource.empty()) out.first_resource = resource;
        out.counts.emplace_back(std::string(profile->name),
                                static_cast<std::int32_t>(std::min<std::int64_t>(count, INT32_MAX)));
    }
    return out;
}

/// GPUs of the node that are cut: all but those it hands out whole.
std::optional<std::int64_t> cut_gpus(const DeviceView& view) {
    std::optional<std::int64_t> all = view.labels.number("nvidia.com/gpu.count");
    if (!all) all = view.labels.number("karpenter.k8s.aws/instance-gpu-count");
    if (!all) {
        const std::optional<InstanceGpus> known = instance_gpus(view.instance);
        if (known && known->gpus > 0) all = known->gpus;
    }
    if (!all) return std::nullopt;
    const auto whole = view.counts.find("nvidia.com/gpu");
    return *all - (whole == view.counts.end() ? 0 : whole->second);
}

std::string listed(const MigLayout& counts) {
    return gpu::to_string(counts);
}

/// Memory of an instance, where the catalog has none and a label says it.
void read_memory(const DeviceView& view, const std::string& key, Supply& supply) {
    if (supply.sharing.profiles.size() != 1) return;
    const gpu::MigProfile* profile = supply.sku->mig->find(supply.sharing.profiles.front().first);
    const auto labelled = view.labels.number(key);
    if (!profile->memory_mib && labelled && *labelled > 0) supply.sharing.memory_mib = labelled;
}

}  // namespace

LayoutGuess arrange(const MigTable& table, const MigLayout& counts, std::optional<std::int64_t> gpus) {
    LayoutGuess out;
    if (gpus && *gpus > 0) {
        if (MigLayout even = evenly(table, counts, *gpus); !even.empty()) {
            out.parts.push_back({std::move(even), *gpus});
            return out;
        }
        out.parts = apart(table, counts, *gpus);
        if (!out.parts.empty()) {
            out.guess = "sharing: the node counts " + listed(counts) + " on " + std::to_string(*gpus) +
                        " GPUs; each profile is taken to have GPUs of its own";
        }
        return out;
    }
    for (std::int64_t few = 1; few <= kMostOnOneGpu; ++few) {
        MigLayout even = evenly(table, counts, few);
        if (even.empty()) continue;
        out.parts.push_back({std::move(even), few});
        out.guess = "gpusPerNode: no label counts the GPUs; " + std::to_string(few) +
                    " is the fewest that hold " + listed(counts);
        return out;
    }
    return out;
}

void add_mixed_mig(const DeviceView& view, std::vector<Supply>& out) {
    Supply base;
    base.resource = std::string(kPrefix);
    name_product(view, "nvidia", base);
    base.sharing.form = Form::Mig;
    base.sharing.mig_strategy = MigStrategy::Mixed;
    if (base.problem.empty() && base.sku->mig == nullptr) {
        base.problem = "the catalog has no MIG profiles of " + std::string(base.sku->name);
    }
    if (!base.problem.empty()) {
        out.push_back(std::move(base));
        return;
    }
    const Instances instances = count_instances(view, *base.sku->mig);
    base.resource = instances.first_resource;
    base.problem = instances.problem;
    const std::optional<std::int64_t> gpus = cut_gpus(view);
    LayoutGuess guess;
    if (base.problem.empty()) guess = arrange(*base.sku->mig, instances.counts, gpus);
    if (base.problem.empty() && guess.parts.empty()) {
        base.problem =
            "its GPUs are cut in different ways (" + listed(instances.counts) + " on " +
            (gpus ? std::to_string(*gpus) : std::string("an unknown number of")) +
            " GPUs), and a pool has one layout for all; cut them alike, or write the pools by hand";
    }
    if (!base.problem.empty()) out.push_back(base);
    std::int64_t all = view.labels.number("nvidia.com/gpu.count").value_or(0);
    for (const LayoutPart& part : guess.parts) all = std::max(all, part.gpus);
    for (LayoutPart& part : guess.parts) {
        Supply supply = base;
        supply.sharing.profiles = std::move(part.per_gpu);
        supply.gpus = part.gpus;
        supply.gpus_of_node = all;
        if (!guess.guess.empty()) supply.guesses.push_back(guess.guess);
        const gpu::MigProfile* first = supply.sku->mig->find(supply.sharing.profiles.front().first);
        supply.resource = std::string(first->resource);
        read_memory(view, supply.resource + ".memory", supply);
        out.push_back(std::move(supply));
    }
}

bool is_single_mig(const DeviceView& view) {
    return view.labels[kProductKey].find(kMigSuffix) != std::string_view::npos ||
           !view.labels[kPartitionKey].empty();
}

Supply single_mig(const DeviceView& view) {
    Supply out;
    out.resource = "nvidia.com/gpu";
    name_product(view, "nvidia", out);
    out.sharing.form = Form::Mig;
    out.sharing.mig_strategy = MigStrategy::Single;
    if (!out.problem.empty()) return out;
    std::string_view label = view.labels[kProductKey];
    const bool time_shared = label.ends_with("-SHARED") ||
                             view.labels.number("nvidia.com/gpu.replicas").value_or(1) > 1 ||
                             !view.labels["cloud.google.com/gke-gpu-sharing-strategy"].empty();
    if (label.ends_with("-SHARED")) label.remove_suffix(7);
    const std::size_t at = label.rfind(kMigSuffix);
    const std::string_view name =
        at == std::string_view::npos ? view.labels[kPartitionKey] : label.substr(at + kMigSuffix.size());
    const gpu::MigProfile* profile = out.sku->mig == nullptr ? nullptr : out.sku->mig->find(name);
    if (profile == nullptr) {
        out.problem =
            "the catalog knows no MIG profile " + std::string(name) + " of " + std::string(out.sku->name);
    } else if (time_shared) {
        out.problem =
            "its MIG instances (" + std::string(name) + ") are shared in time, which a pool cannot say";
    }
    if (!out.problem.empty()) return out;
    const std::int64_t count = view.counts.find("nvidia.com/gpu")->second;
    std::optional<std::int64_t> gpus = view.labels.number("karpenter.k8s.aws/instance-gpu-count");
    if (const auto known = instance_gpus(view.instance); !gpus && known && known->gpus > 0)
        gpus = known->gpus;
    if (!gpus && count % profile->max_instances == 0) {
        gpus = count / profile->max_instances;
        out.guesses.push_back("gpusPerNode: a node counts " + std::to_string(count) + " instances of " +
                              std::string(name) + ", and " + std::to_string(profile->max_instances) +
                              " fit on a GPU; no label counts the GPUs");
    }
    const MigLayout counts{
        {std::string(profile->name), static_cast<std::int32_t>(std::min<std::int64_t>(count, INT32_MAX))}};
    LayoutGuess guess = arrange(*out.sku->mig, counts, gpus);
    if (guess.parts.size() != 1) {
        out.problem = std::to_string(count) + " instances of " + std::string(name) +
                      " do not spread evenly over " + std::to_string(gpus.value_or(0)) + " GPUs";
        return out;
    }
    if (!guess.guess.empty()) out.guesses.push_back(std::move(guess.guess));
    out.sharing.profiles = std::move(guess.parts.front().per_gpu);
    out.gpus = out.gpus_of_node = guess.parts.front().gpus;
    read_memory(view, "nvidia.com/gpu.memory", out);
    return out;
}

}  // namespace tollgate::fleet
