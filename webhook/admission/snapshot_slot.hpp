// SPDX-License-Identifier: Apache-2.0
// The snapshot in force, handed to request threads without contention.
//
// A mutex guards the pointer and an atomic generation tells whether it changed; each thread keeps the pointer
// it got last, so that a review reads one atomic. Snapshots that were replaced are kept until no thread uses
// them and are then freed by whoever calls collect(): never by a request thread, for which tearing down ten
// thousand policies would be a pause. (std::atomic<shared_ptr> is avoided: its implementation in libstdc++ 12
// is a data race.) Thread rule: everything from any thread.
#pragma once

#include "engine/decide/decide.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace tollgate::admission {

class SnapshotSlot {
  public:
    explicit SnapshotSlot(std::shared_ptr<const decide::Snapshot> first);
    SnapshotSlot(const SnapshotSlot&) = delete;
    SnapshotSlot& operator=(const SnapshotSlot&) = delete;

    /// The snapshot in force; the reference holds until the same thread asks again.
    [[nodiscard]] const decide::Snapshot& current() const;
    /// The same for those who keep it.
    [[nodiscard]] std::shared_ptr<const decide::Snapshot> share() const;

    void publish(std::shared_ptr<const decide::Snapshot> next);
    /// Frees replaced snapshots that no thread uses any more; returns how many are still waiting.
    std::size_t collect();

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const decide::Snapshot> current_;
    std::vector<std::shared_ptr<const decide::Snapshot>> retired_;
    std::atomic<std::uint64_t> generation_;  // unique over all slots of the process
};

}  // namespace tollgate::admission
