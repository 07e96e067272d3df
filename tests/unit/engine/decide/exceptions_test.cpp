// SPDX-License-Identifier: Apache-2.0
// A CostException is a hole with a reason, an owner and an end; nothing more.
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

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
        CHECK_FALSE(validate(snapshot, Object(kPod)).allowed);
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
