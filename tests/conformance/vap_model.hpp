// SPDX-License-Identifier: Apache-2.0
// Policies as the conformance data writes them in one form for all publishers (vap.json), compiled without
// the reader of documents.
#pragma once

#include "engine/base/json/node.hpp"
#include "engine/base/result.hpp"
#include "engine/vap/policy.hpp"

#include <string>

namespace tollgate::test {

/// One of `programs`. The error says which expression does not compile, and why.
/// `typed` false: all variables are of unknown type, as where the costs in the data were counted.
Result<vap::Policy> read_program(json::Node program, bool typed);
/// matchConstraints, matchResources.
vap::MatchResources read_match_resources(json::Node node);

}  // namespace tollgate::test
