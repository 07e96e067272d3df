// SPDX-License-Identifier: Apache-2.0
// The documents `serve` decides by, kept current: loaded at the start, loaded again when a file changes,
// never worse than the last good state. Also the pause switch, because pausing is a snapshot whose every
// verdict is Audit. Thread rule: one thread calls the mutating members; note() from any.
#pragma once

#include "cli/file_watch.hpp"
#include "cli/serve_plan.hpp"
#include "cli/snapshot_source.hpp"
#include "webhook/admission/snapshot_slot.hpp"
#include "webhook/telemetry/metrics.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace tollgate::cli {

class ServedDocuments {
  public:
    struct Parts {
        const ServePlan& plan;
        telemetry::Metrics& metrics;
        const telemetry::Logger& log;
    };
    /// Fails, with all diagnostics as text, when the documents cannot be used.
    static Result<std::unique_ptr<ServedDocuments>> start(const Parts& parts);

    [[nodiscard]] const admission::SnapshotSlot& slot() const { return slot_; }
    /// Called every second: reloads when files changed (or `force`), follows the pause file, frees what was
    /// replaced.
    void tick(bool force);
    /// What there is to know: the digest in force, and why the last reload was refused.
    [[nodiscard]] std::string note() const;
    [[nodiscard]] bool last_reload_failed() const;
    [[nodiscard]] std::int64_t loaded_at_ms() const { return loaded_at_ms_.load(std::memory_order_relaxed); }

  private:
    ServedDocuments(const Parts& parts, std::shared_ptr<const decide::Snapshot> first);
    static Result<LoadedSnapshot> load(const Parts& parts);
    void publish(std::shared_ptr<const decide::Snapshot> snapshot);
    void reload();
    [[nodiscard]] bool wants_pause() const;

    Parts parts_;
    std::shared_ptr<const decide::Snapshot> good_;  // as loaded, never paused
    admission::SnapshotSlot slot_;
    FileWatch watch_;
    bool paused_ = false;
    std::atomic<std::int64_t> loaded_at_ms_{0};
    mutable std::mutex mutex_;
    std::string refusal_;  // of the last reload; "" when it was good
};

}  // namespace tollgate::cli
