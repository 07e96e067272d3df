// SPDX-License-Identifier: Apache-2.0
#include "webhook/admission/recorder.hpp"

#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

#include <string>

using namespace tollgate;
using admission::Recorder;

namespace {

admission::Review review(decide::Phase phase) {
    admission::Review made;
    made.request.phase = phase;
    made.request.uid = "u-1";
    made.request.operation = rules::Operation::Create;
    made.request.kind = {"batch", "v1", "Job"};
    made.request.name = "train";
    made.request.ns = "research";
    return made;
}

decide::Decision denied() {
    decide::Decision decision;
    decision.allowed = false;
    decision.verdict = decide::Verdict::Denied;
    decision.after.hourly = Money{Ratio::of(5504, 100)};
    decide::Finding finding;
    finding.by = {"bounded-jobs", "lifetime"};
    finding.hourly = Money{Ratio::of(5504, 100)};
    finding.what = "runs for ever";
    decision.findings.push_back(finding);
    finding.by = {"balanced", "cpuPerGpu"};
    decision.findings.push_back(finding);
    return decision;
}

struct Page {
    telemetry::Metrics metrics;
    std::string text(const admission::Review& request, const decide::Decision& decision) {
        Recorder(metrics, nullptr).record(request, decision, std::chrono::microseconds(80));
        return metrics.render();
    }
};

bool has_line(const std::string& page, const std::string& line) {
    return page.find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("recorder: a denial is counted once, with its dollars at the dearest policy") {
    Page page;
    const std::string text = page.text(review(decide::Phase::Validate), denied());
    CHECK(has_line(
        text,
        R"(tollgate_admission_requests_total{webhook="validate",operation="CREATE",kind="Job",outcome="denied"} 1)"));
    CHECK(has_line(text, R"(tollgate_findings_total{policy="balanced",rule="cpuPerGpu",action="Deny"} 1)"));
    CHECK(has_line(text, R"(tollgate_denied_usd_per_hour_total{policy="bounded-jobs"} 55.04)"));
    CHECK(text.find(R"(tollgate_denied_usd_per_hour_total{policy="balanced"})") == std::string::npos);
}

TEST_CASE("recorder: a dry run leaves every metric as it was") {
    Page page;
    admission::Review dry = review(decide::Phase::Validate);
    dry.request.dry_run = true;
    const std::string text = page.text(dry, denied());
    CHECK(text.find("tollgate_admission_requests_total{") == std::string::npos);
    CHECK(text.find("tollgate_denied_usd_per_hour_total{") == std::string::npos);
}

TEST_CASE("recorder: dollars are counted on CREATE, and not for pods whose parent was judged") {
    Page page;
    admission::Review update = review(decide::Phase::Validate);
    update.request.operation = rules::Operation::Update;
    CHECK(page.text(update, denied()).find("tollgate_denied_usd_per_hour_total{") == std::string::npos);
    decide::Decision controlled = denied();
    controlled.controlled = true;
    CHECK(
        page.text(review(decide::Phase::Validate), controlled).find("tollgate_denied_usd_per_hour_total{") ==
        std::string::npos);
}

TEST_CASE("recorder: a rewrite counts where it is sent; its saving where the object is created") {
    decide::RewriteNote note;
    note.by = {"small-inference", "fits"};
    note.from_resource = "nvidia.com/gpu";
    note.to_resource = "nvidia.com/mig-1g.10gb";
    note.before = Money{Ratio::of(688, 100)};
    note.after = Money{Ratio::of(98, 100)};
    decide::Decision decision;
    decision.rewrites.push_back(note);
    SECTION("a Deployment is told what its pods become") {
        Page page;
        admission::Review deployment = review(decide::Phase::Validate);
        const std::string text = page.text(deployment, decision);
        CHECK(has_line(
            text, R"(tollgate_rewrite_saving_usd_per_hour_total{policy="small-inference",kind_of_saving=")" +
                      std::string(plan::to_string(note.kind)) + "\"} 5.9"));
        CHECK(text.find("tollgate_rewrites_total{") == std::string::npos);
    }
    SECTION("its pod is patched, and adds no second saving") {
        Page page;
        admission::Review pod = review(decide::Phase::Mutate);
        pod.request.kind = {"", "v1", "Pod"};
        decision.controlled = true;
        decision.patch.push_back({patch::Operation::Op::Remove, "/x", ""});
        const std::string text = page.text(pod, decision);
        CHECK(has_line(
            text,
            R"(tollgate_rewrites_total{policy="small-inference",rule="fits",from="nvidia.com/gpu",to="nvidia.com/mig-1g.10gb"} 1)"));
        CHECK(text.find("tollgate_rewrite_saving_usd_per_hour_total{") == std::string::npos);
    }
}

TEST_CASE("recorder: what Warn and Audit policies would do is counted apart, once for each object") {
    const auto mode = GENERATE(rules::Mode::Warn, rules::Mode::Audit);
    decide::RewriteNote note;
    note.by = {"small-inference", "fits"};
    note.mode = mode;
    note.from_resource = "nvidia.com/gpu";
    note.to_resource = "nvidia.com/mig-1g.10gb";
    note.before = Money{Ratio::of(688, 100)};
    note.after = Money{Ratio::of(98, 100)};
    decide::Decision decision;
    decision.rewrites.push_back(note);
    const std::string rewrite =
        R"(tollgate_rewrites_proposed_total{policy="small-inference",rule="fits",mode=")" +
        std::string(rules::to_string(mode)) + R"(",from="nvidia.com/gpu",to="nvidia.com/mig-1g.10gb"} 1)";
    const std::string saving =
        R"(tollgate_proposed_saving_usd_per_hour_total{policy="small-inference",kind_of_saving=")" +
        std::string(plan::to_string(note.kind)) + "\"} 5.9";
    Page page;
    admission::Review top = review(decide::Phase::Validate);
    SECTION("of a workload, or a Pod that is nobody's") {
        if (GENERATE(true, false)) top.request.kind = {"", "v1", "Pod"};
        const std::string text = page.text(top, decision);
        CHECK(has_line(text, rewrite));
        CHECK(has_line(text, saving));
        CHECK(text.find("tollgate_rewrites_total{") == std::string::npos);
        CHECK(text.find("tollgate_rewrite_saving_usd_per_hour_total{") == std::string::npos);
    }
    SECTION("of what would be enforced, were it not for the pause") {
        decision.rewrites[0].mode = rules::Mode::Enforce;
        Recorder(page.metrics, nullptr).record(top, decision, std::chrono::microseconds(80), true);
        const std::string text = page.metrics.render();
        CHECK(text.find(R"(mode="Audit",from="nvidia.com/gpu")") != std::string::npos);
        CHECK(has_line(text, saving));
        CHECK(text.find("tollgate_rewrite_saving_usd_per_hour_total{") == std::string::npos);
    }
    SECTION("not again of a pod whose parent was judged, of an update, of what is refused, of a dry run") {
        SECTION("pod") {
            decision.controlled = true;
        }
        SECTION("update") {
            top.request.operation = rules::Operation::Update;
        }
        SECTION("refused") {
            decision.allowed = false;
        }
        SECTION("dry run") {
            top.request.dry_run = true;
        }
        SECTION("mutate") {
            top.request.phase = decide::Phase::Mutate;
        }
        const std::string text = page.text(top, decision);
        CHECK(text.find("_proposed_total{") == std::string::npos);
        CHECK(text.find("_proposed_saving_") == std::string::npos);
    }
}

TEST_CASE("recorder: kinds nobody knows share one label") {
    Page page;
    admission::Review unknown = review(decide::Phase::Validate);
    unknown.request.kind = {"evil.example", "v1", "Kind\"}\n"};
    decide::Decision decision;
    decision.known_kind = false;
    CHECK(has_line(
        page.text(unknown, decision),
        R"(tollgate_admission_requests_total{webhook="validate",operation="CREATE",kind="other",outcome="unknown_kind"} 1)"));
}

TEST_CASE("decision line: facts and verdict, never an env value") {
    const std::string body =
        R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1",
        "kind":{"group":"","version":"v1","kind":"Pod"},"operation":"CREATE","namespace":"research",
        "userInfo":{"username":"ada"},
        "object":{"metadata":{"generateName":"x-"},"spec":{"containers":[{"env":[{"name":"TOKEN","value":"hunter2"}]}]}}}})";
    const auto decoded = admission::decode_review(body, {.now_unix_ms = 0});
    REQUIRE(decoded.has_value());
    decide::Decision decision = denied();
    decision.snapshot_digest = "abc";
    const std::string line = admission::decision_line(*decoded, decision, std::chrono::microseconds(80));
    CHECK(line.find('\n') == std::string::npos);
    CHECK(line.find("hunter2") == std::string::npos);
    const auto parsed = nlohmann::json::parse(line);
    CHECK(parsed["uid"] == "u-1");
    CHECK(parsed["time"] == "1970-01-01T00:00:00Z");
    CHECK(parsed["object"]["kind"] == "Pod");
    CHECK(parsed["object"]["generateName"] == "x-");
    CHECK(parsed["user"] == "ada");
    CHECK(parsed["verdict"] == "Denied");
    CHECK(parsed["allowed"] == false);
    CHECK(parsed["findings"].size() == 2);
    CHECK(parsed["hourlyAfter"] == "55.04");
    CHECK(parsed["durationMicros"] == 80);
    CHECK(parsed["digest"] == "abc");
}
