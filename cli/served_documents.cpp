// SPDX-License-Identifier: Apache-2.0
#include "cli/served_documents.hpp"

#include <unistd.h>

#include <utility>

namespace tollgate::cli {
namespace {

using telemetry::Metric;

std::string first_problem(const Diagnostics& diagnostics) {
    std::size_t errors = 0;
    std::string first;
    for (const Diagnostic& diagnostic : diagnostics) {
        if (diagnostic.severity != Severity::Error) continue;
        if (errors++ == 0) {
            first = diagnostic.file + ":" + std::to_string(diagnostic.span.line) + ":" +
                    std::to_string(diagnostic.span.column) + ": " + diagnostic.message;
        }
    }
    return errors > 1 ? first + " (and " + std::to_string(errors - 1) + " more)" : first;
}

}  // namespace

Result<LoadedSnapshot> ServedDocuments::load(const Parts& parts) {
    const LoadRequest request{parts.plan.options.policies, parts.plan.max_mode, false};
    LoadedSnapshot loaded = load_snapshot(request, unix_now_ms());
    if (loaded.snapshot == nullptr) return fail(first_problem(loaded.diagnostics));
    if (!loaded.needs_namespaces.empty() && !loaded.has_namespaces) {
        return fail(
            loaded.needs_namespaces +
            " asks for labels of namespaces, which a review does not carry: give the Namespace objects "
            "with -p, or match by name (namespaces: [...])");
    }
    return loaded;
}

Result<std::unique_ptr<ServedDocuments>> ServedDocuments::start(const Parts& parts) {
    TOLLGATE_TRY(const LoadedSnapshot loaded, load(parts));
    for (const Diagnostic& diagnostic : loaded.diagnostics) {
        parts.log.warn("document warning", {{"file", diagnostic.file},
                                            {"line", diagnostic.span.line},
                                            {"code", diagnostic.code},
                                            {"message", diagnostic.message}});
    }
    if (!parts.plan.options.policies.empty() && !loaded.has_fleet) {
        parts.log.warn("no Fleet among the documents: nothing has a price and nothing is rewritten");
    }
    return std::unique_ptr<ServedDocuments>(new ServedDocuments(parts, loaded.snapshot));
}

ServedDocuments::ServedDocuments(const Parts& parts, std::shared_ptr<const decide::Snapshot> first)
    : parts_(parts), good_(std::move(first)), slot_(good_), watch_(parts.plan.options.policies) {
    loaded_at_ms_ = unix_now_ms();
    paused_ = wants_pause();
    publish(good_);
}

bool ServedDocuments::wants_pause() const {
    const auto& pause = parts_.plan.options.pause;
    return pause && (pause->empty() || ::access(pause->c_str(), F_OK) == 0);
}

void ServedDocuments::publish(std::shared_ptr<const decide::Snapshot> snapshot) {
    good_ = std::move(snapshot);
    if (paused_) {
        auto copy = std::make_shared<decide::Snapshot>(*good_);
        copy->paused = true;
        slot_.publish(std::move(copy));
    } else {
        slot_.publish(good_);
    }
    parts_.metrics.set_only(Metric::SnapshotInfo, {good_->digest}, 1);
    parts_.metrics.set(Metric::Paused, {}, paused_ ? 1 : 0);
}

void ServedDocuments::reload() {
    auto loaded = load(parts_);
    {
        const std::lock_guard lock(mutex_);
        refusal_ = loaded ? "" : loaded.error().message;
    }
    parts_.metrics.add(Metric::SnapshotReload, {loaded ? "loaded" : "refused"});
    if (!loaded) {
        parts_.log.error("reload refused, the last good documents stay in force",
                         {{"reason", loaded.error().message}, {"digest", good_->digest}});
        return;
    }
    loaded_at_ms_ = unix_now_ms();
    publish(loaded->snapshot);
    parts_.log.info("documents reloaded",
                    {{"digest", good_->digest}, {"policies", good_->rules->policies.size()}});
}

void ServedDocuments::tick(bool force) {
    if (watch_.changed() || force) reload();
    if (wants_pause() != paused_) {
        paused_ = !paused_;
        publish(good_);
        parts_.log.warn(paused_ ? "paused: every verdict is Audit" : "no longer paused");
    }
    slot_.collect();
}

std::string ServedDocuments::note() const {
    const std::lock_guard lock(mutex_);
    std::string note = "digest " + slot_.share()->digest;
    if (!refusal_.empty()) note += "; the last reload was refused: " + refusal_;
    return note;
}

bool ServedDocuments::last_reload_failed() const {
    const std::lock_guard lock(mutex_);
    return !refusal_.empty();
}

}  // namespace tollgate::cli
