// SPDX-License-Identifier: Apache-2.0
// What a look at an object cannot tell, and only its pods will: said by `check`, so that nobody takes silence
// for "asks for nothing".
#include "engine/decide/state.hpp"

#include <algorithm>
#include <unordered_set>

namespace tollgate::decide {

namespace {

/// What a demand was read from, within the request's document.
const void* source_of(const workload::Pod& pod, const workload::Demand& demand) {
    const workload::Container& where = pod.containers[demand.container];
    return where.resources.exists() ? where.resources.id() : pod.spec.id();
}

/// Demands that stand where the kind's document names no pod: another version of the kind, a field that is
/// newer than the document, a typo.
void report_unnamed_places(const Request& request, const workload::Workload& workload, Decision& decision) {
    workload::KindSpec spec;
    spec.group = std::string(request.kind.group);
    spec.kind = std::string(request.kind.kind);
    spec.pods = workload::find_pod_specs(request.object);
    const auto found = workload::extract(request.object, spec, request.kind);
    if (!found.has_value()) return;
    std::unordered_set<const void*> named;
    for (const workload::Pod& pod : workload.pods)
        for (const workload::Demand& demand : pod.demands) named.insert(source_of(pod, demand));
    for (const workload::Pod& pod : found->pods) {
        const bool all = std::all_of(pod.demands.begin(), pod.demands.end(), [&](const auto& demand) {
            return named.count(source_of(pod, demand)) != 0;
        });
        if (all) continue;
        for (const workload::PodDemand& total : pod.totals)
            decision.demand.push_back({pod.field, std::string(total.resource),
                                       total.known ? std::to_string(total.count) : std::string("?"),
                                       std::nullopt});
        decision.seen_later.push_back(pod.field + " is no place that the WorkloadKind of " + spec.kind +
                                      " names: what it asks for is judged when its pods come");
    }
}

}  // namespace

void report_seen_later(const Request& request, const workload::Workload& workload, Decision& decision) {
    if (!request.check || request.phase != Phase::Mutate || workload.is_pod()) return;
    if (workload.kind->describes_only) {
        decision.seen_later.push_back("kind " + workload.kind->kind +
                                      " runs nothing itself: its pods are judged when something makes them");
        return;
    }
    for (const std::string& field : workload.unseen)
        decision.seen_later.push_back(field + " can ask for accelerators too: that is seen only at the Pod");
    report_unnamed_places(request, workload, decision);
}

}  // namespace tollgate::decide
