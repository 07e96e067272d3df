// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/schedule.hpp"

#include "engine/base/quantity.hpp"
#include "engine/base/text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <string>
#include <vector>

namespace tollgate::workload {
namespace {

/// A set of small numbers, one bit each.
using Set = std::uint64_t;

struct Bounds {
    int least, most;
    std::array<std::string_view, 12> names;  // for least, least + 1, ...
};
constexpr Bounds kMinute{0, 59, {}};
constexpr Bounds kHour{0, 23, {}};
constexpr Bounds kDay{1, 31, {}};
constexpr Bounds kMonth{
    1, 12, {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}};
constexpr Bounds kWeekday{0, 6, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}};

struct Field {
    Set set = 0;
    bool any = false;  // `*` without a step
};

std::string lowered(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

std::optional<int> parse_number(std::string_view text, const Bounds& bounds) {
    int value = 0;
    const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && stopped == text.data() + text.size() && value >= 0) return value;
    const std::string name = lowered(text);
    for (std::size_t i = 0; i < bounds.names.size(); ++i) {
        if (!name.empty() && bounds.names[i] == name) return bounds.least + static_cast<int>(i);
    }
    return std::nullopt;
}

/// One item of a list: "*", "5", "1-5", "*/15", "10-50/20", "7/10" (from 7 on).
std::optional<Field> parse_item(std::string_view item, const Bounds& bounds) {
    const std::size_t slash = item.find('/');
    const std::string_view range = item.substr(0, slash);
    int step = 1;
    if (slash != std::string_view::npos) {
        const std::optional<int> number = parse_number(item.substr(slash + 1), Bounds{0, 0, {}});
        if (!number.has_value() || *number == 0) return std::nullopt;
        step = *number;
    }
    int from = bounds.least;
    int to = bounds.most;
    Field field;
    if (range == "*" || range == "?") {
        field.any = step == 1;
    } else {
        const std::size_t dash = range.find('-');
        const std::optional<int> first = parse_number(range.substr(0, dash), bounds);
        if (!first.has_value()) return std::nullopt;
        from = *first;
        if (dash != std::string_view::npos) {
            const std::optional<int> last = parse_number(range.substr(dash + 1), bounds);
            if (!last.has_value()) return std::nullopt;
            to = *last;
        } else if (slash == std::string_view::npos) {
            to = from;
        }
    }
    if (from < bounds.least || to > bounds.most || from > to) return std::nullopt;
    for (int value = from; value <= to; value += std::min(step, 64)) field.set |= Set{1} << value;
    return field;
}

std::optional<Field> parse_field(std::string_view text, const Bounds& bounds) {
    Field field;
    for (const std::string_view item : split(text, ',')) {
        const std::optional<Field> part = parse_item(item, bounds);
        if (!part.has_value()) return std::nullopt;
        field.set |= part->set;
        field.any = field.any || part->any;
    }
    return field;
}

bool is_leap(int year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int days_in(int month, int year) {
    constexpr std::array<int, 13> kDays{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : kDays[static_cast<std::size_t>(month)];
}

/// Days of one month that match, bit d for day d; `weekday` is that of the first.
Set days_of_month(const Field& day, const Field& weekday, int first_weekday, int days) {
    Set by_weekday = 0;
    for (int d = 1; d <= days; ++d) {
        if ((weekday.set >> ((first_weekday + d - 1) % 7) & 1U) != 0) by_weekday |= Set{1} << d;
    }
    const Set in_month = (Set{1} << (days + 1)) - 2;
    const bool both = day.any || weekday.any;
    return in_month & (both ? day.set & by_weekday : day.set | by_weekday);
}

/// Fewest days between two that match, over the 400 years after which the calendar repeats; empty when fewer
/// than two match.
std::optional<std::int64_t> fewest_days(const Field& day, const Field& month, const Field& weekday) {
    std::optional<std::int64_t> fewest;
    std::optional<std::int64_t> previous;
    std::int64_t month_start = 0;
    int first_weekday = 6;  // 1 January 2000 was a Saturday
    for (int year = 2000; year <= 2400; ++year) {
        for (int m = 1; m <= 12; ++m) {
            const int days = days_in(m, year);
            Set set = (month.set >> m & 1U) != 0 ? days_of_month(day, weekday, first_weekday, days) : 0;
            for (; set != 0; set &= set - 1) {
                const std::int64_t at = month_start + std::countr_zero(set);
                if (previous.has_value() && (!fewest.has_value() || at - *previous < *fewest))
                    fewest = at - *previous;
                if (fewest == 1) return fewest;
                previous = at;
            }
            month_start += days;
            first_weekday = (first_weekday + days) % 7;
        }
    }
    return fewest;
}

std::optional<std::int64_t> shortest_of_fields(const std::array<Field, 5>& fields) {
    const auto& [minute, hour, day, month, weekday] = fields;
    const std::optional<std::int64_t> days = fewest_days(day, month, weekday);
    if (!days.has_value()) return std::nullopt;
    std::optional<std::int64_t> first, last, shortest;
    for (int h = 0; h <= 23; ++h) {
        if ((hour.set >> h & 1U) == 0) continue;
        for (int m = 0; m <= 59; ++m) {
            if ((minute.set >> m & 1U) == 0) continue;
            const std::int64_t at = 60 * h + m;
            if (!first.has_value()) first = at;
            if (last.has_value()) shortest = std::min(shortest.value_or(at - *last), at - *last);
            last = at;
        }
    }
    if (!first.has_value()) return std::nullopt;
    const std::int64_t overnight = *days * 24 * 60 - *last + *first;
    return 60 * std::min(shortest.value_or(overnight), overnight);
}

std::string_view descriptor_fields(std::string_view name) {
    if (name == "@yearly" || name == "@annually") return "0 0 1 1 *";
    if (name == "@monthly") return "0 0 1 * *";
    if (name == "@weekly") return "0 0 * * 0";
    if (name == "@daily" || name == "@midnight") return "0 0 * * *";
    if (name == "@hourly") return "0 * * * *";
    return {};
}

}  // namespace

std::optional<std::int64_t> shortest_period_seconds(std::string_view schedule) {
    constexpr std::string_view kEvery = "@every ";
    if (schedule.starts_with(kEvery)) {
        const Result<std::int64_t> every_ms = parse_duration_ms(schedule.substr(kEvery.size()));
        if (!every_ms.has_value()) return std::nullopt;
        return std::max<std::int64_t>(1, *every_ms / 1000);
    }
    if (schedule.starts_with('@')) schedule = descriptor_fields(schedule);
    std::array<Field, 5> fields;
    std::size_t count = 0;
    constexpr std::array<const Bounds*, 5> kBounds{&kMinute, &kHour, &kDay, &kMonth, &kWeekday};
    for (const std::string_view text : split(schedule, ' ')) {
        if (text.empty()) continue;
        if (count == fields.size()) return std::nullopt;
        const std::optional<Field> field = parse_field(text, *kBounds[count]);
        if (!field.has_value()) return std::nullopt;
        fields[count++] = *field;
    }
    if (count != fields.size()) return std::nullopt;
    return shortest_of_fields(fields);
}

}  // namespace tollgate::workload
