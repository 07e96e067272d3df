// SPDX-License-Identifier: Apache-2.0
// Padding is no way around the gate: what is too large to be judged is refused where a policy is enforced,
// and what its author wrote into names does not make the message longer than promised.
#include "engine/base/limits.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

#include <algorithm>

using namespace tollgate;
using namespace tollgate::test;

namespace {

/// `failure` is left at its default, Allow.
decide::Snapshot gate(const std::string& mode) {
    return make_snapshot(
        std::string(kFleet) +
        "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: ceiling}\n"
        "spec: {mode: " +
        mode + ", rules: [{name: gpus, limits: {gpusPerPod: 4}}]}\n");
}

std::string padded_pod(std::size_t extra, const std::string& gpus, const std::string& metadata = "") {
    std::string out =
        "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: r" + metadata +
        "}, spec: {containers: [{name: main, image: x, resources: {limits: {nvidia.com/gpu: " + gpus +
        "}}}], initContainers: [";
    for (std::size_t i = 0; i < extra; ++i) out += "{name: i" + std::to_string(i) + ", image: x}, ";
    return out + "]}}";
}

std::string pod_with_nothing(const std::string& resource, const std::string& amount) {
    std::string out =
        "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: r}, spec: {containers: [{name: main, "
        "image: x, "
        "resources: {limits: {nvidia.com/gpu: 8";
    for (int i = 0; i < 80; ++i) out += ", " + resource + std::to_string(i) + ": " + amount;
    return out + "}}}]}}";
}

constexpr std::size_t kTooMany = limits::kMaxContainersPerPod;

}  // namespace

TEST_CASE("a pod padded beyond the bounds is refused where a policy is enforced") {
    const decide::Snapshot enforced = gate("Enforce");
    const Object pod(padded_pod(kTooMany, "8"));
    const decide::Decision denied = validate(enforced, pod);
    CHECK_FALSE(denied.allowed);
    CHECK(denied.message.find("pod/p in r: too large to be judged: ") == 0);
    CHECK(denied.message.find("1000 containers") != std::string::npos);
    CHECK(denied.message.find("ceiling") != std::string::npos);
    CHECK(mutate(enforced, pod).allowed);
    CHECK(mutate(enforced, pod).patch.empty());
    const decide::Decision warned = validate(gate("Warn"), pod);
    CHECK(warned.allowed);
    CHECK(warned.errors.size() == 1);
    CHECK_FALSE(validate(enforced, Object(pod_with_nothing("example.com/x", "1"))).allowed);
    CHECK_FALSE(validate(enforced, Object(pod_with_nothing("example.com/x", "0"))).allowed);
}

TEST_CASE("size alone is no offence: pods without accelerators, what was there before, replicas") {
    const decide::Snapshot enforced = gate("Enforce");
    std::string harmless = padded_pod(kTooMany, "8");
    harmless.replace(harmless.find("nvidia.com/gpu"), 14, "example.com/disk");
    CHECK(validate(enforced, Object(harmless)).allowed);
    const Object before(padded_pod(kTooMany, "8")), labelled(padded_pod(kTooMany, "8", ", labels: {a: b}"));
    const decide::Decision update =
        decide::decide(make_update(decide::Phase::Validate, labelled, before), enforced, {});
    CHECK(update.allowed);
    CHECK(update.exempt == "metadata-only update");
    const std::string owned =
        ", ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: w-1, uid: u, controller: true}]";
    const Object replica(padded_pod(kTooMany, "8", owned));
    CHECK(validate(enforced, replica, "system:serviceaccount:kube-system:replicaset-controller").allowed);
    CHECK_FALSE(validate(enforced, replica, "mallory").allowed);
}

TEST_CASE("beyond the bounds the policies that may apply refuse, also what was too large before") {
    const std::string only =
        std::string(kFleet) +
        "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: ceiling}\n"
        "spec: {mode: Enforce, match: {namespaces: [elsewhere]}, rules: [{name: gpus, limits: "
        "{gpusPerPod: 4}}]}\n";
    const Object pod(padded_pod(kTooMany, "8"));
    CHECK(validate(make_snapshot(only), pod).allowed);
    const decide::Snapshot enforced = gate("Enforce");
    const Object more(padded_pod(kTooMany, "16")), small(padded_pod(1, "1"));
    CHECK_FALSE(decide::decide(make_update(decide::Phase::Validate, more, pod), enforced, {}).allowed);
    CHECK_FALSE(decide::decide(make_update(decide::Phase::Validate, more, small), enforced, {}).allowed);
}

TEST_CASE("what another policy finds leaves room and steps for those that deny") {
    const decide::Snapshot snapshot = make_snapshot(std::string(kFleet) + R"(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: a-hygiene}
spec: {mode: Warn, priority: 100, rules: [{name: known, require: {knownAccelerators: true}}]}
---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: b-hygiene}
spec: {mode: Enforce, priority: 50, match: {namespaces: [r]}, rules: [{name: known, require: {knownAccelerators: true}}]}
---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: ceiling}
spec: {mode: Enforce, rules: [{name: gpus, limits: {gpusPerPod: 4}}]}
)");
    const auto denies_gpus = [&](const std::string& ns, const std::string& containers,
                                 const std::string& spec) {
        const Object pod(
            "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: " + ns +
            "}, spec: {containers: [{name: main, image: x, resources: {limits: {nvidia.com/gpu: 8}}}" +
            containers + "]" + spec + "}}");
        decide::Decision decision = validate(snapshot, pod);
        CHECK_FALSE(decision.allowed);
        CHECK(decision.errors.empty());
        const auto found = names(decision.findings);
        CHECK(std::count(found.begin(), found.end(), "ceiling/gpus Deny") == 1);
        for (const decide::Finding& finding : decision.findings)
            if (finding.by.policy == "a-hygiene") CHECK(finding.action == decide::Action::Warn);
        return decision;
    };
    std::string volumes, containers;
    for (int i = 0; i < 1500; ++i)
        volumes +=
            "{name: v" + std::to_string(i) + ", hostPath: {path: /dev/nvidia" + std::to_string(i) + "}}, ";
    for (int i = 0; i < 18; ++i) {
        containers += ", {name: c" + std::to_string(i) + ", image: x, resources: {limits: {a.example/b: 1";
        for (int j = 0; j < 50; ++j) containers += ", nvidia.com/foo" + std::to_string(i * 50 + j) + ": 1";
        containers += "}}}";
    }
    for (const std::string ns : {"other", "r"}) {
        const decide::Decision decision = denies_gpus(ns, "", ", volumes: [" + volumes + "]");
        CHECK(decision.findings.size() < 2 * limits::kMaxFindingsPerRule + 2);
        const auto last = std::find_if(decision.findings.rbegin(), decision.findings.rend(),
                                       [](const decide::Finding& f) { return f.by.policy == "a-hygiene"; });
        REQUIRE(last != decision.findings.rend());
        CHECK(last->what.find(" And 1400 more like it.") != std::string::npos);
    }
    CHECK(validate(snapshot, Object("{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: other}, "
                                    "spec: {containers: [{name: main, "
                                    "image: x, resources: {limits: {nvidia.com/gpu: 8}}}" +
                                    containers + "]}}"))
              .allowed == false);
}

TEST_CASE("names nobody has checked do not stretch the message or reach a terminal raw") {
    const std::string name = std::string(20'000, 'n') + "\\e[31m\\n";
    const Object pod("{apiVersion: v1, kind: Pod, metadata: {name: \"" + name + "\", namespace: \"" + name +
                     "\"}, spec: {containers: [{name: \"" + name +
                     "\", image: x, resources: {limits: {nvidia.com/gpu: 8}}}]}}");
    const decide::Decision denied = validate(gate("Enforce"), pod);
    REQUIRE_FALSE(denied.allowed);
    CHECK(denied.message.size() <= limits::kMaxMessageBytes);
    CHECK(denied.message.find('\x1b') == std::string::npos);
    CHECK(denied.message.find("ceiling/gpus: ") != std::string::npos);
}

TEST_CASE("the links of many policies do not push the findings out of the message") {
    std::string documents = kFleet;
    for (int i = 0; i < 200; ++i) {
        documents += "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: p" +
                     std::to_string(i) +
                     ", annotations: {tollgate.dev/docs: \"https://wiki.example/policies/about/gpus/number/" +
                     std::to_string(i) +
                     "\"}}\nspec: {mode: Enforce, rules: [{name: r, limits: {gpusPerPod: 1}}]}\n";
    }
    const decide::Decision denied = validate(make_snapshot(documents), Object(padded_pod(0, "8")));
    REQUIRE_FALSE(denied.allowed);
    CHECK(denied.message.size() <= limits::kMaxMessageBytes);
    CHECK(denied.message.find("1. p0/r: ") != std::string::npos);
    CHECK(denied.message.find("docs: https://") != std::string::npos);
}
