// SPDX-License-Identifier: Apache-2.0
// The tables of Kubernetes' own admission tests: conditions, variables, budgets, compile errors.
#pragma once

#include "engine/base/json/node.hpp"
#include "tests/conformance/tally.hpp"

namespace tollgate::test {

/// One kubernetes/admission_*.json. Those of mutation, and rows that need an authorizer, are skipped by name.
void run_admission_table(json::Node table, Tallies& tallies);

}  // namespace tollgate::test
