// SPDX-License-Identifier: Apache-2.0
// Which build this is.
#pragma once

#include <string_view>

namespace tollgate::cli {

std::string_view version();   // "0.1.0"
std::string_view revision();  // short commit, or "unknown" outside a repository

}  // namespace tollgate::cli
