// SPDX-License-Identifier: Apache-2.0
// SHA-256 (FIPS 180-4), for naming a set of documents by its content. Nothing secret is hashed with it.
#pragma once

#include <string>
#include <string_view>

namespace tollgate::cli {

std::string sha256_hex(std::string_view bytes);

}  // namespace tollgate::cli
