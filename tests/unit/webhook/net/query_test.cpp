// SPDX-License-Identifier: Apache-2.0
#include "webhook/net/query.hpp"

#include "tests/support/catch.hpp"

namespace tollgate::net {
namespace {

TEST_CASE("Go durations in whole milliseconds") {
    struct Row {
        const char* text;
        std::uint32_t ms;
    };
    for (const Row& row : {Row{"10s", 10'000}, Row{"1s", 1'000}, Row{"300ms", 300}, Row{"1m30s", 90'000},
                           Row{"1.5s", 1'500}, Row{".5s", 500}, Row{"2.s", 2'000}, Row{"1h", 3'600'000},
                           Row{"1500000us", 1'500}, Row{"1500000\xC2\xB5s", 1'500}, Row{"2000000ns", 2},
                           Row{"0.0305s", 30}, Row{"1.9999999s", 1'999}, Row{"0s1s", 1'000}}) {
        INFO(row.text);
        CHECK(parse_go_duration_ms(row.text) == row.ms);
    }
}

TEST_CASE("what is no positive duration of at most an hour is nothing") {
    for (const char* text : {"", "10", "s", "-1s", "+1s", "1x", "1s ", " 1s", "1.s.", ".s", "0s", "1us", "2h",
                             "61m", "99999999999999999999s", "9999999999999h", "1e3s", "1s\n", "NaNs"}) {
        INFO(text);
        CHECK_FALSE(parse_go_duration_ms(text).has_value());
    }
}

TEST_CASE("values and flags of a query") {
    CHECK(query_value("timeout=10s", "timeout") == "10s");
    CHECK(query_value("a=b&timeout=2s&timeout=9s", "timeout") == "2s");
    CHECK(query_value("timeout=", "timeout") == "");
    CHECK_FALSE(query_value("xtimeout=2s", "timeout").has_value());
    CHECK_FALSE(query_value("timeouts=2s", "timeout").has_value());
    CHECK_FALSE(query_value("timeout", "timeout").has_value());
    CHECK_FALSE(query_value("", "timeout").has_value());
    CHECK(has_query_flag("verbose", "verbose"));
    CHECK(has_query_flag("x&verbose=1", "verbose"));
    CHECK_FALSE(has_query_flag("verbosely", "verbose"));
}

TEST_CASE("a margin is kept of the caller's time") {
    using std::chrono::milliseconds;
    CHECK(handling_time(10'000) == milliseconds(9'800));
    CHECK(handling_time(2'000) == milliseconds(1'900));
    CHECK(handling_time(100) == milliseconds(90));
    CHECK(handling_time(10) == milliseconds(5));
    CHECK(handling_time(1) == milliseconds(1));
}

}  // namespace
}  // namespace tollgate::net
