// SPDX-License-Identifier: Apache-2.0
// On UPDATE the verdict is on what got worse.
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

using namespace tollgate;
using namespace tollgate::test;

namespace {

const std::string kCeiling = std::string(kFleet) + R"(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: ceiling}
spec:
  mode: Enforce
  rules:
  - name: gpus
    limits: {gpusPerWorkload: 4}
  - name: team
    require: {labels: [{key: team}]}
)";

Object deployment(int replicas, int gpus, const std::string& image, const std::string& metadata = "") {
    return Object("{apiVersion: apps/v1, kind: Deployment, metadata: {name: d, namespace: research" +
                  metadata + "}, spec: {replicas: " + std::to_string(replicas) +
                  ", template: {spec: {containers: [{name: main, image: \"" + image +
                  "\", resources: {limits: {nvidia.com/gpu: " + std::to_string(gpus) + "}}}]}}}}");
}

decide::Decision update(const Object& now, const Object& old) {
    static const decide::Snapshot snapshot = make_snapshot(kCeiling);
    return decide::decide(make_update(decide::Phase::Validate, now, old), snapshot, {});
}

}  // namespace

TEST_CASE("what was there before and is no larger does not count") {
    const decide::Decision same = update(deployment(4, 2, "x:2"), deployment(4, 2, "x:1"));
    CHECK(same.allowed);
    CHECK(same.findings.empty());
    CHECK_FALSE(same.grandfathered.empty());
    CHECK(update(deployment(3, 2, "x:2"), deployment(4, 2, "x:1")).allowed);
}

TEST_CASE("what got worse counts") {
    CHECK_FALSE(update(deployment(5, 2, "x:1"), deployment(4, 2, "x:1")).allowed);
    CHECK_FALSE(update(deployment(3, 3, "x:1"), deployment(4, 2, "x:1")).allowed);
    CHECK_FALSE(update(deployment(4, 2, "x:1"), deployment(2, 2, "x:1", ", labels: {team: a}")).allowed);
}

TEST_CASE("what lacks something as a whole may not grow either") {
    const decide::Snapshot snapshot = make_snapshot(std::string(kFleet) + R"(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: owned}
spec:
  mode: Enforce
  rules:
  - name: team
    require: {labels: [{key: team}]}
  - name: ends
    lifetime: {max: 12h}
)");
    const auto of = [](int replicas, const char* image) { return deployment(replicas, 1, image); };
    const auto allowed = [&](const Object& now, const Object& old) {
        return decide::decide(make_update(decide::Phase::Validate, now, old), snapshot, {}).allowed;
    };
    CHECK(allowed(of(3, "x:2"), of(3, "x:1")));
    CHECK(allowed(of(2, "x:1"), of(3, "x:1")));
    CHECK_FALSE(allowed(of(300, "x:1"), of(3, "x:1")));
}

namespace {

/// An enforcing policy that denies what it cannot judge.
decide::Snapshot strict(const std::string& conditions, const std::string& rule) {
    return make_snapshot(
        std::string(kFleet) +
        "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: strict}\nspec:\n"
        "  failure: Deny\n  match: {conditions: [" +
        conditions + "]}\n  rules: [{name: r, " + rule + "}]\n");
}

const std::string kReadsA = "{name: a, expression: \"object.metadata.annotations.a != ''\"}";
const std::string kReadsB = "{name: b, expression: \"object.metadata.annotations.b != ''\"}";

bool allowed_update(const decide::Snapshot& snapshot, const Object& now, const Object& old) {
    return decide::decide(make_update(decide::Phase::Validate, now, old), snapshot, {}).allowed;
}

Object annotated(const std::string& annotation, const std::string& image) {
    return deployment(2, 1, image, ", annotations: {" + annotation + ": x}");
}

}  // namespace

TEST_CASE("a check that ends in an error is excused by nothing that was there before") {
    const decide::Snapshot errs =
        strict("{name: all, expression: 'true'}", "check: {expression: workload.model == 'm'}");
    CHECK_FALSE(allowed_update(errs, deployment(2, 1, "x:2"), deployment(2, 1, "x:1")));
    // Nor is a condition without which no check is made.
    const decide::Snapshot guarded = strict(kReadsA, "check: {expression: 'true'}");
    CHECK_FALSE(allowed_update(guarded, deployment(2, 1, "x:2"), deployment(2, 1, "x:1")));
    // Verbs that have a measure are as before: what asks for no more is let through.
    const decide::Snapshot measured = strict(kReadsA, "limits: {gpusPerWorkload: 4}");
    CHECK(allowed_update(measured, deployment(2, 1, "x:2"), deployment(2, 1, "x:1")));
    CHECK_FALSE(allowed_update(measured, deployment(3, 1, "x:2"), deployment(2, 1, "x:1")));
}

TEST_CASE("an error of one condition excuses no other") {
    const decide::Snapshot snapshot = strict(kReadsA + ", " + kReadsB, "limits: {gpusPerWorkload: 4}");
    CHECK(allowed_update(snapshot, annotated("a", "x:2"), annotated("a", "x:1")));
    CHECK_FALSE(allowed_update(snapshot, annotated("a", "x:2"), annotated("b", "x:1")));
}

TEST_CASE("a change of metadata alone is not judged") {
    const decide::Decision decision =
        update(deployment(9, 8, "x:1", ", labels: {a: b}"), deployment(9, 8, "x:1"));
    CHECK(decision.allowed);
    CHECK(decision.exempt == "metadata-only update");
}

TEST_CASE("where no cost policy is, nothing is said not to be judged") {
    const decide::Snapshot none = make_snapshot(kFleet);
    const Object now = deployment(9, 8, "x:1", ", labels: {a: b}"), old = deployment(9, 8, "x:1");
    CHECK(decide::decide(make_update(decide::Phase::Validate, now, old), none, {}).exempt.empty());
}

TEST_CASE("a finalizer or deletionTimestamp does not hide a changed spec") {
    const std::string dying = ", deletionTimestamp: \"2026-01-01T00:00:00Z\", finalizers: [a/b]";
    CHECK_FALSE(update(deployment(9, 8, "x:1", dying), deployment(1, 1, "x:1", dying)).allowed);
}

TEST_CASE("objects being deleted and bound pods are never patched") {
    const decide::Snapshot snapshot = make_snapshot(std::string(kFleet) + R"(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: small}
spec: {mode: Enforce, rules: [{name: fits, rightSize: {pools: ["*"]}}]}
)");
    const auto pod = [](const std::string& metadata, const std::string& spec) {
        return Object(
            "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: r, annotations: "
            "{tollgate.dev/gpu-memory: 8Gi}" +
            metadata + "}, spec: {" + spec +
            "containers: [{name: main, image: x, resources: {limits: {nvidia.com/gpu: 1}}}]}}");
    };
    CHECK_FALSE(mutate(snapshot, pod("", "")).patch.empty());
    CHECK(mutate(snapshot, pod(", deletionTimestamp: \"2026-01-01T00:00:00Z\"", "")).patch.empty());
    CHECK(mutate(snapshot, pod("", "nodeName: n1, ")).patch.empty());
    CHECK(mutate(snapshot, pod("", "nodeSelector: {kubernetes.io/hostname: n1}, ")).patch.empty());
}

TEST_CASE("a share asked for by annotation later is judged like one asked for at once") {
    const decide::Snapshot snapshot = make_snapshot(std::string(kFleet) + R"(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: none}
spec: {mode: Enforce, rules: [{name: gpus, limits: {gpusPerPod: 0}}]}
)");
    const auto pod = [](const std::string& annotations) {
        return Object("{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: r, annotations: {" +
                      annotations + "}}, spec: {containers: [{name: main, image: x}]}}");
    };
    const auto changed = [&](const std::string& before, const std::string& after) {
        const Object old = pod(before), now = pod(after);
        return decide::decide(make_update(decide::Phase::Validate, now, old), snapshot, {});
    };
    CHECK_FALSE(changed("a: b", "a: b, gpu-fraction: \"0.5\"").allowed);
    CHECK_FALSE(changed("a: b", "gpu-memory: \"2000\"").allowed);
    CHECK_FALSE(
        changed("gpu-fraction: \"0.5\"", "gpu-fraction: \"0.5\", gpu-fraction-num-devices: \"4\"").allowed);
    CHECK(changed("gpu-fraction: \"0.5\"", "gpu-fraction: \"0.5\", note: new").exempt ==
          "metadata-only update");
    CHECK(changed("gpu-fraction: \"0.5\"", "a: b").allowed);
}
