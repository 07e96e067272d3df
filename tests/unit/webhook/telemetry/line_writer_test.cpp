// SPDX-License-Identifier: Apache-2.0
#include "webhook/telemetry/line_writer.hpp"

#include "tests/support/catch.hpp"
#include "webhook/telemetry/metrics.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tollgate::telemetry {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// A pipe that nobody reads until read_all().
class Pipe {
  public:
    Pipe() { REQUIRE(::pipe(ends_.data()) == 0); }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        close_input();
        if (ends_[0] >= 0) ::close(ends_[0]);
    }
    [[nodiscard]] int input() const { return ends_[1]; }
    void close_input() {
        if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
    }
    void close_output() { ::close(std::exchange(ends_[0], -1)); }
    /// What is in it now, at least one byte.
    std::string read_some() const {
        std::string text(1024 * 1024, '\0');
        const ssize_t got = ::read(ends_[0], text.data(), text.size());
        text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return text;
    }
    /// Everything until the input is closed.
    std::string read_all() const {
        std::string text;
        for (std::string part; !(part = read_some()).empty();) text += part;
        return text;
    }

  private:
    std::array<int, 2> ends_{-1, -1};
};

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

std::string gap_line(std::uint64_t lines) {
    return "dropped " + std::to_string(lines);
}

/// Fills pipe and queue; how many lines were taken.
std::size_t fill(LineWriter& writer) {
    std::size_t taken = 0;
    while (writer.write("line " + std::to_string(taken) + std::string(1000, '.'))) ++taken;
    return taken;
}

TEST_CASE("line writer: nobody reads, and nobody who writes waits") {
    Pipe pipe;
    Metrics metrics;
    LineWriter writer(pipe.input(),
                      {.max_lines = 100, .patience = 50ms, .drops = &metrics.series(Metric::LogDropped)});
    const auto start = Clock::now();
    std::size_t taken = 0;
    for (int i = 0; i < 10'000; ++i) taken += writer.write(std::string(1000, 'x')) ? 1U : 0U;
    CHECK(Clock::now() - start < 5s);
    CHECK(writer.dropped() == 10'000 - taken);
    writer.stop();
    CHECK(metrics.series(Metric::LogDropped).value() == static_cast<std::int64_t>(writer.dropped()));
}

TEST_CASE("line writer: stop waits no longer than it may for a reader that does not read") {
    Pipe pipe;
    LineWriter writer(pipe.input(), {.max_lines = 200, .patience = 100ms});
    const std::size_t taken = fill(writer);
    const auto start = Clock::now();
    writer.stop();
    CHECK(Clock::now() - start < 5s);
    // What the pipe had not taken is counted, and what it took is whole.
    pipe.close_input();
    const std::vector<std::string> written = lines_of(pipe.read_all());
    CHECK(written.size() + writer.dropped() == taken + 1);
    for (const std::string& line : written) CHECK(line.size() > 1000);
}

TEST_CASE("line writer: a descriptor shared with others stays as it is") {
    const Pipe pipe;
    const int before = ::fcntl(pipe.input(), F_GETFL);
    LineWriter writer(pipe.input(), {.max_lines = 10, .patience = 10ms});
    fill(writer);
    CHECK(::fcntl(pipe.input(), F_GETFL) == before);
}

TEST_CASE("line writer: once lines flow again, what is missing is said where it is missing") {
    Pipe pipe;
    LineWriter writer(pipe.input(), {.max_lines = 50, .patience = 30s, .gap = gap_line});
    const std::size_t taken = fill(writer);
    CHECK_FALSE(writer.write("lost too"));
    std::string text;
    while (text.find("dropped ") == std::string::npos) text += pipe.read_some();
    CHECK(writer.write("after"));
    writer.stop();
    pipe.close_input();
    text += pipe.read_all();
    const std::vector<std::string> written = lines_of(text);
    REQUIRE(written.size() == taken + 2);
    for (std::size_t i = 0; i < taken; ++i) CHECK(written[i].starts_with("line " + std::to_string(i) + "."));
    CHECK(written[taken] == "dropped 2");
    CHECK(written[taken + 1] == "after");
}

TEST_CASE("line writer: lines longer than a pipe takes at once arrive whole") {
    Pipe pipe;
    LineWriter writer(pipe.input(), {.patience = 30s});
    const std::string huge = std::string(300'000, 'x') + "end";
    std::string text;
    std::thread reader([&] { text = pipe.read_all(); });
    CHECK(writer.write("first"));
    CHECK(writer.write(huge));
    CHECK(writer.write("last"));
    writer.stop();
    pipe.close_input();
    reader.join();
    CHECK(text == "first\n" + huge + "\nlast\n");
    CHECK(writer.dropped() == 0);
}

TEST_CASE("line writer: a reader that is gone costs lines, not the process") {
    Pipe pipe;
    std::atomic<std::size_t> refused{0};
    std::atomic<int> error{0};
    LineWriter writer(pipe.input(), {.trouble = [&](std::size_t lines, int why) {
                          refused += lines;
                          error = why;
                      }});
    pipe.close_output();
    CHECK(writer.write("nobody hears"));
    writer.stop();
    CHECK(writer.dropped() == 1);
    CHECK(refused.load() == 1);
    CHECK(error.load() == EPIPE);
}

TEST_CASE("line writer: a write that hangs all the same is left behind") {
    // A FIFO without a reader: open() hangs in the thread, as a write to a dead disk would.
    std::string folder = std::filesystem::temp_directory_path() / "tollgate-lines-XXXXXX";
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    const std::string path = folder + "/fifo";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    Pipe pipe;
    const auto start = Clock::now();
    {
        LineWriter writer(pipe.input(), {.patience = 10ms, .open = [path] {
                                             return ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
                                         }});
        writer.reopen();
        std::this_thread::sleep_for(50ms);
        CHECK(writer.write("never arrives"));
        writer.stop();
        CHECK(writer.dropped() == 1);
    }
    CHECK(Clock::now() - start < 10s);
    // Lets the thread go.
    ::close(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    std::filesystem::remove_all(folder);
}

TEST_CASE("line writer: each thread's lines keep their order") {
    Pipe pipe;
    LineWriter writer(pipe.input(), {.patience = 30s});
    std::string text;
    std::thread reader([&] { text = pipe.read_all(); });
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&writer, t] {
            for (int i = 0; i < 500; ++i) {
                writer.write(std::to_string(t) + " " + std::to_string(i) + std::string(100, ' '));
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    writer.stop();
    pipe.close_input();
    reader.join();
    std::array<int, 4> next{};
    for (const std::string& line : lines_of(text)) {
        const auto thread = static_cast<std::size_t>(line[0] - '0');
        REQUIRE(std::stoi(line.substr(2)) == next.at(thread)++);
    }
    CHECK(next == std::array<int, 4>{500, 500, 500, 500});
    CHECK(writer.dropped() == 0);
}

}  // namespace
}  // namespace tollgate::telemetry
