// SPDX-License-Identifier: Apache-2.0
// One message with everything in it.
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

using namespace tollgate;
using namespace tollgate::test;

namespace {

const std::string kPolicies = std::string(kFleet) + R"(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata:
  name: bounded-jobs
  annotations: {tollgate.dev/docs: "https://wiki.example/gpu-jobs"}
spec:
  mode: Enforce
  match: {kinds: [Job]}
  rules: [{name: lifetime, lifetime: {max: 24h}}]
---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: balanced}
spec:
  mode: Enforce
  rules: [{name: cpuPerGpu, limits: {cpuPerGpu: NodeShare}}]
)";

const char* const kJob = R"(
apiVersion: batch/v1
kind: Job
metadata: {name: train-llama, namespace: research}
spec:
  parallelism: 4
  completions: 4
  template:
    spec:
      restartPolicy: Never
      nodeSelector: {nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}
      containers:
      - name: trainer
        image: registry.example/train:1
        env: [{name: TOKEN, value: hunter2-secret}]
        resources: {requests: {cpu: 47, memory: 100Gi}, limits: {nvidia.com/gpu: 1, memory: 100Gi}}
)";

}  // namespace

TEST_CASE("the message names every problem, what it costs, and the fix to paste") {
    const decide::Decision verdict = validate(make_snapshot(kPolicies), Object(kJob));
    REQUIRE_FALSE(verdict.allowed);
    // Each pod takes a quarter of a node's CPUs, so it costs two of its eight GPUs: 4 x 2 x $6.88.
    CHECK(verdict.message.rfind(
              "job.batch/train-llama in research: 2 problems; 4 pods of 1 GPU, $55.04/h with no end "
              "($1,321/day)\n1. ",
              0) == 0);
    CHECK(verdict.message.find("bounded-jobs/lifetime: runs for ever; jobs here must end within 24h.") !=
          std::string::npos);
    CHECK(verdict.message.find("\n   fix: spec.activeDeadlineSeconds: 86400") != std::string::npos);
    CHECK(
        verdict.message.find(
            "balanced/cpuPerGpu: container trainer asks 47 CPUs for 1 GPU; an h100 node has 23.5 per GPU") !=
        std::string::npos);
    CHECK(verdict.message.find("\n   fix: spec.template.spec.containers[0].resources.requests.cpu: \"23\"") !=
          std::string::npos);
    CHECK(
        verdict.message.find(
            "\ndocs: https://wiki.example/gpu-jobs \xC2\xB7 waive: CostException \xC2\xB7 explain: tollgate "
            "explain -f FILE") != std::string::npos);
}

TEST_CASE("no environment value is ever quoted") {
    const decide::Decision verdict = validate(make_snapshot(kPolicies), Object(kJob));
    CHECK(verdict.message.find("hunter2") == std::string::npos);
    for (const std::string& warning : verdict.warnings) CHECK(warning.find("hunter2") == std::string::npos);
    for (const auto& [key, text] : verdict.audit_annotations)
        CHECK(text.find("hunter2") == std::string::npos);
}

TEST_CASE("a message stays within its bound; the cheapest findings are cut whole") {
    std::string documents = kFleet;
    for (int i = 0; i < 200; ++i)
        documents +=
            "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: "
            "policy-with-a-long-name-" +
            std::to_string(i) + "}\nspec: {mode: Enforce, rules: [{name: gpus, limits: {gpusPerPod: 1}}]}\n";
    const Object pod(
        "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: r}, spec: {containers: [{name: main, "
        "image: x, "
        "resources: {limits: {nvidia.com/gpu: 8}}}]}}");
    const decide::Decision verdict = validate(make_snapshot(documents), pod);
    REQUIRE_FALSE(verdict.allowed);
    CHECK(verdict.findings.size() == 200);
    CHECK(verdict.message.size() <= limits::kMaxMessageBytes);
    CHECK(verdict.message.find(" more\ndocs") == std::string::npos);
    CHECK(verdict.message.find("\nand ") != std::string::npos);
    CHECK(verdict.message.find("explain: tollgate explain") != std::string::npos);
}

TEST_CASE("warnings are short, ASCII and few") {
    std::string documents = kFleet;
    for (int i = 0; i < 40; ++i)
        documents += "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: warn-" +
                     std::to_string(i) +
                     "}\nspec: {mode: Warn, rules: [{name: gpus, limits: {gpusPerPod: 1}}]}\n";
    const Object pod(
        "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: r}, spec: {containers: [{name: "
        "\"m\xC3\xA4in\", "
        "image: x, resources: {limits: {nvidia.com/gpu: 8}}}]}}");
    const decide::Decision verdict = validate(make_snapshot(documents), pod);
    CHECK(verdict.allowed);
    CHECK(verdict.warnings.size() <= limits::kMaxWarnings);
    for (const std::string& warning : verdict.warnings) {
        CHECK(warning.size() <= limits::kMaxWarningChars);
        for (char c : warning) CHECK((c >= 0x20 && c < 0x7f));
    }
}

TEST_CASE("fixes of one field agree: the lowest ceiling pleases all") {
    const decide::Snapshot snapshot = make_snapshot(std::string(kFleet) + R"(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: ceilings}
spec:
  mode: Enforce
  rules:
  - name: count
    limits: {gpusPerWorkload: 25}
  - name: dollars
    limits: {hourlyCost: 60}
)");
    const decide::Decision verdict = validate(
        snapshot,
        Object(
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d, namespace: r}, spec: {replicas: 40, "
            "template: {spec: {nodeSelector: {nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}, containers: "
            "[{name: main, image: x, resources: {limits: {nvidia.com/gpu: 1}}}]}}}}"));
    REQUIRE(verdict.findings.size() == 2);
    for (const decide::Finding& finding : verdict.findings) CHECK(finding.fix == "spec.replicas: 8");
}

TEST_CASE("a fix does not bow to a policy weaker than the one it is of") {
    const auto bounded = [](const std::string& name, const std::string& mode, const std::string& max) {
        return "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: " + name +
               "}\nspec: {mode: " + mode + ", rules: [{name: lifetime, lifetime: {max: " + max + "}}]}\n";
    };
    const decide::Decision verdict =
        validate(make_snapshot(std::string(kFleet) + bounded("three", "Audit", "1h") +
                               bounded("two", "Warn", "12h") + bounded("one", "Enforce", "24h")),
                 Object(kJob));
    REQUIRE(names(verdict.findings) ==
            std::vector<std::string>{"one/lifetime Deny", "two/lifetime Warn", "three/lifetime Audit"});
    CHECK(verdict.findings[0].fix == "spec.activeDeadlineSeconds: 86400");
    CHECK(verdict.findings[1].fix == "spec.activeDeadlineSeconds: 43200");
    CHECK(verdict.findings[2].fix == "spec.activeDeadlineSeconds: 3600");
    SECTION("the weaker agree with the stronger") {
        const decide::Decision other =
            validate(make_snapshot(std::string(kFleet) + bounded("two", "Audit", "24h") +
                                   bounded("one", "Enforce", "1h")),
                     Object(kJob));
        REQUIRE(other.findings.size() == 2);
        for (const decide::Finding& finding : other.findings)
            CHECK(finding.fix == "spec.activeDeadlineSeconds: 3600");
    }
}

TEST_CASE("nobody is told to opt out where that is not honoured") {
    const auto warns = [](const char* keep) {
        const decide::Decision verdict = mutate(
            make_snapshot(
                std::string(kFleet) +
                "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: "
                "small}\nspec: {mode: Enforce, rules: [{name: fits, rightSize: {pools: [\"*\"], keep: " +
                keep + "}}]}\n"),
            Object("{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: r, annotations: "
                   "{tollgate.dev/gpu-memory: "
                   "8Gi}}, spec: {nodeSelector: {nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}, containers: "
                   "[{name: main, "
                   "image: x, resources: {limits: {nvidia.com/gpu: 1}}}]}}"));
        std::string all;
        for (const std::string& warning : verdict.warnings) all += warning;
        CHECK(all.find("rewritten to") != std::string::npos);
        return all.find("opt out") != std::string::npos;
    };
    CHECK(warns("NeedsReason"));
    CHECK(warns("Honor"));
    CHECK_FALSE(warns("Ignore"));
}
