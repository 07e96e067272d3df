// SPDX-License-Identifier: Apache-2.0
#include "webhook/telemetry/line_quota.hpp"

#include "tests/support/catch.hpp"

namespace tollgate::telemetry {
namespace {

using namespace std::chrono_literals;

TEST_CASE("line quota: so many in a second, the others are counted once it is over") {
    LineQuota quota(3);
    const LineQuota::Clock::time_point start{100s};
    int said = 0;
    for (int i = 0; i < 10; ++i) said += quota.allows(start + i * 1ms) ? 1 : 0;
    CHECK(said == 3);
    CHECK(quota.take_left_out(start + 999ms) == 0);
    CHECK(quota.take_left_out(start + 1s) == 7);
    CHECK(quota.take_left_out(start + 1s) == 0);
    CHECK(quota.allows(start + 1s));
}

TEST_CASE("line quota: few lines are never held back") {
    LineQuota quota(1);
    for (int i = 0; i < 10; ++i) CHECK(quota.allows(LineQuota::Clock::time_point{i * 1s}));
    CHECK(quota.take_left_out(LineQuota::Clock::time_point{20s}) == 0);
}

}  // namespace
}  // namespace tollgate::telemetry
