// SPDX-License-Identifier: Apache-2.0
#include "webhook/telemetry/decision_log.hpp"

#include "tests/support/catch.hpp"
#include "webhook/telemetry/logger.hpp"
#include "webhook/telemetry/metrics.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace tollgate::telemetry {
namespace {

namespace fs = std::filesystem;

struct Folder {
    Folder() {
        std::string pattern = fs::temp_directory_path() / "tollgate-log-XXXXXX";
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path = pattern;
    }
    ~Folder() { fs::remove_all(path); }
    fs::path path;
};

std::string contents(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

std::unique_ptr<DecisionLog> open_log(DecisionLogOptions options) {
    auto log = DecisionLog::open(std::move(options));
    INFO((log ? "" : log.error().message));
    REQUIRE(log.has_value());
    return std::move(*log);
}

TEST_CASE("every line is on disk once the log is stopped, appended to what was there") {
    const Folder folder;
    const fs::path path = folder.path / "decisions.jsonl";
    std::ofstream(path) << "before\n";
    auto log = open_log({.path = path});
    std::string expected = "before\n";
    for (int i = 0; i < 1000; ++i) {
        CHECK(log->write("line " + std::to_string(i)));
        expected += "line " + std::to_string(i) + "\n";
    }
    log->stop();
    CHECK(contents(path) == expected);
    CHECK(log->dropped() == 0);
    CHECK_FALSE(log->write("too late"));
    CHECK(log->dropped() == 1);
}

TEST_CASE("a queue that is full drops and counts instead of waiting") {
    const Folder folder;
    const fs::path path = folder.path / "pipe";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    // A pipe nobody reads: the writer fills it and blocks, as with a disk that hangs.
    std::ifstream reader;
    std::thread opener([&] { reader.open(path); });
    Metrics metrics;
    auto log = open_log({.path = path, .max_lines = 10, .max_bytes = 1'000'000, .metrics = &metrics});
    opener.join();
    std::size_t accepted = 0;
    std::size_t attempts = 0;
    while (log->dropped() == 0 && attempts < 100'000) {
        accepted += log->write(std::string(10'000, 'x')) ? 1U : 0U;
        ++attempts;
    }
    CHECK(log->dropped() == 1);
    CHECK(accepted == attempts - 1);
    CHECK(metrics.render().find("\ntollgate_decision_log_dropped_total 1\n") != std::string::npos);
    std::size_t read = 0;
    std::thread drain([&] {
        for (std::string line; read < accepted && std::getline(reader, line);) ++read;
    });
    log->stop();
    drain.join();
    CHECK(read == accepted);
}

TEST_CASE("lines past the byte cap are dropped too") {
    const Folder folder;
    auto log = open_log({.path = folder.path / "log", .max_lines = 10, .max_bytes = 100});
    CHECK_FALSE(log->write(std::string(101, 'x')));
    CHECK(log->write("short"));
}

TEST_CASE("what the file system refuses is dropped and counted") {
    if (::access("/dev/full", W_OK) != 0) return;  // only Linux has it
    auto log = open_log({.path = "/dev/full"});
    CHECK(log->write("never arrives"));
    log->stop();
    CHECK(log->dropped() == 1);
}

TEST_CASE("a disk that stays full is complained of once a second, not for each batch") {
    if (::access("/dev/full", W_OK) != 0) return;
    const Folder folder;
    const fs::path complaints = folder.path / "log";
    const int descriptor = ::open(complaints.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(descriptor >= 0);
    const Logger logger(LogFormat::Text, Level::Info, descriptor);
    const auto start = std::chrono::steady_clock::now();
    auto log = open_log({.path = "/dev/full", .log = &logger});
    for (int i = 0; i < 100; ++i) CHECK(log->write(std::string(4000, 'x')));
    log->stop();
    CHECK(log->dropped() == 100);
    ::close(descriptor);
    const std::string text = contents(complaints);
    CHECK(text.find("decision log cannot be written, lines are dropped path=/dev/full") != std::string::npos);
    const auto seconds = (std::chrono::steady_clock::now() - start) / std::chrono::seconds(1) + 1;
    CHECK(std::count(text.begin(), text.end(), '\n') <= seconds);
}

TEST_CASE("reopen follows a rotated file") {
    const Folder folder;
    const fs::path path = folder.path / "log";
    const fs::path rotated = folder.path / "log.1";
    {
        auto log = open_log({.path = path});
        log->write("first");
        log->stop();
    }
    auto log = open_log({.path = path});
    fs::rename(path, rotated);
    log->reopen();
    log->write("second");
    log->stop();
    CHECK(contents(rotated) == "first\n");
    CHECK(contents(path) == "second\n");
}

TEST_CASE("a path that cannot be opened is named") {
    const auto log = DecisionLog::open({.path = "/nowhere/at/all"});
    REQUIRE_FALSE(log.has_value());
    CHECK(log.error().message ==
          "decision log /nowhere/at/all: cannot be opened for appending: "
          "No such file or directory");
}

}  // namespace
}  // namespace tollgate::telemetry
