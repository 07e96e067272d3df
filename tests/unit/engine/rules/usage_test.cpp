// SPDX-License-Identifier: Apache-2.0
// What was measured, as a need and as idleness.
#include "tests/unit/engine/rules/lab.hpp"

using namespace tollgate;
using namespace tollgate::rules;
using namespace tollgate::rules::test;
using workload::Confidence;

namespace {

constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

workload::UsageEntry entry(std::int64_t peak_mib, std::int64_t days = 14) {
    workload::UsageEntry out;
    out.ns = "serve";
    out.name = "embedder";
    out.peak_mib = peak_mib;
    out.activity = workload::Activity{Ratio::of(1, 2), Ratio::of(1, 10)};
    out.samples = 4032;
    out.pods = 1;
    out.to_unix_ms = days * kDayMs;
    return out;
}

fleet::Market measured(workload::UsageEntry usage) {
    fleet::Market out =
        compiled({pool("h100", "NVIDIA-H100-80GB-HBM3", "6.88"), pool("l4", "NVIDIA-L4", "0.80")});
    out.usage = workload::UsageTable({std::move(usage)});
    return out;
}

PodText undeclared() {
    PodText text;
    text.annotations = "";
    return text;
}

RightSize by_usage() {
    RightSize rule;
    rule.pools = {"*"};
    rule.needs.from = {NeedsSpec::Source::Usage};
    rule.min_confidence = Confidence::Measured;
    return rule;
}

/// The lab's workload, called as what was measured.
Rewrite sized(const workload::UsageEntry& usage, const PodText& text, const RightSize& rule) {
    const fleet::Market market = measured(usage);
    Lab lab(deployment_json(1, text), market);
    lab.workload->ref.ns = "serve";
    lab.workload->owner.root_name = "embedder";
    return lab.run(rule);
}

std::vector<Finding> idle(const workload::UsageEntry& usage, std::int64_t seconds = 7 * 24 * 3600) {
    const fleet::Market market = measured(usage);
    Lab lab(deployment_json(2, undeclared()), market);
    lab.workload->ref.ns = "serve";
    lab.workload->owner.root_name = "embedder";
    Limits rule;
    rule.idle_seconds = seconds;
    return lab.run(rule);
}

}  // namespace

TEST_CASE("what was measured is a need, with headroom and its source") {
    const Rewrite out = sized(entry(9318), undeclared(), by_usage());
    REQUIRE(out.need.memory_mib.has_value());
    CHECK(out.need.memory_mib->value == 11182);
    CHECK(out.need.memory_mib->confidence == Confidence::Measured);
    CHECK(out.need.memory_mib->source == "measured peak 9318Mi over 14d, 20% headroom");
    CHECK_FALSE(out.guessed);
    CHECK_FALSE(out.edits.empty());
    CHECK(sized(entry(30000), undeclared(), by_usage()).edits.empty());
}

TEST_CASE("too little, what others used and what is reserved are no needs") {
    workload::UsageEntry usage = entry(9318);
    std::string why = "measured over 3h";
    PodText text = undeclared();
    SECTION("too short") {
        usage.to_unix_ms = kDayMs / 8;
    }
    SECTION("too few samples") {
        usage.samples = 99;
        why = "in 99 samples";
    }
    SECTION("shared") {
        usage.shared = true;
        why = "devices that it shares";
    }
    SECTION("activity alone") {
        usage.peak_mib.reset();
        why = "not measured, only its activity";
    }
    SECTION("another kind") {
        usage.kind = "StatefulSet";
        why = "nothing says";
    }
    SECTION("another container") {
        usage.container = "sidecar";
        why = "nothing says";
    }
    SECTION("a server that takes all it sees") {
        text.container = R"("command":["vllm","serve"],)";
        why = "so that its use is no need";
    }
    const Rewrite out = sized(usage, text, by_usage());
    INFO(out.why_not);
    CHECK(out.edits.empty());
    CHECK(out.why_not.find(why) != std::string::npos);
}

TEST_CASE("sources are combined") {
    using Source = NeedsSpec::Source;
    RightSize rule = by_usage();
    rule.needs.from = {Source::Annotations, Source::Usage};
    PodText text;  // declares 8Gi
    SECTION("Max takes what was measured where that is more") {
        CHECK(sized(entry(9318), text, rule).need.memory_mib->value == 11182);
    }
    SECTION("a larger declaration is as good as measured") {
        const Rewrite out = sized(entry(100), text, rule);
        CHECK(out.need.memory_mib->value == 8192);
        CHECK_FALSE(out.guessed);
    }
    SECTION("First takes what is declared, which is not measured") {
        rule.needs.combine = NeedsSpec::Combine::First;
        const Rewrite out = sized(entry(9318), text, rule);
        CHECK(out.need.memory_mib->value == 8192);
        CHECK(out.guessed);
        rule.needs.from = {Source::Usage, Source::Annotations};
        CHECK(sized(entry(9318), text, rule).need.memory_mib->value == 11182);
    }
    SECTION("without a measurement it only advises") {
        workload::UsageEntry usage = entry(9318);
        usage.name = "another";
        const Rewrite out = sized(usage, text, rule);
        CHECK(out.guessed);
        CHECK(out.edits.empty());
    }
}

TEST_CASE("idle for as long as it was measured is a finding") {
    workload::UsageEntry usage = entry(500);
    CHECK(idle(usage).empty());
    usage.activity = workload::Activity{Ratio::of(9, 1000), Ratio(0)};
    const std::vector<Finding> findings = idle(usage);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].code == Code::Idle);
    CHECK(findings[0].what ==
          "holds 1 GPU a pod that was idle for the whole of the 14d it was measured (activity below 1%); at "
          "most "
          "7d are allowed here ($13.76/h in all).");
    CHECK(findings[0].fix == "spec.replicas: 0");
    CHECK(idle(usage, 15 * 24 * 3600).empty());
    usage.activity = workload::Activity{Ratio::of(1, 100), Ratio(0)};
    CHECK(idle(usage).empty());
    usage.activity.reset();
    CHECK(idle(usage).empty());
}
