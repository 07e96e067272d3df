// SPDX-License-Identifier: Apache-2.0
#include "cli/snapshot_source.hpp"

#include "cli/sha256.hpp"
#include "engine/base/limits.hpp"
#include "policies/codes.hpp"
#include "policies/embedded.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <utility>

namespace tollgate::cli {
namespace {

policies::LoadedDocuments load(const LoadRequest& request, std::int64_t now_unix_ms) {
    policies::LoadOptions options;
    options.now_unix_ms = now_unix_ms;
    options.needs_namespaces = request.needs_namespaces;
    if (request.paths.empty() || request.sample_fleet) options.fallback_fleet = kSampleFleet;
    if (request.paths.empty()) return policies::load_sources(embedded_library(), options);
    return policies::load_paths(request.paths, options);
}

std::string digest_of(const std::vector<policies::SourceFile>& sources, const LoadRequest& request) {
    std::string all;
    for (const policies::SourceFile& source : sources) {
        all.append(sha256_hex(source.bytes)).append(" ").append(source.path).append("\n");
    }
    if (request.max_mode) all.append("max-mode ").append(rules::to_string(*request.max_mode));
    return sha256_hex(all);
}

bool is_unreadable(const Diagnostic& diagnostic) {
    return diagnostic.code == policies::row(policies::DocCode::Unreadable).id;
}

}  // namespace

std::int64_t unix_now_ms() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

std::vector<policies::SourceFile> embedded_library() {
    std::vector<policies::SourceFile> files;
    for (const policies::EmbeddedFile& file : policies::embedded_files()) {
        const bool in_library = file.path.starts_with("policies/library/");
        const bool yaml = file.path.ends_with(".yaml") && !file.path.ends_with(".case.yaml");
        if (in_library && yaml) files.push_back({std::string(file.path), std::string(file.bytes)});
    }
    return files;
}

LoadedSnapshot load_snapshot(const LoadRequest& request, std::int64_t now_unix_ms) {
    policies::LoadedDocuments documents = load(request, now_unix_ms);
    LoadedSnapshot loaded;
    loaded.diagnostics = std::move(documents.diagnostics);
    loaded.has_fleet = documents.has_fleet;
    loaded.fleet_file = std::move(documents.fleet_file);
    loaded.sources = std::move(documents.sources);
    loaded.unreadable = std::any_of(loaded.diagnostics.begin(), loaded.diagnostics.end(), is_unreadable);
    if (has_errors(loaded.diagnostics)) return loaded;
    for (rules::Policy& policy : documents.policies) {
        if (request.max_mode) policy.mode = std::min(policy.mode, *request.max_mode);
    }
    auto snapshot = std::make_shared<decide::Snapshot>();
    snapshot->digest = digest_of(loaded.sources, request);
    snapshot->rules = decide::make_rulebook(
        std::move(documents.policies), std::move(documents.exceptions), std::move(documents.kinds),
        vap::PolicySet(std::move(documents.admission_policies), std::move(documents.admission_bindings)),
        request.max_mode.value_or(rules::Mode::Enforce));
    if (!documents.budgets.empty()) {
        snapshot->budgets =
            std::make_shared<const std::vector<rules::CostBudget>>(std::move(documents.budgets));
    }
    snapshot->market = std::make_shared<const fleet::Market>(std::move(documents.market));
    if (!documents.objects.empty()) {
        auto view = std::make_shared<rules::ClusterView>();
        for (policies::NamespaceLabels& labels : documents.namespaces) {
            view->namespaces[labels.name] = std::move(labels.labels);
        }
        view->set_objects(std::move(documents.objects));
        snapshot->cluster = std::move(view);
    }
    loaded.snapshot = std::move(snapshot);
    return loaded;
}

std::string render_all(const Diagnostics& diagnostics) {
    std::string out;
    std::size_t errors = 0;
    std::size_t warnings = 0;
    for (const Diagnostic& diagnostic : diagnostics) {
        ++(diagnostic.severity == Severity::Error ? errors : warnings);
        if (errors + warnings <= limits::kMaxDiagnostics) out += render(diagnostic);
    }
    if (errors + warnings > limits::kMaxDiagnostics) {
        out += "and " + std::to_string(errors + warnings - limits::kMaxDiagnostics) + " more\n";
    }
    if (errors + warnings == 0) return out;
    return out + std::to_string(errors) + (errors == 1 ? " error, " : " errors, ") +
           std::to_string(warnings) + (warnings == 1 ? " warning\n" : " warnings\n");
}

std::shared_ptr<const decide::Snapshot> with_labels(std::shared_ptr<const decide::Snapshot> known,
                                                    const RequestFrame& frame) {
    if (frame.namespace_labels() == nullptr) return known;
    auto snapshot = std::make_shared<decide::Snapshot>(*known);
    auto view = known->cluster ? std::make_shared<rules::ClusterView>(*known->cluster)
                               : std::make_shared<rules::ClusterView>();
    view->offline_default = true;
    view->namespaces[""] = *frame.namespace_labels();
    snapshot->cluster = std::move(view);
    return snapshot;
}

std::shared_ptr<const decide::Snapshot> load_for_judging(const std::vector<std::string>& paths,
                                                         const RequestFrame& frame,
                                                         const Terminal& terminal) {
    const LoadedSnapshot loaded = load_snapshot({paths, std::nullopt, true}, frame.now_unix_ms());
    terminal.err << render_all(loaded.diagnostics);
    if (loaded.snapshot == nullptr) return nullptr;
    if (paths.empty()) {
        terminal.note("no -p given: judging by the embedded library and the sample fleet '" +
                      std::string(kSampleFleet) + "'");
    } else if (!loaded.has_fleet) {
        terminal.note("no Fleet among the documents: prices are those of the sample fleet '" +
                      std::string(kSampleFleet) + "'");
    }
    if (loaded.snapshot->rules->policies.empty() && loaded.snapshot->rules->admission.empty()) {
        terminal.note("no CostPolicy among the documents: nothing is judged");
    }
    return with_labels(loaded.snapshot, frame);
}

}  // namespace tollgate::cli
