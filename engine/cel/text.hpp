// SPDX-License-Identifier: Apache-2.0
// Values as people read them: in the notation of the language itself where it has one.
#pragma once

#include "engine/cel/value.hpp"

#include <cstddef>
#include <string>

namespace tollgate::cel {

/// `{"a": [1, 2u, 1.5, b"\x00"]}`, `timestamp("...")`, `optional.none()`, `quantity("...")` as its type's
/// name. Entries of maps in the order of their keys. Past `max_bytes` it ends with "...", and so
/// does what is nested too deep to be read.
std::string to_text(const Value& value, std::size_t max_bytes = 16 * 1024);

}  // namespace tollgate::cel
