// SPDX-License-Identifier: Apache-2.0
// Collected: what the documents of all files say, each read by itself, with the places needed to judge them
// together. collect() is the first half of loading, cross_check() the second.
// Thread rule: plain data.
#pragma once

#include "policies/load.hpp"
#include "policies/read_admission.hpp"
#include "policies/read_documents.hpp"

#include <deque>
#include <vector>

namespace tollgate::policies {

struct Collected {
    std::deque<SourceText> texts;  // what every Place points into
    std::vector<ReadPolicy> policies;
    std::vector<ReadException> exceptions;
    std::vector<ReadBudget> budgets;
    std::vector<ReadKind> kinds;
    std::vector<ReadFleet> fleets;
    std::vector<MeasuredWorkload> usage;
    std::vector<ReadAdmissionPolicy> admission_policies;
    std::vector<ReadAdmissionBinding> admission_bindings;
    std::vector<NamespaceLabels> namespaces;
    std::vector<rules::KnownObject> objects;
    Diagnostics diagnostics;
};

/// Reads every document of one file into `out`.
void collect_file(const SourceFile& file, std::int64_t now_unix_ms, bool builtin, Collected& out);

/// What only shows when all documents are known: names given twice, rules, pools and resources that do not
/// exist, several Fleets, policies that can never match.
/// `market` is the Fleet that references are held against; null when there is none that could be read.
/// `needs_namespaces`: as in LoadOptions.
void cross_check(Collected& all, const fleet::Market* market, bool needs_namespaces);

}  // namespace tollgate::policies
