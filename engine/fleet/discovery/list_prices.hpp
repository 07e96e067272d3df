// SPDX-License-Identifier: Apache-2.0
// What a discovered pool costs by the price list. For engine/fleet/discovery alone. Thread rule: pure
// functions.
#pragma once

#include "engine/fleet/discovery/discover.hpp"
#include "engine/fleet/discovery/selectors.hpp"

#include <string>

namespace tollgate::fleet {

/// Leaves the price to the Fleet's own look-up where that finds the row of these nodes, states it where it
/// would find another, and says in words where it is from, or what to write where none is known.
void write_price(const std::string& provider, const std::string& region, const Group& group,
                 DiscoveredPool& out);

}  // namespace tollgate::fleet
