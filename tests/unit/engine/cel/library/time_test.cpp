// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/library/library.hpp"
#include "engine/cel/library/time_zone.hpp"
#include "tests/unit/engine/cel/library/rows.hpp"

#include <fstream>
#include <iterator>
#include <limits>

using namespace tollgate::cel;
using namespace tollgate::cel::test;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

class Times : public Rows {
  public:
    Times() : Rows(time_overloads()) {}
    Value at(std::string_view text) { return value("string_to_timestamp", {S(text)}); }
    Value lasting(std::string_view text) { return value("string_to_duration", {S(text)}); }
    std::string text(std::string_view timestamp) { return call("timestamp_to_string", {at(timestamp)}); }
    std::string part(std::string_view id, std::string_view timestamp) { return call(id, {at(timestamp)}); }
    std::string part(std::string_view id, std::string_view timestamp, std::string_view zone) {
        return call(id, {at(timestamp), S(zone)});
    }
};

std::string big_endian(std::int64_t value, int bytes) {
    std::string out;
    for (int i = bytes; i-- > 0;) out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
    return out;
}

std::string header(char version, int transitions, int types, int chars) {
    std::string out = "TZif";
    out += version;
    out.append(15, '\0');
    for (const int count : {0, 0, 0, transitions, types, chars}) out += big_endian(count, 4);
    return out;
}

std::string local_type(std::int64_t offset, bool summer) {
    return big_endian(offset, 4) + (summer ? '\1' : '\0') + '\0';
}

/// +1h until 1000, +2h until 2000, then what the footer says, else +1h.
std::string sample_zone(std::string_view footer) {
    std::string out = header('2', 0, 1, 4) + local_type(0, false) + std::string("XST\0", 4);
    out += header('2', 2, 2, 4) + big_endian(1000, 8) + big_endian(2000, 8) + '\1' + '\0';
    out += local_type(3600, false) + local_type(7200, true) + std::string("XST\0", 4);
    return out.append("\n").append(footer).append("\n");
}

}  // namespace

TEST_CASE("cel time: the table") {
    check_table(time_overloads());
}

TEST_CASE("cel time: timestamps are RFC 3339") {
    Times times;
    CHECK(text_of(times.at("1970-01-01T00:00:01Z")) == "t1.0");
    CHECK(text_of(times.at("1969-12-31T23:59:59.5Z")) == "t-1.500000000");
    CHECK(text_of(times.at("1970-01-01T01:00:00+01:00")) == "t0.0");
    CHECK(text_of(times.at("1970-01-01T00:00:00-00:30")) == "t1800.0");
    CHECK(text_of(times.at("2024-02-29T00:00:00Z")) == "t1709164800.0");
    // As lenient as Go: one digit of an hour, a comma, offsets up to 24:60, digits past the ninth.
    CHECK(text_of(times.at("1970-01-01T1:00:00Z")) == "t3600.0");
    CHECK(text_of(times.at("1970-01-01T00:00:00,25Z")) == "t0.250000000");
    CHECK(text_of(times.at("1970-01-02T01:00:00+24:60")) == "t0.0");
    CHECK(text_of(times.at("1970-01-01T00:00:00.0000000019Z")) == "t0.1");
    for (const std::string_view bad : {"",
                                       "1970-01-01",
                                       "1970-01-01T00:00:00",
                                       "1970-01-01t00:00:00Z",
                                       "1970-01-01T00:00:00z",
                                       "1970-01-01 00:00:00Z",
                                       "1970-1-01T00:00:00Z",
                                       "70-01-01T00:00:00Z",
                                       "1970-00-01T00:00:00Z",
                                       "1970-13-01T00:00:00Z",
                                       "1970-01-00T00:00:00Z",
                                       "1970-02-29T00:00:00Z",
                                       "1900-02-29T00:00:00Z",
                                       "1970-01-01T24:00:00Z",
                                       "1970-01-01T00:60:00Z",
                                       "1970-01-01T00:00:60Z",
                                       "1970-01-01T00:00:00.Z",
                                       "1970-01-01T00:00:00+25:00",
                                       "1970-01-01T00:00:00+00:61",
                                       "1970-01-01T00:00:00+0100",
                                       "1970-01-01T00:00:00Z ",
                                       " 1970-01-01T00:00:00Z",
                                       "10000-01-01T00:00:00Z",
                                       "1970-01-01T00:00Z"}) {
        INFO(bad);
        CHECK(text_of(times.at(bad)) ==
              "error: type conversion error from 'string' to 'google.protobuf.Timestamp'");
    }
}

TEST_CASE("cel time: years 1 to 9999") {
    Times times;
    const std::string overflow = "error: timestamp overflow";
    CHECK(text_of(times.at("0001-01-01T00:00:00Z")) == "t-62135596800.0");
    CHECK(text_of(times.at("9999-12-31T23:59:59.999999999Z")) == "t253402300799.999999999");
    CHECK(text_of(times.at("0000-12-31T23:59:59Z")) == overflow);
    CHECK(text_of(times.at("0001-01-01T00:00:00+00:01")) == overflow);
    CHECK(text_of(times.at("9999-12-31T23:59:59-00:01")) == overflow);
    CHECK(times.call("int64_to_timestamp", {I(253402300799)}) == "t253402300799.0");
    CHECK(times.call("int64_to_timestamp", {I(253402300800)}) == overflow);
    CHECK(times.call("int64_to_timestamp", {I(-62135596801)}) == overflow);
    CHECK(times.call("int64_to_timestamp", {I(INT64_MIN)}) == overflow);
    CHECK(times.call("add_timestamp_duration",
                     {times.at("9999-12-31T23:59:59.9Z"), times.lasting("100ms")}) == overflow);
    CHECK(times.call("subtract_timestamp_duration", {times.at("0001-01-01T00:00:00Z"), duration_value(1)}) ==
          overflow);
}

TEST_CASE("cel time: durations are Go's") {
    Times times;
    struct Row {
        std::string_view text;
        std::int64_t nanos;
    };
    const Row rows[] = {{"0", 0},
                        {"-0", 0},
                        {"+1h30m", 5'400 * kSecond},
                        {"-1.5s", -1'500'000'000},
                        {".5m", 30 * kSecond},
                        {"1.s", kSecond},
                        {"1s1s", 2 * kSecond},
                        {"1us", 1'000},
                        {"1\xC2\xB5s", 1'000},
                        {"1\xCE\xBCs", 1'000},
                        {"0.0000000019s", 1},
                        {"1.0000000000000000000000001s", kSecond},
                        {"9223372036854775807ns", INT64_MAX},
                        {"-9223372036854775808ns", INT64_MIN},
                        {"2562047h47m16.854775807s", INT64_MAX}};
    for (const Row& row : rows) {
        INFO(row.text);
        CHECK(text_of(times.lasting(row.text)) == std::to_string(row.nanos) + "ns");
    }
    for (const std::string_view bad :
         {"", "-", "1", "s", ".s", "1d", "1H", "1h 30m", "1e3s", "--1s", "+-1s", " 1s", "1.5.5s", "00",
          "2562048h", "9223372036854775808ns", "99999999999999999999h", "-9223372036854775809ns"}) {
        INFO(bad);
        CHECK(text_of(times.lasting(bad)) ==
              "error: type conversion error from 'string' to 'google.protobuf.Duration'");
    }
}

TEST_CASE("cel time: to numbers and text") {
    Times times;
    CHECK(times.call("timestamp_to_int64", {times.at("1969-12-31T23:59:59.9Z")}) == "-1");
    CHECK(times.call("duration_to_int64", {times.lasting("1us")}) == "1000");
    CHECK(times.call("duration_to_string", {times.lasting("90m")}) == "'5400s'");
    CHECK(times.call("duration_to_string", {times.lasting("-1500ms")}) == "'-1.5s'");
    CHECK(times.call("duration_to_string", {times.lasting("1ns")}) == "'0.000000001s'");
    CHECK(times.call("duration_to_string", {times.lasting("0")}) == "'0s'");
    CHECK(times.text("2023-01-01T00:00:00.100Z") == "'2023-01-01T00:00:00.1Z'");
    CHECK(times.text("0001-01-01T00:00:00Z") == "'0001-01-01T00:00:00Z'");
}

TEST_CASE("cel time: text keeps the offset that was written") {
    Times times;
    CHECK(times.text("2023-06-01T12:30:00+05:30") == "'2023-06-01T12:30:00+05:30'");
    CHECK(times.text("2023-06-01T00:00:00.5-11:05") == "'2023-06-01T00:00:00.5-11:05'");
    CHECK(times.text("2023-06-01T00:00:00+00:00") == "'2023-06-01T00:00:00Z'");
    CHECK(times.text("2023-06-01T00:00:00+01:60") == "'2023-06-01T00:00:00+02:00'");
    const Value later =
        times.value("add_duration_timestamp", {times.lasting("1h"), times.at("9999-12-31T23:59:59+01:00")});
    CHECK(times.call("timestamp_to_string", {later}) == "'10000-01-01T00:59:59+01:00'");
    // Nothing else sees it.
    CHECK(same_values(times.at("2023-06-01T00:00:00+02:00"), times.at("2023-05-31T22:00:00Z")));
    CHECK(times.part("timestamp_to_hours", "2023-06-01T00:00:00+02:00") == "22");
}

TEST_CASE("cel time: sums and differences") {
    Times times;
    const Value half = times.at("1970-01-01T00:00:00.5Z");
    CHECK(times.call("add_timestamp_duration", {half, times.lasting("600ms")}) == "t1.100000000");
    CHECK(times.call("add_timestamp_duration", {half, times.lasting("-600ms")}) == "t-1.900000000");
    CHECK(times.call("add_duration_timestamp", {times.lasting("-1h"), half}) == "t-3600.500000000");
    CHECK(times.call("subtract_timestamp_duration", {half, times.lasting("1.5s")}) == "t-1.0");
    CHECK(times.call("subtract_timestamp_timestamp", {half, times.at("1970-01-01T00:00:01Z")}) ==
          "-500000000ns");
    CHECK(times.call("add_duration_duration", {duration_value(3), duration_value(-5)}) == "-2ns");
    CHECK(times.call("subtract_duration_duration", {duration_value(3), duration_value(-5)}) == "8ns");
}

TEST_CASE("cel time: what does not fit 64 bits of nanoseconds") {
    Times times;
    const std::string overflow = "error: integer overflow";
    const Value most = duration_value(INT64_MAX), least = duration_value(INT64_MIN);
    CHECK(times.call("add_duration_duration", {most, duration_value(1)}) == overflow);
    CHECK(times.call("subtract_duration_duration", {least, duration_value(1)}) == overflow);
    CHECK(times.call("subtract_timestamp_duration", {times.at("2000-01-01T00:00:00Z"), least}) == overflow);
    CHECK(times.call("subtract_timestamp_timestamp",
                     {times.at("9999-01-01T00:00:00Z"), times.at("0001-01-01T00:00:00Z")}) == overflow);
    const Value epoch = times.at("1970-01-01T00:00:00Z");
    CHECK(times.call("subtract_timestamp_timestamp", {timestamp_value(9223372036, 854775807), epoch}) ==
          "9223372036854775807ns");
    CHECK(times.call("subtract_timestamp_timestamp", {timestamp_value(9223372036, 854775808), epoch}) ==
          overflow);
    // The seconds alone overflow, though the nanoseconds would bring it back.
    CHECK(times.call("subtract_timestamp_timestamp", {timestamp_value(-9223372037, 200000000), epoch}) ==
          overflow);
}

TEST_CASE("cel time: parts of a timestamp") {
    Times times;
    const std::string_view leap_day = "2024-02-29T13:14:15.678901Z";
    CHECK(times.part("timestamp_to_year", leap_day) == "2024");
    CHECK(times.part("timestamp_to_month", leap_day) == "1");
    CHECK(times.part("timestamp_to_day_of_year", leap_day) == "59");
    CHECK(times.part("timestamp_to_day_of_month", leap_day) == "28");
    CHECK(times.part("timestamp_to_day_of_month_1_based", leap_day) == "29");
    CHECK(times.part("timestamp_to_day_of_week", leap_day) == "4");
    CHECK(times.part("timestamp_to_day_of_week", "2024-03-03T00:00:00Z") == "0");
    CHECK(times.part("timestamp_to_hours", leap_day) == "13");
    CHECK(times.part("timestamp_to_minutes", leap_day) == "14");
    CHECK(times.part("timestamp_to_seconds", leap_day) == "15");
    CHECK(times.part("timestamp_to_milliseconds", leap_day) == "678");
    CHECK(times.part("timestamp_to_seconds", "1969-12-31T23:59:58.9Z") == "58");
    CHECK(times.part("timestamp_to_milliseconds", "1969-12-31T23:59:58.9Z") == "900");
    CHECK(times.part("timestamp_to_day_of_year", "9999-12-31T00:00:00Z") == "364");
}

TEST_CASE("cel time: parts of a duration") {
    Times times;
    const Value value = times.lasting("-1h59m59.9999s");
    CHECK(times.call("duration_to_hours", {value}) == "-1");
    CHECK(times.call("duration_to_minutes", {value}) == "-119");
    CHECK(times.call("duration_to_seconds", {value}) == "-7199");
    // All of it, not what is left over the seconds.
    CHECK(times.call("duration_to_milliseconds", {value}) == "-7199999");
    // cel-go divides in floating point, which rounds this up.
    CHECK(times.call("duration_to_seconds", {duration_value(INT64_C(9223372035999999999))}) == "9223372036");
}

TEST_CASE("cel time: offsets from UTC") {
    Times times;
    const std::string_view moment = "2023-12-31T23:30:00Z";
    CHECK(times.part("timestamp_to_year_with_tz", moment, "+00:30") == "2024");
    CHECK(times.part("timestamp_to_day_of_year_with_tz", moment, "+00:30") == "0");
    CHECK(times.part("timestamp_to_hours_with_tz", moment, "-05:45") == "17");
    CHECK(times.part("timestamp_to_minutes_with_tz", moment, "-05:45") == "45");
    CHECK(times.part("timestamp_to_minutes_with_tz", moment, "-00:15") == "15");
    CHECK(times.part("timestamp_to_seconds_tz", moment, "+01:00") == "0");
    CHECK(times.part("timestamp_to_milliseconds_with_tz", moment, "+01:00") == "0");
    CHECK(times.part("timestamp_to_month_with_tz", moment, "UTC") == "11");
    CHECK(times.part("timestamp_to_day_of_month_with_tz", moment, "") == "30");
    CHECK(times.part("timestamp_to_day_of_month_1_based_with_tz", moment, "Local") == "31");
    CHECK(times.part("timestamp_to_day_of_week_with_tz", moment, "5:3") == "1");
    // cel-go has no bounds, and multiplies without looking.
    CHECK(zone_offset("+99:99", 0) == (99 * 60 + 99) * 60);
    CHECK(zone_offset("153722867281:00", 0).has_value());
    CHECK(times.part("timestamp_to_year_with_tz", "9999-06-01T00:00:00Z", "+2562000:00") == "10291");
    for (const std::string_view bad : {":30", "5:", "+-1:00", "a:b", "+01:00:00", "99999999999999999999:0"}) {
        INFO(bad);
        CHECK(times.part("timestamp_to_hours_with_tz", moment, bad).starts_with("error: '"));
    }
}

TEST_CASE("cel time: a reader is asked for names that lead nowhere but into a database, and once for each") {
    static std::vector<std::string> asked;
    asked.clear();
    set_zone_reader([](std::string_view name) -> tollgate::Result<std::string> {
        asked.emplace_back(name);
        if (name == "Large") return sample_zone("") + std::string(100'000, ' ');
        if (name == "Text") return std::string("no zone");
        if (name == "Empty") return std::string();
        if (name == "Gone") return tollgate::fail("gone");
        return sample_zone("");
    });
    CHECK(zone_offset("Area/City_1", 0).has_value());
    CHECK(zone_offset("Area/City_1", 1).has_value());
    CHECK(asked == std::vector<std::string>{"Area/City_1"});
    asked.clear();
    for (const std::string& name :
         {std::string("../Outside"), std::string("Area/../../Outside"), std::string("/etc/passwd"),
          std::string("."), std::string("Area/City\0", 10), std::string("Area\\City"),
          std::string(10'000, 'a')}) {
        INFO(name);
        CHECK_FALSE(zone_offset(name, 0).has_value());
    }
    CHECK(asked.empty());
    for (const char* name : {"Large", "Text", "Empty", "Gone"}) CHECK_FALSE(zone_offset(name, 0).has_value());
    CHECK(asked.size() == 4);
    CHECK(zone_offset("No\nwhere", 0).error().message == "unknown time zone No?where");
    set_zone_reader(nullptr);
    CHECK(zone_offset("Area/Other", 0).error().message == "no time zones are known but UTC and offsets");
    CHECK(zone_offset("+01:30", 0) == 5400);
}

TEST_CASE("cel time: zones change their offset") {
    const auto zone = TimeZone::parse(sample_zone(""));
    REQUIRE(zone.has_value());
    // The first type is used later on, so that it is not there for what was before; there is no other but it.
    CHECK(zone->offset_at(std::numeric_limits<std::int64_t>::min()) == 3600);
    CHECK(zone->offset_at(999) == 3600);
    CHECK(zone->offset_at(1000) == 7200);
    CHECK(zone->offset_at(1999) == 7200);
    CHECK(zone->offset_at(2000) == 3600);
    const auto ruled = TimeZone::parse(sample_zone("<-03>3"));
    REQUIRE(ruled.has_value());
    CHECK(ruled->offset_at(1999) == 7200);
    CHECK(ruled->offset_at(2000) == -10'800);
}

TEST_CASE("cel time: every cut of a zone's file is an error or a zone") {
    const std::string whole = sample_zone("XST-1XDT,M3.5.0,M10.5.0/3");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto zone = TimeZone::parse(std::string_view(whole).substr(0, size));
        if (zone) CHECK(zone->offset_at(1500) == 7200);
    }
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (const char value : {'\0', '\x7F', '\xFF'}) {
            std::string broken = whole;
            broken[at] = value;
            if (const auto zone = TimeZone::parse(broken); zone) zone->offset_at(1'700'000'000);
        }
    }
}

TEST_CASE("cel time: rules for ever") {
    Times times;
    const auto offset = [&](std::string_view rules, std::string_view timestamp) {
        const auto parsed = ZoneRules::parse(rules);
        REQUIRE(parsed.has_value());
        return parsed->offset_at(times.at(timestamp).integer);
    };
    const std::string_view paris = "CET-1CEST,M3.5.0,M10.5.0/3";
    CHECK(offset(paris, "2050-03-27T00:59:59Z") == 3600);
    CHECK(offset(paris, "2050-03-27T01:00:00Z") == 7200);
    CHECK(offset(paris, "2050-10-30T00:59:59Z") == 7200);
    CHECK(offset(paris, "2050-10-30T01:00:00Z") == 3600);
    const std::string_view sydney = "AEST-10AEDT,M10.1.0,M4.1.0/3";  // summer over the new year
    CHECK(offset(sydney, "2050-01-01T00:00:00Z") == 39'600);
    CHECK(offset(sydney, "2050-06-01T00:00:00Z") == 36'000);
    CHECK(offset(sydney, "2050-12-31T00:00:00Z") == 39'600);
    CHECK(offset("<+0330>-3:30", "2050-01-01T00:00:00Z") == 12'600);
    CHECK(offset("AAA0BBB-0:30:15,J60/0,J61/0", "2048-03-01T12:00:00Z") == 1'815);
    CHECK(offset("AAA0BBB,59/0,60/0", "2048-02-29T12:00:00Z") == 3'600);
    CHECK(offset("EST5EDT", "2050-07-01T00:00:00Z") == -14'400);  // no rules: those of the United States
    CHECK(offset("AAA3BBB,M3.5.0/-2,M10.5.0/-1", "2050-03-27T00:59:59Z") == -10'800);
    CHECK(offset("AAA3BBB,M3.5.0/-2,M10.5.0/-1", "2050-03-27T01:00:00Z") == -7'200);
    for (const std::string_view bad :
         {"", "AA0", "AAA", "AAA0BB", "AAA169", "AAA0:60", "AAA0BBB,M3.5.0", "AAA0BBB,M13.1.0,M1.1.0",
          "AAA0BBB,M1.6.0,M1.1.0", "AAA0BBB,M1.1.7,M1.1.0", "AAA0BBB,J0,J1", "AAA0BBB,366,1", "<AAA0", "<AAA",
          "AAA0BBB,M1.1.0,M2.1.0x", "AAA0BBB1x", "AAA99999999999999999999"}) {
        INFO(bad);
        CHECK_FALSE(ZoneRules::parse(bad).has_value());
    }
}

TEST_CASE("cel time: the system's zones") {
    set_zone_reader([](std::string_view name) -> tollgate::Result<std::string> {
        std::ifstream file("/usr/share/zoneinfo/" + std::string(name), std::ios::binary);
        if (!file) return tollgate::fail("unknown time zone " + std::string(name));
        return std::string(std::istreambuf_iterator<char>(file), {});
    });
    REQUIRE(zone_offset("Europe/Paris", 0).has_value());  // package tzdata
    Times times;
    for (int i = 0; i < 2; ++i) {  // read, then kept
        CHECK(times.part("timestamp_to_hours_with_tz", "2023-01-01T00:00:00Z", "America/New_York") == "19");
        CHECK(times.part("timestamp_to_hours_with_tz", "2023-07-01T00:00:00Z", "America/New_York") == "20");
        CHECK(times.part("timestamp_to_hours_with_tz", "2500-07-01T00:00:00Z", "Europe/Paris") == "2");
        CHECK(times.part("timestamp_to_minutes_with_tz", "1850-01-01T00:00:00Z", "Europe/Paris") == "9");
        CHECK(times.part("timestamp_to_hours_with_tz", "2023-01-01T00:00:00Z", "Nowhere/City") ==
              "error: unknown time zone Nowhere/City");
    }
}
