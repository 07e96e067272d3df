// SPDX-License-Identifier: Apache-2.0
// Moving what a pod says of its nodes from one pool to another: selectors and required affinity terms that
// name the product are rewritten along with it, the pool's own selector and tolerations are added.
//
// A label that the target's nodes are not known to carry stops the move: a rewritten pod that cannot run is
// worse than none. So does a pool that nothing would hold the pod in.
// Source: Kubernetes API reference, NodeSelectorTerm (terms are ORed, expressions ANDed) and Toleration.
#pragma once

#include "engine/rules/outcome.hpp"

#include <cstdint>
#include <vector>

namespace tollgate::rules {

struct Move {
    const workload::Pod& pod;
    std::uint32_t index = 0;  // of the pod
    const fleet::Offer& to;
    const fleet::Offer* from = nullptr;  // null: not known
    RuleRef by;
    std::int64_t count = 1;  // units of `to`
    /// The label that the Fleet's cloud has for Spot nodes is written where the pool names none.
    bool names_capacity = false;
};

Result<std::vector<Edit>> move_placement(const Context& context, const Move& move);

/// For a pod whose selectors must stay as they are: may it reach the offer with them? "" when it may.
std::string placement_stays(const Context& context, const Move& move);

}  // namespace tollgate::rules
