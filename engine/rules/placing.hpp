// SPDX-License-Identifier: Apache-2.0
// What the parts of the verb place have in common: settings (place.cpp), Spot (spot.cpp), NUMA (numa.cpp).
// Internal to engine/rules. Thread rule: values of one review.
#pragma once

#include "engine/rules/outcome.hpp"

#include <cstdint>

namespace tollgate::rules {

/// One place rule looking at one pod.
struct Placing {
    const Policy& policy;
    const Rule& of;
    const Context& context;
    std::uint32_t pod = 0;

    RuleRef by() const { return {policy.name, of.name}; }
    const workload::Pod& subject() const { return context.workload.pods[pod]; }
};

/// The cheapest Spot pool of the same GPU, when the pod may go there.
void move_to_spot(const Placing& at, Rewrite& out);

/// Findings about what keeps the kubelet from aligning the pod's CPUs, memory and devices.
void report_numa(const Placing& at, Rewrite& out);

}  // namespace tollgate::rules
