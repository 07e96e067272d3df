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

// Lines are kept in blocks: no memory changes hands between threads for each line, and none is moved to grow.
constexpr std::size_t kBlockBytes = 64 * 1024;
// How long the thread stays away after writing, so that busy writers wake it so many times a second, not for
// each line.
constexpr milliseconds kRest{10};
// How often a thread that waits for a reader looks whether it should end.
constexpr milliseconds kLook{50};

std::size_t bytes_at_once(int descriptor) {
    struct stat status {};
    const bool file = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
    return file ? kBlockBytes : PIPE_BUF;  // a file takes what it is given
}

std::size_t lines_in(std::string_view bytes) {
    return static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
}

/// The whole lines at the front that go into `at_once` bytes, or the first line.
std::string_view front_lines(std::string_view bytes, std::size_t at_once) {
    if (bytes.size() <= at_once) return bytes;
    std::size_t end = bytes.rfind('\n', at_once - 1);
    if (end == std::string_view::npos) end = bytes.find('\n');
    return bytes.substr(0, end + 1);
}

}  // namespace

struct LineWriter::Desk {
    Desk(int to, LineWriterOptions given)
        : options(std::move(given)), descriptor(to), at_once(bytes_at_once(to)) {}

    void run();
    void follow_rotation();
    void write_block(std::string_view lines);
    std::size_t write_chunk(std::string_view chunk, int& error);
    std::size_t put(std::string_view bytes, int& error);
    bool wait_for_reader();
    void tell_gap(std::uint64_t lines);
    void drop(std::size_t lines);
    void report(std::size_t lines, int error);

    const LineWriterOptions options;
    std::atomic<std::uint64_t> dropped{0};
    std::atomic<Clock::time_point> end{Clock::time_point::max()};  // of stop()'s patience

    std::mutex mutex;
    std::condition_variable wake;    // of the thread
    std::condition_variable ended;   // of stop()
    std::deque<std::string> blocks;  // whole lines, each with its line feed
    std::size_t queued_lines = 0;
    std::size_t queued_bytes = 0;
    std::uint64_t untold = 0;  // dropped since the last line about it
    bool waiting = false;      // the thread is, for a line
    bool reopen = false;
    bool stopping = false;
    bool has_ended = false;
    bool left_behind = false;  // nothing of the options may be used any more

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

bool LineWriter::write(std::string_view line) {
    Desk& desk = *desk_;
    const std::scoped_lock lock(desk.mutex);
    const std::size_t bytes = line.size() + 1;
    const bool fits = !desk.stopping && desk.queued_lines < desk.options.max_lines &&
                      desk.queued_bytes + bytes <= desk.options.max_bytes;
    if (!fits) {
        desk.drop(1);
        return false;
    }
    if (desk.blocks.empty() || desk.blocks.back().size() + bytes > kBlockBytes) {
        desk.blocks.emplace_back().reserve(std::max(bytes, kBlockBytes));
    }
    desk.blocks.back().append(line) += '\n';
    desk.queued_bytes += bytes;
    ++desk.queued_lines;
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
    const Clock::time_point end = Clock::now() + desk.options.patience;
    desk.end.store(end);
    desk.wake.notify_one();
    if (desk.ended.wait_until(lock, end + 4 * kLook, [&desk] { return desk.has_ended; })) {
        lock.unlock();
        thread_.join();
        return;
    }
    desk.left_behind = true;
    desk.drop(desk.queued_lines);
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
        if (Clock::now() >= end.load(std::memory_order_relaxed)) return false;
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

/// How many of these whole lines were lost.
std::size_t LineWriter::Desk::write_chunk(std::string_view chunk, int& error) {
    std::size_t done = 0;
    // After a write that failed halfway: the torn line must not swallow the next one.
    if (!torn || put("\n", error) == 1) {
        done = put(chunk, error);
        torn = done > 0 && chunk[done - 1] != '\n';
    }
    return lines_in(chunk.substr(done));
}

void LineWriter::Desk::write_block(std::string_view lines) {
    while (!lines.empty() && !gave_up) {
        const std::string_view chunk = front_lines(lines, at_once);
        lines.remove_prefix(chunk.size());
        int error = 0;
        if (const std::size_t lost = write_chunk(chunk, error); lost > 0) report(lost, error);
    }
    if (!lines.empty()) report(lines_in(lines), 0);
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
        wake.wait(lock, [this] { return stopping || reopen || !blocks.empty(); });
        waiting = false;
        last = stopping;
        const bool fresh = std::exchange(reopen, false);
        // What was dropped was dropped behind these lines.
        const std::uint64_t gap = std::exchange(untold, 0);
        std::deque<std::string> batch;
        batch.swap(blocks);
        queued_lines = 0;
        queued_bytes = 0;
        lock.unlock();
        if (fresh) follow_rotation();
        for (const std::string& block : batch) write_block(block);
        batch.clear();
        if (gap > 0) tell_gap(gap);
        lock.lock();
        wake.wait_for(lock, kRest, [this] { return stopping || reopen; });
    }
    if (options.owns_descriptor) ::close(descriptor);
    if (!left_behind) drop(queued_lines);
    has_ended = true;
    ended.notify_all();
}

}  // namespace tollgate::telemetry
