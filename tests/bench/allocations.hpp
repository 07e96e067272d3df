// SPDX-License-Identifier: Apache-2.0
// How often the program has called operator new. A bench that links allocations.cpp has it replaced.
#pragma once

#include <cstddef>

namespace tollgate::bench {

std::size_t allocations();

}  // namespace tollgate::bench
