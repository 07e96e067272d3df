// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/lifetime.hpp"

#include "tests/unit/engine/workload/kinds.hpp"

namespace tollgate::workload {
using namespace test;

namespace {

Read job(const std::string& spec, const std::string& metadata = "{}") {
    return read(R"({"metadata":)" + metadata + R"(,"spec":)" + spec + "}", job_kind());
}

Read deployment(const std::string& metadata, const std::string& template_metadata = "{}") {
    return read(R"({"metadata":)" + metadata + R"(,"spec":{"template":{"metadata":)" + template_metadata +
                    R"(,"spec":{}}}})",
                deployment_kind());
}

std::optional<std::int64_t> cron_pods(const std::string& spec, int parallelism = 1) {
    return read(R"({"spec":{)" + spec +
                    R"(,"jobTemplate":{"spec":{"activeDeadlineSeconds":7200,"parallelism":)" +
                    std::to_string(parallelism) + R"(,"template":{"spec":{}}}}}})",
                cronjob_kind())
        .pod()
        .replicas;
}

}  // namespace

TEST_CASE("a kind's own field bounds it") {
    const Read bounded_read =
        job(R"({"activeDeadlineSeconds":3600,"ttlSecondsAfterFinished":60,"suspend":true})");
    const Lifetime& bounded = bounded_read.workload.lifetime;
    CHECK(bounded.has_deadline_field);
    CHECK(bounded.deadline_seconds == 3600);
    CHECK(bounded.deadline_source == "spec.activeDeadlineSeconds");
    CHECK(bounded.deadline_field == "spec.activeDeadlineSeconds");
    CHECK(bounded.ttl_seconds == 60);
    CHECK(bounded.ttl_field == "spec.ttlSecondsAfterFinished");
    CHECK(bounded.suspended);

    const Read endless_read = job(R"({"activeDeadlineSeconds":null})");
    const Lifetime& endless = endless_read.workload.lifetime;
    CHECK(endless.has_deadline_field);
    CHECK_FALSE(endless.deadline_seconds.has_value());
    CHECK(endless.unreadable.empty());
    CHECK_FALSE(endless.suspended);
}

TEST_CASE("a deadline that cannot be read is told, never taken for one") {
    const std::string value = GENERATE(R"("3600")", "-1", "1.5", "true", "1e30");
    INFO(value);
    const Read lifetime_read = job(R"({"activeDeadlineSeconds":)" + value + "}");
    const Lifetime& lifetime = lifetime_read.workload.lifetime;
    CHECK_FALSE(lifetime.deadline_seconds.has_value());
    CHECK(lifetime.unreadable == "spec.activeDeadlineSeconds: not a whole number of seconds");
}

TEST_CASE("the annotation is for kinds without a field, the template's before the workload's") {
    const std::string six = R"({"annotations":{"tollgate.dev/lifetime":"6h"}})";
    const std::string two = R"({"annotations":{"tollgate.dev/lifetime":"2d"}})";
    CHECK(deployment(six).workload.lifetime.deadline_seconds == 6 * 3600);
    CHECK(deployment(six).workload.lifetime.deadline_source == "tollgate.dev/lifetime");
    CHECK_FALSE(deployment(six).workload.lifetime.has_deadline_field);
    CHECK(deployment(six, two).workload.lifetime.deadline_seconds == 2 * 86400);
    CHECK_FALSE(job("{}", six).workload.lifetime.deadline_seconds.has_value());
    const Read bad_read = deployment(R"({"annotations":{"tollgate.dev/lifetime":"soon"}})");
    const Lifetime& bad = bad_read.workload.lifetime;
    CHECK_FALSE(bad.deadline_seconds.has_value());
    CHECK(bad.unreadable.find("tollgate.dev/lifetime: not a duration") == 0);
    CHECK_FALSE(deployment(R"({"annotations":{"tollgate.dev/lifetime":"0s"}})")
                    .workload.lifetime.deadline_seconds.has_value());
}

TEST_CASE("Kueue's label bounds what Kueue manages; the smallest holds") {
    const auto labels = [](const std::string& seconds, bool managed) {
        return R"({"labels":{"kueue.x-k8s.io/max-exec-time-seconds":")" + seconds + R"(")" +
               (managed ? R"(,"kueue.x-k8s.io/queue-name":"q")" : "") + "}}";
    };
    CHECK(job("{}", labels("600", true)).workload.lifetime.deadline_seconds == 600);
    CHECK(job("{}", labels("600", true)).workload.lifetime.deadline_source ==
          "kueue.x-k8s.io/max-exec-time-seconds");
    CHECK_FALSE(job("{}", labels("600", false)).workload.lifetime.deadline_seconds.has_value());
    CHECK(job(R"({"activeDeadlineSeconds":300})", labels("600", true)).workload.lifetime.deadline_seconds ==
          300);
    CHECK(job(R"({"activeDeadlineSeconds":900})", labels("600", true)).workload.lifetime.deadline_seconds ==
          600);
    const std::string bad = GENERATE("0", "-1", "10m", "", "1e3");
    CHECK_FALSE(job("{}", labels(bad, true)).workload.lifetime.deadline_seconds.has_value());
    CHECK_FALSE(job("{}", labels(bad, true)).workload.lifetime.unreadable.empty());
}

TEST_CASE("with several deadlines the longest holds, and one absent leaves all unbounded") {
    KindSpec spec = kind("jobset.x-k8s.io", "JobSet",
                         {pods("spec.replicatedJobs.*.template.spec.template", Shape::PodTemplate)});
    spec.lifetime.deadline_seconds = path("spec.replicatedJobs.*.template.spec.activeDeadlineSeconds");
    const auto lifetime = [&](const std::string& first, const std::string& second) {
        return read(R"({"spec":{"replicatedJobs":[{"template":{"spec":{)" + first +
                        R"(}}},{"template":{"spec":{)" + second + "}}}]}}",
                    spec)
            .workload.lifetime;
    };
    const std::string ten = R"("activeDeadlineSeconds":10)";
    const std::string twenty = R"("activeDeadlineSeconds":20)";
    CHECK(lifetime(ten, twenty).deadline_seconds == 20);
    CHECK_FALSE(lifetime(ten, "").deadline_seconds.has_value());
    CHECK(lifetime(ten, "").deadline_field == "spec.replicatedJobs[1].template.spec.activeDeadlineSeconds");
    CHECK(lifetime("", "").deadline_field == "spec.replicatedJobs[0].template.spec.activeDeadlineSeconds");
}

TEST_CASE("runs of a CronJob overlap as its policy and schedule let them") {
    const std::string hourly = R"("schedule":"0 * * * *")";
    CHECK(cron_pods(hourly + R"(,"concurrencyPolicy":"Forbid")") == 1);
    CHECK(cron_pods(hourly + R"(,"concurrencyPolicy":"Replace")", 3) == 3);
    CHECK(cron_pods(hourly + R"(,"concurrencyPolicy":"Allow")") == 2);
    CHECK(cron_pods(hourly, 3) == 6);
    CHECK(cron_pods(R"("schedule":"*/7 * * * *")") == 30);  // fires at :56 and :00
    CHECK(cron_pods(R"("schedule":"@daily")") == 1);
    CHECK_FALSE(cron_pods(R"("schedule":"whenever")").has_value());
    CHECK(cron_pods(R"("schedule":"whenever")", 0) == 0);
    CHECK_FALSE(read(R"({"spec":{"schedule":"@daily","jobTemplate":{"spec":{"template":{"spec":{}}}}}})",
                     cronjob_kind())
                    .pod()
                    .replicas.has_value());
}

TEST_CASE("a deadline that is a duration, with what holds where it is not there") {
    KindSpec spec = kind("tekton.dev", "TaskRun", {});
    spec.lifetime.deadline_seconds = path("spec.timeout");
    spec.lifetime.deadline_is_text = true;
    const auto lifetime = [&](const std::string& fields) {
        return read(R"({"spec":{)" + fields + "}}", spec).workload.lifetime;
    };
    CHECK(lifetime(R"("timeout":"1h30m")").deadline_seconds == 5400);
    CHECK(lifetime(R"("timeout":"500ms")").deadline_seconds == 1);
    CHECK_FALSE(lifetime("").deadline_seconds.has_value());
    spec.lifetime.default_seconds = 3600;
    CHECK(lifetime("").deadline_seconds == 3600);
    CHECK(lifetime("").deadline_field == "spec.timeout");
    CHECK(lifetime("").deadline_is_text);
    // 0 is no end, whatever the default is.
    for (const char* endless : {R"("timeout":"0")", R"("timeout":"0s")", R"("timeout":0)"}) {
        INFO(endless);
        CHECK_FALSE(lifetime(endless).deadline_seconds.has_value());
        CHECK(lifetime(endless).unreadable.empty());
    }
    const Lifetime soon = lifetime(R"("timeout":"soon")");
    CHECK_FALSE(soon.deadline_seconds.has_value());
    CHECK(soon.unreadable == "spec.timeout: not a duration; write it as 1h30m");
}

TEST_CASE("a deadline that ends the pods only with another field") {
    KindSpec spec = kind("ray.io", "RayJob", {});
    spec.lifetime.deadline_seconds = path("spec.activeDeadlineSeconds");
    spec.lifetime.only_with = {{path("spec.shutdownAfterJobFinishes"), {"true"}},
                               {path("spec.deletion.rules.*.policy"), {"DeleteCluster", "DeleteSelf"}}};
    const auto lifetime = [&](const std::string& fields) {
        return read(R"({"spec":{"activeDeadlineSeconds":600,)" + fields + "}}", spec).workload.lifetime;
    };
    for (const char* ends : {R"("shutdownAfterJobFinishes":true)",
                             R"("deletion":{"rules":[{"policy":"DeleteNone"},{"policy":"DeleteSelf"}]})"}) {
        INFO(ends);
        CHECK(lifetime(ends).deadline_seconds == 600);
        CHECK(lifetime(ends).bounding_field.empty());
    }
    for (const char* stays : {R"("x":1)", R"("shutdownAfterJobFinishes":false)",
                              R"("deletion":{"rules":[{"policy":"DeleteNone"}]})"}) {
        INFO(stays);
        const Lifetime left = lifetime(stays);
        CHECK_FALSE(left.deadline_seconds.has_value());
        CHECK(left.stated_seconds == 600);
        CHECK(left.bounding_field == "spec.shutdownAfterJobFinishes");
        CHECK(left.bounding_value == "true");
    }
}

}  // namespace tollgate::workload
