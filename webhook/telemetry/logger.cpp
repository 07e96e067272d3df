// SPDX-License-Identifier: Apache-2.0
#include "webhook/telemetry/logger.hpp"

#include "webhook/telemetry/escape.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <utility>

namespace tollgate::telemetry {
namespace {

struct LevelRow {
    std::string_view json;
    std::string_view text;
};
constexpr std::array<LevelRow, 4> kLevels = {LevelRow{"debug", "DEBUG "}, LevelRow{"info", "INFO  "},
                                             LevelRow{"warn", "WARN  "}, LevelRow{"error", "ERROR "}};

/// UTC with milliseconds, RFC 3339.
void append_time(std::string& out) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    const std::time_t seconds = static_cast<std::time_t>(milliseconds / 1000);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 32> buffer{};
    const std::size_t length = std::strftime(buffer.data(), buffer.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    out.append(buffer.data(), length);
    out += '.';
    out.append(std::to_string(milliseconds % 1000 + 1000), 1, 3);
    out += 'Z';
}

void append_value(std::string& out, const Field& field, bool quote_always) {
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
        const bool plain = !quote_always && !text->empty() &&
                           text->find_first_not_of(
                               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789-_./:@+,") == std::string_view::npos;
        if (plain) {
            out += text->substr(0, Logger::kMaxValueBytes);
        } else {
            append_json_string(out, text->substr(0, Logger::kMaxValueBytes));
        }
    } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
        out += std::to_string(*number);
    } else {
        out += std::get<bool>(field.value) ? "true" : "false";
    }
}

void write_line(int descriptor, std::string_view line) {
    while (!line.empty()) {
        const ssize_t written = ::write(descriptor, line.data(), line.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;  // stderr is gone: there is nobody left to tell
        line.remove_prefix(static_cast<std::size_t>(written));
    }
}

/// Without its line feed.
void compose(std::string& line, LogFormat format, Level level, std::string_view message,
             std::initializer_list<Field> fields) {
    line.clear();
    const LevelRow& row = kLevels[static_cast<std::size_t>(level)];
    message = message.substr(0, Logger::kMaxValueBytes);
    if (format == LogFormat::Json) {
        line += "{\"time\":\"";
        append_time(line);
        line.append("\",\"level\":\"").append(row.json).append("\",\"msg\":");
        append_json_string(line, message);
        for (const Field& field : fields) {
            line += ',';
            append_json_string(line, field.key);
            line += ':';
            append_value(line, field, true);
        }
        line += '}';
        return;
    }
    append_time(line);
    line += ' ';
    line += row.text;
    for (const char c : message) line += c == '\n' ? ' ' : c;
    for (const Field& field : fields) {
        line.append(" ").append(field.key).append("=");
        append_value(line, field, false);
    }
}

}  // namespace

std::optional<LogFormat> parse_log_format(std::string_view word) {
    if (word == "json") return LogFormat::Json;
    if (word == "text") return LogFormat::Text;
    return std::nullopt;
}

Logger Logger::queued(LogFormat format, Level least, int descriptor, LineWriterOptions queue) {
    queue.gap = [format](std::uint64_t lines) {
        std::string line;
        compose(line, format, Level::Warn, "log lines were dropped", {{"lines", lines}});
        return line;
    };
    Logger logger(format, least, descriptor);
    logger.queue_ = std::make_shared<LineWriter>(descriptor, std::move(queue));
    return logger;
}

void Logger::stop() const {
    if (queue_ != nullptr) queue_->stop();
}

void Logger::log(Level level, std::string_view message, std::initializer_list<Field> fields) const {
    if (level < least_) return;
    thread_local std::string line;
    compose(line, format_, level, message, fields);
    if (queue_ != nullptr) {
        queue_->write(line);
        return;
    }
    line += '\n';
    write_line(descriptor_, line);
}

}  // namespace tollgate::telemetry
