// SPDX-License-Identifier: Apache-2.0
// A second apply of a rewritten pod's manifest, and what an update may change all the same: tolerations may
// be added to a pod that runs.
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

#include <algorithm>

using namespace tollgate;
using namespace tollgate::test;

namespace {

using Op = patch::Operation::Op;

const std::string kPolicies = std::string(kFleet) + R"(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: small}
spec: {mode: Enforce, rules: [{name: fits, rightSize: {pools: ["*"]}}]}
)";

constexpr const char* kOwn = R"({"key":"team","operator":"Exists"})";
constexpr const char* kOurs = R"({"key":"nvidia.com/gpu","operator":"Exists","effect":"NoSchedule"})";
constexpr const char* kLeaves =
    R"({"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":300})";
constexpr const char* kAdded = R"({"key":"maintenance","operator":"Exists"})";

Object pod() {
    return Object(R"(
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: research, annotations: {tollgate.dev/gpu-memory: 8Gi}}
spec:
  nodeSelector: {nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}
  containers:
  - {name: main, image: x, resources: {limits: {nvidia.com/gpu: 1}}}
)");
}

std::string list(std::initializer_list<std::string> tolerations) {
    std::string all;
    for (const std::string& each : tolerations) all += (all.empty() ? "" : ",") + each;
    return "[" + all + "]";
}

Object with_tolerations(const Object& object, const std::string& tolerations) {
    return patched(object, {{Op::Add, "/spec/tolerations", tolerations}});
}

struct World {
    decide::Snapshot snapshot = make_snapshot(kPolicies);
    Object original = pod();
    /// As it runs: rewritten, with tolerations of its own, of its pool and of Kubernetes.
    Object old =
        with_tolerations(patched(original, mutate(snapshot, original).patch), list({kOwn, kOurs, kLeaves}));

    decide::Decision update(const Object& now) const {
        return decide::decide(make_update(decide::Phase::Mutate, now, old), snapshot, {});
    }
    /// The tolerations after the update, where they alone may differ from the old spec; "" otherwise.
    std::string tolerations_after(const Object& now) const {
        const Object then = patched(now, update(now).patch);
        const Object without = with_tolerations(then, "[]");
        if (!json::equal(without.root()["spec"], with_tolerations(old, "[]").root()["spec"])) return "";
        return json::to_json(then.root()["spec"]["tolerations"]);
    }
};

bool is_told(const decide::Decision& decision) {
    return std::any_of(decision.warnings.begin(), decision.warnings.end(), [](const std::string& warning) {
        return warning.find("was put back") != std::string::npos &&
               warning.size() <= limits::kMaxWarningChars;
    });
}

}  // namespace

TEST_CASE("a toleration added to a rewritten pod is the user's to add") {
    const World world;
    const decide::Decision update =
        world.update(with_tolerations(world.old, list({kOwn, kOurs, kLeaves, kAdded})));
    CHECK(update.patch.empty());
    CHECK(update.warnings.empty());
    SECTION("and so is another time to leave a node") {
        std::string shorter = kLeaves;
        shorter.replace(shorter.find("300"), 3, "60");
        CHECK(world.update(with_tolerations(world.old, list({kOwn, kOurs, shorter}))).patch.empty());
        // Where the list has to be mended all the same, it is kept.
        CHECK(world.tolerations_after(with_tolerations(world.old, list({kOwn, shorter}))) ==
              list({kOwn, kOurs, shorter}));
    }
    SECTION("their order says nothing") {
        CHECK(world.update(with_tolerations(world.old, list({kLeaves, kOwn, kOurs}))).patch.empty());
    }
}

TEST_CASE("a second apply is given back what it lacks, keeps what it adds, and is told") {
    const World world;
    const Object again = with_tolerations(world.original, list({kOwn, kAdded, kLeaves}));
    CHECK(world.tolerations_after(again) == list({kOwn, kOurs, kLeaves, kAdded}));
    CHECK(is_told(world.update(again)));
    SECTION("without any of its own it is as it was") {
        CHECK(world.tolerations_after(world.original) == list({kOwn, kOurs, kLeaves}));
        CHECK(is_told(world.update(world.original)));
    }
    SECTION("where only a toleration is gone too") {
        const Object dropped = with_tolerations(world.old, list({kOwn, kLeaves, kAdded}));
        CHECK(world.tolerations_after(dropped) == list({kOwn, kOurs, kLeaves, kAdded}));
        CHECK(is_told(world.update(dropped)));
    }
    SECTION("where only the selector is not, the tolerations stay as they are sent") {
        const Object moved = patched(
            with_tolerations(world.old, list({kAdded, kLeaves, kOwn, kOurs})),
            {{Op::Replace, "/spec/nodeSelector/nvidia.com~1gpu.product", "\"NVIDIA-H100-80GB-HBM3\""}});
        CHECK(world.tolerations_after(moved) == list({kAdded, kLeaves, kOwn, kOurs}));
        CHECK(is_told(world.update(moved)));
    }
    SECTION("another image is a change, whatever else comes with it") {
        const Object other = patched(again, {{Op::Replace, "/spec/containers/0/image", "\"y\""}});
        CHECK(world.update(other).patch.empty());
        CHECK(world.update(other).warnings.empty());
    }
    SECTION("a toleration of the same key and another effect is not the old one") {
        std::string harder = kOurs;
        harder.replace(harder.find("NoSchedule"), 10, "NoExecute");
        CHECK(world.tolerations_after(with_tolerations(world.original, list({harder}))) ==
              list({kOwn, kOurs, kLeaves, harder}));
    }
}
