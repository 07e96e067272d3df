// SPDX-License-Identifier: Apache-2.0
// Which build this is.
#pragma once

#include <string>
#include <string_view>

namespace tollgate::cli {

std::string_view version();  // "0.1.0"
std::string_view revision();
/// Two lines: version and build, date of the catalog. The last has no end.
std::string version_text();  // short commit, or "unknown" outside a repository

}  // namespace tollgate::cli
