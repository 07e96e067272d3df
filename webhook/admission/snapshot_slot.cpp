// SPDX-License-Identifier: Apache-2.0
#include "webhook/admission/snapshot_slot.hpp"

#include <algorithm>
#include <utility>

namespace tollgate::admission {
namespace {

std::uint64_t next_generation() {
    static std::atomic<std::uint64_t> counter{0};
    return counter.fetch_add(1, std::memory_order_relaxed) + 1;
}

struct Cached {
    std::uint64_t generation = 0;
    std::shared_ptr<const decide::Snapshot> snapshot;
};

}  // namespace

SnapshotSlot::SnapshotSlot(std::shared_ptr<const decide::Snapshot> first)
    : current_(std::move(first)), generation_(next_generation()) {}

const decide::Snapshot& SnapshotSlot::current() const {
    thread_local Cached cached;
    if (cached.generation != generation_.load(std::memory_order_acquire)) {
        const std::lock_guard lock(mutex_);
        cached.snapshot = current_;
        cached.generation = generation_.load(std::memory_order_relaxed);
    }
    return *cached.snapshot;
}

std::shared_ptr<const decide::Snapshot> SnapshotSlot::share() const {
    const std::lock_guard lock(mutex_);
    return current_;
}

void SnapshotSlot::publish(std::shared_ptr<const decide::Snapshot> next) {
    const std::lock_guard lock(mutex_);
    retired_.push_back(std::exchange(current_, std::move(next)));
    generation_.store(next_generation(), std::memory_order_release);
}

std::size_t SnapshotSlot::collect() {
    std::vector<std::shared_ptr<const decide::Snapshot>> unused;
    std::size_t waiting = 0;
    {
        const std::lock_guard lock(mutex_);
        // A retired snapshot is never handed out again, so a count of one can only stay one.
        const auto used = std::partition(retired_.begin(), retired_.end(),
                                         [](const auto& snapshot) { return snapshot.use_count() > 1; });
        unused.assign(std::make_move_iterator(used), std::make_move_iterator(retired_.end()));
        retired_.erase(used, retired_.end());
        waiting = retired_.size();
    }
    return waiting;  // `unused` is freed here, outside the lock
}

}  // namespace tollgate::admission
