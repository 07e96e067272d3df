// SPDX-License-Identifier: Apache-2.0
// What a controller is judged to become is what its pods are made: labels, names and references that the
// author chose do not come between the two. And an update of what could not be judged, or was let stand, is
// no way to more of it.
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

#include <string>

using namespace tollgate;
using namespace tollgate::test;

namespace {

constexpr const char* kReplicaSets = "system:serviceaccount:kube-system:replicaset-controller";
constexpr const char* kJobs = "system:serviceaccount:kube-system:job-controller";

std::string rewriting_for(const std::string& kinds) {
    return std::string(kFleet) +
           "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: small}\n" +
           "spec: {mode: Enforce, match: {kinds: " + kinds +
           "}, rules: [{name: fits, rightSize: {pools: [\"*\"]}}]}\n";
}

/// A template, or with `owner` one of its pods.
std::string template_of(const std::string& labels, const std::string& more = "") {
    return "metadata: {labels: {" + labels + "}, annotations: {tollgate.dev/gpu-memory: 8Gi}}, spec: {" +
           more +
           "containers: [{name: main, image: registry.example/embed:1, resources: {limits: {nvidia.com/gpu: "
           "1}}}]}";
}

std::string pod_of(const std::string& owner, const std::string& labels) {
    return "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: research, labels: {" + labels +
           "}, annotations: {tollgate.dev/gpu-memory: 8Gi}, ownerReferences: [{" + owner +
           ", uid: u, controller: true}]}, spec: {containers: [{name: main, image: registry.example/embed:1, "
           "resources: "
           "{limits: {nvidia.com/gpu: 1}}}]}}";
}

bool is_changed(const decide::Decision& decision) {
    return !decision.patch.empty();
}

}  // namespace

TEST_CASE("a label of Kueue's in the template makes the owner Kueue's as well") {
    const decide::Snapshot snapshot = make_snapshot(rewriting_for("[Deployment]"));
    for (const char* label : {"kueue.x-k8s.io/podset: main", "kueue.x-k8s.io/queue-name: q", "app: a"}) {
        INFO(label);
        const std::string labels = std::string("pod-template-hash: abc, ") + label;
        const Object owner(
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d, namespace: research}, spec: "
            "{replicas: 1, selector: {}, template: {" +
            template_of(label) + "}}}");
        const Object pod(pod_of("apiVersion: apps/v1, kind: ReplicaSet, name: d-abc", labels));
        // Either the workload is rewritten as it is created, or its pods are.
        CHECK(is_changed(mutate(snapshot, owner)) != is_changed(mutate(snapshot, pod, kReplicaSets)));
    }
}

TEST_CASE("a Job named as a CronJob's would be is still a Job") {
    const decide::Snapshot snapshot = make_snapshot(rewriting_for("[Job]"));
    for (const char* name : {"infer", "infer-29123460"}) {
        INFO(name);
        const Object pod(pod_of(std::string("apiVersion: batch/v1, kind: Job, name: ") + name, "app: a"));
        CHECK(is_changed(mutate(snapshot, pod, kJobs)));
    }
    const decide::Snapshot cron = make_snapshot(rewriting_for("[CronJob]"));
    const Object pod(pod_of("apiVersion: batch/v1, kind: Job, name: infer-29123460", "app: a"));
    CHECK(is_changed(mutate(cron, pod, kJobs)));
}

TEST_CASE("a ReplicaSet whose pods are labelled as a Deployment's is still a ReplicaSet") {
    const decide::Snapshot snapshot = make_snapshot(rewriting_for("[ReplicaSet]"));
    const Object pod(
        pod_of("apiVersion: apps/v1, kind: ReplicaSet, name: web-abc", "pod-template-hash: abc"));
    CHECK(is_changed(mutate(snapshot, pod, kReplicaSets)));
}

TEST_CASE("a reference to a DaemonSet that anyone can write does not keep a pod") {
    const decide::Snapshot snapshot = make_snapshot(rewriting_for("[Pod]"));
    const Object pod(pod_of("apiVersion: apps/v1, kind: DaemonSet, name: d", "app: a"));
    CHECK(is_changed(mutate(snapshot, pod, "alice")));
    const decide::Snapshot both = make_snapshot(rewriting_for("[Pod, DaemonSet]"));
    CHECK_FALSE(is_changed(mutate(both, pod, "system:serviceaccount:kube-system:daemon-set-controller")));
}

TEST_CASE("what could not be judged before is no way to devices, nor to live for ever") {
    const decide::Snapshot snapshot = make_snapshot(std::string(kFleet) + R"(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: hygiene}
spec:
  mode: Enforce
  failure: Deny
  match: {namespaceSelector: {matchLabels: {tier: r}}}
  rules:
  - {name: known, require: {knownAccelerators: true}}
  - {name: bounded, lifetime: {max: 24h}}
)");
    const auto job = [](const std::string& spec, const std::string& env, const std::string& pod = "") {
        return Object("{apiVersion: batch/v1, kind: Job, metadata: {name: j, namespace: research}, spec: {" +
                      spec + "template: {spec: {restartPolicy: Never, " + pod +
                      "containers: [{name: main, image: x, env: [" + env +
                      "], resources: {limits: {nvidia.com/gpu: 1}}}]}}}}");
    };
    const Object old = job("activeDeadlineSeconds: 3600, ", "");
    const auto allowed = [&](const Object& now) {
        return decide::decide(make_update(decide::Phase::Validate, now, old), snapshot, {}).allowed;
    };
    CHECK(allowed(job("activeDeadlineSeconds: 3600, ", "{name: A, value: b}")));
    CHECK(allowed(job("activeDeadlineSeconds: 1800, ", "")));
    CHECK_FALSE(allowed(job("", "")));
    CHECK_FALSE(allowed(job("activeDeadlineSeconds: 7200, ", "")));
    CHECK_FALSE(allowed(job("activeDeadlineSeconds: 3600, ", "{name: NVIDIA_VISIBLE_DEVICES, value: all}")));
    CHECK_FALSE(allowed(job("activeDeadlineSeconds: 3600, ", "", "tolerations: [{operator: Exists}], ")));
}

TEST_CASE("what was there before stays allowed, not fifty times of it") {
    const decide::Snapshot snapshot = make_snapshot(std::string(kFleet) + R"(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: reasons}
spec:
  mode: Enforce
  rules:
  - {name: why, require: {wholeGpuReason: true}}
  - {name: known, require: {knownAccelerators: true}}
)");
    const auto deployment = [](const char* replicas, const char* product, const char* env) {
        return Object(
            std::string("{apiVersion: apps/v1, kind: Deployment, metadata: {name: d, namespace: research}, "
                        "spec: {replicas: ") +
            replicas + ", template: {spec: {nodeSelector: {nvidia.com/gpu.product: " + product +
            "}, containers: [{name: main, image: x, " + env +
            "resources: {limits: {nvidia.com/gpu: 1}}}]}}}}");
    };
    const char* const all = "env: [{name: NVIDIA_VISIBLE_DEVICES, value: all}], ";
    const auto allowed = [&](const Object& now, const Object& old) {
        return decide::decide(make_update(decide::Phase::Validate, now, old), snapshot, {}).allowed;
    };
    const Object small = deployment("1", "NVIDIA-L4", ""), open = deployment("1", "NVIDIA-L4", all);
    CHECK(allowed(deployment("1", "NVIDIA-L4", "workingDir: /x, "), small));
    CHECK_FALSE(allowed(deployment("50", "NVIDIA-L4", ""), small));
    CHECK_FALSE(allowed(deployment("1", "NVIDIA-H100-80GB-HBM3", ""), small));
    CHECK(allowed(deployment("1", "NVIDIA-L4", all), open));
    CHECK_FALSE(allowed(deployment("50", "NVIDIA-L4", all), open));
}
