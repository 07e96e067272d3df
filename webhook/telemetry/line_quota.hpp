// SPDX-License-Identifier: Apache-2.0
// How often one kind of line may be logged, where anybody who reaches the port can cause it: so many in each
// second, and of the others only their count, once the second is over. Thread rule: any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <utility>

namespace tollgate::telemetry {

class LineQuota {
  public:
    using Clock = std::chrono::steady_clock;

    explicit LineQuota(std::uint64_t per_second) : per_second_(per_second) {}

    /// Whether one more line may be written; one that may not is left out, and counted.
    bool allows(Clock::time_point now) {
        const std::scoped_lock lock(mutex_);
        if (now >= end_) {
            end_ = now + std::chrono::seconds(1);
            used_ = 0;
        }
        if (used_ < per_second_) {
            ++used_;
            return true;
        }
        ++left_out_;
        return false;
    }
    /// How many were left out and not told so far; 0 while the second that left them out still runs. To be
    /// asked before allows(), and when no lines come.
    std::uint64_t take_left_out(Clock::time_point now) {
        const std::scoped_lock lock(mutex_);
        return now < end_ ? 0 : std::exchange(left_out_, 0);
    }

  private:
    const std::uint64_t per_second_;
    std::mutex mutex_;
    Clock::time_point end_{};  // of the second that runs
    std::uint64_t used_ = 0;   // in it
    std::uint64_t left_out_ = 0;
};

}  // namespace tollgate::telemetry
