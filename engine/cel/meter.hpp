// SPDX-License-Identifier: Apache-2.0
// How far one evaluation has walked, and whether it may go on. Kubernetes' cost does not see everything: to
// compare two lists costs their length, however deep they are and however often they hold the same parts;
// size() of a text costs 1. What walks takes steps, of which there is a number that ends, and the deadline is
// looked at on the way.
// Thread rule: one thread; only the flag is shared.
#pragma once

#include "engine/base/limits.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace tollgate::cel {

class Meter {
  public:
    explicit Meter(const std::atomic<bool>* cancelled = nullptr, std::uint64_t steps = limits::kMaxCelSteps)
        : cancelled_(cancelled), left_(steps) {}

    /// A node of the plan, a value that is looked at, or kBytesPerStep bytes of text. False when the
    /// evaluation is to stop: whatever is returned then is not used.
    bool take(std::uint64_t steps = 1) {
        if (steps > before_look_) return look(steps);
        before_look_ -= steps;
        return true;
    }
    bool take_bytes(std::size_t bytes) { return take(bytes / kBytesPerStep); }
    /// Too deep to walk any further.
    void end() {
        left_ = before_look_ = 0;
        ended_ = true;
    }

    bool has_ended() const { return ended_; }
    /// Whether it was the deadline.
    bool is_cancelled() const { return late_; }

  private:
    static constexpr std::size_t kBytesPerStep = 16;

    bool look(std::uint64_t steps) {
        late_ = late_ || (cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed));
        if (ended_ || late_ || steps > left_) {
            end();
            return false;
        }
        left_ -= steps;
        before_look_ = std::min(left_, limits::kCelInterruptSteps);
        left_ -= before_look_;
        return true;
    }

    const std::atomic<bool>* cancelled_;
    std::uint64_t left_;             // beside those before the next look
    std::uint64_t before_look_ = 0;  // steps until the flag is looked at again
    bool ended_ = false, late_ = false;
};

}  // namespace tollgate::cel
