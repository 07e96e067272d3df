// SPDX-License-Identifier: Apache-2.0
#include "certs/schedule.hpp"

#include "tests/support/catch.hpp"

namespace tollgate::certs {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kStart = 1'790'000'000;

Validity days(std::int64_t from, std::int64_t to) {
    return {kStart + from * kDay, kStart + to * kDay};
}

TEST_CASE("a leaf is renewed when two thirds of its life are over") {
    const RenewalPlan early = plan_renewal(days(0, 3650), days(0, 360), kStart);
    CHECK(early.what == Renewal::Leaf);
    CHECK(early.at_unix == kStart + 240 * kDay);
    CHECK(early.expires_at_unix == kStart + 360 * kDay);
    CHECK_FALSE(early.is_due);
    CHECK_FALSE(plan_renewal(days(0, 3650), days(0, 360), early.at_unix - 1).is_due);
    CHECK(plan_renewal(days(0, 3650), days(0, 360), early.at_unix).is_due);
}

TEST_CASE("an authority is renewed while it can still sign a whole leaf") {
    const RenewalPlan plan = plan_renewal(days(0, 3650), days(3200, 3560), kStart + 3300 * kDay);
    CHECK(plan.what == Renewal::Authority);
    CHECK(plan.at_unix == kStart + 3290 * kDay);
    CHECK(plan.is_due);
}

TEST_CASE("where both are due the authority comes first") {
    const RenewalPlan plan = plan_renewal(days(0, 3650), days(2900, 3265), kStart + 3300 * kDay);
    CHECK(plan.what == Renewal::Authority);
    CHECK(plan.is_due);
    CHECK(plan.reason == "the leaf has expired");
}

TEST_CASE("clients stop at the earlier of both ends") {
    const RenewalPlan plan = plan_renewal(days(0, 100), days(50, 200), kStart + 100 * kDay);
    CHECK(plan.expires_at_unix == kStart + 100 * kDay);
    CHECK(plan.what == Renewal::Authority);
    CHECK(plan.reason == "the CA has expired");
}

TEST_CASE("an authority as short-lived as its leaf is renewed before either ends") {
    const RenewalPlan plan = plan_renewal(days(0, 30), days(0, 30), kStart);
    CHECK(plan.what == Renewal::Authority);
    CHECK(plan.at_unix == kStart + 20 * kDay);
}

}  // namespace
}  // namespace tollgate::certs
