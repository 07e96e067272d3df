// SPDX-License-Identifier: Apache-2.0
// From the Nodes of a cluster to the pools of a Fleet: nodes that are alike make a pool, told by labels from
// the nodes of all others that hand out the same. What had to be guessed, and what a Fleet cannot say, is
// said in words, for the comments of the document.
//
// Pools, names and texts depend on the nodes alone, not on their order. Thread rule: pure functions.
// Limits: limits::kMaxFleetNodes, limits::kMaxPools.
#pragma once

#include "engine/fleet/discovery/node.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace tollgate::fleet {

/// A pool with the words around it. Its numbers are the least of its nodes.
struct DiscoveredPool {
    Pool pool;  // name, sku, product, gpus_per_node, zones, billing, selector, tolerations, driver, sharing
    std::string gpu;                                               // as the document names it
    std::vector<std::pair<std::string, std::string>> allocatable;  // as the nodes write the amounts
    std::vector<std::string> comments;                             // above the pool, a sentence each
    std::string price_comment;
    bool price_known = false;  // the price list has one for these very nodes
    std::string billing_comment;
    std::size_t nodes = 0;
};

/// Nodes with accelerators that no pool says.
struct Unwritten {
    std::string reason;
    std::vector<std::string> nodes;  // names, in order
};

struct Discovery {
    std::string provider, region;  // of most nodes with accelerators; "" when nothing tells
    std::vector<DiscoveredPool> pools;
    std::vector<Unwritten> unwritten;
    std::size_t nodes = 0, without_accelerator = 0;
};

/// Fails when there are more nodes or pools than the limits allow.
Result<Discovery> discover(std::vector<NodeFacts> nodes);

/// "a, b, c and 4 more".
std::string few_of(const std::vector<std::string>& names);

}  // namespace tollgate::fleet
