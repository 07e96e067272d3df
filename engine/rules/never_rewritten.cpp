// SPDX-License-Identifier: Apache-2.0
// What no rule ever rewrites, whatever it says. These pods are still validated.
#include "engine/rules/outcome.hpp"

namespace tollgate::rules {
namespace {

/// Anyone can write an owner reference; only the controller's own pods are the DaemonSet's.
bool is_daemon(const Context& context, const workload::Pod& pod) {
    const workload::Workload& workload = context.workload;
    if (pod.per_node) return true;
    return context.controlled && workload.owner.root_kind == "DaemonSet" &&
           workload.owner.root_group == "apps";
}

/// Devices asked for by resource name, of a form an offer can take the place of.
bool is_replaceable(const workload::PodDemand& demand) {
    switch (demand.encoding) {
        case workload::Encoding::ExtendedResource:
        case workload::Encoding::Mig:
        case workload::Encoding::Shared:
            break;
        case workload::Encoding::VirtualGpu:
        case workload::Encoding::Annotation:
        case workload::Encoding::Claim:
        case workload::Encoding::Field:
        case workload::Encoding::DeviceAccess:
            return false;
    }
    return demand.meaning.cls != gpu::ResourceClass::OtherAccelerator;
}

}  // namespace

std::string never_placed(const Context& context, const workload::Pod& pod) {
    const workload::Workload& workload = context.workload;
    if (workload.bound || !pod.placement.node_name.empty()) return "its node is already set";
    if (workload.deleting) return "it is being deleted";
    if (workload.mirror) return "it is a mirror of a static pod";
    if (is_daemon(context, pod)) return "a DaemonSet's pods run where they run";
    return "";
}

std::string never_rewritten(const Context& context, const workload::Pod& pod) {
    if (!pod.asks_for_accelerator()) return "";
    if (std::string why = never_placed(context, pod); !why.empty()) return why;
    if (pod.placement.pinned_to_host) return "it is pinned to one host";
    for (const workload::Demand& demand : pod.demands) {
        if (!demand.known) return "what it asks for is not known: " + demand.why_unknown;
    }
    std::string why;
    const workload::PodDemand* demand = plan::single_demand(pod, why);
    if (demand == nullptr) return why.empty() ? "it asks for no accelerator that could be replaced" : why;
    if (demand->encoding == workload::Encoding::Field)
        return "it asks by a count in a field of its own, which can name no other device";
    if (!is_replaceable(*demand)) {
        return "it asks for " + std::string(demand->resource) + ", which is never replaced";
    }
    return "";
}

}  // namespace tollgate::rules
