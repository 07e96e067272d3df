// SPDX-License-Identifier: Apache-2.0
// The system's time zones, for expressions: /usr/share/zoneinfo (Debian: tzdata).
#pragma once

namespace tollgate::cli {

/// Lets expressions name time zones. Without the files they know UTC and offsets, and say so.
void use_zone_files();

}  // namespace tollgate::cli
