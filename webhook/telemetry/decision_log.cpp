// SPDX-License-Identifier: Apache-2.0
#include "webhook/telemetry/decision_log.hpp"

#include "webhook/telemetry/logger.hpp"
#include "webhook/telemetry/metrics.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace tollgate::telemetry {
namespace {

// What is handed to one write(); also the most that one failing write can lose.
constexpr std::size_t kBatchBytes = 256 * 1024;

int open_for_append(const std::string& path) {
    if (path == "-") return STDOUT_FILENO;
    return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

/// How many bytes were taken; fewer than there are when the file system refused the rest.
std::size_t write_all(int descriptor, const std::string& bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t written = ::write(descriptor, bytes.data() + done, bytes.size() - done);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) break;
        done += static_cast<std::size_t>(written);
    }
    return done;
}

}  // namespace

Result<std::unique_ptr<DecisionLog>> DecisionLog::open(DecisionLogOptions options) {
    const int descriptor = open_for_append(options.path);
    if (descriptor < 0) {
        return fail("decision log " + options.path +
                    ": cannot be opened for appending: " + std::strerror(errno));
    }
    return std::unique_ptr<DecisionLog>(new DecisionLog(std::move(options), descriptor));
}

DecisionLog::DecisionLog(DecisionLogOptions options, int descriptor)
    : options_(std::move(options)), descriptor_(descriptor), thread_([this] { run(); }) {}

DecisionLog::~DecisionLog() {
    stop();
    if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
}

bool DecisionLog::write(std::string line) {
    {
        const std::scoped_lock lock(mutex_);
        const bool fits = !stopping_ && queue_.size() < options_.max_lines &&
                          queued_bytes_ + line.size() <= options_.max_bytes;
        if (fits) {
            queued_bytes_ += line.size();
            queue_.push_back(std::move(line));
            // The writer takes everything at once: only the first line of a batch has to wake it.
            if (queue_.size() == 1) wake_.notify_one();
            return true;
        }
    }
    drop(1);
    return false;
}

void DecisionLog::reopen() {
    const std::scoped_lock lock(mutex_);
    reopen_ = true;
    wake_.notify_one();
}

void DecisionLog::stop() {
    {
        const std::scoped_lock lock(mutex_);
        if (stopping_) return;
        stopping_ = true;
        wake_.notify_one();
    }
    thread_.join();
}

void DecisionLog::drop(std::size_t lines) {
    dropped_.fetch_add(lines, std::memory_order_relaxed);
    if (options_.metrics != nullptr) {
        options_.metrics->add(Metric::DecisionLogDropped, {}, static_cast<std::int64_t>(lines));
    }
}

void DecisionLog::reopen_file() {
    if (options_.path == "-") return;
    const int fresh = open_for_append(options_.path);
    if (fresh < 0) {
        if (options_.log != nullptr) {
            options_.log->error("decision log cannot be reopened, the old file stays in use",
                                {{"path", options_.path}, {"error", std::strerror(errno)}});
        }
        return;
    }
    ::close(descriptor_);
    descriptor_ = fresh;
}

void DecisionLog::write_batch(const std::deque<std::string>& lines) {
    std::string batch;
    std::size_t in_batch = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        // After a write that failed halfway: the torn line must not swallow the next one.
        if (std::exchange(torn_, false)) batch.append("\n");
        batch.append(lines[i]).append("\n");
        ++in_batch;
        if (batch.size() < kBatchBytes && i + 1 < lines.size()) continue;
        const std::size_t written = write_all(descriptor_, batch);
        if (written < batch.size()) {
            torn_ = written > 0 && batch[written - 1] != '\n';
            drop(in_batch);
            if (options_.log != nullptr) {
                options_.log->error(
                    "decision log cannot be written, lines are dropped",
                    {{"path", options_.path}, {"lines", in_batch}, {"error", std::strerror(errno)}});
            }
        }
        batch.clear();
        in_batch = 0;
    }
}

void DecisionLog::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return stopping_ || reopen_ || !queue_.empty(); });
        const bool last = stopping_;
        const bool fresh_file = std::exchange(reopen_, false);
        std::deque<std::string> lines;
        lines.swap(queue_);
        queued_bytes_ = 0;
        lock.unlock();
        if (fresh_file) reopen_file();
        write_batch(lines);
        if (last) return;
        lock.lock();
    }
}

}  // namespace tollgate::telemetry
