// SPDX-License-Identifier: Apache-2.0
// Lines on their way to a descriptor, through a bounded queue with a thread of its own: whoever writes a line
// waits neither for a disk nor for a reader.
//
// What does not fit, what the descriptor refuses and what is left when time is up is dropped and counted.
// Memory: at most twice the bounds, as one queue fills while the other is written. The descriptor may be
// shared with other processes, so it never becomes non-blocking: the thread asks poll() first and hands over
// at most PIPE_BUF bytes, which a pipe then takes whole. Where a write hangs all the same (a disk that is
// gone, a terminal on hold), stop() leaves the thread behind; it owns what it needs. Lines of one thread keep
// their order. Thread rule: write() and reopen() from any thread; stop() from one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace tollgate::telemetry {

class Series;

struct LineWriterOptions {
    std::size_t max_lines = 10'000;
    std::size_t max_bytes = 8 * 1024 * 1024;
    std::chrono::milliseconds patience{1'000};  // of stop(), with a reader that does not read
    bool owns_descriptor = false;               // closes it
    Series* drops = nullptr;                    // counts them; outlives the writer
    /// The line that tells, once lines flow again, how many were dropped; none: only the counter tells.
    std::function<std::string(std::uint64_t lines)> gap = nullptr;
    /// What reopen() asks for: a descriptor, or -1 and errno. May outlive the writer, so it owns what it
    /// uses.
    std::function<int()> open = nullptr;
    /// Lines were refused with this error; 0 lines: reopen() failed. Must not use the writer.
    std::function<void(std::size_t lines, int error)> trouble = nullptr;
};

class LineWriter {
  public:
    LineWriter(int descriptor, LineWriterOptions options);
    LineWriter(const LineWriter&) = delete;
    LineWriter& operator=(const LineWriter&) = delete;
    ~LineWriter();

    /// Queues one line, without its line feed; false if it was dropped.
    bool write(std::string_view line);
    /// Lines taken by the thread after this go to a new descriptor.
    void reopen();
    /// Writes what is queued, for at most `patience`, and ends the thread. Later lines are dropped.
    void stop();
    [[nodiscard]] std::uint64_t dropped() const;

  private:
    struct Desk;  // shared with the thread, which may have to be left behind
    std::shared_ptr<Desk> desk_;
    std::thread thread_;
};

}  // namespace tollgate::telemetry
