// SPDX-License-Identifier: Apache-2.0
// Whom the gate believes: owner references, mirror annotations, namespaces.
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

using namespace tollgate;
using namespace tollgate::test;

namespace {

std::string ceiling(const std::string& extra, const std::string& match = "{}") {
    return std::string(kFleet) + R"(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: ceiling}
spec:
  mode: Enforce
  match: )" +
           match + extra + R"(
  rules:
  - name: gpus
    limits: {gpusPerPod: 4}
)";
}

std::string pod(const std::string& metadata) {
    return "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: research" + metadata +
           "}, spec: {containers: [{name: main, image: x, resources: {limits: {nvidia.com/gpu: 8}}}]}}";
}

const std::string kOwned =
    ", labels: {pod-template-hash: abc}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: "
    "d-abc, uid: u, "
    "controller: true}]";
constexpr const char* kReplicaSetController = "system:serviceaccount:kube-system:replicaset-controller";

}  // namespace

TEST_CASE("reference and requester together make a pod controlled") {
    const decide::Snapshot snapshot = make_snapshot(ceiling(""));
    const Object owned(pod(kOwned));
    CHECK_FALSE(validate(snapshot, owned, "eve").allowed);
    CHECK_FALSE(validate(snapshot, owned, "system:serviceaccount:kube-system:job-controller").allowed);
    CHECK_FALSE(validate(snapshot, owned, "system:serviceaccount:research:replicaset-controller").allowed);
    CHECK_FALSE(validate(snapshot, Object(pod("")), kReplicaSetController).allowed);
    const decide::Decision controlled = validate(snapshot, owned, kReplicaSetController);
    CHECK(controlled.allowed);
    CHECK(controlled.controlled);
    CHECK(names(controlled.findings) == std::vector<std::string>{"ceiling/gpus Audit"});
}

TEST_CASE("what a judged parent makes on the way to its pods is controlled too") {
    const decide::Snapshot snapshot = make_snapshot(ceiling(""));
    const auto made_by = [](const char* kind, const char* owner_api, const char* owner) {
        return Object(
            std::string("{apiVersion: ") + (std::string(kind) == "Job" ? "batch/v1" : "apps/v1") +
            ", kind: " + kind +
            ", metadata: {name: d-1, namespace: research, ownerReferences: [{apiVersion: " + owner_api +
            ", kind: " + owner +
            ", name: d, uid: u, controller: true}]}, spec: {template: {spec: {containers: [{name: main, "
            "image: x, resources: {limits: {nvidia.com/gpu: 8}}}]}}}}");
    };
    const Object set = made_by("ReplicaSet", "apps/v1", "Deployment");
    CHECK(validate(snapshot, set, "system:serviceaccount:kube-system:deployment-controller").allowed);
    CHECK_FALSE(validate(snapshot, set, "eve").allowed);
    const Object job = made_by("Job", "batch/v1", "CronJob");
    CHECK(validate(snapshot, job, "system:serviceaccount:kube-system:cronjob-controller").allowed);
    CHECK_FALSE(validate(snapshot, job, "eve").allowed);
    const decide::Snapshot strict = make_snapshot(ceiling("\n  controlledPods: Deny"));
    CHECK_FALSE(validate(strict, set, "system:serviceaccount:kube-system:deployment-controller").allowed);
}

TEST_CASE("controlledPods: Deny refuses them too") {
    const decide::Snapshot snapshot = make_snapshot(ceiling("\n  controlledPods: Deny"));
    CHECK_FALSE(validate(snapshot, Object(pod(kOwned)), kReplicaSetController).allowed);
}

TEST_CASE("a reference that is not controlling, or of an unknown kind, exempts nobody") {
    const decide::Snapshot snapshot = make_snapshot(ceiling(""));
    const std::string not_controlling =
        ", ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: d, uid: u}]";
    CHECK_FALSE(validate(snapshot, Object(pod(not_controlling)), kReplicaSetController).allowed);
    const std::string unknown =
        ", ownerReferences: [{apiVersion: evil.example/v1, kind: ReplicaSet, name: d, uid: u, controller: "
        "true}]";
    CHECK_FALSE(validate(snapshot, Object(pod(unknown)), kReplicaSetController).allowed);
}

TEST_CASE("a claimed owner neither hides a Pod from policies on Pods nor buys an exclusion") {
    const Object owned(pod(kOwned));
    CHECK_FALSE(validate(make_snapshot(ceiling("", "{kinds: [Pod]}")), owned, "eve").allowed);
    CHECK_FALSE(validate(make_snapshot(ceiling("", "{kinds: [Deployment]}")), owned, "eve").allowed);
    const std::string exclude = "\n  exclude: [{kinds: [Deployment]}]";
    CHECK_FALSE(validate(make_snapshot(ceiling(exclude)), owned, "eve").allowed);
    CHECK(validate(make_snapshot(ceiling(exclude)), owned, kReplicaSetController).findings.empty());
}

TEST_CASE("a mirror annotation counts only from a node") {
    const decide::Snapshot snapshot = make_snapshot(ceiling(""));
    const Object mirror(pod(", annotations: {kubernetes.io/config.mirror: x}"));
    CHECK_FALSE(validate(snapshot, mirror, "eve").allowed);
    CHECK_FALSE(validate(snapshot, mirror, "system:node:n1").allowed);  // the name without the group
    decide::Request request = make_request(decide::Phase::Validate, mirror, "system:node:n1");
    request.user.groups = {"system:nodes", "system:authenticated"};
    const decide::Decision by_node = decide::decide(request, snapshot, {});
    CHECK(by_node.allowed);
    CHECK(by_node.exempt == "mirror pod made by its node");
    decide::Request plain = request;
    const Object no_mirror(pod(""));
    plain.object = no_mirror.root();
    CHECK_FALSE(decide::decide(plain, snapshot, {}).allowed);
}

TEST_CASE("the gate is off where the namespace says so, by its real name") {
    const std::string ns =
        "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: sandbox, labels: {tollgate.dev/gate: "
        "\"off\"}}\n";
    const decide::Snapshot snapshot = make_snapshot(ceiling("") + ns);
    const Object claimed(
        "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: sandbox}, spec: {containers: "
        "[{name: main, image: x, resources: {limits: {nvidia.com/gpu: 8}}}]}}");
    decide::Request request = make_request(decide::Phase::Validate, claimed);
    request.ns = "research";  // where the API server puts it
    CHECK_FALSE(decide::decide(request, snapshot, {}).allowed);
    request.ns = "sandbox";
    CHECK(decide::decide(request, snapshot, {}).exempt == "namespace has the gate off");
}

TEST_CASE("excluded namespaces are the webhooks' business; check says so offline") {
    const decide::Snapshot snapshot = make_snapshot(ceiling(""));
    const Object object(pod(""));
    decide::Request request = make_request(decide::Phase::Validate, object);
    request.ns = "gpu-operator";
    CHECK_FALSE(decide::decide(request, snapshot, {}).allowed);
    request.check = true;
    CHECK_FALSE(decide::decide(request, snapshot, {}).exempt.empty());
    request.ns = "gpu-operator-2";
    CHECK_FALSE(decide::decide(request, snapshot, {}).allowed);
}

TEST_CASE("an ephemeral container or a resize is looked at; other subresources are not") {
    const decide::Snapshot snapshot = make_snapshot(ceiling(""));
    const Object now(pod("")),
        old("{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: research}, spec: {}}");
    decide::Request request = make_update(decide::Phase::Validate, now, old);
    for (const char* looked_at : {"resize", "ephemeralcontainers"}) {
        request.subresource = looked_at;
        CHECK_FALSE(decide::decide(request, snapshot, {}).allowed);
    }
    request.subresource = "status";
    CHECK(decide::decide(request, snapshot, {}).allowed);
}

TEST_CASE("a pod is of its Deployment's class when its controller says so, and not because it claims to") {
    const decide::Snapshot snapshot = make_snapshot(ceiling("", "{classes: [Serving]}") + R"(---
apiVersion: tollgate.dev/v1alpha1
kind: WorkloadKind
metadata: {name: deployment}
spec:
  group: apps
  versions: [v1]
  kind: Deployment
  class: Serving
  pods: [{path: spec.template, shape: PodTemplate, replicas: [spec.replicas]}]
  children: {ownerKinds: [ReplicaSet.apps]}
  controllers: ["system:serviceaccount:kube-system:deployment-controller"]
)");
    const Object owned(pod(kOwned));
    CHECK(names(validate(snapshot, owned, kReplicaSetController).findings) ==
          std::vector<std::string>{"ceiling/gpus Audit"});
    CHECK(validate(snapshot, owned, "eve").findings.empty());
}
