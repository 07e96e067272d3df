// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/engine/rules/lab.hpp"

namespace tollgate::rules::test {
namespace {

constexpr std::int64_t kHour = 3600;

LifetimeRule at_most(std::int64_t hours) {
    LifetimeRule rule;
    rule.max_seconds = hours * kHour;
    return rule;
}

PodText session() {
    PodText text;
    text.container = R"("command":["sleep","infinity"],)";
    return text;
}

std::string annotated_deployment(std::string_view annotations) {
    std::string object = deployment_json(1);
    const std::string name = R"("metadata":{"name":"d",)";
    return object.replace(object.find(name), name.size(),
                          name + R"("annotations":)" + std::string(annotations) + ",");
}

}  // namespace

TEST_CASE("a Job without a deadline runs for ever") {
    Lab lab(job_json(""));
    const auto findings = lab.run(at_most(24));
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].code == Code::LifetimeMissing);
    CHECK(findings[0].action == Action::Deny);
    CHECK(findings[0].what == "runs for ever; jobs here must end within 24h.");
    CHECK(findings[0].field == "spec.activeDeadlineSeconds");
    CHECK(findings[0].fix == "spec.activeDeadlineSeconds: 86400");
    CHECK(to_decimal_string(findings[0].hourly) == "6.88");
}

TEST_CASE("a deadline is judged to the second") {
    Lab fits(job_json(R"("activeDeadlineSeconds":86400,)"));
    CHECK(fits.run(at_most(24)).empty());
    Lab over(job_json(R"("activeDeadlineSeconds":86401,)"));
    const auto findings = over.run(at_most(24));
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].code == Code::LifetimeTooLong);
    CHECK(findings[0].what == "may run for 24h1s; jobs here must end within 24h.");
    CHECK(findings[0].fix == "spec.activeDeadlineSeconds: 86400");
    CHECK(findings[0].magnitude == Ratio(86401));
}

TEST_CASE("a suspended Job is judged, and so is a bare Pod") {
    Lab suspended(job_json(R"("suspend":true,)"));
    CHECK(suspended.run(at_most(24)).size() == 1);
    Lab pod(pod_json());
    CHECK(pod.run(at_most(24)).at(0).fix == "spec.activeDeadlineSeconds: 86400");
}

TEST_CASE("a lifetime that cannot be read is a finding") {
    Lab lab(job_json(R"("activeDeadlineSeconds":"soon",)"));
    const auto findings = lab.run(at_most(24));
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].code == Code::LifetimeUnreadable);
    CHECK(findings[0].fix == "spec.activeDeadlineSeconds: 86400");
    CHECK(findings[0].what.find("soon") == std::string::npos);
}

TEST_CASE("kinds without a field take the annotation") {
    Lab missing(deployment_json(1));
    const auto findings = missing.run(at_most(24));
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].what == "runs for ever; deployments here must end within 24h.");
    CHECK(findings[0].fix == "metadata.annotations.'tollgate.dev/lifetime': 24h");
    Lab fits(annotated_deployment(R"({"tollgate.dev/lifetime":"6h"})"));
    CHECK(fits.run(at_most(24)).empty());
    CHECK(fits.run(at_most(5)).at(0).fix == "metadata.annotations.'tollgate.dev/lifetime': 5h");
    Lab unreadable(annotated_deployment(R"({"tollgate.dev/lifetime":"a while"})"));
    CHECK(unreadable.run(at_most(24)).at(0).code == Code::LifetimeUnreadable);
}

TEST_CASE("sessions have their own, never a longer, limit") {
    LifetimeRule rule;
    rule.sessions_max_seconds = 8 * kHour;
    Lab batch(job_json(""));
    CHECK(batch.run(rule).empty());
    Lab lab(job_json("", session()));
    REQUIRE(lab.workload->interactive);
    const auto findings = lab.run(rule);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].code == Code::SessionUnbounded);
    CHECK(findings[0].fix == "spec.activeDeadlineSeconds: 28800");
    CHECK(findings[0].what.find("interactive sessions here must end within 8h") != std::string::npos);
    rule.max_seconds = 24 * kHour;
    Lab ten(job_json(R"("activeDeadlineSeconds":36000,)", session()));
    CHECK(ten.run(rule).at(0).code == Code::LifetimeTooLong);
    rule.sessions_max_seconds = 48 * kHour;
    CHECK(ten.run(rule).empty());
    Lab long_one(job_json(R"("activeDeadlineSeconds":100000,)", session()));
    CHECK(long_one.run(rule).size() == 1);
}

TEST_CASE("finished Jobs go") {
    LifetimeRule rule;
    rule.ttl_max_seconds = kHour;
    Lab missing(job_json(""));
    const auto findings = missing.run(rule);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].code == Code::TtlMissing);
    CHECK(findings[0].fix == "spec.ttlSecondsAfterFinished: 3600");
    CHECK(findings[0].what == "stays for ever after it has finished; jobs here must go within 1h.");
    Lab fits(job_json(R"("ttlSecondsAfterFinished":3600,)"));
    CHECK(fits.run(rule).empty());
    Lab over(job_json(R"("ttlSecondsAfterFinished":7200,)"));
    CHECK(over.run(rule).at(0).code == Code::TtlTooLong);
    Lab none(deployment_json(1));
    CHECK(none.run(rule).empty());
}

TEST_CASE("a default without a maximum is a finding where it was not written") {
    LifetimeRule rule;
    rule.default_seconds = 4 * kHour;
    Lab lab(job_json(""));
    CHECK(lab.run(rule).at(0).fix == "spec.activeDeadlineSeconds: 14400");
    Lab has(job_json(R"("activeDeadlineSeconds":999999,)"));
    CHECK(has.run(rule).empty());
}

TEST_CASE("defaults are written at CREATE on Jobs nobody else owns") {
    LifetimeRule rule = at_most(24);
    rule.default_seconds = 4 * kHour;
    rule.ttl_default_seconds = 600;
    Lab lab(job_json(""));
    const auto edits = lab.settings(rule);
    CHECK(lines(edits) == std::vector<std::string>{"/spec/activeDeadlineSeconds: - -> 14400",
                                                   "/spec/ttlSecondsAfterFinished: - -> 600"});
    for (const Edit& edit : edits) CHECK(edit.scope == Edit::Scope::Object);
    Lab after(lab.patched(edits));
    CHECK(after.run(rule).empty());
    CHECK(after.settings(rule).empty());
    SECTION("what is there stays") {
        Lab own(job_json(R"("activeDeadlineSeconds":1,"ttlSecondsAfterFinished":2,)"));
        CHECK(own.settings(rule).empty());
    }
    SECTION("never more than the maximum") {
        rule.default_seconds = 48 * kHour;
        Lab capped(job_json(""));
        CHECK(capped.settings(rule).at(0).after == "86400");
    }
    SECTION("not without a default") {
        CHECK(lab.settings(at_most(24)).empty());
    }
}

TEST_CASE("defaults are not written where they would be undone or do not belong") {
    LifetimeRule rule = at_most(24);
    rule.default_seconds = 4 * kHour;
    SECTION("UPDATE") {
        Lab lab(job_json(""));
        lab.operation = Operation::Update;
        CHECK(lab.settings(rule).empty());
    }
    SECTION("a controller's Job") {
        Lab lab(job_json(""));
        lab.workload->owner.present = true;
        CHECK(lab.settings(rule).empty());
        CHECK(lab.run(rule).size() == 1);
    }
    SECTION("a GitOps tool's Job") {
        std::string object = job_json("");
        const std::string name = R"("name":"j",)";
        object.replace(
            object.find(name), name.size(),
            name + R"("annotations":{"argocd.argoproj.io/tracking-id":"app:batch/Job:research/j"},)");
        Lab lab(object);
        REQUIRE(lab.workload->gitops_owned);
        CHECK(lab.settings(rule).empty());
        CHECK(lab.run(rule).size() == 1);
    }
    SECTION("other kinds") {
        Lab pod(pod_json());
        CHECK(pod.settings(rule).empty());
        Lab deployment(deployment_json(1));
        CHECK(deployment.settings(rule).empty());
    }
    SECTION("unreadable") {
        Lab lab(job_json(R"("activeDeadlineSeconds":"soon",)"));
        CHECK(lab.settings(rule).empty());
    }
    SECTION("a CPU Job") {
        PodText text;
        text.resources = R"({"requests":{"cpu":"1"}})";
        Lab lab(job_json("", text));
        CHECK(lab.settings(rule).empty());
        CHECK(lab.run(rule).empty());
    }
}

TEST_CASE("an object whose parent was judged is not asked for a lifetime of its own") {
    LifetimeRule rule = at_most(24);
    rule.default_seconds = kHour;
    Lab lab(pod_json());
    CHECK(lab.run(rule).size() == 1);
    lab.controlled = true;
    CHECK(lab.run(rule).empty());
    Lab job(job_json(""));
    CHECK_FALSE(job.settings(rule).empty());
    job.controlled = true;
    CHECK(job.settings(rule).empty());
}

TEST_CASE("expires-at is Tollgate's own: kept while it is early enough, else overwritten") {
    const LifetimeRule rule = at_most(24);
    struct Row {
        const char *annotations, *after;
    };
    const Row rows[] = {
        {R"({"tollgate.dev/lifetime":"6h"})", "\"2026-11-23T06:00:00Z\""},
        {R"({"tollgate.dev/lifetime":"48h"})", "\"2026-11-24T00:00:00Z\""},
        {R"({"tollgate.dev/lifetime":"6h","tollgate.dev/expires-at":"2026-11-23T05:00:00Z"})", ""},
        {R"({"tollgate.dev/lifetime":"6h","tollgate.dev/expires-at":"2026-11-24T00:00:00Z"})", ""},
        {R"({"tollgate.dev/lifetime":"6h","tollgate.dev/expires-at":"2026-11-24T00:00:01Z"})",
         "\"2026-11-23T06:00:00Z\""},
        {R"({"tollgate.dev/lifetime":"6h","tollgate.dev/expires-at":"2099-01-01T00:00:00Z"})",
         "\"2026-11-23T06:00:00Z\""},
        {R"({"tollgate.dev/lifetime":"6h","tollgate.dev/expires-at":"1999-01-01T00:00:00Z"})",
         "\"2026-11-23T06:00:00Z\""},
        {R"({"tollgate.dev/lifetime":"6h","tollgate.dev/expires-at":"never"})", "\"2026-11-23T06:00:00Z\""},
        {R"({"tollgate.dev/expires-at":"2099-01-01T00:00:00Z"})", ""},
    };
    for (const Row& row : rows) {
        INFO(row.annotations);
        Lab lab(annotated_deployment(row.annotations));
        const auto edits = lab.settings(rule);
        if (*row.after == '\0') {
            CHECK(edits.empty());
            continue;
        }
        REQUIRE(edits.size() == 1);
        CHECK(edits[0].pointer == "/metadata/annotations/tollgate.dev~1expires-at");
        CHECK(edits[0].after == row.after);
        Lab again(lab.patched(edits));
        again.now_unix_ms = lab.now_unix_ms + 5000;
        CHECK(again.settings(rule).empty());
    }
    Lab update(annotated_deployment(R"({"tollgate.dev/lifetime":"6h"})"));
    update.operation = Operation::Update;
    CHECK(update.settings(rule).empty());
}

}  // namespace tollgate::rules::test
