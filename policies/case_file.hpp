// SPDX-License-Identifier: Apache-2.0
// Case files: `<name>.case.yaml` beside policies says what they must do to sample manifests. `tollgate test`
// runs them. Strictly read, as documents are.
//
//   policies: [bounded-jobs.yaml]          # paths, from the folder of the case file
//   fleet: ../fleets/aws.yaml              # path; left out: the policies bring one, or the sample "aws"
//   now: 2026-11-22T00:00:00Z              # for what depends on the time
//   cases:
//   - name: an endless job is refused
//     manifest: {...} or a path
//     operation: UPDATE                    # CREATE when left out
//     old: {...} or a path                 # with UPDATE
//     as: system:serviceaccount:kube-system:job-controller     # or {user: ..., groups: [...]}
//     expect: {verdict: Denied, mode: Enforce, findings: [{rule: bounded-jobs/lifetime, field: ..., message:
//     RE2}],
//              patched: {...}, hourlyBefore: 55.04, hourlyAfter: 55.04}
//
// Of `expect`, only what is given is compared; `findings: []` says that there are none.
// Thread rule: pure functions.
#pragma once

#include "engine/base/diagnostic.hpp"
#include "engine/base/json/document.hpp"
#include "engine/base/money.hpp"
#include "engine/rules/policy.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::policies {

/// A manifest of a case: the object itself, or the file it is in.
struct CaseManifest {
    std::string file;       // as written; "" when inline
    json::Document object;  // inline
    bool given() const { return !file.empty() || object.root().exists(); }
};

enum class CaseVerdict : std::uint8_t { Allowed, Rewritten, Denied, Skipped };

struct ExpectedFinding {
    std::string rule;     // "policy/rule"
    std::string field;    // "" when not compared
    std::string message;  // RE2, found anywhere in the message; "" when not compared
    Span message_place;
};

struct Expectation {
    std::optional<CaseVerdict> verdict;
    std::optional<rules::Mode> mode;
    std::optional<std::vector<ExpectedFinding>> findings;
    json::Document patched;  // a partial object that must be contained; no root when not compared
    std::optional<Money> hourly_before, hourly_after;
};

struct Case {
    std::string name;
    Span place;  // of its name
    CaseManifest manifest, old;
    rules::Operation operation = rules::Operation::Create;
    std::string user;
    std::vector<std::string> groups;
    Expectation expect;
    Span expect_place;
};

struct CaseFile {
    std::string path;
    std::vector<std::string> policies;  // as written
    std::string fleet;                  // "" when not given
    std::optional<std::int64_t> now_unix_ms;
    std::vector<Case> cases;
    Diagnostics diagnostics;  // with errors, the cases are not to be run
};

/// Reads the text of one case file.
CaseFile read_case_file(const std::string& path, std::string_view text);

}  // namespace tollgate::policies
