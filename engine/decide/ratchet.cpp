// SPDX-License-Identifier: Apache-2.0
// On UPDATE the verdict is on what got worse, not on what already ran.
#include "engine/decide/state.hpp"

#include <algorithm>
#include <unordered_map>

namespace tollgate::decide {

namespace {

bool same_place(const Finding& a, const Finding& b) {
    return a.by == b.by && a.code == b.code && a.subject == b.subject;
}

/// As many whole GPUs may be dearer ones.
bool is_dearer(const Finding& now, const Finding& before) {
    return now.code == rules::Code::WholeGpuReason && before.hourly.usd < now.hourly.usd;
}

/// What cannot be measured counts as larger: the ratchet only runs when the spec changed.
bool no_larger(const Finding& now, const Finding& before) {
    return !is_dearer(now, before) && now.magnitude.has_value() && before.magnitude.has_value() &&
           *now.magnitude <= *before.magnitude;
}

template <typename Amount>
bool no_more(const std::optional<Amount>& now, const std::optional<Amount>& before) {
    return !now.has_value() || (before.has_value() && *now <= *before);
}

bool no_more(const workload::PodDemand& now, const workload::PodDemand& before) {
    return now.known && before.known && now.count <= before.count && now.share == before.share &&
           now.memory_mib == before.memory_mib;
}

/// A number of pods that is not known has no bound.
bool no_more_pods(const workload::Pod& now, const workload::Pod& before) {
    return !before.replicas.has_value() || (now.replicas.has_value() && *now.replicas <= *before.replicas);
}

/// Every one of `now` stood there before.
template <typename List, typename Same>
bool no_new(const List& now, const List& before, Same same) {
    return now.size() <= before.size() && std::all_of(now.begin(), now.end(), [&](const auto& each) {
               return std::any_of(before.begin(), before.end(),
                                  [&](const auto& old) { return same(each, old); });
           });
}

/// Ways to devices that nobody counts.
bool no_new_ways(const workload::Pod& now, const workload::Pod& before) {
    const auto same_access = [&](const workload::Demand& a, const workload::Demand& b) {
        return a.resource == b.resource &&
               now.containers[a.container].name == before.containers[b.container].name;
    };
    const auto same_name = [](const workload::UnknownAccelerator& a, const workload::UnknownAccelerator& b) {
        return a.resource == b.resource;
    };
    return no_new(now.device_access, before.device_access, same_access) &&
           no_new(now.unknown_accelerators, before.unknown_accelerators, same_name);
}

bool no_longer(const std::optional<std::int64_t>& now, const std::optional<std::int64_t>& before) {
    return !before.has_value() || (now.has_value() && *now <= *before);
}

bool lives_no_longer(const workload::Lifetime& now, const workload::Lifetime& before) {
    return no_longer(now.deadline_seconds, before.deadline_seconds) &&
           no_longer(now.ttl_seconds, before.ttl_seconds) && now.unreadable == before.unreadable &&
           now.suspended == before.suspended;
}

bool no_more(const workload::Pod& now, const workload::Pod& before) {
    return no_more_pods(now, before) && no_new_ways(now, before) &&
           no_more(now.resources.cpu, before.resources.cpu) &&
           no_more(now.resources.memory, before.resources.memory) && now.resources.readable &&
           json::equal(now.placement.node_selector, before.placement.node_selector) &&
           json::equal(now.placement.affinity, before.placement.affinity) &&
           json::equal(now.placement.tolerations, before.placement.tolerations) &&
           std::all_of(now.totals.begin(), now.totals.end(), [&](const workload::PodDemand& total) {
               return std::any_of(before.totals.begin(), before.totals.end(), [&](const auto& old) {
                   return old.resource == total.resource && no_more(total, old);
               });
           });
}

}  // namespace

bool asks_for_more(const workload::Workload& now, const workload::Workload& before) {
    if (!lives_no_longer(now.lifetime, before.lifetime)) return true;
    std::unordered_map<std::string_view, const workload::Pod*> known;
    for (const workload::Pod& pod : before.pods) known.emplace(pod.field, &pod);
    return !std::all_of(now.pods.begin(), now.pods.end(), [&](const workload::Pod& pod) {
        const auto old = known.find(pod.field);
        return old != known.end() && no_more(pod, *old->second);
    });
}

void apply_ratchet(std::vector<Finding>& findings, const std::vector<Finding>& old_findings,
                   std::vector<Finding>& grandfathered) {
    const auto kept = std::stable_partition(findings.begin(), findings.end(), [&](const Finding& finding) {
        return std::none_of(old_findings.begin(), old_findings.end(), [&](const Finding& old) {
            return same_place(finding, old) && no_larger(finding, old);
        });
    });
    std::move(kept, findings.end(), std::back_inserter(grandfathered));
    findings.erase(kept, findings.end());
}

}  // namespace tollgate::decide
