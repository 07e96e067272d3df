// SPDX-License-Identifier: Apache-2.0
#include "cli/served_documents.hpp"

#include <unistd.h>

#include <utility>

namespace tollgate::cli {
namespace {

using telemetry::Metric;

std::string place_of(const Diagnostic& diagnostic) {
    if (diagnostic.span.line == 0) return diagnostic.file;
    return diagnostic.file + ":" + std::to_string(diagnostic.span.line) + ":" +
           std::to_string(diagnostic.span.column);
}

std::string first_problem(const Diagnostics& diagnostics) {
    std::size_t errors = 0;
    std::string first;
    for (const Diagnostic& diagnostic : diagnostics) {
        if (diagnostic.severity != Severity::Error) continue;
        if (errors++ == 0) {
            first = place_of(diagnostic) + ": [" + diagnostic.code + "] " + diagnostic.message;
        }
    }
    return errors > 1 ? first + " (and " + std::to_string(errors - 1) + " more)" : first;
}

LoadedSnapshot load(const ServePlan& plan) {
    LoadRequest request;
    request.paths = plan.options.policies;
    request.max_mode = plan.max_mode;
    request.needs_namespaces = true;  // a review does not carry them
    return load_snapshot(request, unix_now_ms());
}

/// Why these documents do not replace those in force; "" when they do. Documents that hold no policy any more
/// would open the gate: a file that went missing is likelier than somebody who wants that, for whom there is
/// the pause.
std::string refusal_of(const LoadedSnapshot& loaded, const decide::Snapshot& in_force) {
    if (loaded.snapshot == nullptr) return first_problem(loaded.diagnostics);
    const std::size_t before = in_force.rules->policies.size();
    if (before == 0 || !loaded.snapshot->rules->policies.empty()) return "";
    return "no CostPolicy among the documents any more, where " +
           (before == 1 ? "there was 1" : "there were " + std::to_string(before));
}

std::string at_most(const ServePlan& plan) {
    return std::string(rules::to_string(plan.max_mode.value_or(rules::Mode::Enforce)));
}

}  // namespace

ServedDocuments::First ServedDocuments::read(const ServePlan& plan) {
    FileWatch watch(plan.options.policies);
    return {std::move(watch), load(plan)};
}

ServedDocuments::ServedDocuments(const Parts& parts, First first)
    : parts_(parts), good_(first.loaded.snapshot), slot_(good_), watch_(std::move(first.watch)) {
    TOLLGATE_ASSERT(good_ != nullptr);
    if (embedded()) {
        parts_.log.warn("no -p given: the embedded library and a sample fleet are used",
                        {{"fleet", kSampleFleet}, {"maxMode", at_most(parts_.plan)}});
    }
    tell(first.loaded);
    loaded_at_ms_ = unix_now_ms();
    paused_ = wants_pause();
    if (paused_) parts_.log.warn("paused: every verdict is Audit");
    publish(good_);
}

void ServedDocuments::tell(const LoadedSnapshot& loaded) const {
    for (const Diagnostic& diagnostic : loaded.diagnostics) {
        const std::initializer_list<telemetry::Field> fields = {{"file", diagnostic.file},
                                                                {"line", diagnostic.span.line},
                                                                {"column", diagnostic.span.column},
                                                                {"code", diagnostic.code},
                                                                {"message", diagnostic.message}};
        if (diagnostic.severity == Severity::Error) {
            parts_.log.error("document error", fields);
        } else {
            parts_.log.warn("document warning", fields);
        }
    }
    if (loaded.snapshot == nullptr || embedded()) return;
    if (!loaded.has_fleet) {
        parts_.log.warn("no Fleet among the documents: nothing has a price and nothing is rewritten");
    }
    if (loaded.snapshot->budgets != nullptr) {
        parts_.log.warn(
            "CostBudgets are not counted here: what runs in the cluster is not known; `tollgate check` "
            "counts "
            "them over the objects it is given",
            {{"budgets", loaded.snapshot->budgets->size()}});
    }
    if (loaded.snapshot->rules->policies.empty()) {
        parts_.log.warn("no CostPolicy among the documents: nothing is judged");
    }
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
    parts_.metrics.set(Metric::Policies, {}, static_cast<std::int64_t>(good_->rules->policies.size()));
    parts_.metrics.set(Metric::Paused, {}, paused_ ? 1 : 0);
}

void ServedDocuments::reload(bool again) {
    LoadedSnapshot loaded = load(parts_.plan);
    const std::string refusal = refusal_of(loaded, *good_);
    const bool good = refusal.empty();
    if (!good) loaded.snapshot = nullptr;
    // What could not be read (a mount that is being changed, a node out of descriptors) may be there in a
    // second, and the change that told of it is used up. Trying again is silent until something else comes
    // out.
    retry_ = !good && loaded.unreadable;
    {
        const std::lock_guard lock(mutex_);
        if (again && refusal == refusal_) return;
        refusal_ = refusal;
    }
    parts_.metrics.add(Metric::SnapshotReload, {good ? "loaded" : "refused"});
    tell(loaded);
    if (!good) {
        parts_.log.error("reload refused, the last good documents stay in force",
                         {{"reason", refusal}, {"digest", good_->digest}});
        return;
    }
    loaded_at_ms_ = unix_now_ms();
    publish(loaded.snapshot);
    parts_.log.info("documents reloaded",
                    {{"digest", good_->digest}, {"policies", good_->rules->policies.size()}});
}

void ServedDocuments::tick(bool force) {
    const bool changed = watch_.changed();
    if (changed || force) {
        reload(false);
    } else if (retry_) {
        reload(true);
    }
    if (wants_pause() != paused_) {
        paused_ = !paused_;
        publish(good_);
        parts_.log.warn(paused_ ? "paused: every verdict is Audit" : "no longer paused");
    }
    slot_.collect();
}

std::string ServedDocuments::note() const {
    std::string note = "digest " + slot_.share()->digest;
    if (embedded()) {
        note += "; the embedded library and the sample fleet '" + std::string(kSampleFleet) +
                "' at most in mode " + at_most(parts_.plan) + ", as no -p was given";
    }
    if (paused_) note += "; paused: every verdict is Audit";
    const std::lock_guard lock(mutex_);
    if (!refusal_.empty()) note += "; the last reload was refused: " + refusal_;
    return note;
}

}  // namespace tollgate::cli
