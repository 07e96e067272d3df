// SPDX-License-Identifier: Apache-2.0
// The decision log: one line per decision, written by a thread of its own so that no review waits for a disk.
//
// The queue is a LineWriter's. What does not fit, and what the file system refuses, is dropped and counted:
// an auditor sees the gap in tollgate_decision_log_dropped_total, the log says why (at most once a second), a
// developer never sees a timeout. Lines are appended with O_APPEND; reopen() follows a rotated file. Thread
// rule: write() and reopen() from any thread; stop() once.
#pragma once

#include "engine/base/result.hpp"
#include "webhook/telemetry/line_writer.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tollgate::telemetry {

class Logger;
class Metrics;

struct DecisionLogOptions {
    std::string path;  // "-" is standard output
    std::size_t max_lines = 10'000;
    std::size_t max_bytes = 32 * 1024 * 1024;
    std::chrono::milliseconds patience{2'000};  // of stop(), with a disk or reader that hangs
    Metrics* metrics = nullptr;                 // counts drops
    const Logger* log = nullptr;
};

class DecisionLog {
  public:
    /// Fails when the file cannot be opened for appending.
    static Result<std::unique_ptr<DecisionLog>> open(const DecisionLogOptions& options);

    /// Queues one line (without its line feed); false if it was dropped.
    bool write(std::string_view line) { return writer_.write(line); }
    /// Opens the path anew before the next line is written; does nothing for standard output.
    void reopen() { writer_.reopen(); }
    /// Writes what is queued, for at most `patience`, and ends the thread. Later lines are dropped.
    void stop() { writer_.stop(); }
    [[nodiscard]] std::uint64_t dropped() const { return writer_.dropped(); }

  private:
    DecisionLog(const DecisionLogOptions& options, int descriptor);

    LineWriter writer_;
};

}  // namespace tollgate::telemetry
