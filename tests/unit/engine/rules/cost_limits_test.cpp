// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/engine/rules/lab.hpp"

namespace tollgate::rules::test {
namespace {

Money usd(std::string_view text) {
    return Money{*parse_decimal(text)};
}

Limits hourly(std::string_view limit) {
    Limits rule;
    rule.hourly_cost = usd(limit);
    return rule;
}

Limits pod_hourly(std::string_view limit) {
    Limits rule;
    rule.pod_hourly_cost = usd(limit);
    return rule;
}

Limits total(std::string_view limit) {
    Limits rule;
    rule.total_cost = usd(limit);
    return rule;
}

PodText gpus(std::string_view count) {
    PodText text;
    text.resources = R"({"limits":{"nvidia.com/gpu":")" + std::string(count) + "\"}}";
    return text;
}

PodText unpriced() {
    PodText text;
    text.selector = "";
    text.resources = R"({"limits":{"amd.com/gpu":"1"}})";
    return text;
}

}  // namespace

TEST_CASE("hourlyCost is exact to the last digit") {
    Lab lab(deployment_json(4));
    CHECK(lab.run(hourly("27.52")).empty());
    const auto findings = lab.run(hourly("27.519999"));
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].code == Code::HourlyCost);
    CHECK(findings[0].what == "costs $27.52/h; at most $27.52/h is allowed here.");
    CHECK(findings[0].fix == "spec.replicas: 3");
    CHECK(findings[0].field == "spec.replicas");
    CHECK(findings[0].magnitude == usd("27.52").usd);
    CHECK(to_decimal_string(findings[0].hourly) == "27.52");
    CHECK(lab.run(hourly("5")).at(0).fix == "");
}

TEST_CASE("podHourlyCost looks at one pod") {
    Lab lab(deployment_json(4, gpus("8")));
    CHECK(lab.run(pod_hourly("55.04")).empty());
    const auto findings = lab.run(pod_hourly("50"));
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].what == "one pod costs $55.04/h on pool h100; at most $50.00/h is allowed here.");
    CHECK(findings[0].field == "spec.template");
    CHECK(findings[0].code == Code::PodHourlyCost);
}

TEST_CASE("the message says which price was taken where several were possible") {
    PodText text;
    text.selector = "";
    Lab lab(deployment_json(1, text));
    CHECK(lab.run(hourly("1")).at(0).what ==
          "costs $6.88/h (priced as pool h100, the dearest of 2 pools it could land on); at most $1.00/h is "
          "allowed "
          "here.");
    CHECK(lab.run(pod_hourly("1")).at(0).what ==
          "one pod costs $6.88/h (priced as pool h100, the dearest of 2 pools it could land on); at most "
          "$1.00/h is "
          "allowed here.");
}

TEST_CASE("the end of a controlled pod is its parent's matter") {
    Lab lab(pod_json());
    CHECK(lab.run(total("100")).size() == 1);
    lab.controlled = true;
    CHECK(lab.run(total("100")).empty());
    CHECK(lab.errors.empty());
}

TEST_CASE("totalCost needs an end") {
    SECTION("none") {
        Lab lab(job_json(""));
        const auto findings = lab.run(total("100"));
        REQUIRE(findings.size() == 1);
        CHECK(findings[0].code == Code::TotalCost);
        CHECK(findings[0].what == "costs $6.88/h with no end; at most $100.00 in all is allowed here.");
        CHECK(findings[0].fix == "spec.activeDeadlineSeconds: 52325");
    }
    SECTION("too much") {
        Lab lab(job_json(R"("activeDeadlineSeconds":86400,)"));
        CHECK(lab.run(total("165.12")).empty());
        const auto findings = lab.run(total("165"));
        REQUIRE(findings.size() == 1);
        CHECK(findings[0].what == "costs $165.12 in 24h; at most $165.00 in all is allowed here.");
        CHECK(findings[0].fix == "spec.activeDeadlineSeconds: 86337");
    }
    SECTION("a kind without a field") {
        Lab lab(deployment_json(1));
        CHECK(lab.run(total("6.88")).at(0).fix == "metadata.annotations.'tollgate.dev/lifetime': 1h");
    }
    SECTION("the deadline that is proposed keeps the ceiling") {
        for (const char* limit : {"0.01", "1", "6.88", "99.99", "1000"}) {
            Lab lab(job_json(""));
            const std::string fix = lab.run(total(limit)).at(0).fix;
            const std::string seconds = fix.substr(fix.rfind(' ') + 1);
            Lab mended(job_json("\"activeDeadlineSeconds\":" + seconds + ","));
            CHECK(mended.run(total(limit)).empty());
        }
    }
}

TEST_CASE("a cost that is not known is an error, never cheap") {
    for (const Limits& rule : {hourly("1000"), pod_hourly("1000"), total("1000")}) {
        Lab lab(deployment_json(1, unpriced()));
        CHECK(lab.run(rule).empty());
        REQUIRE(lab.errors.size() == 1);
        CHECK(lab.errors[0].reason == "price_unknown");
        CHECK_FALSE(lab.errors[0].message.empty());
    }
    std::string object = deployment_json(1);
    object.replace(object.find("Deployment"), 10, "DaemonSet");
    Lab daemon(object);
    CHECK(daemon.run(hourly("1000")).empty());
    REQUIRE(daemon.errors.size() == 1);
    CHECK(daemon.errors[0].reason == "unbounded");
    CHECK(daemon.run(pod_hourly("6")).size() == 1);
}

}  // namespace tollgate::rules::test
