// SPDX-License-Identifier: Apache-2.0
// What cannot be judged is an evaluation error: it follows its policy's failure, and never acts more strongly
// than its mode.
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

#include <algorithm>

using namespace tollgate;
using namespace tollgate::test;

namespace {

std::string selecting(const std::string& mode, const std::string& failure) {
    return std::string(kFleet) +
           "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: by-tier}\nspec:\n  "
           "mode: " +
           mode + "\n  failure: " + failure +
           "\n  match: {namespaceSelector: {matchLabels: {tier: research}}}\n  rules: [{name: gpus, limits: "
           "{gpusPerPod: 4}}]\n";
}

const char* const kNamespaces = R"(---
apiVersion: v1
kind: Namespace
metadata: {name: research, labels: {tier: research}}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {tier: web}}
)";

Object pod(const std::string& ns) {
    return Object(
        "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: " + ns +
        "}, spec: {containers: [{name: main, image: x, resources: {limits: {nvidia.com/gpu: 8}}}]}}");
}

}  // namespace

TEST_CASE("a namespace's labels decide where they are known") {
    const decide::Snapshot snapshot = make_snapshot(selecting("Enforce", "Deny") + kNamespaces);
    CHECK_FALSE(validate(snapshot, pod("research")).allowed);
    CHECK(validate(snapshot, pod("shop")).allowed);
}

TEST_CASE("a namespace that was not seen is an error, never `no match`") {
    const decide::Decision strict =
        validate(make_snapshot(selecting("Enforce", "Deny") + kNamespaces), pod("new"));
    CHECK_FALSE(strict.allowed);
    REQUIRE(strict.errors.size() == 1);
    CHECK(strict.errors[0].reason == "namespace_unknown");
    CHECK(strict.message.find("by-tier") != std::string::npos);
    const decide::Decision lenient =
        validate(make_snapshot(selecting("Enforce", "Allow") + kNamespaces), pod("new"));
    CHECK(lenient.allowed);
    CHECK(lenient.errors.size() == 1);
    CHECK_FALSE(lenient.warnings.empty());
    CHECK(validate(make_snapshot(selecting("Warn", "Deny") + kNamespaces), pod("new")).allowed);
}

TEST_CASE("running out of time or steps is an error, never `no finding`") {
    const std::string documents = std::string(kFleet) + R"(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: ceiling}
spec: {mode: Enforce, failure: Deny, rules: [{name: gpus, limits: {gpusPerPod: 4}}]}
)";
    const decide::Snapshot snapshot = make_snapshot(documents);
    const Object object(
        "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: r}, spec: {containers: [{name: main, "
        "image: x, resources: {limits: {nvidia.com/gpu: 1}}}]}}");
    const decide::Request request = make_request(decide::Phase::Validate, object);
    CHECK(decide::decide(request, snapshot, {}).allowed);
    const std::atomic<bool> late{true};
    const decide::Decision slow = decide::decide(request, snapshot, {&late, limits::kMaxSteps, false});
    CHECK_FALSE(slow.allowed);
    REQUIRE_FALSE(slow.errors.empty());
    CHECK(slow.errors[0].reason == "deadline");
    const decide::Decision large = decide::decide(request, snapshot, {nullptr, 0, false});
    CHECK_FALSE(large.allowed);
    REQUIRE_FALSE(large.errors.empty());
    CHECK(large.errors[0].reason == "budget");
    decide::Request mutating = request;
    mutating.phase = decide::Phase::Mutate;
    CHECK(decide::decide(mutating, snapshot, {&late, limits::kMaxSteps, false}).allowed);
}

TEST_CASE("time is the gate's, size is the author's: only the first follows `failure`") {
    const decide::Snapshot snapshot = make_snapshot(std::string(kFleet) + R"(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: ceiling}
spec: {mode: Enforce, failure: Allow, rules: [{name: gpus, limits: {gpusPerPod: 4}}]}
)");
    const std::atomic<bool> late{true};
    const Object object = pod("r");
    const decide::Request request = make_request(decide::Phase::Validate, object);
    CHECK(decide::decide(request, snapshot, {&late, limits::kMaxSteps, false}).allowed);
    CHECK_FALSE(decide::decide(request, snapshot, {nullptr, 0, false}).allowed);
}

TEST_CASE("what could not be judged of a running replica, or of the old object, denies nothing new") {
    const decide::Snapshot snapshot = make_snapshot(std::string(kFleet) + R"(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: ceiling}
spec: {mode: Enforce, failure: Deny, rules: [{name: dollars, limits: {hourlyCost: 100}}]}
---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: advice}
spec: {mode: Warn, failure: Deny, rules: [{name: dollars, limits: {hourlyCost: 100}}]}
)");
    const auto unpriced = [](const std::string& metadata, const std::string& image) {
        return Object("{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: r" + metadata +
                      "}, spec: {nodeSelector: {nvidia.com/gpu.product: NVIDIA-B200}, containers: [{name: "
                      "main, image: " +
                      image + ", resources: {limits: {nvidia.com/gpu: 1}}}]}}");
    };
    const decide::Decision denied = validate(snapshot, unpriced("", "x"));
    CHECK_FALSE(denied.allowed);
    CHECK(denied.message.find(": 1 problem;") != std::string::npos);  // a policy in Warn denies nothing
    const std::string owned =
        ", ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: w-1, uid: u, controller: true}]";
    CHECK(validate(snapshot, unpriced(owned, "x"), "system:serviceaccount:kube-system:replicaset-controller")
              .allowed);
    const Object old = unpriced("", "x"), now = unpriced("", "y");
    CHECK(decide::decide(make_update(decide::Phase::Validate, now, old), snapshot, {}).allowed);
}

TEST_CASE("what could not be judged before is no way to more") {
    const decide::Snapshot snapshot = make_snapshot(std::string(kFleet) + R"(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: ceiling}
spec: {mode: Enforce, failure: Deny, rules: [{name: dollars, limits: {hourlyCost: 100}}]}
)");
    const auto deployment = [](const char* replicas, const char* product, const char* gpus,
                               const char* more) {
        return Object(
            std::string("{apiVersion: apps/v1, kind: Deployment, metadata: {name: d, namespace: r}, "
                        "spec: {replicas: ") +
            replicas + ", template: {spec: {nodeSelector: {nvidia.com/gpu.product: " + product +
            "}, containers: [{name: main, image: x, resources: {limits: {nvidia.com/gpu: " + gpus + more +
            "}}}]}}}}");
    };
    const Object old = deployment("2", "NVIDIA-B200", "2", "");
    const auto allowed = [&](const Object& now) {
        return decide::decide(make_update(decide::Phase::Validate, now, old), snapshot, {}).allowed;
    };
    CHECK(allowed(deployment("1", "NVIDIA-B200", "2", "")));
    CHECK(allowed(deployment("2", "NVIDIA-B200", "1", "")));
    CHECK_FALSE(allowed(deployment("3", "NVIDIA-B200", "2", "")));
    CHECK_FALSE(allowed(deployment("2", "NVIDIA-B200", "4", "")));
    CHECK_FALSE(allowed(deployment("2", "NVIDIA-B200", "2", ", cpu: 64")));
    CHECK_FALSE(allowed(deployment("2", "NVIDIA-B200", "2", ", amd.com/gpu: 1")));
    CHECK_FALSE(allowed(deployment("2", "NVIDIA-GB200", "2", "")));
}

TEST_CASE("a kind nobody described is allowed and said to be unknown") {
    const decide::Snapshot snapshot = make_snapshot(selecting("Enforce", "Deny"));
    const Object object(
        "{apiVersion: x.example/v1, kind: Thing, metadata: {name: t, namespace: r}, spec: {podSpec: "
        "{containers: "
        "[{name: main, image: x, resources: {limits: {nvidia.com/gpu: 8}}}]}}}");
    decide::Request request = make_request(decide::Phase::Validate, object);
    const decide::Decision decision = decide::decide(request, snapshot, {});
    CHECK(decision.allowed);
    CHECK_FALSE(decision.known_kind);
    request.check = true;
    const decide::Decision checked = decide::decide(request, snapshot, {});
    REQUIRE(checked.demand.size() == 1);
    CHECK(checked.demand[0].count == "8");
    CHECK_FALSE(checked.warnings.empty());
}

TEST_CASE("an empty snapshot allows everything") {
    const Object object("{apiVersion: v1, kind: Pod, metadata: {name: p}}");
    CHECK(decide::decide(make_request(decide::Phase::Validate, object), {}, {}).allowed);
}

TEST_CASE("what neither phase of an offline review can judge is said once") {
    const decide::Snapshot snapshot = make_snapshot(std::string(kFleet) + R"(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: small}
spec: {mode: Enforce, priority: 1, rules: [{name: fits, rightSize: {pools: ["*"]}}]}
---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: slices}
spec: {mode: Enforce, rules: [{name: one, replace: {from: {resource: nvidia.com/gpu}, to: {pool: l4}}}]}
)");
    const Object bad(
        "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: r, annotations: "
        "{tollgate.dev/gpu-memory: "
        "18GB}}, spec: {containers: [{name: main, image: x, resources: {limits: {nvidia.com/gpu: 1}}}]}}");
    const auto review = decide::review_offline(make_request(decide::Phase::Mutate, bad), snapshot, {});
    CHECK(review.decision.errors.size() == 2);  // one for each rule
    const auto count = [&](const std::string& start) {
        return std::count_if(review.decision.warnings.begin(), review.decision.warnings.end(),
                             [&](const std::string& line) { return line.starts_with(start); });
    };
    CHECK(count("tollgate: small/fits could not be judged") == 1);
    CHECK(count("tollgate: slices/one could not be judged") == 1);
    CHECK(count("  ") == 2);  // the rest of each
}
