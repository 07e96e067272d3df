// SPDX-License-Identifier: Apache-2.0
// All open connections of a server, and the clock that watches them.
//
// A connection only stores its deadlines; one sweep over all of them, every few tens of milliseconds, acts on
// the overdue. That costs a request two stores instead of two timers. The sweep never touches a connection's
// objects: it ends a wait by shutting the socket down, which the kernel allows from any thread, and the
// connection's own coroutine notices. INVARIANT: a descriptor is closed only after remove(), so shutdown()
// never hits a reused number. Thread rule: the registry is for any thread; a control's
// enter()/begin_handling()/end_handling() for its session.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace tollgate::net {

using Clock = std::chrono::steady_clock;

enum class Phase : std::uint8_t { Handshake, Idle, Receiving, Handling, Sending, Lingering };

class SessionControl {
  public:
    explicit SessionControl(int descriptor) : descriptor_(descriptor) {}
    SessionControl(const SessionControl&) = delete;
    SessionControl& operator=(const SessionControl&) = delete;

    /// What the session does now, and when that has to be over.
    void enter(Phase phase, Clock::time_point deadline) {
        deadline_.store(deadline.time_since_epoch().count(), std::memory_order_relaxed);
        phase_.store(phase);
    }
    [[nodiscard]] bool timed_out() const { return timed_out_.load(); }

    /// Between these two, `cancelled` becomes true once the deadline has passed.
    void begin_handling(Clock::time_point deadline);
    void end_handling();
    [[nodiscard]] const std::atomic<bool>& cancelled() const { return cancelled_; }

  private:
    friend class SessionRegistry;
    void check(Clock::time_point now);
    void cancel_handler();

    const int descriptor_;
    std::size_t slot_ = 0;  // the registry's
    std::atomic<Phase> phase_{Phase::Handshake};
    std::atomic<Clock::rep> deadline_{Clock::time_point::max().time_since_epoch().count()};
    std::atomic<bool> timed_out_{false};
    std::mutex handling_mutex_;  // keeps a late sweep from cancelling the next request
    bool handling_ = false;
    Clock::time_point handling_deadline_{};
    std::atomic<bool> cancelled_{false};
};

class SessionRegistry {
  public:
    explicit SessionRegistry(std::size_t limit) : limit_(limit) {}

    /// False when the server is full; the connection is then to be closed unserved.
    bool add(SessionControl& session);
    void remove(SessionControl& session);
    [[nodiscard]] std::size_t size() const;

    /// Ends what is overdue at `now`.
    void sweep(Clock::time_point now);
    /// Ends connections that wait for a request.
    void close_idle();
    /// Ends all: handlers are told to stop, sockets shut.
    void cut_all();
    /// True once no connection is left, false at `until`.
    bool wait_until_empty(Clock::time_point until);

  private:
    const std::size_t limit_;
    mutable std::mutex mutex_;
    std::condition_variable emptied_;
    std::vector<SessionControl*> sessions_;
};

}  // namespace tollgate::net
