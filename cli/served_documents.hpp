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
    /// What to start with. The state of the files is taken down before they are read: a change in between is
    /// one more reload, never one that is missed.
    struct First {
        FileWatch watch;
        LoadedSnapshot loaded;  // without a snapshot, its diagnostics say why
    };
    static First read(const ServePlan& plan);
    /// `first` has a snapshot.
    ServedDocuments(const Parts& parts, First first);

    [[nodiscard]] const admission::SnapshotSlot& slot() const { return slot_; }
    /// Called every second: reloads when files changed (or `force`), tries again what could not be read,
    /// follows the pause file, frees what was replaced.
    void tick(bool force);
    /// What there is to know: the digest in force, whether anybody chose these documents, whether it is
    /// paused, and why the last reload was refused.
    [[nodiscard]] std::string note() const;
    [[nodiscard]] std::int64_t loaded_at_ms() const { return loaded_at_ms_.load(std::memory_order_relaxed); }

  private:
    [[nodiscard]] bool embedded() const { return parts_.plan.options.policies.empty(); }
    void tell(const LoadedSnapshot& loaded) const;
    void publish(std::shared_ptr<const decide::Snapshot> snapshot);
    /// `again`: nothing is known to have changed.
    void reload(bool again);
    [[nodiscard]] bool wants_pause() const;

    Parts parts_;
    std::shared_ptr<const decide::Snapshot> good_;  // as loaded, never paused
    admission::SnapshotSlot slot_;
    FileWatch watch_;
    std::atomic<bool> paused_{false};
    bool retry_ = false;  // the last load could not read something
    std::atomic<std::int64_t> loaded_at_ms_{0};
    mutable std::mutex mutex_;
    std::string refusal_;  // of the last reload; "" when it was good
};

}  // namespace tollgate::cli
