// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/library/time_zone.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <functional>
#include <map>
#include <utility>

namespace tollgate::cel {
namespace {

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 3'600;
constexpr std::int64_t kDay = 86'400;
constexpr std::size_t kMaxNameBytes = 64;  // the longest is "America/Argentina/ComodRivadavia"
constexpr std::size_t kMaxCached = 1'024;  // more than the database has names

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// --- POSIX rules -------------------------------------------------------------------------------------------
class RuleReader {
  public:
    explicit RuleReader(std::string_view text) : rest_(text) {}

    bool is_at_end() const { return rest_.empty(); }
    bool take(char c) {
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }

    /// "CET", "<+0330>"
    bool name() {
        const bool quoted = take('<');
        const std::size_t end = std::min(rest_.find_first_of(quoted ? ">" : "0123456789,-+"), rest_.size());
        if (end < (quoted ? 1 : 3)) return false;
        rest_.remove_prefix(end);
        return !quoted || take('>');
    }

    std::optional<std::int32_t> number(std::int32_t least, std::int32_t most) {
        std::int32_t value = 0;
        const bool starts = !rest_.empty() && is_digit(rest_.front());
        const auto [end, code] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (!starts || code != std::errc() || value < least || value > most) return std::nullopt;
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return value;
    }

    /// "-1", "3:30", "26:00:00", in seconds.
    std::optional<std::int64_t> time() {
        const bool negative = take('-');
        if (!negative) take('+');
        const auto hours = number(0, 24 * 7);
        if (!hours) return std::nullopt;
        std::int64_t total = *hours * kHour;
        for (const std::int64_t unit : {kMinute, std::int64_t{1}}) {
            if (!take(':')) break;
            const auto part = number(0, 59);
            if (!part) return std::nullopt;
            total += *part * unit;
        }
        return negative ? -total : total;
    }

    std::optional<ZoneRule> rule() {
        ZoneRule rule;
        if (take('M')) {
            rule.kind = ZoneRule::Kind::Weekday;
            const auto month = number(1, 12);
            if (!month || !take('.')) return std::nullopt;
            const auto week = number(1, 5);
            if (!week || !take('.')) return std::nullopt;
            rule.month = *month;
            rule.week = *week;
        } else if (take('J')) {
            rule.kind = ZoneRule::Kind::Julian;
        }
        const bool is_weekday = rule.kind == ZoneRule::Kind::Weekday;
        const auto day = number(rule.kind == ZoneRule::Kind::Julian ? 1 : 0, is_weekday ? 6 : 365);
        if (!day) return std::nullopt;
        rule.day = *day;
        rule.second = 2 * kHour;
        if (!take('/')) return rule;
        const auto second = time();
        if (!second) return std::nullopt;
        rule.second = *second;
        return rule;
    }

  private:
    std::string_view rest_;
};

/// When in that year the rule comes, in local time: seconds from its first midnight.
std::int64_t second_of_year(const ZoneRule& rule, std::chrono::year year) {
    using namespace std::chrono;
    std::int64_t day = rule.day;
    if (rule.kind == ZoneRule::Kind::Julian) {
        if (!year.is_leap() || rule.day < 60) --day;
    } else if (rule.kind == ZoneRule::Kind::Weekday) {
        const year_month in = year / month(static_cast<unsigned>(rule.month));
        const weekday weekday(static_cast<unsigned>(rule.day));
        const sys_days date = rule.week == 5 ? sys_days(in / weekday[last])
                                             : sys_days(in / weekday[static_cast<unsigned>(rule.week)]);
        day = (date - sys_days(year / January / 1)).count();
    }
    return day * kDay + rule.second;
}

// --- TZif --------------------------------------------------------------------------------------------------
class ByteReader {
  public:
    explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

    std::string_view rest() const { return rest_; }
    /// Nothing once there was not enough.
    std::string_view take(std::size_t count) {
        if (count > rest_.size()) {
            failed_ = true;
            rest_ = {};
        }
        const std::string_view taken = rest_.substr(0, failed_ ? 0 : count);
        rest_.remove_prefix(taken.size());
        return taken;
    }
    /// Two's complement, the largest byte first.
    std::int64_t number(std::size_t bytes) {
        std::uint64_t value = 0;
        const std::string_view text = take(bytes);
        if (!text.empty() && static_cast<unsigned char>(text.front()) >= 0x80) value = ~std::uint64_t{0};
        for (const char c : text) value = value << 8U | static_cast<unsigned char>(c);
        return static_cast<std::int64_t>(value);
    }
    bool failed() const { return failed_; }

  private:
    std::string_view rest_;
    bool failed_ = false;
};

struct Header {
    char version = 0;
    std::size_t utc = 0, standard = 0, leaps = 0, transitions = 0, types = 0, chars = 0;

    std::size_t body(std::size_t time_bytes) const {
        return transitions * (time_bytes + 1) + types * 6 + chars + leaps * (time_bytes + 4) + standard + utc;
    }
};

std::optional<Header> read_header(ByteReader& reader) {
    Header header;
    if (reader.take(4) != "TZif") return std::nullopt;
    const std::string_view version = reader.take(16);
    if (version.empty()) return std::nullopt;
    header.version = version.front();
    for (std::size_t* const count :
         {&header.utc, &header.standard, &header.leaps, &header.transitions, &header.types, &header.chars}) {
        const std::int64_t value = reader.number(4);
        if (value < 0 || static_cast<std::size_t>(value) > kMaxZoneBytes) return std::nullopt;
        *count = static_cast<std::size_t>(value);
    }
    return reader.failed() || header.types == 0 ? std::nullopt : std::optional<Header>(header);
}

struct LocalType {
    std::int64_t offset = 0;
    bool is_summer = false;
};

/// What holds before the first transition: the first type, unless a transition leads to it, which says that
/// it is not there for this; then one that is not summer time.
std::size_t first_type(const std::vector<LocalType>& types, const std::vector<std::uint8_t>& used) {
    if (std::find(used.begin(), used.end(), std::uint8_t{0}) == used.end()) return 0;
    if (types[used.front()].is_summer)
        for (std::size_t i = used.front(); i-- > 0;)
            if (!types[i].is_summer) return i;
    for (std::size_t i = 0; i < types.size(); ++i)
        if (!types[i].is_summer) return i;
    return 0;
}

// --- names -------------------------------------------------------------------------------------------------
/// What is shown of a zone's name, which may come from anywhere.
std::string shown(std::string_view name) {
    std::string out;
    for (const char c : name.substr(0, kMaxNameBytes)) out += c >= ' ' && c <= '~' ? c : '?';
    return out;
}

/// No '.', so that nothing leads out of the database.
bool is_zone_name(std::string_view name) {
    const auto fits = [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
               c == '+' || c == '/';
    };
    return !name.empty() && name.size() <= kMaxNameBytes && name.front() != '/' &&
           std::all_of(name.begin(), name.end(), fits);
}

std::atomic<ZoneReader> zone_reader{nullptr};

Result<TimeZone> load_zone(std::string_view name) {
    const ZoneReader reader = zone_reader.load(std::memory_order_acquire);
    if (reader == nullptr) return fail("no time zones are known but UTC and offsets");
    if (!is_zone_name(name)) return fail("unknown time zone " + shown(name));
    TOLLGATE_TRY(const std::string bytes, reader(name));
    if (bytes.empty() || bytes.size() > kMaxZoneBytes)
        return fail("the file of the time zone " + shown(name) + " cannot be read");
    return TimeZone::parse(bytes);
}

Result<std::int64_t> named_offset(std::string_view name, std::int64_t unix_second) {
    // The API server's local time is UTC.
    if (name.empty() || name == "UTC" || name == "Local") return 0;
    thread_local std::map<std::string, TimeZone, std::less<>> known;
    auto found = known.find(name);
    if (found == known.end()) {
        TOLLGATE_TRY(TimeZone loaded, load_zone(name));
        if (known.size() >= kMaxCached) known.clear();
        found = known.emplace(std::string(name), std::move(loaded)).first;
    }
    return found->second.offset_at(unix_second);
}

std::optional<std::int64_t> parse_signed(std::string_view text) {
    if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
    std::int64_t value = 0;
    const char* const last = text.data() + text.size();
    const auto [end, code] = std::from_chars(text.data(), last, value);
    return code == std::errc() && end == last ? std::optional<std::int64_t>(value) : std::nullopt;
}

/// Hours and minutes of any size, as cel-go takes them: it multiplies into 64 bits of nanoseconds and lets
/// that wrap.
Result<std::int64_t> fixed_offset(std::string_view zone, std::size_t colon) {
    const auto hours = parse_signed(zone.substr(0, colon));
    const auto minutes = parse_signed(zone.substr(colon + 1));
    if (!hours || !minutes) return fail("'" + shown(zone) + "' is no offset from UTC, such as \"+05:30\"");
    const auto natural = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
    const std::uint64_t more = zone.front() == '-' ? 0 - natural(*minutes) : natural(*minutes);
    constexpr std::int64_t kSecond = 1'000'000'000;
    const auto wrapped =
        static_cast<std::int64_t>((natural(*hours) * 60 + more) * natural(kMinute * kSecond));
    const std::int64_t whole = wrapped / kSecond;
    return static_cast<std::int64_t>(static_cast<double>(whole) +
                                     static_cast<double>(wrapped % kSecond) / 1e9);
}

}  // namespace

std::optional<ZoneRules> ZoneRules::parse(std::string_view text) {
    RuleReader reader(text);
    ZoneRules rules;
    if (!reader.name()) return std::nullopt;
    // The numbers are what has to be added to local time.
    const auto standard = reader.time();
    if (!standard) return std::nullopt;
    rules.standard = -*standard;
    if (reader.is_at_end()) return rules;
    if (!reader.name()) return std::nullopt;
    rules.summer = rules.standard + kHour;
    if (!reader.is_at_end() && !reader.take(',')) {
        const auto summer = reader.time();
        if (!summer) return std::nullopt;
        rules.summer = -*summer;
        if (!reader.is_at_end() && !reader.take(',')) return std::nullopt;
    }
    if (reader.is_at_end()) reader = RuleReader("M3.2.0,M11.1.0");  // as tzcode does
    const auto begin = reader.rule();
    if (!begin || !reader.take(',')) return std::nullopt;
    const auto end = reader.rule();
    if (!end || !reader.is_at_end()) return std::nullopt;
    rules.change = {*begin, *end};
    return rules;
}

std::int64_t ZoneRules::offset_at(std::int64_t unix_second) const {
    using namespace std::chrono;
    if (!change) return standard;
    const sys_seconds moment{seconds(unix_second)};
    const year year = year_month_day(floor<days>(moment)).year();
    const std::int64_t second = (moment - sys_seconds(sys_days(year / January / 1))).count();
    const std::int64_t begin = second_of_year((*change)[0], year) - standard;
    const std::int64_t end = second_of_year((*change)[1], year) - summer;
    const bool in_summer = begin <= end ? second >= begin && second < end : second >= begin || second < end;
    return in_summer ? summer : standard;
}

Result<TimeZone> TimeZone::parse(std::string_view tzif) {
    const auto malformed = [] { return fail("the file of the time zone is malformed"); };
    ByteReader reader(tzif);
    std::optional<Header> header = read_header(reader);
    if (!header) return malformed();
    std::size_t time_bytes = 4;
    if (header->version >= '2') {
        // The same once more, with times of 64 bits.
        reader.take(header->body(time_bytes));
        header = read_header(reader);
        if (!header) return malformed();
        time_bytes = 8;
    }
    TimeZone zone;
    zone.transitions_.resize(std::min(header->transitions, tzif.size()));
    for (Transition& each : zone.transitions_) each.second = reader.number(time_bytes);
    std::vector<std::uint8_t> used(zone.transitions_.size());
    for (std::uint8_t& each : used) each = static_cast<std::uint8_t>(reader.number(1));
    std::vector<LocalType> types(std::min(header->types, tzif.size()));
    for (LocalType& each : types) {
        each.offset = reader.number(4);
        each.is_summer = reader.number(1) != 0;
        reader.take(1);  // its abbreviation
    }
    reader.take(header->chars + header->leaps * (time_bytes + 4) + header->standard + header->utc);
    if (reader.failed()) return malformed();
    for (std::size_t i = 0; i < used.size(); ++i) {
        if (used[i] >= types.size()) return malformed();
        zone.transitions_[i].offset = types[used[i]].offset;
    }
    const auto later = [](const Transition& a, const Transition& b) { return a.second < b.second; };
    if (!std::is_sorted(zone.transitions_.begin(), zone.transitions_.end(), later)) return malformed();
    zone.first_ = types[first_type(types, used)].offset;
    std::string_view footer = time_bytes == 8 ? reader.rest() : std::string_view();
    if (footer.size() > 2 && footer.front() == '\n' && footer.back() == '\n')
        zone.rules_ = ZoneRules::parse(footer.substr(1, footer.size() - 2));
    return zone;
}

std::int64_t TimeZone::offset_at(std::int64_t unix_second) const {
    const auto after = std::upper_bound(
        transitions_.begin(), transitions_.end(), unix_second,
        [](std::int64_t second, const Transition& transition) { return second < transition.second; });
    if (after == transitions_.end() && rules_) return rules_->offset_at(unix_second);
    return after == transitions_.begin() ? first_ : std::prev(after)->offset;
}

Result<std::int64_t> zone_offset(std::string_view zone, std::int64_t unix_second) {
    const std::size_t colon = zone.find(':');
    return colon == std::string_view::npos ? named_offset(zone, unix_second) : fixed_offset(zone, colon);
}

void set_zone_reader(ZoneReader reader) {
    zone_reader.store(reader, std::memory_order_release);
}

}  // namespace tollgate::cel
