// SPDX-License-Identifier: Apache-2.0
#include "webhook/telemetry/process.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <fstream>
#include <string_view>
#include <vector>

namespace tollgate::telemetry {
namespace {

std::int64_t to_integer(std::string_view text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// The fields of /proc/self/stat after the command name; the first is field 3 (state) of proc(5).
std::vector<std::string> stat_fields() {
    std::ifstream file("/proc/self/stat");
    std::string line;
    if (!std::getline(file, line)) return {};
    // The command name is in parentheses and may contain anything, parentheses included.
    const std::size_t close = line.rfind(')');
    if (close == std::string::npos) return {};
    std::vector<std::string> fields;
    std::size_t at = close + 2;
    while (at < line.size()) {
        const std::size_t end = std::min(line.find(' ', at), line.size());
        fields.push_back(line.substr(at, end - at));
        at = end + 1;
    }
    return fields;
}

std::int64_t boot_unix_seconds() {
    std::ifstream file("/proc/stat");
    std::string line;
    while (std::getline(file, line)) {
        if (line.starts_with("btime ")) return to_integer(std::string_view(line).substr(6));
    }
    return 0;
}

std::int64_t count_open_fds() {
    DIR* const directory = ::opendir("/proc/self/fd");
    if (directory == nullptr) return 0;
    std::int64_t count = 0;
    while (const dirent* const entry = ::readdir(directory)) {
        if (entry->d_name[0] != '.') ++count;
    }
    ::closedir(directory);
    return count - 1;  // the directory's own descriptor
}

std::int64_t max_fds() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    return static_cast<std::int64_t>(limit.rlim_cur);
}

void append_row(std::string& out, std::string_view name, std::string_view kind, std::string_view help,
                const std::string& value) {
    out.append("# HELP ").append(name).append(" ").append(help);
    out.append("\n# TYPE ").append(name).append(" ").append(kind);
    out.append("\n").append(name).append(" ").append(value).append("\n");
}

std::string seconds_of(std::int64_t milliseconds) {
    const std::string fraction = std::to_string(milliseconds % 1000 + 1000);
    return std::to_string(milliseconds / 1000) + '.' + fraction.substr(1);
}

}  // namespace

std::optional<ProcessFacts> read_process_facts() {
    const std::vector<std::string> stat = stat_fields();
    // proc(5) numbers: utime 14, stime 15, threads 20, starttime 22, vsize 23, rss 24; ours begin at 3.
    constexpr std::size_t kFirst = 3;
    if (stat.size() <= 24 - kFirst) return std::nullopt;
    const auto field = [&stat](std::size_t number) { return to_integer(stat[number - kFirst]); };
    const std::int64_t ticks = ::sysconf(_SC_CLK_TCK);
    if (ticks <= 0) return std::nullopt;
    return ProcessFacts{
        .cpu_milliseconds = (field(14) + field(15)) * 1000 / ticks,
        .resident_bytes = field(24) * ::sysconf(_SC_PAGESIZE),
        .virtual_bytes = field(23),
        .threads = field(20),
        .open_fds = count_open_fds(),
        .max_fds = max_fds(),
        .start_unix_seconds = boot_unix_seconds() + field(22) / ticks,
    };
}

void append_process_metrics(std::string& out) {
    const std::optional<ProcessFacts> facts = read_process_facts();
    if (!facts) return;
    append_row(out, "process_cpu_seconds_total", "counter", "User and system CPU time.",
               seconds_of(facts->cpu_milliseconds));
    append_row(out, "process_resident_memory_bytes", "gauge", "Resident memory.",
               std::to_string(facts->resident_bytes));
    append_row(out, "process_virtual_memory_bytes", "gauge", "Virtual memory.",
               std::to_string(facts->virtual_bytes));
    append_row(out, "process_threads", "gauge", "Threads.", std::to_string(facts->threads));
    append_row(out, "process_open_fds", "gauge", "Open file descriptors.", std::to_string(facts->open_fds));
    append_row(out, "process_max_fds", "gauge", "Limit of open file descriptors.",
               std::to_string(facts->max_fds));
    append_row(out, "process_start_time_seconds", "gauge", "Start of the process as Unix time.",
               std::to_string(facts->start_unix_seconds));
}

}  // namespace tollgate::telemetry
