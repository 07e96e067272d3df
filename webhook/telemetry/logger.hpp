// SPDX-License-Identifier: Apache-2.0
// Logs: one line per event on stderr, JSON for machines or text for people.
//
// Values are escaped and cut at kMaxValueBytes. A plain logger leaves each line in one write(), and waits
// for whoever reads. A queued one hands it to a LineWriter and never waits: what does not fit is
// dropped, counted, and said in the log once it flows again. Nothing here is on the path of an allowed
// review. Only an abort can lose queued lines. Thread rule: log() may be called from any thread.
#pragma once

#include "webhook/telemetry/line_writer.hpp"

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace tollgate::telemetry {

enum class Level : std::uint8_t { Debug, Info, Warn, Error };
enum class LogFormat : std::uint8_t { Json, Text };

/// Nothing for a word that is neither "json" nor "text".
std::optional<LogFormat> parse_log_format(std::string_view word);

struct Field {
    Field(std::string_view name, std::string_view text) : key(name), value(text) {}
    Field(std::string_view name, const char* text) : key(name), value(std::string_view(text)) {}
    Field(std::string_view name, const std::string& text) : key(name), value(std::string_view(text)) {}
    template <std::integral T>
    Field(std::string_view name, T number) : key(name) {
        if constexpr (std::same_as<T, bool>) {
            value = number;
        } else {
            value = static_cast<std::int64_t>(number);
        }
    }

    std::string_view key;
    std::variant<std::string_view, std::int64_t, bool> value;
};

class Logger {
  public:
    static constexpr std::size_t kMaxValueBytes = 8 * 1024;

    explicit Logger(LogFormat format = LogFormat::Json, Level least = Level::Info, int descriptor = 2)
        : format_(format), least_(least), descriptor_(descriptor) {}
    /// For servers. `queue.gap` is the logger's own to set.
    static Logger queued(LogFormat format, Level least, int descriptor, LineWriterOptions queue);

    void log(Level level, std::string_view message, std::initializer_list<Field> fields = {}) const;
    void debug(std::string_view message, std::initializer_list<Field> fields = {}) const {
        log(Level::Debug, message, fields);
    }
    void info(std::string_view message, std::initializer_list<Field> fields = {}) const {
        log(Level::Info, message, fields);
    }
    void warn(std::string_view message, std::initializer_list<Field> fields = {}) const {
        log(Level::Warn, message, fields);
    }
    void error(std::string_view message, std::initializer_list<Field> fields = {}) const {
        log(Level::Error, message, fields);
    }
    /// Writes what is queued, for a bounded time; later lines are dropped. Nothing to do without a queue.
    void stop() const;

  private:
    LogFormat format_;
    Level least_;
    int descriptor_;
    std::shared_ptr<LineWriter> queue_;
};

}  // namespace tollgate::telemetry
