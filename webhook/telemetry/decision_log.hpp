// SPDX-License-Identifier: Apache-2.0
// The decision log: one line per decision, written by a thread of its own so that no review waits for a disk.
//
// The queue is bounded in lines and bytes. What does not fit, and what the file system refuses, is dropped
// and counted: an auditor sees the gap in tollgate_decision_log_dropped_total, a developer never sees a
// timeout. Lines are appended with O_APPEND; reopen() follows a rotated file. Thread rule: write() and
// reopen() from any thread; stop() once.
#pragma once

#include "engine/base/result.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace tollgate::telemetry {

class Logger;
class Metrics;

struct DecisionLogOptions {
    std::string path;  // "-" is standard output
    std::size_t max_lines = 10'000;
    std::size_t max_bytes = 32 * 1024 * 1024;
    Metrics* metrics = nullptr;  // counts drops
    const Logger* log = nullptr;
};

class DecisionLog {
  public:
    /// Fails when the file cannot be opened for appending.
    static Result<std::unique_ptr<DecisionLog>> open(DecisionLogOptions options);
    DecisionLog(const DecisionLog&) = delete;
    DecisionLog& operator=(const DecisionLog&) = delete;
    ~DecisionLog();

    /// Queues one line (without its line feed); false if it was dropped.
    bool write(std::string line);
    /// Opens the path anew before the next line is written; does nothing for standard output.
    void reopen();
    /// Writes what is queued and ends the thread. Later lines are dropped.
    void stop();
    [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

  private:
    DecisionLog(DecisionLogOptions options, int descriptor);
    void run();
    void reopen_file();
    void write_batch(const std::deque<std::string>& lines);
    void drop(std::size_t lines);

    DecisionLogOptions options_;
    int descriptor_;     // the thread's alone, as is
    bool torn_ = false;  // whether the last line may have been written in part
    std::atomic<std::uint64_t> dropped_{0};
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::string> queue_;
    std::size_t queued_bytes_ = 0;
    bool reopen_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace tollgate::telemetry
