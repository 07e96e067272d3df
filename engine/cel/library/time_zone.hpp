// SPDX-License-Identifier: Apache-2.0
// How far from UTC a time zone is. Names are those of the tz database. The engine opens no files: whoever
// uses it says where the bytes of a zone (TZif) come from. Sources: RFC 9636 (TZif), POSIX.1 "TZ"; Go time
// (LoadLocation, Location.lookup), cel-go common/stdlib.
#pragma once

#include "engine/base/result.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::cel {

/// A day of the year on which the offset changes, and when on it.
struct ZoneRule {
    enum class Kind : std::uint8_t { Julian, Day, Weekday };  // J60 (no 29 February), 59, M3.2.0
    Kind kind = Kind::Day;
    std::int32_t month = 0, week = 0, day = 0;
    std::int64_t second = 0;  // of the day, local time; may be outside of it
};

/// For all times after the last transition of a file: "CET-1CEST,M3.5.0,M10.5.0/3".
struct ZoneRules {
    std::int64_t standard = 0, summer = 0;
    std::optional<std::array<ZoneRule, 2>> change;  // to summer time and back; without: standard for ever

    static std::optional<ZoneRules> parse(std::string_view text);
    std::int64_t offset_at(std::int64_t unix_second) const;
};

class TimeZone {
  public:
    /// The bytes of a TZif file.
    static Result<TimeZone> parse(std::string_view tzif);
    /// Seconds east of UTC.
    std::int64_t offset_at(std::int64_t unix_second) const;

  private:
    struct Transition {
        std::int64_t second = 0;
        std::int64_t offset = 0;  // from then on
    };
    std::vector<Transition> transitions_;  // in order
    std::int64_t first_ = 0;               // before all of them
    std::optional<ZoneRules> rules_;       // after all of them
};

/// Seconds east of UTC at a moment: "Europe/Paris", "UTC", "" (UTC), "+05:30". Thread-safe; what was read is
/// kept, by each thread.
Result<std::int64_t> zone_offset(std::string_view zone, std::int64_t unix_second);

/// The bytes of a zone's file, given a name of letters, digits, _ - + and / alone. Called from any thread.
using ZoneReader = Result<std::string> (*)(std::string_view name);
/// Before it is set, and with null, no zones are known but UTC and offsets. Set once, at start.
void set_zone_reader(ZoneReader reader);
inline constexpr std::size_t kMaxZoneBytes = 64 * 1024;  // of one file; the longest has 4 KiB

}  // namespace tollgate::cel
