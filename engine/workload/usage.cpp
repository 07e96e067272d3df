// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/usage.hpp"

#include "engine/base/limits.hpp"
#include "engine/base/quantity.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace tollgate::workload {
namespace {

constexpr std::int64_t kSecondsPerHour = 3'600;
constexpr std::int64_t kSecondsPerDay = 24 * kSecondsPerHour;

bool runs_on_accelerator(const Pod& pod, std::uint32_t container) {
    return std::any_of(pod.demands.begin(), pod.demands.end(),
                       [&](const Demand& demand) { return demand.container == container; });
}

/// The larger maximum, and the larger mean: of several containers one that works is enough.
void raise(std::optional<Activity>& activity, const std::optional<Activity>& other) {
    if (!activity || !other) {
        activity.reset();
        return;
    }
    activity->max = max(activity->max, other->max);
    activity->mean = max(activity->mean, other->mean);
}

/// Of the containers of a pod, or of the kinds that have one name.
void add(std::optional<Measured>& sum, const UsageEntry& entry) {
    if (!sum) {
        sum = Measured{entry.peak_mib, entry.activity, entry.seconds(), entry.samples,
                       entry.pods,     entry.mig,      entry.shared,    ""};
        return;
    }
    sum->peak_mib = sum->peak_mib && entry.peak_mib ? std::optional(std::max(*sum->peak_mib, *entry.peak_mib))
                                                    : std::nullopt;
    raise(sum->activity, entry.activity);
    sum->seconds = std::min(sum->seconds, entry.seconds());
    sum->samples = std::min(sum->samples, entry.samples);
    sum->pods = std::max(sum->pods, entry.pods);
    sum->mig = sum->mig || entry.mig;
    sum->shared = sum->shared || entry.shared;
}

/// False when there is none of this container.
bool add_container(std::span<const UsageEntry> entries, std::string_view kind, std::string_view container,
                   std::optional<Measured>& sum) {
    bool found = false;
    for (const UsageEntry& entry : entries) {
        const bool same_kind = entry.kind.empty() || entry.kind == kind;
        const bool same = container.empty() || entry.container.empty() || entry.container == container;
        if (!same_kind || !same) continue;
        add(sum, entry);
        found = true;
    }
    return found;
}

std::string why_no_need(const Measured& measured) {
    if (!measured.peak_mib) return "its use of memory was not measured, only its activity";
    if (measured.shared) {
        return "what was measured is of devices that it shares with other pods, and not of it alone";
    }
    if (measured.is_enough()) return "";
    return "it was measured over " + span_text(measured.seconds) + " in " + std::to_string(measured.samples) +
           " samples; that counts from " + span_text(limits::kMinUsageSeconds) + " and " +
           std::to_string(limits::kMinUsageSamples) + " samples";
}

}  // namespace

bool Measured::is_enough() const {
    return seconds >= limits::kMinUsageSeconds && samples >= limits::kMinUsageSamples;
}

UsageTable::UsageTable(std::vector<UsageEntry> entries) : entries_(std::move(entries)) {
    std::sort(entries_.begin(), entries_.end(), [](const UsageEntry& a, const UsageEntry& b) {
        return std::tie(a.ns, a.name, a.kind, a.container) < std::tie(b.ns, b.name, b.kind, b.container);
    });
}

std::span<const UsageEntry> UsageTable::of(std::string_view ns, std::string_view name) const {
    const auto key = [](const UsageEntry& entry) {
        return std::pair<std::string_view, std::string_view>(entry.ns, entry.name);
    };
    const std::pair<std::string_view, std::string_view> wanted(ns, name);
    const auto first = std::partition_point(entries_.begin(), entries_.end(),
                                            [&](const UsageEntry& entry) { return key(entry) < wanted; });
    const auto last = std::partition_point(first, entries_.end(),
                                           [&](const UsageEntry& entry) { return key(entry) == wanted; });
    return {first, last};
}

std::optional<Measured> measured_of(const UsageTable& usage, const Workload& workload, const Pod& pod) {
    if (usage.empty() || (workload.ref.generated && !workload.owner.present)) return std::nullopt;
    const std::span<const UsageEntry> entries = usage.of(workload.ref.ns, workload.owner.root_name);
    if (entries.empty()) return std::nullopt;
    std::optional<Measured> sum;
    for (std::uint32_t i = 0; i < pod.containers.size(); ++i) {
        if (!runs_on_accelerator(pod, i)) continue;
        // What the pod level asks for any of its containers may have used.
        const bool whole_pod = pod.containers[i].role == ContainerRole::PodLevel;
        const std::string_view name = whole_pod ? std::string_view() : pod.containers[i].name;
        if (!add_container(entries, workload.owner.root_kind, name, sum)) return std::nullopt;
    }
    if (sum) sum->why_no_need = why_no_need(*sum);
    return sum;
}

std::string span_text(std::int64_t seconds) {
    if (seconds < 2 * kSecondsPerHour) return format_duration(seconds);
    if (seconds < 2 * kSecondsPerDay) {
        return std::to_string((seconds + kSecondsPerHour / 2) / kSecondsPerHour) + "h";
    }
    return std::to_string((seconds + kSecondsPerDay / 2) / kSecondsPerDay) + "d";
}

}  // namespace tollgate::workload
