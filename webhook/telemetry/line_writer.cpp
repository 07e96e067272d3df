// SPDX-License-Identifier: Apache-2.0
#include "webhook/telemetry/line_writer.hpp"

#include "webhook/telemetry/metrics.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <utility>

namespace tollgate::telemetry {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// A file always takes what it is given: as much as one failing write may lose.
constexpr std::size_t kFileBytes = 256 * 1024;
// How long the thread stays away after writing, so that busy writers wake it so many times a second, not for
// each line.
constexpr milliseconds kRest{10};
// How often a thread that waits for a reader looks whether it should end.
constexpr milliseconds kLook{50};

std::size_t bytes_at_once(int descriptor) {
    struct stat status {};
    const bool file = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
    return file ? kFileBytes : PIPE_BUF;
}

}  // namespace

struct LineWriter::Desk {
    Desk(int to, LineWriterOptions given)
        : options(std::move(given)), descriptor(to), at_once(bytes_at_once(to)) {}

    void run();
    void follow_rotation();
    void write_lines(std::deque<std::string>& lines);
    std::size_t write_chunk(const std::string& chunk, int& error);
    std::size_t put(std::string_view bytes, int& error);
    bool wait_for_reader();
    void tell_gap(std::uint64_t lines);
    void drop(std::size_t lines);
    void report(std::size_t lines, int error);

    const LineWriterOptions options;
    std::atomic<std::uint64_t> dropped{0};

    std::mutex mutex;
    std::condition_variable wake;   // of the thread
    std::condition_variable ended;  // of stop()
    std::deque<std::string> queue;
    std::size_t queued_bytes = 0;
    std::uint64_t untold = 0;  // dropped since the last line about it
    bool waiting = false;      // the thread is, for a line
    bool reopen = false;
    bool stopping = false;
    bool has_ended = false;
    bool left_behind = false;  // nothing of the options may be used any more
    Clock::time_point end{};   // once stopping

    // The thread's alone.
    int descriptor;
    std::size_t at_once;
    bool torn = false;     // whether the last line was written in part
    bool gave_up = false;  // time is up
};

LineWriter::LineWriter(int descriptor, LineWriterOptions options)
    : desk_(std::make_shared<Desk>(descriptor, std::move(options))),
      thread_([desk = desk_] { desk->run(); }) {}

LineWriter::~LineWriter() {
    stop();
}

std::uint64_t LineWriter::dropped() const {
    return desk_->dropped.load(std::memory_order_relaxed);
}

bool LineWriter::write(std::string line) {
    Desk& desk = *desk_;
    const std::scoped_lock lock(desk.mutex);
    const bool fits = !desk.stopping && desk.queue.size() < desk.options.max_lines &&
                      desk.queued_bytes + line.size() <= desk.options.max_bytes;
    if (!fits) {
        desk.drop(1);
        return false;
    }
    desk.queued_bytes += line.size();
    desk.queue.push_back(std::move(line));
    if (std::exchange(desk.waiting, false)) desk.wake.notify_one();
    return true;
}

void LineWriter::reopen() {
    const std::scoped_lock lock(desk_->mutex);
    desk_->reopen = true;
    desk_->wake.notify_one();
}

void LineWriter::stop() {
    Desk& desk = *desk_;
    std::unique_lock lock(desk.mutex);
    if (desk.stopping) return;
    desk.stopping = true;
    desk.end = Clock::now() + desk.options.patience;
    desk.wake.notify_one();
    if (desk.ended.wait_until(lock, desk.end + 4 * kLook, [&desk] { return desk.has_ended; })) {
        lock.unlock();
        thread_.join();
        return;
    }
    desk.left_behind = true;
    desk.drop(desk.queue.size());
    thread_.detach();
}

/// With the mutex held.
void LineWriter::Desk::drop(std::size_t lines) {
    dropped.fetch_add(lines, std::memory_order_relaxed);
    untold += lines;
    if (options.drops != nullptr) options.drops->add(static_cast<std::int64_t>(lines));
}

void LineWriter::Desk::report(std::size_t lines, int error) {
    const std::scoped_lock lock(mutex);
    if (left_behind) return;
    if (lines > 0) drop(lines);
    if (error != 0 && options.trouble) options.trouble(lines, error);
}

void LineWriter::Desk::follow_rotation() {
    if (!options.open) return;
    const int fresh = options.open();
    if (fresh < 0) {
        report(0, errno);
        return;
    }
    if (options.owns_descriptor) ::close(descriptor);
    descriptor = fresh;
    at_once = bytes_at_once(fresh);
}

/// False once stop() has waited long enough.
bool LineWriter::Desk::wait_for_reader() {
    for (;;) {
        {
            const std::scoped_lock lock(mutex);
            if (stopping && Clock::now() >= end) return false;
        }
        pollfd wanted{descriptor, POLLOUT, 0};
        // A descriptor that is closed or broken is ready too: write() says what is wrong with it.
        if (::poll(&wanted, 1, static_cast<int>(kLook.count())) > 0) return true;
    }
}

/// How many bytes were taken; fewer than there are with the error, 0 for want of time.
std::size_t LineWriter::Desk::put(std::string_view bytes, int& error) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        if (!wait_for_reader()) {
            gave_up = true;
            break;
        }
        const ssize_t written =
            ::write(descriptor, bytes.data() + done, std::min(bytes.size() - done, at_once));
        if (written > 0) {
            done += static_cast<std::size_t>(written);
            continue;
        }
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EAGAIN) {  // somebody else made it non-blocking
            std::this_thread::sleep_for(kRest);
            continue;
        }
        error = errno;
        break;
    }
    return done;
}

/// Whole lines, each with its line feed; how many of them were lost.
std::size_t LineWriter::Desk::write_chunk(const std::string& chunk, int& error) {
    std::size_t done = 0;
    // After a write that failed halfway: the torn line must not swallow the next one.
    if (!torn || put("\n", error) == 1) {
        done = put(chunk, error);
        torn = done > 0 && chunk[done - 1] != '\n';
    }
    return static_cast<std::size_t>(std::count(chunk.data() + done, chunk.data() + chunk.size(), '\n'));
}

void LineWriter::Desk::write_lines(std::deque<std::string>& lines) {
    std::string chunk;
    while (!lines.empty() && !gave_up) {
        chunk.clear();
        do {
            chunk.append(lines.front()) += '\n';
            lines.pop_front();
        } while (!lines.empty() && chunk.size() + lines.front().size() < at_once);
        int error = 0;
        if (const std::size_t lost = write_chunk(chunk, error); lost > 0) report(lost, error);
    }
    if (!lines.empty()) report(lines.size(), 0);
}

void LineWriter::Desk::tell_gap(std::uint64_t lines) {
    if (!options.gap || gave_up) return;
    int error = 0;
    if (write_chunk(options.gap(lines) + '\n', error) == 0) return;
    const std::scoped_lock lock(mutex);
    untold += lines;
}

void LineWriter::Desk::run() {
    sigset_t all;
    sigfillset(&all);  // the process's signals are another thread's, and SIGPIPE is an errno here
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    ::pthread_setname_np(::pthread_self(), "tollgate-lines");
    std::unique_lock lock(mutex);
    for (bool last = false; !last && !gave_up;) {
        waiting = true;
        wake.wait(lock, [this] { return stopping || reopen || !queue.empty(); });
        waiting = false;
        last = stopping;
        const bool fresh = std::exchange(reopen, false);
        // What was dropped was dropped behind these lines.
        const std::uint64_t gap = std::exchange(untold, 0);
        std::deque<std::string> lines;
        lines.swap(queue);
        queued_bytes = 0;
        lock.unlock();
        if (fresh) follow_rotation();
        write_lines(lines);
        if (gap > 0) tell_gap(gap);
        lock.lock();
        wake.wait_for(lock, kRest, [this] { return stopping || reopen; });
    }
    if (options.owns_descriptor) ::close(descriptor);
    if (!left_behind) drop(queue.size());
    has_ended = true;
    ended.notify_all();
}

}  // namespace tollgate::telemetry
