// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/engine/rules/lab.hpp"

namespace tollgate::rules::test {
namespace {

RightSize any_pool() {
    RightSize rule;
    rule.pools = {"*"};
    return rule;
}

PodText annotated(std::string annotations) {
    PodText text;
    text.annotations = std::move(annotations);
    return text;
}

/// The resource the rule chooses, or "-".
std::string chosen(const RightSize& rule, const PodText& text) {
    Lab lab(pod_json(text));
    const Rewrite outcome = lab.run(rule);
    CHECK(outcome.errors.empty());
    CHECK(outcome.edits.empty() == outcome.to_resource.empty());
    return outcome.edits.empty() ? "-" : outcome.plan.chosen->pool->name + " " + outcome.to_resource;
}

}  // namespace

TEST_CASE("a small server on a whole H100 becomes the cheapest slice that holds it") {
    Lab lab(pod_json());
    const Rewrite outcome = lab.run(any_pool());
    CHECK(outcome.why_not == "");
    CHECK(outcome.from == "1 nvidia.com/gpu (pool h100)");
    CHECK(outcome.to == "1 nvidia.com/mig-1g.10gb (pool a100-mig)");
    CHECK(outcome.from_resource == "nvidia.com/gpu");
    CHECK(outcome.to_resource == "nvidia.com/mig-1g.10gb");
    CHECK(to_decimal_string(outcome.plan.before) == "6.88");
    CHECK(to_decimal_string(outcome.plan.after) == "0.60");
    CHECK(outcome.plan.saving_kind == plan::SavingKind::Cash);
    CHECK(outcome.findings.empty());
    for (const Edit& edit : outcome.edits) CHECK(edit.by == RuleRef{"small-inference", "fits"});
}

TEST_CASE("the need decides the slice") {
    struct Row {
        const char *memory, *to;
    };
    // A 1g.10gb has 9,856 MiB and not 10 GiB; an L4 holds 16 GiB.
    const Row rows[] = {
        {"9856Mi", "a100-mig nvidia.com/mig-1g.10gb"},
        {"9857Mi", "l4 nvidia.com/gpu"},
        {"10Gi", "l4 nvidia.com/gpu"},
        {"30Gi", "a100-mig nvidia.com/mig-3g.40gb"},
        {"60Gi", "-"},
    };
    for (const Row& row : rows) {
        INFO(row.memory);
        CHECK(chosen(any_pool(), annotated(R"({"tollgate.dev/gpu-memory":")" + std::string(row.memory) +
                                           "\"}")) == row.to);
    }
}

TEST_CASE("nothing declared and no default: left alone, explained") {
    Lab lab(pod_json(annotated("")));
    const Rewrite outcome = lab.run(any_pool());
    CHECK(outcome.edits.empty());
    CHECK(outcome.errors.empty());
    CHECK(outcome.why_not.find("tollgate.dev/gpu-memory") != std::string::npos);
}

TEST_CASE("the rule's default answers for what nobody declared") {
    RightSize rule = any_pool();
    rule.needs.default_memory_mib = 8192;
    CHECK(chosen(rule, annotated("")) == "a100-mig nvidia.com/mig-1g.10gb");
    SECTION("the larger counts with Max") {
        rule.needs.default_memory_mib = 30 * 1024;
        CHECK(chosen(rule, annotated(R"({"tollgate.dev/gpu-memory":"8Gi"})")) ==
              "a100-mig nvidia.com/mig-3g.40gb");
        rule.needs.default_memory_mib = 8192;
        CHECK(chosen(rule, annotated(R"({"tollgate.dev/gpu-memory":"30Gi"})")) ==
              "a100-mig nvidia.com/mig-3g.40gb");
    }
    SECTION("the first that answers counts with First") {
        rule.needs.combine = NeedsSpec::Combine::First;
        rule.needs.default_memory_mib = 30 * 1024;
        CHECK(chosen(rule, annotated(R"({"tollgate.dev/gpu-memory":"8Gi"})")) ==
              "a100-mig nvidia.com/mig-1g.10gb");
        CHECK(chosen(rule, annotated("")) == "a100-mig nvidia.com/mig-3g.40gb");
    }
    SECTION("a profile is that profile or more") {
        rule.needs.default_memory_mib.reset();
        rule.needs.default_profile = "1g.10gb";
        CHECK(chosen(rule, annotated("")) == "a100-mig nvidia.com/mig-1g.10gb");
        rule.needs.default_profile = "2g.20gb";
        rule.pools = {"a100*"};
        CHECK(chosen(rule, annotated("")) == "a100-mig nvidia.com/mig-3g.40gb");
    }
    SECTION("annotations are not read when the rule does not name them") {
        rule.needs.from = {NeedsSpec::Source::Model};
        CHECK(chosen(rule, annotated(R"({"tollgate.dev/gpu-memory":"30Gi"})")) ==
              "a100-mig nvidia.com/mig-1g.10gb");
    }
}

TEST_CASE("a default never answers for a server that fills the device it is given") {
    RightSize rule = any_pool();
    rule.needs.default_memory_mib = 4096;
    rule.needs.default_profile = "1g.10gb";
    rule.isolation = workload::Isolation::None;
    PodText text = annotated("");
    text.container = R"("command":["vllm","serve","m"],)";
    Lab lab(pod_json(text));
    const Rewrite outcome = lab.run(rule);
    CHECK(outcome.edits.empty());
    CHECK(outcome.why_not.find("vLLM") != std::string::npos);
    CHECK(outcome.why_not.find("tollgate.dev/gpu-memory") != std::string::npos);
    SECTION("what it declares does, and never on a device without memory isolation") {
        text.annotations = R"({"tollgate.dev/gpu-memory":"3Gi"})";
        CHECK(chosen(rule, text) == "a100-mig nvidia.com/mig-1g.10gb");
        text.container = "";
        rule.needs = {};
        CHECK(chosen(rule, text) == "t4-shared nvidia.com/gpu.shared");
    }
}

TEST_CASE("what follows from the model counts beside what is declared, as the rule combines them") {
    using Source = NeedsSpec::Source;
    RightSize rule = any_pool();
    const auto serving = [](const std::string& words, const std::string& memory) {
        PodText text = annotated(memory.empty() ? "" : R"({"tollgate.dev/gpu-memory":")" + memory + "\"}");
        text.container = R"("command":["sh","-c","vllm serve )" + words + R"("],)";
        return text;
    };
    const std::string known = "meta-llama/Llama-3.1-8B --max-model-len 8192";  // 21,560 MiB
    const std::string guessed = "/models/Llama-3.1-8B --max-model-len 8192";
    CHECK(chosen(rule, serving(known, "")) == "l4 nvidia.com/gpu");
    CHECK(chosen(rule, serving(known, "2Gi")) == "l4 nvidia.com/gpu");
    CHECK(chosen(rule, serving(known, "30Gi")) == "a100-mig nvidia.com/mig-3g.40gb");
    SECTION("a slice that holds it will do where there is no smaller GPU") {
        rule.pools = {"a100-mig"};
        CHECK(chosen(rule, serving(known, "")) == "a100-mig nvidia.com/mig-3g.40gb");
    }
    SECTION("the first of them alone") {
        rule.needs.combine = NeedsSpec::Combine::First;
        CHECK(chosen(rule, serving(known, "2Gi")) == "a100-mig nvidia.com/mig-1g.10gb");
        rule.needs.from = {Source::Model, Source::Annotations};
        CHECK(chosen(rule, serving(known, "30Gi")) == "l4 nvidia.com/gpu");
    }
    SECTION("one that the rule does not name does not count") {
        rule.needs.from = {Source::Annotations};
        CHECK(chosen(rule, serving(known, "")) == "-");
        rule.needs.from = {Source::Model};
        CHECK(chosen(rule, serving(known, "30Gi")) == "l4 nvidia.com/gpu");
    }
    SECTION("a guess advises, and sets nothing aside that somebody declares") {
        Lab lab(pod_json(serving(guessed, "")));
        const Rewrite outcome = lab.run(rule);
        CHECK(outcome.edits.empty());
        CHECK(outcome.guessed);
        REQUIRE(outcome.findings.size() == 1);
        CHECK(outcome.findings[0].code == Code::ShouldBeSmaller);
        CHECK(outcome.findings[0].action == Action::Warn);
        CHECK(outcome.findings[0].what.find("only the name of its folder") != std::string::npos);
        CHECK(chosen(rule, serving(guessed, "2Gi")) == "a100-mig nvidia.com/mig-1g.10gb");
        rule.action = RewriteAction::Require;
        CHECK(lab.run(rule).findings[0].action == Action::Warn);
    }
    SECTION("a default does not hide a larger guess") {
        rule.needs.default_memory_mib = 2048;
        PodText text = annotated("");
        text.container = R"("command":["llama-server","-m","/m/Llama-3.1-8B.Q8_0.gguf","-c","8192"],)";
        Lab lab(pod_json(text));
        CHECK(lab.run(rule).guessed);
        text.container = "";
        CHECK(chosen(rule, text) == "a100-mig nvidia.com/mig-1g.10gb");
    }
    SECTION("a rule that wants declarations takes what is computed for advice") {
        rule.min_confidence = workload::Confidence::Declared;
        Lab lab(pod_json(serving(known, "")));
        const Rewrite outcome = lab.run(rule);
        CHECK(outcome.edits.empty());
        REQUIRE(outcome.findings.size() == 1);
        CHECK(outcome.findings[0].action == Action::Warn);
    }
}

TEST_CASE("a server that stays for its length is told which would fit") {
    const RightSize rule = any_pool();
    const auto serving = [](const std::string& words) {
        PodText text = annotated("");
        text.container = R"("command":["sh","-c","vllm serve )" + words + R"("],)";
        return text;
    };
    Lab lab(pod_json(serving("meta-llama/Llama-3.1-8B --max-model-len 262144")));
    const Rewrite stays = lab.run(rule);
    CHECK(stays.edits.empty());
    REQUIRE(stays.findings.size() == 1);
    CHECK(stays.findings[0].code == Code::LengthWouldFit);
    CHECK(stays.findings[0].action == Action::Warn);
    CHECK(stays.findings[0].what.find("with --max-model-len 16384 or less, 1 nvidia.com/gpu (pool l4)") !=
          std::string::npos);
    // As long as is said it does move, and 1,024 tokens more it does not.
    CHECK(chosen(rule, serving("meta-llama/Llama-3.1-8B --max-model-len 16384")) == "l4 nvidia.com/gpu");
    CHECK(chosen(rule, serving("meta-llama/Llama-3.1-8B --max-model-len 17408")) != "l4 nvidia.com/gpu");
    // One that stays for its weights, or of which little is sure, is not.
    for (const char* words :
         {"meta-llama/Llama-3.3-70B-Instruct", "/models/Llama-3.1-8B --max-model-len 262144",
          "Qwen/Qwen2.5-Math-72B --max-model-len 2048"}) {
        INFO(words);
        Lab other(pod_json(serving(words)));
        CHECK(other.run(rule).findings.empty());
    }
}

TEST_CASE("isolation is the stronger of the rule's and the annotation's") {
    RightSize rule = any_pool();
    CHECK(chosen(rule, annotated(R"({"tollgate.dev/gpu-memory":"2Gi"})")) ==
          "a100-mig nvidia.com/mig-1g.10gb");
    rule.isolation = workload::Isolation::None;
    CHECK(chosen(rule, annotated(R"({"tollgate.dev/gpu-memory":"2Gi"})")) ==
          "t4-shared nvidia.com/gpu.shared");
    CHECK(
        chosen(rule, annotated(R"({"tollgate.dev/gpu-memory":"2Gi","tollgate.dev/isolation":"Hardware"})")) ==
        "a100-mig nvidia.com/mig-1g.10gb");
}

TEST_CASE("a weaker annotation does not weaken the rule") {
    CHECK(chosen(any_pool(),
                 annotated(R"({"tollgate.dev/gpu-memory":"2Gi","tollgate.dev/isolation":"None"})")) ==
          "a100-mig nvidia.com/mig-1g.10gb");
}

TEST_CASE("compute, bandwidth, saving, pools and billing bound the choice") {
    RightSize rule = any_pool();
    const PodText small = annotated(R"({"tollgate.dev/gpu-memory":"8Gi"})");
    SECTION("compute") {
        const PodText text =
            annotated(R"({"tollgate.dev/gpu-memory":"8Gi","tollgate.dev/gpu-compute":"0.12"})");
        CHECK(chosen(rule, text) != "a100-mig nvidia.com/mig-1g.10gb");
    }
    SECTION("bandwidth") {
        rule.min_bandwidth = Ratio::of(1, 4);
        CHECK(chosen(rule, small) == "a100-mig nvidia.com/mig-3g.40gb");
    }
    SECTION("saving") {
        rule.min_saving = Ratio::of(99, 100);
        CHECK(chosen(rule, small) == "-");
    }
    SECTION("pools") {
        rule.pools = {"l*"};
        CHECK(chosen(rule, small) == "l4 nvidia.com/gpu");
        rule.pools = {"h100"};
        CHECK(chosen(rule, small) == "-");
    }
    SECTION("billing") {
        rule.billing = {gpu::Billing::Spot};
        CHECK(chosen(rule, small) == "-");
    }
}

TEST_CASE("keep is respected as the rule says") {
    RightSize rule = any_pool();
    const auto with = [](std::string_view reason) {
        return annotated(R"({"tollgate.dev/gpu-memory":"8Gi","tollgate.dev/keep":")" + std::string(reason) +
                         "\"}");
    };
    SECTION("a reason keeps it, unless the rule ignores that") {
        CHECK(chosen(rule, with("profiling")) == "-");
        rule.keep = Keep::Honor;
        CHECK(chosen(rule, with("profiling")) == "-");
        rule.keep = Keep::Ignore;
        CHECK(chosen(rule, with("profiling")) == "a100-mig nvidia.com/mig-1g.10gb");
    }
    SECTION("no reason keeps it only where keep is honoured anyway") {
        rule.keep = Keep::Honor;
        CHECK(chosen(rule, with("")) == "-");
        rule.keep = Keep::Ignore;
        CHECK(chosen(rule, with("")) == "a100-mig nvidia.com/mig-1g.10gb");
    }
    SECTION("NeedsReason: rewritten all the same, and told why") {
        for (const char* reason : {"", "   ", "\\t\\n"}) {
            Lab lab(pod_json(with(reason)));
            const Rewrite outcome = lab.run(rule);
            CHECK_FALSE(outcome.edits.empty());
            REQUIRE(outcome.findings.size() == 1);
            CHECK(outcome.findings[0].code == Code::KeepWithoutReason);
            CHECK(outcome.findings[0].action == Action::Warn);
            CHECK(outcome.findings[0].field == "metadata.annotations.'tollgate.dev/keep'");
            CHECK(outcome.findings[0].what.find("reason") != std::string::npos);
            // Once rewritten there is nothing to say any more.
            Lab again(lab.patched(outcome.edits));
            CHECK(again.run(rule).findings.empty());
        }
    }
}

TEST_CASE("annotations that cannot be read are an error, and the pod is left alone") {
    for (const char* annotation : {R"({"tollgate.dev/gpu-memory":"lots"})",
                                   R"({"tollgate.dev/gpu-memory":"8Gi","tollgate.dev/gpu-compute":"much"})",
                                   R"({"tollgate.dev/gpu-memory":"8Gi","tollgate.dev/isolation":"Total"})"}) {
        INFO(annotation);
        Lab lab(pod_json(annotated(annotation)));
        lab.policy.failure = Failure::Deny;
        const Rewrite outcome = lab.run(any_pool());
        CHECK(outcome.edits.empty());
        REQUIRE(outcome.errors.size() == 1);
        CHECK(outcome.errors[0].reason == "annotation");
        CHECK(outcome.errors[0].rule == "fits");
        CHECK(outcome.errors[0].failure == Failure::Deny);
        CHECK(outcome.errors[0].message.find("tollgate.dev/") != std::string::npos);
    }
}

TEST_CASE("Advise and Require give the diff and change nothing") {
    Lab lab(deployment_json(4));
    RightSize rule = any_pool();
    rule.action = GENERATE(RewriteAction::Advise, RewriteAction::Require);
    const Rewrite outcome = lab.run(rule);
    CHECK(outcome.edits.empty());
    REQUIRE(outcome.findings.size() == 1);
    const Finding& finding = outcome.findings[0];
    CHECK(finding.code == Code::ShouldBeSmaller);
    CHECK(finding.action == (rule.action == RewriteAction::Require ? Action::Deny : Action::Warn));
    CHECK(finding.field == "spec.template");
    CHECK(to_decimal_string(finding.hourly) == "25.12");
    CHECK(finding.what ==
          "asks for 1 nvidia.com/gpu (pool h100) at $6.88/h, needs 8Gi (annotation tollgate.dev/gpu-memory); "
          "1 nvidia.com/mig-1g.10gb (pool a100-mig) holds it for $0.60/h and saves $25.12/h over 4 pods.");
    CHECK(finding.fix ==
          "remove spec.template.spec.containers[0].resources.limits.'nvidia.com/gpu'\n"
          "spec.template.spec.containers[0].resources.limits.'nvidia.com/mig-1g.10gb': \"1\"\n"
          "spec.template.spec.containers[0].resources.requests.'nvidia.com/mig-1g.10gb': \"1\"\n"
          "spec.template.spec.nodeSelector.'nvidia.com/gpu.product': \"NVIDIA-A100-SXM4-80GB\"\n"
          "spec.template.spec.tolerations: "
          "[{\"key\":\"nvidia.com/gpu\",\"operator\":\"Exists\",\"effect\":\"NoSchedule\"}]");
}

TEST_CASE("a need less certain than the rule wants is advice, never a patch or a denial") {
    Lab lab(pod_json());
    RightSize rule = any_pool();
    rule.min_confidence = workload::Confidence::Measured;
    rule.action = GENERATE(RewriteAction::Rewrite, RewriteAction::Require, RewriteAction::Advise);
    const Rewrite outcome = lab.run(rule);
    CHECK(outcome.guessed);
    CHECK(outcome.edits.empty());
    REQUIRE(outcome.findings.size() == 1);
    CHECK(outcome.findings[0].action == Action::Warn);
}

TEST_CASE("several communicating GPUs never become slices") {
    PodText text = annotated(R"({"tollgate.dev/gpu-memory":"8Gi"})");
    text.resources = R"({"limits":{"nvidia.com/gpu":"2"}})";
    RightSize rule = any_pool();
    rule.isolation = workload::Isolation::None;
    const std::string to = chosen(rule, text);
    CHECK(to.find("mig") == std::string::npos);
    CHECK(to.find("shared") == std::string::npos);
}

TEST_CASE("its own output is left alone") {
    struct Row {
        const char* what;
        PodText text;
        RightSize rule;
    };
    std::vector<Row> rows{{"memory", annotated(R"({"tollgate.dev/gpu-memory":"8Gi"})"), any_pool()}};
    rows.push_back({"compute",
                    annotated(R"({"tollgate.dev/gpu-memory":"4Gi","tollgate.dev/gpu-compute":"0.1"})"),
                    any_pool()});
    rows.push_back({"bandwidth", annotated(R"({"tollgate.dev/gpu-memory":"4Gi"})"), any_pool()});
    rows.back().rule.min_bandwidth = Ratio::of(1, 4);
    for (const Row& row : rows) {
        INFO(row.what);
        Lab lab(pod_json(row.text));
        const Rewrite first = lab.run(row.rule);
        REQUIRE_FALSE(first.edits.empty());
        Lab again(lab.patched(first.edits));
        const Rewrite second = again.run(row.rule);
        CHECK(lines(second.edits) == std::vector<std::string>{});
        CHECK(second.findings.empty());
    }
}

TEST_CASE("claiming to be rewritten does not keep a pod from being rewritten") {
    RightSize rule = any_pool();
    rule.min_bandwidth = Ratio::of(1, 4);
    for (const char* note : {"yes", "from 1 nvidia.com/gpu to 1 nvidia.com/mig-1g.10gb on a100-mig by a/b",
                             "from 8 nvidia.com/gpu on h100 to 8 nvidia.com/gpu on h100 by a/b"}) {
        PodText text = annotated(R"({"tollgate.dev/gpu-memory":"8Gi","tollgate.dev/rewritten":")" +
                                 std::string(note) + "\"}");
        CHECK(chosen(rule, text) == "a100-mig nvidia.com/mig-3g.40gb");
    }
}

TEST_CASE("what a user writes as Tollgate's own annotations is overwritten") {
    Lab lab(pod_json(annotated(
        R"({"tollgate.dev/gpu-memory":"8Gi","tollgate.dev/rewritten":"no","tollgate.dev/hourly-cost":"0"})")));
    const Rewrite outcome = lab.run(any_pool());
    CHECK(has_line(
        outcome.edits,
        "/metadata/annotations/tollgate.dev~1rewritten: \"no\" -> \"from 1 nvidia.com/gpu on h100 to 1 "
        "nvidia.com/mig-1g.10gb on a100-mig by small-inference/fits\""));
    CHECK(has_line(outcome.edits, "/metadata/annotations/tollgate.dev~1hourly-cost: \"0\" -> \"0.60\""));
}

TEST_CASE("a queue's object changes its resource name alone, or nothing") {
    RightSize rule = any_pool();
    SECTION("selectors that name another product stop it") {
        Lab lab(deployment_json(1));
        const Rewrite outcome = lab.run(rule, true);
        CHECK(outcome.edits.empty());
        CHECK_FALSE(outcome.why_not.empty());
    }
    SECTION("without them only resources change") {
        PodText text;
        text.selector = "";
        Lab lab(deployment_json(1, text));
        const Rewrite outcome = lab.run(rule, true);
        REQUIRE_FALSE(outcome.edits.empty());
        for (const Edit& edit : outcome.edits) {
            CHECK(edit.pointer.starts_with("/spec/containers/0/resources/"));
        }
        Lab again(lab.patched(outcome.edits));
        CHECK(again.run(rule, true).edits.empty());
    }
    SECTION("another pool by the same name is no change of name") {
        PodText text;
        text.selector = "";
        rule.pools = {"l4"};
        Lab lab(deployment_json(1, text));
        CHECK(lab.run(rule, true).edits.empty());
    }
}

TEST_CASE("where the cheapest cannot be reached, the next-best is taken") {
    PodText text;
    // The slices' nodes are not known to carry this label; those of the l4 pool are.
    text.selector = R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3","team":"a"})";
    std::vector<fleet::Pool> pools;
    pools.push_back(pool("h100", "NVIDIA-H100-80GB-HBM3", "6.88"));
    pools.push_back(pool("t4", "Tesla-T4", "0.40"));
    pools.push_back(pool("l4", "NVIDIA-L4", "0.80"));
    pools[2].node_selector.emplace_back("team", "a");
    pools[0].node_selector.emplace_back("team", "a");
    const fleet::Market fleet = compiled(std::move(pools));
    text.affinity =
        R"({"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"team","operator":"Exists"}]}]}}})";
    Lab lab(pod_json(text), fleet);
    const Rewrite outcome = lab.run(any_pool());
    CHECK(outcome.why_not == "");
    CHECK(outcome.to == "1 nvidia.com/gpu (pool l4)");
    Lab again(lab.patched(outcome.edits), fleet);
    CHECK(again.run(any_pool()).edits.empty());
}

TEST_CASE("what stands on a workload alone is not seen at its pods, and that is said") {
    const auto findings = [](std::string metadata, std::string annotations) {
        PodText text = annotated(std::move(annotations));
        std::string object = deployment_json(1, text);
        object.replace(object.find(R"("name":"d")"), 10, R"("name":"d",)" + metadata);
        Lab lab(object);
        return lab.run(any_pool()).findings;
    };
    const auto kept = findings(R"("annotations":{"tollgate.dev/keep":"profiling"})", "");
    REQUIRE(kept.size() == 1);
    CHECK(kept[0].action == Action::Warn);
    CHECK(kept[0].code == Code::AnnotationUnseen);
    CHECK(kept[0].fix == R"(spec.template.metadata.annotations.'tollgate.dev/keep': "profiling")");
    CHECK(findings(R"("annotations":{"tollgate.dev/gpu-memory":"8Gi"})", "").size() == 1);
    CHECK(
        findings(R"("annotations":{"tollgate.dev/gpu-memory":"8Gi"})", R"({"tollgate.dev/gpu-memory":"4Gi"})")
            .empty());
    CHECK(findings(R"("annotations":{"other":"x"})", "").empty());
}

}  // namespace tollgate::rules::test
