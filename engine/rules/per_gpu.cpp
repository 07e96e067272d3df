// SPDX-License-Identifier: Apache-2.0
// limits: cpuPerGpu and memoryPerGpu. A pod that takes more of its node than goes with its GPUs strands other
// GPUs; the finding says how many, what they cost, and what the largest container may ask instead.
#include "engine/base/quantity.hpp"
#include "engine/rules/run.hpp"
#include "engine/workload/amount.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::rules {
namespace {

using workload::ContainerRole;

constexpr std::int64_t kMiB = std::int64_t{1} << 20;
constexpr std::int64_t kGiB = std::int64_t{1} << 30;

/// CPU and memory differ in names and units alone.
struct Measure {
    Code code;
    std::string_view resource;
    std::string_view unit;  // after the number in "asks 47 CPUs for 1 GPU"
    std::string (*text)(const Ratio&);
};

std::string cpu_text(const Ratio& cores) {
    return cores.to_decimal(2);
}
std::string memory_text(const Ratio& bytes) {
    if (bytes >= Ratio(kGiB)) return (bytes / Ratio(kGiB)).to_decimal(1) + "Gi";
    return (bytes / Ratio(kMiB)).to_decimal(1) + "Mi";
}

constexpr Measure kCpu{Code::CpuPerGpu, "cpu", " CPUs", cpu_text};
constexpr Measure kMemory{Code::MemoryPerGpu, "memory", " of memory", memory_text};

/// What each container asks for, by Kubernetes' rule that a missing request is the limit.
std::vector<Ratio> amounts_of(const workload::Pod& pod, std::string_view resource) {
    std::vector<Ratio> amounts;
    for (const workload::Container& container : pod.containers) {
        const json::Node request = container.resources["requests"][resource];
        const json::Node amount = request.exists() ? request : container.resources["limits"][resource];
        amounts.push_back(workload::read_amount(amount).value_or(Ratio(0)));
    }
    return amounts;
}

/// The most container `subject` may ask so that the pod needs no more than `allowed`: the pod needs its main
/// containers and sidecars together, or one init container beside the sidecars started before it.
/// Empty when the others need more than that by themselves.
std::optional<Ratio> room_for(const workload::Pod& pod, const std::vector<Ratio>& amounts,
                              std::size_t subject, const Ratio& allowed) {
    if (pod.containers[subject].role == ContainerRole::PodLevel) return allowed;
    Ratio running, sidecars, room = allowed;
    bool beside = false;  // the subject is among the sidecars so far
    bool fits = true;
    for (std::size_t i = 0; i < pod.containers.size(); ++i) {
        const Ratio own = i == subject ? Ratio(0) : amounts[i];
        switch (pod.containers[i].role) {
            case ContainerRole::Init: {
                const Ratio left = allowed - sidecars - own;
                if (i == subject || beside) room = min(room, left);
                fits = fits && !left.is_negative();
                break;
            }
            case ContainerRole::Sidecar:
                sidecars += own;
                running += own;
                beside = beside || i == subject;
                break;
            case ContainerRole::Main:
                running += own;
                break;
            case ContainerRole::Ephemeral:
            case ContainerRole::PodLevel:
                break;
        }
    }
    const Ratio left = allowed - running;
    if (pod.containers[subject].role != ContainerRole::Init) room = min(room, left);
    if (!fits || left.is_negative() || !(room > Ratio(0))) return std::nullopt;
    return room;
}

/// The container that asks most; pod-level amounts override the sums, so they count first.
std::size_t largest(const workload::Pod& pod, const std::vector<Ratio>& amounts) {
    std::size_t found = 0;
    for (std::size_t i = 0; i < amounts.size(); ++i) {
        if (pod.containers[i].role == ContainerRole::PodLevel && amounts[i] > Ratio(0)) return i;
        if (amounts[i] > amounts[found]) found = i;
    }
    return found;
}

/// An amount as a fix writes it: a whole number of CPUs or thousandths, of GiB or MiB.
struct Written {
    Ratio amount;
    std::string text;
};

/// The most that can be written within `room`; empty when there is none above zero.
std::optional<Written> most_within(const Measure& measure, const Ratio& room) {
    struct Unit {
        Ratio size;
        std::string_view suffix;
    };
    const bool cpu = measure.code == Code::CpuPerGpu;
    const Unit large = cpu ? Unit{Ratio(1), ""} : Unit{Ratio(kGiB), "Gi"};
    const Unit small = cpu ? Unit{Ratio::of(1, 1000), "m"} : Unit{Ratio(kMiB), "Mi"};
    for (const Unit& unit : {large, small}) {
        const auto count = (room / unit.size).floor();
        if (count.value_or(0) < 1) continue;
        const std::string text = std::to_string(*count) + std::string(unit.suffix);
        return Written{Ratio(*count) * unit.size, unit.suffix.empty() ? quoted(text) : text};
    }
    return std::nullopt;
}

struct Allowance {
    Ratio amount;      // for the whole pod
    std::string text;  // "an h100 node has 23.5 per GPU", "the limit is 8 per GPU"
    /// Of a node: what it has per whole GPU, and how many of those the pod asks for. Empty for a number.
    std::optional<Ratio> per_gpu;
    Ratio gpus;
};

std::string article(const std::string& name) {
    const bool vowel =
        !name.empty() && std::string_view("aeiou").find(name.front()) != std::string_view::npos;
    const bool spoken = !name.empty() &&
                        std::string_view("fhlmnrsx8").find(name.front()) != std::string_view::npos &&
                        name.size() > 1 && name[1] >= '0' && name[1] <= '9';  // "an h100"
    return vowel || spoken ? "an " : "a ";
}

class PerGpu {
  public:
    PerGpu(Run& run, std::size_t index, const Measure& measure)
        : run_(run), pod_(run.context.workload.pods[index]), measure_(measure) {
        const cost::WorkloadCost& priced = run.context.cost_now();
        if (index >= priced.pods.size()) return;
        location_ = priced.pods[index].location;
        note_ = priced.pods[index].note;
    }

    void check(const std::variant<Ratio, Limits::NodeShare>& limit) {
        const std::int64_t devices = pod_.devices();
        if (devices == 0) return;
        if (!pod_.resources.readable) {
            return run_.error("unmeasurable", pod_.field + ": an amount of CPU or memory could not be read");
        }
        const auto& asked = measure_.code == Code::CpuPerGpu ? pod_.resources.cpu : pod_.resources.memory;
        if (!asked.has_value()) return;
        const std::optional<Allowance> allowed = allowance(limit, devices);
        if (allowed.has_value() && *asked > allowed->amount && !run_.skip())
            report(*asked, devices, *allowed);
    }

  private:
    std::optional<Allowance> allowance(const std::variant<Ratio, Limits::NodeShare>& limit,
                                       std::int64_t devices) {
        if (const Ratio* number = std::get_if<Ratio>(&limit)) {
            return Allowance{*number * Ratio(devices), "the limit is " + measure_.text(*number) + " per GPU",
                             std::nullopt, Ratio(devices)};
        }
        const fleet::Offer* offer = location_.offer;
        if (offer == nullptr) {
            run_.error("pool_unknown",
                       pod_.field + ": what its node has for each GPU is not known: " +
                           (note_.empty() ? std::string("the Fleet has no pool for it") : note_));
            return std::nullopt;
        }
        std::optional<Allowance> share = node_share(location_);
        if (!share.has_value()) {
            run_.error("allocatable_unknown", "the Fleet does not say how much " +
                                                  std::string(measure_.resource) + " a node of pool " +
                                                  offer->pool->name + " has (allocatable)");
        }
        return share;
    }

    /// What goes with the pod's GPUs on a node where it stands; empty when the Fleet does not say.
    std::optional<Allowance> node_share(const cost::Location& location) const {
        const fleet::Offer& offer = *location.offer;
        const fleet::Pool& pool = *offer.pool;
        const auto& node = measure_.code == Code::CpuPerGpu ? pool.cpu : pool.memory;
        if (!node.has_value()) return std::nullopt;
        const Ratio per_gpu = *node / Ratio(pool.gpus_per_node);
        std::string text = article(pool.name) + pool.name + " node has ";
        if (const auto slice = sliced(); slice.has_value()) {
            text += measure_.text(per_gpu * offer.gpu_share) + " for each " + std::string(*slice);
            // A part of a GPU may go by the name of a whole one.
            if (offer.resource == pool.sku->resource)
                text += " (" + offer.gpu_share.to_decimal(2) + " of a GPU)";
        } else {
            text += measure_.text(per_gpu) + " per GPU";
        }
        return Allowance{per_gpu * location.gpus, std::move(text), per_gpu, location.gpus};
    }

    /// The name of the part of a GPU that the pod asks for, when that is all it asks for.
    std::optional<std::string_view> sliced() const {
        const bool part = location_.offer != nullptr && location_.offer->gpu_share < Ratio(1);
        if (!part || pod_.totals.size() != 1) return std::nullopt;
        return pod_.totals.front().resource;
    }

    /// " for 1 GPU", " for 2 nvidia.com/mig-1g.10gb", " for 0.5 GPUs".
    std::string for_what(std::int64_t devices) const {
        if (const auto slice = sliced(); slice.has_value())
            return " for " + std::to_string(devices) + " " + std::string(*slice);
        const bool fraction = location_.offer != nullptr && location_.gpus != Ratio(devices);
        return " for " + (fraction ? location_.gpus.to_decimal(2) + " GPUs" : plural(devices, "GPU"));
    }

    std::string asks_text(const std::vector<Ratio>& amounts, std::size_t subject, const Ratio& asked,
                          std::int64_t devices) const {
        const std::string gpus = for_what(devices);
        const workload::Container& container = pod_.containers[subject];
        if (amounts[subject] == asked) {
            return container_label(container) + " asks " + measure_.text(asked) + std::string(measure_.unit) +
                   gpus;
        }
        return "the pod asks " + measure_.text(asked) + std::string(measure_.unit) + gpus + ", " +
               measure_.text(amounts[subject]) + " of it for " + container_label(container);
    }

    /// What the GPUs cost that the pod strands: by dominant share, less what its own GPUs cost.
    std::optional<Money> stranded() const {
        if (location_.offer == nullptr) return std::nullopt;
        const fleet::Pool& pool = *location_.offer->pool;
        const auto price = [&](bool gpu_only) {
            return cost::node_share_price(
                pool, cost::dominant_share(pool, location_.gpus, pod_.resources, gpu_only).share);
        };
        const auto all = price(false);
        const auto own = price(true);
        if (!all.has_value() || !own.has_value()) return std::nullopt;
        return *all - *own;
    }

    std::string idle_text(const Ratio& asked, const Allowance& allowed) const {
        if (!allowed.per_gpu.has_value()) return "";
        const Ratio idle = asked / *allowed.per_gpu - allowed.gpus;
        if (!idle.is_known()) return "";
        if (idle == Ratio(1) && allowed.gpus == Ratio(1)) return ", so each pod keeps a second GPU idle";
        const bool whole = idle.is_integer();
        return ", so each pod keeps " + (whole ? idle.to_decimal(0) : idle.to_decimal(2)) +
               (idle == Ratio(1) ? " more GPU idle" : " more GPUs idle");
    }

    void report(const Ratio& asked, std::int64_t devices, const Allowance& allowed) {
        const std::vector<Ratio> amounts = amounts_of(pod_, measure_.resource);
        const std::size_t subject = largest(pod_, amounts);
        const workload::Container& container = pod_.containers[subject];
        std::string name =
            container.role == ContainerRole::PodLevel ? std::string() : std::string(container.name);
        Finding& finding = run_.add(measure_.code, pod_.field + "/" + name);
        finding.magnitude = asked - allowed.amount;
        finding.field =
            workload::resources_field(pod_, container) + ".requests." + std::string(measure_.resource);
        finding.what =
            asks_text(amounts, subject, asked, devices) + "; " + allowed.text + idle_text(asked, allowed);
        const std::optional<Money> idle = stranded();
        if (idle.has_value() && idle->usd > Ratio(0)) {
            const bool counted = pod_.replicas.has_value();
            finding.hourly = *idle * Ratio(pod_.replicas.value_or(1));
            finding.what += " (" + format_usd(finding.hourly) + (counted ? "/h in all)" : "/h for each pod)");
        }
        finding.what += ".";
        const std::optional<Written> most = fix_for(asked, amounts, subject, allowed);
        if (!most.has_value()) {
            finding.what += " The other containers leave it nothing: lower them too, or ask for more GPUs.";
        } else {
            finding.fix = fix_line(finding.field, most->text);
        }
    }

    /// The most the container may ask so that the pod passes. Asking less, it may land on other, dearer
    /// nodes: their share then counts.
    std::optional<Written> fix_for(const Ratio& asked, const std::vector<Ratio>& amounts, std::size_t subject,
                                   Allowance allowed) {
        // Overhead, and whatever else is no container's, is taken off first.
        const Ratio overhead = max(asked - pod_needs(amounts, subject), Ratio(0));
        std::optional<Written> most;
        constexpr int kTries = 8;
        for (int i = 0; i < kTries; ++i) {
            const auto room = room_for(pod_, amounts, subject, allowed.amount - overhead);
            most = room.has_value() ? most_within(measure_, *room) : std::nullopt;
            if (!most.has_value() || !allowed.per_gpu.has_value()) return most;
            if (!run_.context.budget.spend(run_.context.market.offers.size() + 1)) return most;
            std::vector<Ratio> lowered = amounts;
            lowered[subject] = most->amount;
            workload::Pod pod = pod_;
            const Ratio needs = pod_needs(lowered, subject) + overhead;
            (measure_.code == Code::CpuPerGpu ? pod.resources.cpu : pod.resources.memory) = needs;
            const cost::Location there =
                cost::price_pod(pod, run_.context.market, run_.context.catalog).location;
            const auto next = there.offer == nullptr ? std::nullopt : node_share(there);
            if (!next.has_value() || needs <= next->amount) return most;
            allowed = *next;
        }
        return most;
    }

    /// What the containers need by themselves, without the pod's overhead.
    Ratio pod_needs(const std::vector<Ratio>& amounts, std::size_t subject) const {
        if (pod_.containers[subject].role == ContainerRole::PodLevel) return amounts[subject];
        Ratio running, sidecars, peak;
        for (std::size_t i = 0; i < amounts.size(); ++i) {
            const ContainerRole role = pod_.containers[i].role;
            if (role == ContainerRole::Init) peak = max(peak, sidecars + amounts[i]);
            if (role == ContainerRole::Sidecar) sidecars += amounts[i];
            if (role == ContainerRole::Sidecar || role == ContainerRole::Main) running += amounts[i];
        }
        return max(peak, running);
    }

    Run& run_;
    const workload::Pod& pod_;
    const Measure& measure_;
    cost::Location location_;
    std::string note_;  // how it was priced, or why it was not
};

}  // namespace

void check_per_gpu(Run& run, const Limits& rule) {
    for (std::size_t i = 0; i < run.context.workload.pods.size(); ++i) {
        if (rule.cpu_per_gpu.has_value()) PerGpu(run, i, kCpu).check(*rule.cpu_per_gpu);
        if (rule.memory_per_gpu.has_value()) PerGpu(run, i, kMemory).check(*rule.memory_per_gpu);
    }
}

}  // namespace tollgate::rules
