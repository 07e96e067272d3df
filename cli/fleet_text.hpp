// SPDX-License-Identifier: Apache-2.0
// A discovered Fleet as the document people go on writing: fields in the order of the reference, and beside
// them, as comments, what was guessed and what is missing. Loads without errors whatever was discovered.
// Thread rule: pure functions.
#pragma once

#include "engine/fleet/discovery/discover.hpp"

#include <string>

namespace tollgate::cli {

/// `name`: of the Fleet; "" makes one of provider and region.
std::string fleet_text(const fleet::Discovery& discovery, std::string name);

}  // namespace tollgate::cli
