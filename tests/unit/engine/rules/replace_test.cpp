// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/engine/rules/lab.hpp"

namespace tollgate::rules::test {
namespace {

Replace to_slice() {
    Replace rule;
    rule.from_resource = "nvidia.com/gpu";
    rule.to_resource = "nvidia.com/mig-1g.10gb";
    return rule;
}

Replace to_pool(std::string pool) {
    Replace rule;
    rule.from_resource = "nvidia.com/gpu";
    rule.to_pool = std::move(pool);
    return rule;
}

PodText annotated(std::string annotations) {
    PodText text;
    text.annotations = std::move(annotations);
    return text;
}

}  // namespace

TEST_CASE("one explicit substitution") {
    Lab lab(pod_json());
    const Rewrite outcome = lab.run(to_slice());
    CHECK(outcome.why_not == "");
    CHECK(outcome.to == "1 nvidia.com/mig-1g.10gb (pool a100-mig)");
    CHECK(to_decimal_string(outcome.plan.before) == "6.88");
    CHECK(to_decimal_string(outcome.plan.after) == "0.60");
    CHECK(has_line(outcome.edits, "/spec/containers/0/resources/limits/nvidia.com~1gpu: \"1\" -> -"));
    Lab again(lab.patched(outcome.edits));
    CHECK(again.run(to_slice()).edits.empty());
    CHECK(again.run(to_slice()).why_not == "");
}

TEST_CASE("a pool as target") {
    Lab lab(pod_json());
    const Rewrite outcome = lab.run(to_pool("l4"));
    CHECK(outcome.to == "1 nvidia.com/gpu (pool l4)");
    CHECK(lines(outcome.edits) ==
          std::vector<std::string>{
              "/spec/nodeSelector/nvidia.com~1gpu.product: \"NVIDIA-H100-80GB-HBM3\" -> \"NVIDIA-L4\"",
              "/spec/tolerations: - -> "
              "[{\"key\":\"nvidia.com/gpu\",\"operator\":\"Exists\",\"effect\":\"NoSchedule\"}]",
              "/metadata/annotations/tollgate.dev~1rewritten: - -> \"from 1 nvidia.com/gpu on h100 to 1 "
              "nvidia.com/gpu "
              "on l4 by small-inference/fits\"",
              "/metadata/annotations/tollgate.dev~1hourly-cost: - -> \"0.80\""});
    // The cheapest that fits of the pool's offers.
    CHECK(lab.run(to_pool("a100-mig")).to_resource == "nvidia.com/mig-1g.10gb");
}

TEST_CASE("only what the rule names is replaced") {
    Lab lab(pod_json());
    Replace rule = to_slice();
    SECTION("resource") {
        rule.from_resource = "nvidia.com/gpu.shared";
        CHECK(lab.run(rule).edits.empty());
    }
    SECTION("count") {
        rule.from_count = 2;
        CHECK(lab.run(rule).edits.empty());
        rule.from_count = 1;
        CHECK_FALSE(lab.run(rule).edits.empty());
    }
    SECTION("product, as selected") {
        rule.from_product = "NVIDIA-A100*";
        CHECK(lab.run(rule).edits.empty());
        rule.from_product = "NVIDIA-H100*";
        CHECK_FALSE(lab.run(rule).edits.empty());
    }
    SECTION("product, required by affinity: all alternatives must be it") {
        const auto pinned = [](std::string_view values) {
            PodText text;
            text.selector = "";
            text.affinity =
                R"({"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":)"
                R"([{"matchExpressions":[{"key":"nvidia.com/gpu.product","operator":"In","values":)" +
                std::string(values) + "}]}]}}}";
            return pod_json(text);
        };
        rule.from_product = "NVIDIA-H100*";
        Lab one(pinned(R"(["NVIDIA-H100-80GB-HBM3"])"));
        CHECK_FALSE(one.run(rule).edits.empty());
        Lab two(pinned(R"(["NVIDIA-H100-80GB-HBM3","NVIDIA-L4"])"));
        CHECK(two.run(rule).edits.empty());
    }
    SECTION("product, where the pod could land on several") {
        PodText text;
        text.selector = "";
        Lab anywhere(pod_json(text));
        rule.from_product = "NVIDIA-H100*";
        CHECK(anywhere.run(rule).edits.empty());
    }
}

TEST_CASE("the safety of rightSize holds for replace as well") {
    SECTION("a declared need must fit") {
        Lab lab(pod_json(annotated(R"({"tollgate.dev/gpu-memory":"20Gi"})")));
        const Rewrite outcome = lab.run(to_slice());
        CHECK(outcome.edits.empty());
        CHECK(outcome.why_not.find("9856") != std::string::npos);
    }
    SECTION("declared isolation holds") {
        Lab lab(
            pod_json(annotated(R"({"tollgate.dev/gpu-memory":"2Gi","tollgate.dev/isolation":"Hardware"})")));
        CHECK(lab.run(to_pool("t4-shared")).edits.empty());
    }
    SECTION("a server that fills its device never shares memory") {
        PodText text = annotated(R"({"tollgate.dev/gpu-memory":"2Gi"})");
        text.container = R"("command":["vllm","serve","m"],)";
        Lab lab(pod_json(text));
        CHECK(lab.run(to_pool("t4-shared")).edits.empty());
    }
    SECTION("never dearer") {
        PodText text;
        text.selector = R"({"nvidia.com/gpu.product":"NVIDIA-L4"})";
        Lab lab(pod_json(text));
        const Rewrite outcome = lab.run(to_pool("h100"));
        CHECK(outcome.edits.empty());
        CHECK(outcome.why_not.find("h100") != std::string::npos);
    }
    SECTION("keep is honoured") {
        Lab lab(pod_json(annotated(R"({"tollgate.dev/gpu-memory":"8Gi","tollgate.dev/keep":"why"})")));
        CHECK(lab.run(to_slice()).edits.empty());
    }
    SECTION("a target the Fleet does not have") {
        Lab lab(pod_json());
        CHECK(lab.run(to_pool("gone")).why_not == "the Fleet offers no pool gone");
        Replace rule = to_slice();
        rule.to_resource = "nvidia.com/mig-7g.80gb";
        CHECK(lab.run(rule).why_not == "the Fleet offers no nvidia.com/mig-7g.80gb");
    }
}

TEST_CASE("Advise and Require of replace change nothing") {
    Lab lab(pod_json());
    Replace rule = to_slice();
    rule.action = RewriteAction::Require;
    const Rewrite outcome = lab.run(rule);
    CHECK(outcome.edits.empty());
    REQUIRE(outcome.findings.size() == 1);
    CHECK(outcome.findings[0].action == Action::Deny);
    CHECK(outcome.findings[0].fix.find("mig-1g.10gb") != std::string::npos);
}

TEST_CASE("what is saved is told by what was compared") {
    std::vector<fleet::Pool> pools;
    pools.push_back(pool("h100", "NVIDIA-H100-80GB-HBM3", "6.88"));
    pools.push_back(pool("l4", "NVIDIA-L4", "0.80"));
    pools[0].gpus_per_node = 8;
    pools[0].cpu = Ratio(188);
    PodText text;
    text.resources = R"({"requests":{"cpu":"94"},"limits":{"nvidia.com/gpu":"1"}})";
    const fleet::Market fleet = compiled(std::move(pools));
    Lab lab(pod_json(text), fleet);
    const Rewrite outcome = lab.run(to_pool("l4"));
    CHECK(to_decimal_string(outcome.plan.before) == "6.88");  // l4 is silent: GPU shares alone
    CHECK(to_decimal_string(outcome.plan.after) == "0.80");
}

}  // namespace tollgate::rules::test
