// SPDX-License-Identifier: Apache-2.0
// Which accelerator a Node's labels name. For engine/fleet/discovery alone. Thread rule: pure functions.
#pragma once

#include "engine/fleet/discovery/devices.hpp"

namespace tollgate::fleet {

/// Fills in sku, gpu, product and product_key; with a problem when nobody knows the product.
void name_product(const DeviceView& view, std::string_view vendor, Supply& out);

}  // namespace tollgate::fleet
