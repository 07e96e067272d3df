// SPDX-License-Identifier: Apache-2.0
// What a look at an object cannot tell, and only its pods will: said by `check`, so that nobody takes silence
// for "asks for nothing".
#include "engine/decide/state.hpp"

#include <algorithm>

namespace tollgate::decide {

namespace {

/// Pod specs that stand where the kind's document names none: another version of the kind, a field that is
/// newer than the document, a typo.
void report_unnamed_places(const Request& request, const workload::Workload& workload, Decision& decision) {
    workload::KindSpec spec;
    spec.group = std::string(request.kind.group);
    spec.kind = std::string(request.kind.kind);
    spec.pods = workload::find_pod_specs(request.object);
    const auto found = workload::extract(request.object, spec, request.kind);
    if (!found.has_value()) return;
    for (const workload::Pod& pod : found->pods) {
        const bool named = std::any_of(workload.pods.begin(), workload.pods.end(), [&](const auto& known) {
            return known.spec_pointer == pod.spec_pointer;
        });
        if (named || !pod.asks_for_accelerator()) continue;
        for (const workload::PodDemand& total : pod.totals)
            decision.demand.push_back({pod.field, std::string(total.resource),
                                       total.known ? std::to_string(total.count) : std::string("?"),
                                       std::nullopt});
        decision.warnings.push_back(pod.field + " is no place that the WorkloadKind of " + spec.kind +
                                    " names: what it asks for is judged when its pods come");
    }
}

}  // namespace

void report_seen_later(const Request& request, const workload::Workload& workload, Decision& decision) {
    if (!request.check || request.phase != Phase::Mutate || workload.is_pod()) return;
    if (workload.kind->describes_only) {
        decision.warnings.push_back("kind " + workload.kind->kind +
                                    " runs nothing itself: its pods are judged when something makes them");
        return;
    }
    for (const std::string& field : workload.unseen)
        decision.warnings.push_back(field + " can ask for accelerators too: that is seen only at the Pod");
    report_unnamed_places(request, workload, decision);
}

}  // namespace tollgate::decide
