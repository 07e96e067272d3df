// SPDX-License-Identifier: Apache-2.0
#include "webhook/telemetry/logger.hpp"

#include "tests/support/catch.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tollgate::telemetry {
namespace {

/// A pipe that a logger writes to; large enough that no test's lines fill it.
class Pipe {
  public:
    Pipe() {
        REQUIRE(::pipe(ends_.data()) == 0);
        ::fcntl(ends_[1], F_SETPIPE_SZ, 1024 * 1024);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        close_input();
        ::close(ends_[0]);
    }
    [[nodiscard]] int input() const { return ends_[1]; }
    /// What was written; ends the pipe.
    std::string drain() {
        close_input();
        return read_all();
    }
    void close_input() {
        if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
    }
    std::string read_all() {
        std::string text;
        std::array<char, 4096> chunk{};
        for (ssize_t got = 0; (got = ::read(ends_[0], chunk.data(), chunk.size())) > 0;) {
            text.append(chunk.data(), static_cast<std::size_t>(got));
        }
        return text;
    }

  private:
    std::array<int, 2> ends_{};
};

TEST_CASE("a JSON line can be read back, whatever is in its values") {
    Pipe pipe;
    const Logger logger(LogFormat::Json, Level::Info, pipe.input());
    const std::string hostile("quote\" back\\slash \n\t\x01 \x7f nul\0end \xff \xc3\xa9", 36);
    logger.warn("a \"message\"",
                {{"text", hostile}, {"count", 42}, {"big", std::int64_t{-1}}, {"yes", true}});
    const std::string line = pipe.drain();
    REQUIRE(line.ends_with("\n"));
    CHECK(line.find('\n') == line.size() - 1);
    const nlohmann::json parsed = nlohmann::json::parse(line);
    CHECK(parsed["level"] == "warn");
    CHECK(parsed["msg"] == "a \"message\"");
    CHECK(parsed["count"] == 42);
    CHECK(parsed["big"] == -1);
    CHECK(parsed["yes"] == true);
    std::string expected = hostile;
    expected.replace(expected.find('\xff'), 1, "\xEF\xBF\xBD");
    CHECK(parsed["text"] == expected);
    const std::string time = parsed["time"];
    CHECK(time.size() == std::string("2026-01-02T03:04:05.678Z").size());
    CHECK(time.back() == 'Z');
}

TEST_CASE("text lines quote only what has to be quoted") {
    Pipe pipe;
    const Logger logger(LogFormat::Text, Level::Debug, pipe.input());
    logger.debug("started",
                 {{"listen", "0.0.0.0:8443"}, {"why", "two words"}, {"empty", ""}, {"line", "a\nb"}});
    const std::string line = pipe.drain();
    CHECK(line.substr(24) ==
          " DEBUG started listen=0.0.0.0:8443 why=\"two words\" empty=\"\" line=\"a\\nb\"\n");
}

TEST_CASE("levels below the least are silent") {
    Pipe pipe;
    const Logger logger(LogFormat::Json, Level::Warn, pipe.input());
    logger.debug("no");
    logger.info("no");
    logger.error("yes");
    const std::string text = pipe.drain();
    CHECK(text.find("\"no\"") == std::string::npos);
    CHECK(text.find("\"yes\"") != std::string::npos);
}

TEST_CASE("huge values are cut") {
    Pipe pipe;
    const Logger logger(LogFormat::Json, Level::Info, pipe.input());
    logger.info("m", {{"huge", std::string(100'000, 'x')}});
    CHECK(pipe.drain().size() < Logger::kMaxValueBytes + 200);
}

TEST_CASE("lines of threads never mix") {
    Pipe pipe;
    const Logger logger(LogFormat::Json, Level::Info, pipe.input());
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&logger, t] {
            for (int i = 0; i < 200; ++i) logger.info("line", {{"thread", t}, {"i", i}});
        });
    }
    for (std::thread& thread : threads) thread.join();
    const std::string text = pipe.drain();
    int lines = 0;
    for (std::size_t at = 0; at < text.size(); ++lines) {
        const std::size_t end = text.find('\n', at);
        REQUIRE(nlohmann::json::accept(text.substr(at, end - at)));
        at = end + 1;
    }
    CHECK(lines == 800);
}

TEST_CASE("a queued logger never waits, and says in its own format what it lacks") {
    for (const LogFormat format : {LogFormat::Json, LogFormat::Text}) {
        Pipe pipe;
        ::fcntl(pipe.input(), F_SETPIPE_SZ, 4096);
        const Logger logger = Logger::queued(format, Level::Info, pipe.input(),
                                             {.max_lines = 3, .patience = std::chrono::seconds(30)});
        for (int i = 0; i < 1000; ++i) logger.info("line", {{"padding", std::string(1000, '.')}});
        std::string text;
        std::thread reader([&] { text = pipe.read_all(); });
        logger.stop();
        pipe.close_input();
        reader.join();
        std::istringstream lines(text);
        std::int64_t said = 0;
        std::int64_t gaps = 0;
        const std::string words = " WARN  log lines were dropped lines=";
        for (std::string line; std::getline(lines, line);) {
            const bool gap = line.find("log lines were dropped") != std::string::npos;
            gaps += gap ? 1 : 0;
            if (!gap) {
                ++said;
            } else if (format == LogFormat::Text) {
                REQUIRE(line.substr(24, words.size()) == words);
                said += std::stoi(line.substr(24 + words.size()));
            } else {
                const nlohmann::json parsed = nlohmann::json::parse(line);
                CHECK(parsed["level"] == "warn");
                said += parsed["lines"].get<std::int64_t>();
            }
        }
        CHECK(gaps > 0);
        CHECK(said == 1000);
    }
}

TEST_CASE("log formats are named") {
    CHECK(parse_log_format("json") == LogFormat::Json);
    CHECK(parse_log_format("text") == LogFormat::Text);
    CHECK_FALSE(parse_log_format("xml").has_value());
}

}  // namespace
}  // namespace tollgate::telemetry
