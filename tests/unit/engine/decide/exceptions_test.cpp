// SPDX-License-Identifier: Apache-2.0
// A CostException is a hole with a reason, an owner and an end; nothing more.
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

#include <algorithm>

using namespace tollgate;
using namespace tollgate::test;

namespace {

const std::string kPolicies = std::string(kFleet) + R"(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: ceiling}
spec:
  mode: Enforce
  rules:
  - name: gpus
    limits: {gpusPerPod: 4}
  - name: cost
    limits: {podHourlyCost: 20}
---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: small}
spec: {mode: Enforce, rules: [{name: fits, rightSize: {pools: ["*"]}}]}
)";

std::string exception(const std::string& name, const std::string& rules, const std::string& rest) {
    return "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostException\nmetadata: {name: " + name +
           "}\nspec:\n  rules: [" + rules +
           "]\n  match: {namespaces: [research]}\n  reason: load test\n  approvedBy: a@b\n" + rest;
}

constexpr const char* kOpen = "  expires: 2026-12-01T00:00:00Z\n  maxHourlyCost: 200\n";

const char* const kPod =
    "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: research}, spec: {nodeSelector: "
    "{nvidia.com/gpu.product: "
    "NVIDIA-H100-80GB-HBM3}, containers: [{name: main, image: x, resources: {limits: {nvidia.com/gpu: "
    "8}}}]}}";

}  // namespace

TEST_CASE("an exception waives what it names, and reports it with its dollars") {
    const decide::Snapshot snapshot = make_snapshot(kPolicies + exception("e", "ceiling", kOpen));
    const decide::Decision verdict = validate(snapshot, Object(kPod));
    CHECK(verdict.allowed);
    CHECK(verdict.findings.empty());
    REQUIRE(verdict.waived.size() == 2);
    CHECK(verdict.waived[0].waived_by == "e");
    CHECK_FALSE(verdict.warnings.empty());
}

TEST_CASE("other rules' findings stand") {
    const decide::Snapshot snapshot = make_snapshot(kPolicies + exception("e", "ceiling/gpus", kOpen));
    const decide::Decision verdict = validate(snapshot, Object(kPod));
    CHECK_FALSE(verdict.allowed);
    CHECK(names(verdict.findings) == std::vector<std::string>{"ceiling/cost Deny"});
}

TEST_CASE("expired, too dear, elsewhere: nothing is waived") {
    decide::Snapshot snapshot = make_snapshot(kPolicies + exception("e", "ceiling", kOpen));
    SECTION("expired") {
        const Object object(kPod);
        decide::Request request = make_request(decide::Phase::Validate, object);
        request.now_unix_ms = kNow + 30LL * 24 * 3600 * 1000;
        CHECK_FALSE(decide::decide(request, snapshot, {}).allowed);
    }
    SECTION("its ceiling is below the cost") {
        snapshot = make_snapshot(
            kPolicies + exception("e", "ceiling", "  expires: 2026-12-01T00:00:00Z\n  maxHourlyCost: 50\n"));
        const decide::Decision verdict = validate(snapshot, Object(kPod));
        CHECK_FALSE(verdict.allowed);
        const char* const told =
            "note: CostException e does not apply: this costs $55.04/h, and its ceiling is $50.00/h";
        CHECK(verdict.message.find(told) != std::string::npos);
    }
    SECTION("another namespace") {
        const Object object(kPod);
        decide::Request request = make_request(decide::Phase::Validate, object);
        request.ns = "production";
        CHECK_FALSE(decide::decide(request, snapshot, {}).allowed);
    }
}

TEST_CASE("two exceptions do not combine into one") {
    const std::string cheap = "  expires: 2026-12-01T00:00:00Z\n  maxHourlyCost: 1\n";
    const decide::Snapshot snapshot = make_snapshot(kPolicies + exception("names-it", "ceiling", cheap) +
                                                    exception("affords-it", "small", kOpen));
    CHECK_FALSE(validate(snapshot, Object(kPod)).allowed);
}

TEST_CASE("an exception from a rewriting rule leaves the pod as it is") {
    const char* const small =
        "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: research, annotations: "
        "{tollgate.dev/gpu-memory: 8Gi}}, "
        "spec: {containers: [{name: main, image: x, resources: {limits: {nvidia.com/gpu: 1}}}]}}";
    CHECK_FALSE(mutate(make_snapshot(kPolicies), Object(small)).patch.empty());
    const decide::Snapshot snapshot = make_snapshot(kPolicies + exception("e", "small/fits", kOpen));
    CHECK(mutate(snapshot, Object(small)).patch.empty());
    CHECK(validate(snapshot, Object(small)).findings.empty());
}

TEST_CASE("a rewrite that an exception stops is reported with what it would have saved") {
    const std::string pod =
        "{metadata: {annotations: {tollgate.dev/gpu-memory: 8Gi}}, spec: {nodeSelector: "
        "{nvidia.com/gpu.product: "
        "NVIDIA-H100-80GB-HBM3}, containers: [{name: main, image: x, resources: {limits: {nvidia.com/gpu: "
        "1}}}]}}";
    const Object deployment(
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d, namespace: research}, spec: "
        "{replicas: 4, template: " +
        pod + "}}");
    const decide::Snapshot open = make_snapshot(kPolicies + exception("e", "small", kOpen));
    const decide::Decision waived = validate(open, deployment);
    CHECK(waived.rewrites.empty());
    REQUIRE(waived.waived.size() == 1);
    CHECK(waived.waived[0].waived_by == "e");
    CHECK(waived.waived[0].hourly.usd > Ratio(0));
    CHECK(waived.waived[0].what.find("would run on 1 nvidia.com/mig-1g.10gb") == 0);
    CHECK_FALSE(waived.warnings.empty());

    SECTION("its pods are held against the ceiling one by one, and so is what they are said to become") {
        const std::string tight =
            "  expires: 2026-12-01T00:00:00Z\n  maxHourlyCost: 7\n";  // one pod is $6.88
        const decide::Snapshot snapshot = make_snapshot(kPolicies + exception("e", "small", tight));
        CHECK(validate(snapshot, deployment).rewrites.empty());
        const std::string owned =
            "{apiVersion: v1, kind: Pod, metadata: {name: d-1, namespace: research, labels: "
            "{pod-template-hash: a}, "
            "annotations: {tollgate.dev/gpu-memory: 8Gi}, ownerReferences: [{apiVersion: apps/v1, kind: "
            "ReplicaSet, "
            "name: d-a, uid: u, controller: true}]}, ";
        const Object one(owned + pod.substr(pod.find("spec:")));
        CHECK(mutate(snapshot, one, "system:serviceaccount:kube-system:replicaset-controller").patch.empty());
    }
    SECTION("above the ceiling it is done") {
        const std::string low = "  expires: 2026-12-01T00:00:00Z\n  maxHourlyCost: 6\n";
        const decide::Decision done =
            validate(make_snapshot(kPolicies + exception("e", "small", low)), deployment);
        CHECK(done.rewrites.size() == 1);
        CHECK(done.waived.empty());
    }
}

namespace {

/// Somebody's H100s have no price; T4s cost $0.60.
const char* const kHalfPriced = R"(---
apiVersion: tollgate.dev/v1alpha1
kind: Fleet
metadata: {name: half}
spec:
  pools:
  - {name: own, gpu: NVIDIA-H100-80GB-HBM3, gpusPerNode: 8, allocatable: {cpu: 188, memory: 1900Gi}}
  - {name: t4, gpu: Tesla-T4, gpusPerNode: 8, allocatable: {cpu: 188, memory: 1900Gi}, price: 0.60}
---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: ceiling}
spec: {mode: Enforce, failure: Deny, rules: [{name: cost, limits: {hourlyCost: 10, podHourlyCost: 10}}]}
---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: gpus}
spec: {mode: Enforce, rules: [{name: gpus, limits: {gpusPerPod: 4}}]}
)";

Object gpus(int count) {
    return Object(
        "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: research}, spec: {containers: [{name: "
        "main, image: x, resources: {limits: {nvidia.com/gpu: " +
        std::to_string(count) + "}}}]}}");
}

}  // namespace

TEST_CASE(
    "a pod that may land where no price is known costs at least what the others cost, and that decides "
    "nothing") {
    const decide::Snapshot snapshot = make_snapshot(kHalfPriced);
    const decide::Decision verdict = validate(snapshot, gpus(1));
    CHECK_FALSE(verdict.allowed);
    REQUIRE_FALSE(verdict.errors.empty());
    CHECK(verdict.errors[0].reason == "price_unknown");
    CHECK_FALSE(verdict.after.hourly.has_value());
    CHECK(verdict.after.note.find("at least $0.60/h; ") == 0);
    SECTION("nor does it fit under the ceiling of an exception") {
        const decide::Snapshot excepted =
            make_snapshot(std::string(kHalfPriced) + exception("e", "gpus", kOpen));
        const decide::Decision waived = validate(excepted, gpus(8));
        CHECK(waived.waived.empty());
        const auto found = names(waived.findings);
        CHECK(std::find(found.begin(), found.end(), "gpus/gpus Deny") != found.end());
    }
}

namespace {

const std::string kBalanced = std::string(kFleet) + R"(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: small}
spec: {mode: Enforce, rules: [{name: fits, rightSize: {pools: ["*"]}}]}
---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: balanced}
spec: {mode: Enforce, rules: [{name: cpu, limits: {cpuPerGpu: NodeShare}}]}
)";

/// More CPUs than come with a slice of an A100.
const std::string kHungry =
    "{nodeSelector: {nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}, containers: [{name: main, image: x, "
    "resources: {requests: {cpu: 2500m, memory: 4Gi}, limits: {nvidia.com/gpu: 1}}}]}";

std::string ceiling_of(const char* dollars) {
    return std::string("  expires: 2026-12-01T00:00:00Z\n  maxHourlyCost: ") + dollars + "\n";
}

}  // namespace

TEST_CASE("no offer is withheld for a rule that an exception waives there") {
    const Object pod(
        "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: research, annotations: "
        "{tollgate.dev/gpu-memory: 8Gi}}, spec: " +
        kHungry + "}");
    const auto becomes = [&](const std::string& more) {
        const decide::Snapshot snapshot = make_snapshot(kBalanced + more);
        const decide::Decision decision = mutate(snapshot, pod);
        REQUIRE(decision.rewrites.size() == 1);
        const Object then = patched(pod, decision.patch);
        CHECK(validate(snapshot, then).allowed);
        CHECK(mutate(snapshot, then).patch.empty());
        return decision.rewrites[0].to_resource;
    };
    CHECK(becomes("") == "nvidia.com/gpu");
    CHECK(becomes(exception("e", "balanced/cpu", kOpen)) == "nvidia.com/mig-1g.10gb");
    CHECK(becomes(exception("e", "balanced", ceiling_of("2"))) == "nvidia.com/mig-1g.10gb");
    // What does not hold for the pod as it would be waives nothing of it.
    CHECK(becomes(exception("e", "balanced", ceiling_of("0.10"))) == "nvidia.com/gpu");
}

TEST_CASE("an exception never makes a workload be refused for what its pods would become") {
    const Object deployment(
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d, namespace: research}, spec: "
        "{replicas: 40, template: {metadata: {annotations: {tollgate.dev/gpu-memory: 8Gi}}, spec: " +
        kHungry + "}}}");
    const auto judged = [&](const std::string& more) {
        return validate(make_snapshot(kBalanced + more), deployment);
    };
    CHECK(judged("").allowed);
    const decide::Decision open = judged(exception("e", "balanced", kOpen));
    CHECK(open.allowed);
    REQUIRE(open.rewrites.size() == 1);
    CHECK(open.rewrites[0].to_resource == "nvidia.com/mig-1g.10gb");
    CHECK(open.waived.size() == 1);
    // One pod is below this, all of them are above.
    const decide::Decision tight = judged(exception("e", "balanced", ceiling_of("10")));
    CHECK(tight.allowed);
    CHECK(tight.findings.empty());
}
