// SPDX-License-Identifier: Apache-2.0
#include "engine/base/quantity.hpp"
#include "tests/support/catch.hpp"

#include <cstdint>
#include <random>
#include <string>

using tollgate::format_duration;
using tollgate::format_time;
using tollgate::parse_duration_ms;
using tollgate::parse_time_ms;

TEST_CASE("durations") {
    struct Row {
        const char* text;
        std::int64_t milliseconds;
    };
    const Row rows[] = {{"24h", 86'400'000},
                        {"90m", 5'400'000},
                        {"1h30m", 5'400'000},
                        {"7d", 604'800'000},
                        {"1.5h", 5'400'000},
                        {"500ms", 500},
                        {"0", 0},
                        {"0s", 0},
                        {"+5s", 5'000},
                        {"1d12h", 129'600'000},
                        {"1000000us", 1'000},
                        {"1000000ns", 1},
                        {".5s", 500},
                        {"1.s", 1'000},
                        {"2000\xC2\xB5s", 2},
                        {"30m1h", 5'400'000}};
    for (const Row& row : rows) {
        INFO(row.text);
        const auto duration = parse_duration_ms(row.text);
        REQUIRE(duration.has_value());
        CHECK(*duration == row.milliseconds);
    }
}

TEST_CASE("what is no duration is refused") {
    for (const char* text :
         {"", "-5s", "5", "h", "1h ", " 1h", "1 h", "1w", "1H", "1.2.3s", ".s", "1e3s", "0.5us", "1us",
          "300000000h", "+", "1h30", "99999999999999999999999999999999999999999h"}) {
        INFO(text);
        REQUIRE_FALSE(parse_duration_ms(text).has_value());
    }
    CHECK(parse_duration_ms("1w").error().message ==
          "'1w' is not a duration: unknown unit 'w' (ms, s, m, h or d); write it like \"24h\", \"90m\" or "
          "\"7d\"");
    CHECK(parse_duration_ms("2562047h").has_value());
    CHECK_FALSE(parse_duration_ms("2562048h").has_value());
}

TEST_CASE("durations for people") {
    struct Row {
        std::int64_t seconds;
        const char* text;
    };
    const Row rows[] = {{0, "0s"},      {45, "45s"},       {60, "1m"},       {90, "90s"},
                        {100, "1m40s"}, {3600, "1h"},      {5400, "90m"},    {6000, "1h40m"},
                        {86400, "24h"}, {95400, "26h30m"}, {3661, "1h1m1s"}, {604800, "168h"},
                        {-60, "-1m"}};
    for (const Row& row : rows) {
        CHECK(format_duration(row.seconds) == row.text);
        if (row.seconds >= 0) CHECK(*parse_duration_ms(row.text) == row.seconds * 1000);
    }
}

TEST_CASE("times") {
    struct Row {
        const char* text;
        std::int64_t unix_ms;
    };
    const Row rows[] = {{"1970-01-01T00:00:00Z", 0},
                        {"2026-12-01T00:00:00Z", 1'796'083'200'000},
                        {"2024-02-29T12:00:00Z", 1'709'208'000'000},
                        {"2000-02-29T00:00:00Z", 951'782'400'000},
                        {"1969-12-31T23:59:59Z", -1'000},
                        {"1970-01-01T02:00:00+02:00", 0},
                        {"1969-12-31T18:30:00-05:30", 0},
                        {"1970-01-01T00:00:00.123456Z", 123},
                        {"0000-01-01T00:00:00Z", -62'167'219'200'000},
                        {"9999-12-31T23:59:59Z", 253'402'300'799'000}};
    for (const Row& row : rows) {
        INFO(row.text);
        const auto time = parse_time_ms(row.text);
        REQUIRE(time.has_value());
        CHECK(*time == row.unix_ms);
    }
    CHECK(format_time(1'796'083'200'999) == "2026-12-01T00:00:00Z");
    CHECK(format_time(-1) == "1969-12-31T23:59:59Z");
}

TEST_CASE("every second reads back as it was written") {
    std::mt19937_64 random(7);
    std::uniform_int_distribution<std::int64_t> seconds(-62'167'219'200, 253'402'300'799);
    for (int i = 0; i < 5'000; ++i) {
        const std::int64_t unix_ms = seconds(random) * 1000;
        const std::string text = format_time(unix_ms);
        INFO(text);
        const auto again = parse_time_ms(text);
        REQUIRE(again.has_value());
        REQUIRE(*again == unix_ms);
    }
}

TEST_CASE("what is no time is refused with a reason") {
    for (const char* text : {"",
                             "2026-12-01",
                             "2026-12-01T00:00:00",
                             "2026-12-01 00:00:00Z",
                             "2023-02-29T00:00:00Z",
                             "1900-02-29T00:00:00Z",
                             "2026-13-01T00:00:00Z",
                             "2026-00-01T00:00:00Z",
                             "2026-12-00T00:00:00Z",
                             "2026-04-31T00:00:00Z",
                             "2026-12-01T24:00:00Z",
                             "2026-12-01T23:60:00Z",
                             "2026-12-01T23:59:60Z",
                             "2026-12-01T00:00:00+24:00",
                             "2026-12-01T00:00:00+0200",
                             "2026-12-01T00:00:00.Z",
                             "2026-12-01T00:00:00Zx",
                             "26-12-01T00:00:00Z",
                             "2026-12-01T00:00:00z",
                             "tomorrow"}) {
        INFO(text);
        CHECK_FALSE(parse_time_ms(text).has_value());
    }
    CHECK(parse_time_ms("2026-12-01").error().message ==
          "'2026-12-01' is not a time: the time of day is missing; write it like \"2026-12-01T00:00:00Z\"");
}
