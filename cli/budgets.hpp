// SPDX-License-Identifier: Apache-2.0
// The judged objects of one run as expenses that budgets are held against. An object whose controller was
// given as well is part of that one's cost and counts once. Thread rule: pure functions.
#pragma once

#include "cli/judge.hpp"
#include "engine/decide/spending.hpp"

#include <vector>

namespace tollgate::cli {

/// Of the objects that ask for accelerators and were judged, whatever the verdict.
std::vector<decide::Expense> expenses_of(const std::vector<Judged>& results);

}  // namespace tollgate::cli
