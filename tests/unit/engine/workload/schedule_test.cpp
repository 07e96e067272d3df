// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/schedule.hpp"

#include "tests/support/catch.hpp"

#include <string>

namespace tollgate::workload {

TEST_CASE("the shortest time between two runs") {
    constexpr std::int64_t kMinute = 60, kHour = 3600, kDay = 86400;
    struct Case {
        std::string schedule;
        std::int64_t seconds;
    };
    const Case each = GENERATE_COPY(
        Case{"* * * * *", kMinute}, Case{"*/5 * * * *", 5 * kMinute}, Case{"0 * * * *", kHour},
        Case{"@hourly", kHour}, Case{"0 0 * * *", kDay}, Case{"@daily", kDay}, Case{"@midnight", kDay},
        Case{"@weekly", 7 * kDay}, Case{"@monthly", 28 * kDay}, Case{"@yearly", 365 * kDay},
        Case{"@annually", 365 * kDay}, Case{"@every 90m", 90 * kMinute}, Case{"@every 1s", 1},
        Case{"0 9-17 * * *", kHour}, Case{"0 9,17 * * *", 8 * kHour}, Case{"0 1,23 * * *", 2 * kHour},
        // 45 minutes past, then the full hour: */45 fires at 0 and 45.
        Case{"*/45 * * * *", 15 * kMinute}, Case{"10,20,50 3 * * *", 10 * kMinute},
        Case{"59 23,0 * * *", kHour}, Case{"0 0 1 * *", 28 * kDay}, Case{"0 0 31 * *", 31 * kDay},
        Case{"0 0 29 2 *", 1461 * kDay}, Case{"0 0 * * 1", 7 * kDay}, Case{"0 0 * * 1-5", kDay},
        Case{"0 0 * * mon,THU", 3 * kDay}, Case{"0 0 * JAN *", kDay}, Case{"0 0 1 1,12 *", 31 * kDay},
        // Both day fields restricted: either matches, and the 14th may follow a Friday the 13th.
        Case{"0 0 13 * 5", kDay}, Case{"0 0 */2 * 1", kDay}, Case{"0 0 */1 * 1", 7 * kDay},
        Case{"0 0 */2 * *", kDay}, Case{"0 0 * * */2", kDay}, Case{"0 0 1-31/10 * *", 1 * kDay},
        Case{"30/20 * * * *", 20 * kMinute}, Case{"0 0 ? * 3", 7 * kDay}, Case{"  0   0 * * *  ", kDay});
    INFO(each.schedule);
    const std::optional<std::int64_t> seconds = shortest_period_seconds(each.schedule);
    REQUIRE(seconds.has_value());
    CHECK(*seconds == each.seconds);
}

TEST_CASE("what is no schedule, or never fires, has no period") {
    const std::string schedule = GENERATE(
        "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *",
        "* * * * 7", "5-1 * * * *", "*/0 * * * *", "a * * * *", "@never", "@every", "@every x", "0 0 30 2 *",
        "CRON_TZ=UTC 0 0 * * *", "-5 * * * *", "1,,2 * * * *", "1-2-3 * * * *");
    INFO(schedule);
    CHECK_FALSE(shortest_period_seconds(schedule).has_value());
}

}  // namespace tollgate::workload
