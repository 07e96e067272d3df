// SPDX-License-Identifier: Apache-2.0
// Timestamps and durations: reading and writing them, their parts, their sums and differences.
// Sources: cel-go common/types/{timestamp,duration,overflow}.go and common/stdlib; Go time (Parse with
// RFC3339, ParseDuration), whose leniency is kept.
#include "engine/cel/library/go_text.hpp"
#include "engine/cel/library/library.hpp"
#include "engine/cel/library/time_zone.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace tollgate::cel {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::int64_t kNanosPerMilli = 1'000'000;
constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 3'600;
constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kFirstSecond = -62'135'596'800;  // 0001-01-01T00:00:00Z
constexpr std::int64_t kLastSecond = 253'402'300'799;   // 9999-12-31T23:59:59Z
constexpr std::size_t kNanoDigits = 9;
constexpr std::string_view kTimestampOverflow = "timestamp overflow";
constexpr std::string_view kIntOverflow = "integer overflow";

Value identity(CallContext&, Arguments args) {
    return args[0];
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool in_range(std::int64_t second) {
    return second >= kFirstSecond && second <= kLastSecond;
}

Value new_text(CallContext& context, std::string_view text) {
    const std::string_view copy = context.arena.copy(text);
    return copy.size() == text.size() ? string_value(copy) : context.error("");
}

// --- reading timestamps ------------------------------------------------------------------------------------
/// RFC 3339, as Go reads it: an hour may have one digit, a fraction may follow a comma, and an offset may
/// reach 24 hours and 60 minutes.
class TimestampReader {
  public:
    explicit TimestampReader(std::string_view text) : rest_(text) {}

    /// Not checked for its range.
    std::optional<Value> run() {
        const auto year = number(4, 0, 9999);
        const auto month = after('-', 2, 1, 12);
        const auto day = after('-', 2, 1, 31);
        if (!year || !month || !day || !take('T')) return std::nullopt;
        const bool short_hour = rest_.size() > 1 && !is_digit(rest_[1]);
        const auto hour = number(short_hour ? 1 : 2, 0, 23);
        const auto minute = after(':', 2, 0, 59);
        const auto second = after(':', 2, 0, 59);
        if (!hour || !minute || !second) return std::nullopt;
        const std::uint32_t nanos = fraction();
        const auto zone = offset();
        if (!zone || !rest_.empty()) return std::nullopt;
        const std::chrono::year_month_day date{std::chrono::year(*year),
                                               std::chrono::month(static_cast<unsigned>(*month)),
                                               std::chrono::day(static_cast<unsigned>(*day))};
        if (!date.ok()) return std::nullopt;
        const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
        const std::int64_t total = days * kDay + *hour * kHour + (*minute - *zone) * kMinute + *second;
        return timestamp_value(total, nanos, static_cast<std::int16_t>(*zone));
    }

  private:
    bool take(char c) {
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }

    std::optional<std::int32_t> number(std::size_t digits, std::int32_t least, std::int32_t most) {
        const std::string_view text = rest_.substr(0, digits);
        if (text.size() < digits || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
        rest_.remove_prefix(digits);
        std::int32_t value = 0;
        for (const char c : text) value = value * 10 + (c - '0');
        return value >= least && value <= most ? std::optional<std::int32_t>(value) : std::nullopt;
    }

    std::optional<std::int32_t> after(char mark, std::size_t digits, std::int32_t least, std::int32_t most) {
        return take(mark) ? number(digits, least, most) : std::nullopt;
    }

    /// Nanoseconds; further digits are dropped.
    std::uint32_t fraction() {
        const bool is_there =
            rest_.size() > 1 && (rest_.front() == '.' || rest_.front() == ',') && is_digit(rest_[1]);
        if (!is_there) return 0;
        rest_.remove_prefix(1);
        std::uint32_t value = 0;
        std::size_t digits = 0;
        for (; !rest_.empty() && is_digit(rest_.front()); rest_.remove_prefix(1))
            if (++digits <= kNanoDigits) value = value * 10 + static_cast<std::uint32_t>(rest_.front() - '0');
        for (; digits < kNanoDigits; ++digits) value *= 10;
        return value;
    }

    /// Minutes east of UTC.
    std::optional<std::int32_t> offset() {
        if (take('Z')) return 0;
        const bool west = rest_.starts_with('-');
        if (!west && !rest_.starts_with('+')) return std::nullopt;
        rest_.remove_prefix(1);
        const auto hours = number(2, 0, 24);
        const auto minutes = after(':', 2, 0, 60);
        if (!hours || !minutes) return std::nullopt;
        const std::int32_t total = *hours * 60 + *minutes;
        return west ? -total : total;
    }

    std::string_view rest_;
};

Value timestamp_of_string(CallContext& context, Arguments args) {
    const std::optional<Value> value = TimestampReader(args[0].view()).run();
    if (!value) return context.error("type conversion error from 'string' to 'google.protobuf.Timestamp'");
    return in_range(value->integer) ? *value : context.error(kTimestampOverflow);
}

Value timestamp_of_int(CallContext& context, Arguments args) {
    const std::int64_t second = args[0].integer;
    return in_range(second) ? timestamp_value(second, 0) : context.error(kTimestampOverflow);
}

// --- reading durations -------------------------------------------------------------------------------------
/// Nanoseconds of a unit; 0 when it is none.
std::uint64_t unit_nanos(std::string_view unit) {
    struct Unit {
        std::string_view name;
        std::int64_t nanos;
    };
    constexpr std::array<Unit, 8> kUnits{{{"ns", 1},
                                          {"us", 1'000},
                                          {"\xC2\xB5s", 1'000},  // U+00B5 micro sign
                                          {"\xCE\xBCs", 1'000},  // U+03BC Greek mu
                                          {"ms", kNanosPerMilli},
                                          {"s", kNanosPerSecond},
                                          {"m", kMinute * kNanosPerSecond},
                                          {"h", kHour * kNanosPerSecond}}};
    for (const Unit& each : kUnits)
        if (each.name == unit) return static_cast<std::uint64_t>(each.nanos);
    return 0;
}

/// "1h30m", "-1.5s", "0", as Go's time.ParseDuration reads it: the fraction of each part in floating point,
/// as many of its digits as fit 63 bits.
class DurationReader {
  public:
    explicit DurationReader(std::string_view text) : rest_(text) {}

    std::optional<std::int64_t> run() {
        const bool negative = rest_.starts_with('-');
        if (negative || rest_.starts_with('+')) rest_.remove_prefix(1);
        if (rest_ == "0") return 0;
        if (rest_.empty()) return std::nullopt;
        std::uint64_t total = 0;
        while (!rest_.empty()) {
            const auto next = part();
            if (!next) return std::nullopt;
            total += *next;
            if (total > kMost) return std::nullopt;
        }
        if (!negative && total == kMost) return std::nullopt;
        return static_cast<std::int64_t>(negative ? 0 - total : total);
    }

  private:
    static constexpr std::uint64_t kMost = 1ULL << 63U;

    std::string_view take_while(auto fits) {
        const auto end = std::find_if_not(rest_.begin(), rest_.end(), fits);
        const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
        rest_.remove_prefix(taken.size());
        return taken;
    }

    std::optional<std::uint64_t> part() {
        const std::string_view whole = take_while(is_digit);
        std::uint64_t value = 0;
        if (!whole.empty() &&
            std::from_chars(whole.data(), whole.data() + whole.size(), value).ec != std::errc())
            return std::nullopt;
        std::string_view decimals;
        if (rest_.starts_with('.')) {
            rest_.remove_prefix(1);
            decimals = take_while(is_digit);
        }
        if (whole.empty() && decimals.empty()) return std::nullopt;
        const std::uint64_t unit = unit_nanos(take_while([](char c) { return c != '.' && !is_digit(c); }));
        if (unit == 0 || value > kMost / unit) return std::nullopt;
        value = value * unit + fraction(decimals, unit);
        return value > kMost ? std::nullopt : std::optional<std::uint64_t>(value);
    }

    static std::uint64_t fraction(std::string_view decimals, std::uint64_t unit) {
        std::uint64_t value = 0;
        double scale = 1;
        for (const char c : decimals) {
            if (value > (kMost - 1) / 10) break;
            const std::uint64_t next = value * 10 + static_cast<std::uint64_t>(c - '0');
            if (next > kMost) break;
            value = next;
            scale *= 10;
        }
        return static_cast<std::uint64_t>(static_cast<double>(value) * (static_cast<double>(unit) / scale));
    }

    std::string_view rest_;
};

Value duration_of_string(CallContext& context, Arguments args) {
    const std::optional<std::int64_t> value = DurationReader(args[0].view()).run();
    if (!value) return context.error("type conversion error from 'string' to 'google.protobuf.Duration'");
    return duration_value(*value);
}

// --- to other types ----------------------------------------------------------------------------------------
Value seconds_of_timestamp(CallContext&, Arguments args) {
    return int_value(args[0].integer);
}

Value nanos_of_duration(CallContext&, Arguments args) {
    return int_value(args[0].integer);
}

/// In the offset it was written with.
Value string_of_timestamp(CallContext& context, Arguments args) {
    const std::int32_t zone = args[0].zone;
    std::string text = timestamp_text(timestamp_value(args[0].integer + zone * kMinute, args[0].size));
    if (zone != 0) {
        const int minutes = zone < 0 ? -zone : zone;
        text.back() = zone < 0 ? '-' : '+';
        const auto digit = [&](int value) { text += static_cast<char>('0' + value % 10); };
        digit(minutes / 600);
        digit(minutes / 60);
        text += ':';
        digit(minutes % 60 / 10);
        digit(minutes % 10);
    }
    return new_text(context, text);
}

Value string_of_duration(CallContext& context, Arguments args) {
    return new_text(context, duration_text(args[0]));
}

// --- arithmetic --------------------------------------------------------------------------------------------
/// The offset of the timestamp stays.
Value moved(CallContext& context, const Value& timestamp, std::int64_t nanos) {
    std::int64_t second = timestamp.integer + nanos / kNanosPerSecond;
    std::int64_t nano = timestamp.size + nanos % kNanosPerSecond;
    if (nano < 0) {
        --second;
        nano += kNanosPerSecond;
    } else if (nano >= kNanosPerSecond) {
        ++second;
        nano -= kNanosPerSecond;
    }
    if (!in_range(second)) return context.error(kTimestampOverflow);
    return timestamp_value(second, static_cast<std::uint32_t>(nano), timestamp.zone);
}

Value add_timestamp_duration(CallContext& context, Arguments args) {
    return moved(context, args[0], args[1].integer);
}

Value add_duration_timestamp(CallContext& context, Arguments args) {
    return moved(context, args[1], args[0].integer);
}

Value subtract_timestamp_duration(CallContext& context, Arguments args) {
    if (args[1].integer == std::numeric_limits<std::int64_t>::min()) return context.error(kIntOverflow);
    return moved(context, args[0], -args[1].integer);
}

/// cel-go scales the seconds first: what overflows there is an error even if the nanoseconds would mend it.
Value subtract_timestamp_timestamp(CallContext& context, Arguments args) {
    const std::int64_t seconds = args[0].integer - args[1].integer;
    const std::int64_t nanos = std::int64_t{args[0].size} - std::int64_t{args[1].size};
    std::int64_t total = 0;
    if (__builtin_mul_overflow(seconds, kNanosPerSecond, &total) ||
        __builtin_add_overflow(total, nanos, &total))
        return context.error(kIntOverflow);
    return duration_value(total);
}

Value add_duration_duration(CallContext& context, Arguments args) {
    std::int64_t total = 0;
    if (__builtin_add_overflow(args[0].integer, args[1].integer, &total)) return context.error(kIntOverflow);
    return duration_value(total);
}

Value subtract_duration_duration(CallContext& context, Arguments args) {
    std::int64_t total = 0;
    if (__builtin_sub_overflow(args[0].integer, args[1].integer, &total)) return context.error(kIntOverflow);
    return duration_value(total);
}

// --- parts of a timestamp ----------------------------------------------------------------------------------
enum class Part : std::uint8_t {
    FullYear,
    Month,      // 0: January
    DayOfYear,  // from 0
    DayOfMonth,
    Date,       // from 1
    DayOfWeek,  // 0: Sunday
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
};

std::int64_t part_of_day(Part part, std::int64_t second, std::uint32_t nanos) {
    if (part == Part::Hours) return second / kHour;
    if (part == Part::Minutes) return second % kHour / kMinute;
    if (part == Part::Seconds) return second % kMinute;
    return nanos / kNanosPerMilli;
}

std::int64_t part_of(Part part, std::int64_t local_second, std::uint32_t nanos) {
    using namespace std::chrono;
    const sys_seconds moment{seconds(local_second)};
    const sys_days day = floor<days>(moment);
    if (part >= Part::Hours) return part_of_day(part, (moment - day).count(), nanos);
    const year_month_day date(day);
    if (part == Part::FullYear) return static_cast<int>(date.year());
    if (part == Part::Month) return std::int64_t{static_cast<unsigned>(date.month())} - 1;
    if (part == Part::DayOfYear) return (day - sys_days(date.year() / January / 1)).count();
    if (part == Part::DayOfWeek) return weekday(day).c_encoding();
    return std::int64_t{static_cast<unsigned>(date.day())} - (part == Part::DayOfMonth ? 1 : 0);
}

template <Part kPart>
Value part_in_utc(CallContext&, Arguments args) {
    return int_value(part_of(kPart, args[0].integer, args[0].size));
}

template <Part kPart>
Value part_in_zone(CallContext& context, Arguments args) {
    const Result<std::int64_t> offset = zone_offset(args[1].view(), args[0].integer);
    if (!offset) return context.error(offset.error().message);
    return int_value(part_of(kPart, args[0].integer + *offset, args[0].size));
}

// --- parts of a duration -----------------------------------------------------------------------------------
/// The whole of it in that unit, truncated; cel-go goes through floating point, but for milliseconds.
template <std::int64_t kUnit>
Value duration_in(CallContext&, Arguments args) {
    const std::int64_t nanos = args[0].integer;
    if constexpr (kUnit == kNanosPerMilli) return int_value(nanos / kUnit);
    const double rest = static_cast<double>(nanos % kUnit) / static_cast<double>(kUnit);
    const std::int64_t whole = nanos / kUnit;
    const double value = static_cast<double>(whole) + rest;
    return int_value(static_cast<std::int64_t>(value));
}

template <Part kPart>
constexpr Overload utc_row(std::string_view function, std::string_view id) {
    return {function, Style::Member, id, "timestamp->int", part_in_utc<kPart>};
}

template <Part kPart>
constexpr Overload zone_row(std::string_view function, std::string_view id) {
    return {function, Style::Member, id, "timestamp,string->int", part_in_zone<kPart>};
}

constexpr std::array<Overload, 39> kOverloads{{
    {"timestamp", Style::Global, "timestamp_to_timestamp", "timestamp->timestamp", identity},
    {"timestamp", Style::Global, "int64_to_timestamp", "int->timestamp", timestamp_of_int},
    {"timestamp", Style::Global, "string_to_timestamp", "string->timestamp", timestamp_of_string},
    {"duration", Style::Global, "duration_to_duration", "duration->duration", identity},
    {"duration", Style::Global, "string_to_duration", "string->duration", duration_of_string},
    {"int", Style::Global, "timestamp_to_int64", "timestamp->int", seconds_of_timestamp},
    {"int", Style::Global, "duration_to_int64", "duration->int", nanos_of_duration},
    {"string", Style::Global, "timestamp_to_string", "timestamp->string", string_of_timestamp},
    {"string", Style::Global, "duration_to_string", "duration->string", string_of_duration},

    {"_+_", Style::Global, "add_duration_duration", "duration,duration->duration", add_duration_duration},
    {"_+_", Style::Global, "add_duration_timestamp", "duration,timestamp->timestamp", add_duration_timestamp},
    {"_+_", Style::Global, "add_timestamp_duration", "timestamp,duration->timestamp", add_timestamp_duration},
    {"_-_", Style::Global, "subtract_duration_duration", "duration,duration->duration",
     subtract_duration_duration},
    {"_-_", Style::Global, "subtract_timestamp_duration", "timestamp,duration->timestamp",
     subtract_timestamp_duration},
    {"_-_", Style::Global, "subtract_timestamp_timestamp", "timestamp,timestamp->duration",
     subtract_timestamp_timestamp},

    utc_row<Part::FullYear>("getFullYear", "timestamp_to_year"),
    zone_row<Part::FullYear>("getFullYear", "timestamp_to_year_with_tz"),
    utc_row<Part::Month>("getMonth", "timestamp_to_month"),
    zone_row<Part::Month>("getMonth", "timestamp_to_month_with_tz"),
    utc_row<Part::DayOfYear>("getDayOfYear", "timestamp_to_day_of_year"),
    zone_row<Part::DayOfYear>("getDayOfYear", "timestamp_to_day_of_year_with_tz"),
    utc_row<Part::DayOfMonth>("getDayOfMonth", "timestamp_to_day_of_month"),
    zone_row<Part::DayOfMonth>("getDayOfMonth", "timestamp_to_day_of_month_with_tz"),
    utc_row<Part::Date>("getDate", "timestamp_to_day_of_month_1_based"),
    zone_row<Part::Date>("getDate", "timestamp_to_day_of_month_1_based_with_tz"),
    utc_row<Part::DayOfWeek>("getDayOfWeek", "timestamp_to_day_of_week"),
    zone_row<Part::DayOfWeek>("getDayOfWeek", "timestamp_to_day_of_week_with_tz"),
    utc_row<Part::Hours>("getHours", "timestamp_to_hours"),
    zone_row<Part::Hours>("getHours", "timestamp_to_hours_with_tz"),
    {"getHours", Style::Member, "duration_to_hours", "duration->int", duration_in<kHour * kNanosPerSecond>},
    utc_row<Part::Minutes>("getMinutes", "timestamp_to_minutes"),
    zone_row<Part::Minutes>("getMinutes", "timestamp_to_minutes_with_tz"),
    {"getMinutes", Style::Member, "duration_to_minutes", "duration->int",
     duration_in<kMinute * kNanosPerSecond>},
    utc_row<Part::Seconds>("getSeconds", "timestamp_to_seconds"),
    zone_row<Part::Seconds>("getSeconds", "timestamp_to_seconds_tz"),
    {"getSeconds", Style::Member, "duration_to_seconds", "duration->int", duration_in<kNanosPerSecond>},
    utc_row<Part::Milliseconds>("getMilliseconds", "timestamp_to_milliseconds"),
    zone_row<Part::Milliseconds>("getMilliseconds", "timestamp_to_milliseconds_with_tz"),
    {"getMilliseconds", Style::Member, "duration_to_milliseconds", "duration->int",
     duration_in<kNanosPerMilli>},
}};

}  // namespace

std::span<const Overload> time_overloads() {
    return kOverloads;
}

}  // namespace tollgate::cel
