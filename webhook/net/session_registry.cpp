// SPDX-License-Identifier: Apache-2.0
#include "webhook/net/session_registry.hpp"

#include <sys/socket.h>

namespace tollgate::net {

void SessionControl::begin_handling(Clock::time_point deadline) {
    const std::scoped_lock lock(handling_mutex_);
    cancelled_.store(false, std::memory_order_relaxed);
    handling_deadline_ = deadline;
    handling_ = true;
}

void SessionControl::end_handling() {
    const std::scoped_lock lock(handling_mutex_);
    handling_ = false;
}

void SessionControl::cancel_handler() {
    const std::scoped_lock lock(handling_mutex_);
    if (handling_) cancelled_.store(true, std::memory_order_relaxed);
}

void SessionControl::check(Clock::time_point now) {
    if (phase_.load() == Phase::Handling) {
        const std::scoped_lock lock(handling_mutex_);
        if (handling_ && handling_deadline_ <= now) cancelled_.store(true, std::memory_order_relaxed);
        return;
    }
    if (deadline_.load(std::memory_order_relaxed) > now.time_since_epoch().count()) return;
    timed_out_.store(true);
    // A half-sent request may still be told why (408), so only reading ends; a peer that does not read its
    // answer or has used up its lingering is cut.
    const bool may_answer = phase_.load() == Phase::Receiving;
    ::shutdown(descriptor_, may_answer ? SHUT_RD : SHUT_RDWR);
}

bool SessionRegistry::add(SessionControl& session) {
    const std::scoped_lock lock(mutex_);
    if (sessions_.size() >= limit_) return false;
    session.slot_ = sessions_.size();
    sessions_.push_back(&session);
    return true;
}

void SessionRegistry::remove(SessionControl& session) {
    const std::scoped_lock lock(mutex_);
    SessionControl* const last = sessions_.back();
    sessions_[session.slot_] = last;
    last->slot_ = session.slot_;
    sessions_.pop_back();
    if (sessions_.empty()) emptied_.notify_all();
}

std::size_t SessionRegistry::size() const {
    const std::scoped_lock lock(mutex_);
    return sessions_.size();
}

void SessionRegistry::sweep(Clock::time_point now) {
    const std::scoped_lock lock(mutex_);
    for (SessionControl* const session : sessions_) session->check(now);
}

void SessionRegistry::close_idle() {
    const std::scoped_lock lock(mutex_);
    for (SessionControl* const session : sessions_) {
        if (session->phase_.load() == Phase::Idle) ::shutdown(session->descriptor_, SHUT_RD);
    }
}

void SessionRegistry::cut_all() {
    const std::scoped_lock lock(mutex_);
    for (SessionControl* const session : sessions_) {
        session->cancel_handler();
        ::shutdown(session->descriptor_, SHUT_RDWR);
    }
}

bool SessionRegistry::wait_until_empty(Clock::time_point until) {
    std::unique_lock lock(mutex_);
    return emptied_.wait_until(lock, until, [this] { return sessions_.empty(); });
}

}  // namespace tollgate::net
