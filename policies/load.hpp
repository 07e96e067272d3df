// SPDX-License-Identifier: Apache-2.0
// Loading: files and directories of documents into everything a snapshot is made of, or into the reasons
// why not. All mistakes of all files come out of one run, in the order of files and lines.
//
// Directories are walked recursively in name order; only .yaml, .yml and .json count; entries that begin with
// `..` are skipped (the data folders behind a ConfigMap mount, whose links lead to the same files);
// *.case.yaml are test cases and kustomization.yaml is kustomize's. A directory that is named and holds no
// document is an error: it was emptied, or is not the one that was meant.
// Limits: limits::kMaxDocumentFiles, kMaxPolicies, kMaxExceptions, kMaxPools, kMaxDiagnostics is for
// printing. Thread rule: reads files; otherwise pure. load.cpp is the only file of policies/ that touches the
// disk.
#pragma once

#include "engine/base/diagnostic.hpp"
#include "engine/base/result.hpp"
#include "engine/fleet/fleet.hpp"
#include "engine/rules/outcome.hpp"
#include "engine/rules/policy.hpp"
#include "engine/vap/policy.hpp"
#include "engine/workload/kind_spec.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate::policies {

struct NamespaceLabels {
    std::string name;
    std::vector<std::pair<std::string, std::string>> labels;
};

struct SourceFile {
    std::string path, bytes;
};

struct LoadedDocuments {
    std::vector<rules::Policy> policies;  // in document order
    std::vector<rules::Exception> exceptions;
    std::vector<rules::CostBudget> budgets;
    std::vector<vap::Policy> admission_policies;  // Kubernetes' own
    std::vector<vap::Binding> admission_bindings;
    std::vector<workload::KindSpec>
        kinds;  // built-in ones, replaced by the user's where group and kind agree
    bool has_fleet = false;
    std::string fleet_file;  // that the Fleet is in; "" without one
    fleet::Market market;    // compiled; empty without a Fleet
    std::vector<NamespaceLabels> namespaces;
    /// Objects that are no documents of ours but may be spoken of: Namespaces, ConfigMaps as parameters.
    std::vector<rules::KnownObject> objects;
    /// Errors mean that nothing of this may be used. By file and line.
    Diagnostics diagnostics;
    /// What was read, for the snapshot's digest. Built-in kinds are not among it.
    std::vector<SourceFile> sources;

    bool ok() const { return !has_errors(diagnostics); }
};

struct LoadOptions {
    std::int64_t now_unix_ms = 0;  // for the end of exceptions
    /// The market comes from the sample fleet of this name ("aws") when the documents bring no Fleet;
    /// has_fleet stays false, and pools that policies name are not held against it.
    std::string fallback_fleet;
    /// A policy or exception that asks for labels of namespaces is refused when no Namespace is among the
    /// documents: for those who have no other way to know them.
    bool needs_namespaces = false;
};

/// Reads the paths (files are taken whatever their name) and everything below directories.
LoadedDocuments load_paths(const std::vector<std::string>& paths, const LoadOptions& options);

/// The same for texts already at hand; `path` is how diagnostics call them.
LoadedDocuments load_sources(std::vector<SourceFile> sources, const LoadOptions& options);

/// What `serve` starts with when nothing is given: the library in Warn mode and the sample fleet "aws".
LoadedDocuments load_embedded(const LoadOptions& options);

/// *.case.yaml among and below the paths, in the order in which documents are read.
std::vector<std::string> list_case_files(const std::vector<std::string>& paths, Diagnostics& out);

/// The bytes of one file, or the reason ("no such file", "is a directory", "larger than ...").
Result<std::string> read_file(const std::string& path, std::size_t max_bytes);

}  // namespace tollgate::policies
