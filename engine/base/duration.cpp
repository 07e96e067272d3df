// SPDX-License-Identifier: Apache-2.0
// Durations and times of quantity.hpp.
#include "engine/base/limits.hpp"
#include "engine/base/quantity.hpp"
#include "engine/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

namespace tollgate {
namespace {

// The range of Go's time.Duration, so that what is accepted here can be written into any Kubernetes field.
constexpr std::int64_t kMaxDurationMs = 9'223'372'036'854;
constexpr std::int64_t kMsPerSecond = 1'000;
constexpr std::int64_t kSecondsPerMinute = 60;
constexpr std::int64_t kSecondsPerHour = 3'600;
constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kSingleUnitBelow = 100;  // 90m reads better than 1h30m, 1590m does not

struct Unit {
    std::string_view text;
    std::int64_t numerator;  // in milliseconds
    std::int64_t denominator;
};

constexpr std::array<Unit, 9> kUnits = {{{"ns", 1, 1'000'000},
                                         {"us", 1, 1'000},
                                         {"\xC2\xB5s", 1, 1'000},  // U+00B5 micro sign
                                         {"\xCE\xBCs", 1, 1'000},  // U+03BC Greek mu
                                         {"ms", 1, 1},
                                         {"s", kMsPerSecond, 1},
                                         {"m", kSecondsPerMinute* kMsPerSecond, 1},
                                         {"h", kSecondsPerHour* kMsPerSecond, 1},
                                         {"d", kSecondsPerDay* kMsPerSecond, 1}}};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

tl::unexpected<Error> malformed(std::string_view text, std::string_view kind, std::string_view why,
                                std::string_view example) {
    std::string message = '\'' + to_ascii(truncated(text, 40)) + "' is not a ";
    for (const std::string_view part :
         {kind, std::string_view(": "), why, std::string_view("; write it like "), example}) {
        message += part;
    }
    return fail(std::move(message));
}

tl::unexpected<Error> bad_duration(std::string_view text, std::string_view why) {
    return malformed(text, "duration", why, "\"24h\", \"90m\" or \"7d\"");
}

tl::unexpected<Error> bad_time(std::string_view text, std::string_view why) {
    return malformed(text, "time", why, "\"2026-12-01T00:00:00Z\"");
}

bool is_leap(std::int64_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

std::int64_t days_in_month(std::int64_t year, std::int64_t month) {
    constexpr std::array<std::int64_t, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && is_leap(year) ? 1 : 0);
}

// Days from 1970-01-01 to the first of January of a year from 0 on.
std::int64_t days_before_year(std::int64_t year) {
    constexpr std::int64_t kDaysBefore1970 = 719'528;
    const std::int64_t past = year - 1;  // of them, the leap years are counted; year 0 is one
    const std::int64_t leaps = year == 0 ? 0 : past / 4 - past / 100 + past / 400 + 1;
    return year * 365 + leaps - kDaysBefore1970;
}

struct Civil {
    std::int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

// Reads fixed-width fields; once something does not fit, `good` stays false.
struct Fields {
    std::string_view rest;
    bool good = true;

    std::int64_t number(std::size_t width) {
        std::int64_t value = 0;
        good = good && rest.size() >= width &&
               std::all_of(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(width), is_digit);
        if (!good) return 0;
        for (const char digit : rest.substr(0, width)) value = value * 10 + (digit - '0');
        rest.remove_prefix(width);
        return value;
    }
    void expect(char wanted) {
        good = good && !rest.empty() && rest.front() == wanted;
        if (good) rest.remove_prefix(1);
    }
};

// [ "." 1*digit ] as milliseconds, cut
std::int64_t read_fraction(Fields& fields) {
    if (!fields.good || fields.rest.empty() || fields.rest.front() != '.') return 0;
    fields.rest.remove_prefix(1);
    fields.good = !fields.rest.empty() && is_digit(fields.rest.front());
    std::int64_t milliseconds = 0;
    for (std::int64_t weight = 100; !fields.rest.empty() && is_digit(fields.rest.front()); weight /= 10) {
        milliseconds += weight * (fields.rest.front() - '0');
        fields.rest.remove_prefix(1);
    }
    return milliseconds;
}

// "Z" / ( "+" / "-" ) hh ":" mm as seconds east of UTC
std::int64_t read_offset(Fields& fields) {
    if (fields.good && !fields.rest.empty() && fields.rest.front() == 'Z') {
        fields.rest.remove_prefix(1);
        return 0;
    }
    const bool west = fields.good && !fields.rest.empty() && fields.rest.front() == '-';
    fields.expect(west ? '-' : '+');
    const std::int64_t hours = fields.number(2);
    fields.expect(':');
    const std::int64_t minutes = fields.number(2);
    fields.good = fields.good && hours <= 23 && minutes <= 59;
    const std::int64_t seconds = hours * kSecondsPerHour + minutes * kSecondsPerMinute;
    return west ? -seconds : seconds;
}

std::string padded(std::int64_t value, std::size_t width) {
    std::string digits = std::to_string(value);
    return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

}  // namespace

// duration = [ "+" ] 1*( number unit ); number as in a quantity, without sign or exponent
Result<std::int64_t> parse_duration_ms(std::string_view text) {
    if (text.empty()) return bad_duration(text, "it is empty");
    if (text.size() > limits::kMaxQuantityBytes) return bad_duration(text, "it is too long");
    if (text.front() == '-') return bad_duration(text, "it is negative");
    if (text == "0") return 0;
    std::string_view rest = text;
    if (rest.front() == '+') rest.remove_prefix(1);
    if (rest.empty()) return bad_duration(text, "it has no number");

    Ratio total;
    while (!rest.empty()) {
        const auto is_number = [](char c) { return is_digit(c) || c == '.'; };
        const auto* number_end = std::find_if_not(rest.begin(), rest.end(), is_number);
        const std::string_view number = rest.substr(0, static_cast<std::size_t>(number_end - rest.begin()));
        rest.remove_prefix(number.size());
        const auto* unit_end = std::find_if(rest.begin(), rest.end(), is_number);
        const std::string_view unit = rest.substr(0, static_cast<std::size_t>(unit_end - rest.begin()));
        rest.remove_prefix(unit.size());

        const std::optional<Ratio> amount = parse_decimal(number);
        if (!amount) return bad_duration(text, "each part must be a number and a unit");
        if (unit.empty()) return bad_duration(text, "a unit is missing (ms, s, m, h or d)");
        const auto* row = std::find_if(kUnits.begin(), kUnits.end(),
                                       [unit](const Unit& known) { return known.text == unit; });
        if (row == kUnits.end()) {
            return bad_duration(text,
                                "unknown unit '" + to_ascii(truncated(unit, 20)) + "' (ms, s, m, h or d)");
        }
        total += *amount * Ratio::of(row->numerator, row->denominator);
    }
    if (!total.is_known() || total > Ratio(kMaxDurationMs))
        return bad_duration(text, "it is longer than 292 years");
    if (!total.is_integer()) return bad_duration(text, "it is finer than a millisecond");
    return *total.floor();
}

std::string format_duration(std::int64_t seconds) {
    if (seconds < 0)
        return '-' + format_duration(-std::max(seconds, -std::numeric_limits<std::int64_t>::max()));
    const std::int64_t hours = seconds / kSecondsPerHour;
    const std::int64_t minutes = seconds / kSecondsPerMinute;
    if (seconds < kSingleUnitBelow && seconds % kSecondsPerMinute != 0) return std::to_string(seconds) + 's';
    if (minutes < kSingleUnitBelow && seconds % kSecondsPerMinute == 0 && seconds % kSecondsPerHour != 0) {
        return std::to_string(minutes) + 'm';
    }
    std::string text;
    if (hours > 0) text += std::to_string(hours) + 'h';
    if (minutes % 60 > 0) text += std::to_string(minutes % 60) + 'm';
    if (seconds % 60 > 0) text += std::to_string(seconds % 60) + 's';
    return text.empty() ? "0s" : text;
}

Result<std::int64_t> parse_time_ms(std::string_view text) {
    if (text.size() > limits::kMaxQuantityBytes) return bad_time(text, "it is too long");
    Fields fields{text};
    Civil civil;
    civil.year = fields.number(4);
    fields.expect('-');
    civil.month = fields.number(2);
    fields.expect('-');
    civil.day = fields.number(2);
    if (fields.good && fields.rest.empty()) return bad_time(text, "the time of day is missing");
    fields.expect('T');
    civil.hour = fields.number(2);
    fields.expect(':');
    civil.minute = fields.number(2);
    fields.expect(':');
    civil.second = fields.number(2);
    const std::int64_t milliseconds = read_fraction(fields);
    if (fields.good && fields.rest.empty()) return bad_time(text, "the zone is missing (Z or an offset)");
    const std::int64_t east_seconds = read_offset(fields);
    if (!fields.good || !fields.rest.empty()) return bad_time(text, "RFC 3339 is expected");
    if (civil.month < 1 || civil.month > 12) return bad_time(text, "there is no such month");
    if (civil.day < 1 || civil.day > days_in_month(civil.year, civil.month)) {
        return bad_time(text, "that month has no such day");
    }
    if (civil.hour > 23 || civil.minute > 59 || civil.second > 59)
        return bad_time(text, "there is no such time of day");

    std::int64_t days = days_before_year(civil.year) + civil.day - 1;
    for (std::int64_t month = 1; month < civil.month; ++month) days += days_in_month(civil.year, month);
    const std::int64_t seconds = days * kSecondsPerDay + civil.hour * kSecondsPerHour +
                                 civil.minute * kSecondsPerMinute + civil.second - east_seconds;
    return seconds * kMsPerSecond + milliseconds;
}

std::string format_time(std::int64_t unix_ms) {
    // The years that RFC 3339 can write; anything else is shown as the nearest of them.
    constexpr std::int64_t kFirstMs = -62'167'219'200'000;  // 0000-01-01T00:00:00Z
    constexpr std::int64_t kLastMs = 253'402'300'799'999;   // 9999-12-31T23:59:59.999Z
    const std::int64_t since_year_0 = (std::clamp(unix_ms, kFirstMs, kLastMs) - kFirstMs) / kMsPerSecond;
    const std::int64_t day_number = since_year_0 / kSecondsPerDay;
    const std::int64_t of_day = since_year_0 % kSecondsPerDay;

    std::int64_t year = day_number / 366;  // never too late, at most a few years early
    const std::int64_t year_0 = days_before_year(0);
    while (days_before_year(year + 1) - year_0 <= day_number) ++year;
    std::int64_t day = day_number - (days_before_year(year) - year_0);
    std::int64_t month = 1;
    while (day >= days_in_month(year, month)) day -= days_in_month(year, month++);

    return padded(year, 4) + '-' + padded(month, 2) + '-' + padded(day + 1, 2) + 'T' +
           padded(of_day / kSecondsPerHour, 2) + ':' + padded(of_day / kSecondsPerMinute % 60, 2) + ':' +
           padded(of_day % 60, 2) + 'Z';
}

}  // namespace tollgate
