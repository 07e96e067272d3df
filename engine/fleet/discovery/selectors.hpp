// SPDX-License-Identifier: Apache-2.0
// Which labels reach the nodes of a pool and no others that hand out the same. For engine/fleet/discovery
// alone. Thread rule: pure functions.
#pragma once

#include "engine/fleet/discovery/node.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tollgate::fleet {

/// Nodes that are alike, and one of the supplies they have in common.
struct Group {
    std::vector<const NodeFacts*> nodes;  // by name
    Supply supply;
};

using Selector = std::vector<std::pair<std::string, std::string>>;

struct Reach {
    Selector selector;
    std::vector<std::string> also;  // nodes of other pools that it reaches, too
};
/// `others`: nodes outside the group that hand out the same resource.
Reach reach(const Group& group, const std::vector<const NodeFacts*>& others);

/// The label's value where all nodes of the group carry the same, else "".
std::string common_label(const Group& group, std::string_view key);

}  // namespace tollgate::fleet
