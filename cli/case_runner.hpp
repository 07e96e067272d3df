// SPDX-License-Identifier: Apache-2.0
// One case file, run: its policies and fleet loaded, every manifest judged as `check` judges it, every
// expectation that was given compared.
#pragma once

#include "cli/snapshot_source.hpp"
#include "policies/case_file.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tollgate::cli {

struct CaseResult {
    std::string name;
    Span place;
    std::vector<std::string> mismatches;  // "verdict: expected Denied, got Allowed"; empty: passed
    decide::OfflineReview review;
};

struct CaseFileResult {
    std::string path;
    std::string failure;  // the file could not be run at all, with its diagnostics
    std::vector<CaseResult> cases;
    std::shared_ptr<const decide::Snapshot> snapshot;  // the reviews point into it
};

/// `extra_policies` (-p) are loaded beside those the file names.
CaseFileResult run_case_file(const policies::CaseFile& file, const std::vector<std::string>& extra_policies);

/// The strongest mode in which something acted: a denial enforces, a warning warns. Empty when nothing did.
std::optional<rules::Mode> acting_mode(const decide::Decision& decision);

/// Does the finding's text hold what the expectation looks for? Always, when it looks for nothing.
bool message_fits(const policies::ExpectedFinding& expected, const decide::Finding& finding);

/// Everything in `part` is in `whole`: members of objects, elements of lists by position. A number and a
/// string of the same text are the same quantity.
bool contains(json::Node whole, json::Node part);

}  // namespace tollgate::cli
