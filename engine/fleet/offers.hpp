// SPDX-License-Identifier: Apache-2.0
// What one pool offers: its form of sharing turned into resources with memory, shares and isolation. For
// engine/fleet alone.
#pragma once

#include "engine/fleet/fleet.hpp"

#include <string>
#include <vector>

namespace tollgate::fleet {

/// The offers of `pool` with its price; `notes` gets what kept an offer from being made.
std::vector<Offer> make_offers(const Pool& pool, std::vector<std::string>& notes);

}  // namespace tollgate::fleet
