// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/engine/rules/lab.hpp"

namespace tollgate::rules::test {
namespace {

PodText asking(std::string resources) {
    PodText text;
    text.resources = std::move(resources);
    return text;
}

PodText gpus(int count) {
    return asking(R"({"limits":{"nvidia.com/gpu":")" + std::to_string(count) + "\"}}");
}

Limits per_pod(std::int64_t limit) {
    Limits rule;
    rule.gpus_per_pod = limit;
    return rule;
}

Limits per_workload(std::int64_t limit) {
    Limits rule;
    rule.gpus_per_workload = limit;
    return rule;
}

Limits share(Ratio limit) {
    Limits rule;
    rule.gpu_share = limit;
    return rule;
}

}  // namespace

TEST_CASE("gpusPerPod counts devices of any form") {
    struct Row {
        const char* resources;
        std::int64_t devices;
    };
    const Row rows[] = {
        {R"({"limits":{"nvidia.com/gpu":"8"}})", 8},
        {R"({"requests":{"nvidia.com/gpu":8}})", 8},
        {R"({"limits":{"nvidia.com/gpu":"8e0"}})", 8},
        {R"({"limits":{"nvidia.com/gpu":"4","nvidia.com/mig-1g.10gb":"4"}})", 8},
        {R"({"limits":{"nvidia.com/gpu":"8","nvidia.com/gpumem":"40000"}})", 8},
        {R"({"limits":{"amd.com/gpu":"8"}})", 8},
    };
    for (const Row& row : rows) {
        INFO(row.resources);
        Lab lab(pod_json(asking(row.resources)));
        CHECK(lab.run(per_pod(row.devices)).empty());
        CHECK(lab.errors.empty());
        const auto findings = lab.run(per_pod(row.devices - 1));
        REQUIRE(findings.size() == 1);
        CHECK(findings[0].code == Code::GpusPerPod);
        CHECK(findings[0].action == Action::Deny);
        CHECK(findings[0].magnitude == Ratio(row.devices));
        CHECK(findings[0].by == RuleRef{"small-inference", "fits"});
    }
}

TEST_CASE("gpusPerPod names the field, the dollars and the fix") {
    Lab lab(deployment_json(2, gpus(8)));
    const auto findings = lab.run(per_pod(4));
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].what == "one pod asks for 8 GPUs; at most 4 are allowed here ($110.08/h in all).");
    CHECK(findings[0].field == "spec.template.spec.containers[0].resources.limits.'nvidia.com/gpu'");
    CHECK(findings[0].fix == "spec.template.spec.containers[0].resources.limits.'nvidia.com/gpu': \"4\"");
    CHECK(to_decimal_string(findings[0].hourly) == "110.08");
    CHECK(findings[0].subject == "spec.template");
}

TEST_CASE("the fix keeps requests and limits equal, and leaves room for the other containers") {
    Lab both(pod_json(asking(R"({"limits":{"nvidia.com/gpu":"8"},"requests":{"nvidia.com/gpu":"8"}})")));
    const auto findings = both.run(per_pod(4));
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].fix ==
          "spec.containers[0].resources.limits.'nvidia.com/gpu': \"4\"\n"
          "spec.containers[0].resources.requests.'nvidia.com/gpu': \"4\"");
    const std::string two = R"({"apiVersion":"v1","kind":"Pod","spec":{"containers":[
        {"name":"a","resources":{"limits":{"nvidia.com/gpu":"2"}}},
        {"name":"b","resources":{"limits":{"nvidia.com/gpu":"6"}}}]}})";
    Lab lab(two);
    CHECK(lab.run(per_pod(5)).at(0).fix == "spec.containers[1].resources.limits.'nvidia.com/gpu': \"3\"");
    CHECK(lab.run(per_pod(2)).at(0).fix == "");
}

TEST_CASE("an amount that cannot be read is an error, unless the rest is too much already") {
    Lab lab(pod_json(asking(R"({"limits":{"nvidia.com/gpu":"1500m"}})")));
    lab.policy.failure = Failure::Deny;
    CHECK(lab.run(per_pod(4)).empty());
    REQUIRE(lab.errors.size() == 1);
    CHECK(lab.errors[0].reason == "unmeasurable");
    CHECK(lab.errors[0].failure == Failure::Deny);
    CHECK(lab.errors[0].message.find("nvidia.com/gpu") != std::string::npos);
    Lab more(R"({"apiVersion":"v1","kind":"Pod","spec":{"resourceClaims":[{"name":"c"}],
        "containers":[{"name":"a","resources":{"limits":{"nvidia.com/gpu":"8"}}}]}})");
    CHECK(more.run(per_pod(4)).size() == 1);
    CHECK(more.errors.empty());
    CHECK(more.run(per_pod(8)).empty());
    CHECK(more.errors.size() == 1);
}

TEST_CASE("gpusPerWorkload multiplies by the replicas") {
    Lab lab(deployment_json(12, gpus(1)));
    CHECK(lab.run(per_workload(12)).empty());
    const auto findings = lab.run(per_workload(8));
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].what == "asks for 12 GPUs in all; at most 8 are allowed here ($82.56/h in all).");
    CHECK(findings[0].field == "spec.replicas");
    CHECK(findings[0].fix == "spec.replicas: 8");
    CHECK(findings[0].magnitude == Ratio(12));
    Lab wide(deployment_json(3, gpus(4)));
    CHECK(wide.run(per_workload(11)).at(0).fix == "spec.replicas: 2");
    CHECK(wide.run(per_workload(3)).at(0).fix == "");
    Lab one(deployment_json(1, gpus(8)));
    CHECK(one.run(per_workload(4)).at(0).fix ==
          "spec.template.spec.containers[0].resources.limits.'nvidia.com/gpu': \"4\"");
    Lab none(deployment_json(0, gpus(8)));
    CHECK(none.run(per_workload(4)).empty());
}

TEST_CASE("a Job counts its parallel pods") {
    Lab lab(job_json(R"("parallelism":4,)", gpus(2)));
    CHECK(lab.run(per_workload(8)).empty());
    CHECK(lab.run(per_workload(7)).at(0).fix == "spec.parallelism: 3");
    Lab capped(job_json(R"("parallelism":100,"completions":2,)", gpus(2)));
    CHECK(capped.run(per_workload(4)).empty());
}

TEST_CASE("a workload without bound cannot be counted, and that is said") {
    std::string object = deployment_json(1, gpus(1));
    object.replace(object.find("Deployment"), 10, "DaemonSet");
    Lab lab(object);
    CHECK(lab.run(per_workload(4)).empty());
    REQUIRE(lab.errors.size() == 1);
    CHECK(lab.errors[0].reason == "unbounded");
    CHECK(lab.run(per_pod(1)).empty());
    CHECK(lab.errors.empty());
    SECTION("one pod that is too much by itself is a finding all the same") {
        CHECK(lab.run(per_workload(0)).size() == 1);
        CHECK(lab.errors.empty());
    }
}

TEST_CASE("huge numbers neither wrap nor pass") {
    Lab lab(deployment_json(9'000'000'000'000'000'000, gpus(1'000'000'000)));
    CHECK(lab.run(per_workload(8)).size() == 1);
    CHECK(lab.run(share(Ratio(8))).size() == 1);
}

TEST_CASE("gpuShare counts whole GPUs: as offered, by the catalog, else whole") {
    struct Row {
        const char *resources, *selector, *whole;
    };
    const Row rows[] = {
        {R"({"limits":{"nvidia.com/gpu":"1"}})", R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3"})",
         "1"},
        {R"({"limits":{"nvidia.com/mig-1g.10gb":"1"}})", "",
         "0.133333"},                                                 // 2 of 15 parts, as the layout is cut
        {R"({"limits":{"nvidia.com/gpu.shared":"1"}})", "", "0.25"},  // one of four replicas
        {R"({"limits":{"nvidia.com/mig-2g.20gb":"1"}})", "", "0.285714"},  // no pool has it: 2 of 7 slices
        {R"({"limits":{"amd.com/gpu":"1"}})", "", "1"},
    };
    for (const Row& row : rows) {
        INFO(row.resources);
        PodText text = asking(row.resources);
        text.selector = row.selector;
        Lab lab(deployment_json(3, text));
        const auto findings = lab.run(share(Ratio(0)));
        REQUIRE(findings.size() == 1);
        REQUIRE(findings[0].magnitude.has_value());
        CHECK((*findings[0].magnitude / Ratio(3)).to_decimal(6) == row.whole);
        CHECK(lab.run(share(*findings[0].magnitude)).empty());
    }
}

TEST_CASE("pods without an accelerator are nobody's business here") {
    Lab lab(deployment_json(100, asking(R"({"requests":{"cpu":"96"}})")));
    Limits rule = per_pod(0);
    rule.gpus_per_workload = 0;
    rule.gpu_share = Ratio(0);
    rule.cpu_per_gpu = Ratio(1);
    rule.hourly_cost = Money{};
    rule.pod_hourly_cost = Money{};
    rule.total_cost = Money{};
    CHECK(lab.run(rule).empty());
    CHECK(lab.errors.empty());
}

TEST_CASE("without budget a limit is an error, never within bounds") {
    Lab lab(deployment_json(12, gpus(1)));
    lab.budget.steps = 0;
    CHECK(lab.run(per_workload(8)).empty());
    REQUIRE(lab.errors.size() == 1);
    CHECK(lab.errors[0].reason == "budget");
}

TEST_CASE("gpuShare says how many replicas there may be") {
    Limits rule;
    rule.gpu_share = Ratio::of(5, 2);
    Lab lab(deployment_json(4));
    const auto findings = lab.run(rule);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].fix == "spec.replicas: 2");
    Lab fixed(deployment_json(2));
    CHECK(fixed.run(rule).empty());
}

TEST_CASE("a claim and a fraction are found where they are written") {
    Limits rule;
    rule.gpus_per_pod = 1;
    PodText text;
    text.spec = R"("resourceClaims":[{"name":"g"}],)";
    text.resources = R"({"claims":[{"name":"g"}]})";
    Lab claim(pod_json(text));
    CHECK(claim.run(rule).empty());
    REQUIRE(claim.errors.size() == 1);
    CHECK(claim.errors[0].message.find("spec.containers[0].resources.claims: ") == 0);
    text = {};
    text.resources = "{}";
    text.annotations = R"({"gpu-fraction":"0.5","gpu-fraction-num-devices":"2"})";
    Lab fraction(pod_json(text));
    const auto findings = fraction.run(rule);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].field == "metadata.annotations.gpu-fraction");
    CHECK(findings[0].fix == R"(metadata.annotations.gpu-fraction-num-devices: "1")");
}

}  // namespace tollgate::rules::test
