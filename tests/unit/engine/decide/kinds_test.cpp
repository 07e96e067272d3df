// SPDX-License-Identifier: Apache-2.0
// What the documents of the built-in kinds make of a decision: fixes, rewriting at odd places, and what is
// said to be seen only at the Pod.
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

#include <algorithm>

using namespace tollgate;
using namespace tollgate::test;

namespace {

std::string policy(const std::string& rule, const std::string& spec = "mode: Enforce") {
    return std::string(kFleet) +
           "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: p}\nspec:\n  " + spec +
           "\n  rules: [{name: r, " + rule + "}]\n";
}

decide::Decision checked(const decide::Snapshot& snapshot, const Object& object) {
    decide::Request request = make_request(decide::Phase::Mutate, object);
    return decide::review_offline(request, snapshot, {}).decision;
}

std::string fix_of(const std::string& object, std::int64_t hours = 24) {
    const decide::Snapshot snapshot =
        make_snapshot(policy("lifetime: {max: " + std::to_string(hours) + "h}"));
    const decide::Decision decision = validate(snapshot, Object(object));
    REQUIRE(decision.findings.size() == 1);
    return decision.findings[0].fix;
}

const std::string kGpu = "resources: {limits: {nvidia.com/gpu: 1}}";
const std::string kTemplate = "template: {spec: {containers: [{name: main, image: x, " + kGpu + "}]}}";

std::string object(const std::string& api, const std::string& kind, const std::string& spec,
                   const std::string& metadata = "") {
    return "{apiVersion: " + api + ", kind: " + kind + ", metadata: {name: it, namespace: research" +
           metadata + "}, spec: {" + spec + "}}";
}

}  // namespace

TEST_CASE("the fix of a lifetime names the field of the kind, in its unit") {
    CHECK(fix_of(object("kubeflow.org/v1", "PyTorchJob",
                        "pytorchReplicaSpecs: {Worker: {" + kTemplate + "}}")) ==
          "spec.runPolicy.activeDeadlineSeconds: 86400");
    CHECK(fix_of(object("tekton.dev/v1", "TaskRun",
                        "timeout: 48h, taskSpec: {steps: [{image: x, computeResources: {limits: "
                        "{nvidia.com/gpu: 1}}}]}")) == "spec.timeout: 24h");
    const std::string cluster = "headGroupSpec: {" + kTemplate + "}";
    CHECK(fix_of(object("ray.io/v1", "RayCluster", cluster)) ==
          "metadata.annotations.'tollgate.dev/lifetime': 24h");
    CHECK(fix_of(object("ray.io/v1", "RayCluster", cluster, ", labels: {kueue.x-k8s.io/queue-name: q}")) ==
          "metadata.labels.'kueue.x-k8s.io/max-exec-time-seconds': \"86400\"");
    // What serves is not ended by its queue.
    CHECK(fix_of(object("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet",
                        "leaderWorkerTemplate: {workerTemplate: {" + kTemplate.substr(11) + "}",
                        ", labels: {kueue.x-k8s.io/queue-name: q}")) ==
          "metadata.annotations.'tollgate.dev/lifetime': 24h");
}

TEST_CASE("a RayJob that leaves its cluster up is told how to end both") {
    const auto job = [](const std::string& fields) {
        return object("ray.io/v1", "RayJob", fields + "rayClusterSpec: {headGroupSpec: {" + kTemplate + "}}");
    };
    CHECK(fix_of(job("")) == "spec.shutdownAfterJobFinishes: true\nspec.activeDeadlineSeconds: 86400");
    CHECK(fix_of(job("activeDeadlineSeconds: 600, ")) == "spec.shutdownAfterJobFinishes: true");
    CHECK(fix_of(job("activeDeadlineSeconds: 100000, ")) ==
          "spec.shutdownAfterJobFinishes: true\nspec.activeDeadlineSeconds: 86400");
    CHECK(fix_of(job("shutdownAfterJobFinishes: true, ")) == "spec.activeDeadlineSeconds: 86400");
}

TEST_CASE("containers outside the lists are rewritten where they stand") {
    const decide::Snapshot snapshot =
        make_snapshot(policy("rightSize: {pools: [\"*\"]}", "mode: Enforce\n  rewriteAt: Workload"));
    const Object service(object("serving.kserve.io/v1beta1", "InferenceService",
                                "predictor: {annotations: {tollgate.dev/gpu-memory: 8Gi}, nodeSelector: "
                                "{nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}, model: {" +
                                    kGpu + "}}"));
    const decide::Decision decision = mutate(snapshot, service);
    REQUIRE(decision.rewrites.size() == 1);
    const Object after = patched(service, decision.patch);
    const json::Node predictor = after.root()["spec"]["predictor"];
    CHECK(predictor["model"]["resources"]["limits"]["nvidia.com/mig-1g.10gb"].text() == "1");
    CHECK_FALSE(predictor["model"]["resources"]["limits"]["nvidia.com/gpu"].exists());
    CHECK(predictor["annotations"]["tollgate.dev/rewritten"].exists());
    CHECK(predictor["nodeSelector"]["nvidia.com/gpu.product"].string() != "NVIDIA-H100-80GB-HBM3");
    CHECK_FALSE(predictor["containers"].exists());
    // One object that is pod and container.
    const Object nim(
        object("apps.nvidia.com/v1alpha1", "NIMService",
               "annotations: {tollgate.dev/gpu-memory: 8Gi}, nodeSelector: {nvidia.com/gpu.product: "
               "NVIDIA-H100-80GB-HBM3}, " +
                   kGpu));
    const Object moved = patched(nim, mutate(snapshot, nim).patch);
    CHECK(moved.root()["spec"]["resources"]["limits"]["nvidia.com/mig-1g.10gb"].text() == "1");
    CHECK_FALSE(moved.root()["spec"]["containers"].exists());
}

TEST_CASE("templates that their operator counts devices by are left alone, and so are counts") {
    const std::string spec = "mode: Enforce\n  rewriteAt: Workload";
    const decide::Snapshot snapshot = make_snapshot(policy("rightSize: {pools: [\"*\"]}", spec));
    const std::string pod =
        "template: {metadata: {annotations: {tollgate.dev/gpu-memory: 8Gi}}, spec: {nodeSelector: "
        "{nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}, containers: [{name: main, image: x, " +
        kGpu + "}]}}";
    CHECK(mutate(snapshot, Object(object("ray.io/v1", "RayService",
                                         "rayClusterConfig: {headGroupSpec: {" + pod + "}}")))
              .patch.empty());
    const Object spark(object("sparkoperator.k8s.io/v1beta2", "SparkApplication",
                              "executor: {annotations: {tollgate.dev/gpu-memory: 8Gi}, nodeSelector: "
                              "{nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}, gpu: {name: nvidia.com/gpu, "
                              "quantity: 1}}"));
    const decide::Decision counted = mutate(snapshot, spark);
    CHECK(counted.patch.empty());
    CHECK(counted.before.hourly.has_value());
}

TEST_CASE("what only the pods will show is said by check, and nowhere else") {
    const decide::Snapshot snapshot = make_snapshot(policy("limits: {gpusPerPod: 8}"));
    const Object workflow(
        object("argoproj.io/v1alpha1", "Workflow",
               "podSpecPatch: \"{}\", templates: [{name: a, container: {image: x}}, {name: b, "
               "resource: {manifest: \"kind: Job\"}}, {name: c, resource: {manifest: \"x\"}}]"));
    CHECK(checked(snapshot, workflow).seen_later ==
          std::vector<std::string>{
              "spec.podSpecPatch can ask for accelerators too: that is seen only at the Pod",
              "spec.templates[1].resource.manifest and 1 more can ask for accelerators too: "
              "that is seen only at the Pod"});
    CHECK(validate(snapshot, workflow).seen_later.empty());
    CHECK(mutate(snapshot, workflow).seen_later.empty());
    const Object train(object("trainer.kubeflow.org/v1alpha1", "TrainJob", "runtimeRef: {name: torch}"));
    CHECK(checked(snapshot, train).seen_later.size() == 1);
}

TEST_CASE("a kind that only describes pods is not judged, but read") {
    const decide::Snapshot snapshot = make_snapshot(policy("limits: {gpusPerPod: 0}"));
    const Object runtime(object("serving.kserve.io/v1alpha1", "ServingRuntime",
                                "containers: [{name: main, image: x, " + kGpu + "}]"));
    const decide::Decision decision = checked(snapshot, runtime);
    CHECK(decision.verdict == decide::Verdict::Skipped);
    REQUIRE(decision.demand.size() == 1);
    CHECK(decision.demand[0].count == "1");
    CHECK(decision.seen_later ==
          std::vector<std::string>{"kind ServingRuntime runs nothing itself: its pods are "
                                   "judged when something makes them"});
    CHECK(validate(snapshot, runtime).allowed);
}

TEST_CASE("pods where no document looks are found by check") {
    const decide::Snapshot snapshot = make_snapshot(policy("limits: {gpusPerPod: 8}"));
    const Object odd(object(
        "kubeflow.org/v1", "PyTorchJob",
        "pytorchReplicaSpecs: {Worker: {" + kTemplate + "}}, mxReplicaSpecs: {Worker: {" + kTemplate + "}}"));
    const decide::Decision decision = checked(snapshot, odd);
    REQUIRE(decision.demand.size() == 2);
    CHECK(decision.demand[1].path == "spec.mxReplicaSpecs.Worker.template");
    CHECK_FALSE(decision.demand[1].replicas.has_value());
    REQUIRE(decision.seen_later.size() == 1);
    CHECK(decision.seen_later[0].find("spec.mxReplicaSpecs.Worker.template is no place that") == 0);
}

TEST_CASE("a policy on the kind that made a pod's Deployment is a policy on the pod") {
    const decide::Snapshot snapshot = make_snapshot(
        policy("limits: {gpusPerPod: 0}", "mode: Enforce\n  match: {kinds: [InferenceService]}"));
    const auto pod = [](const std::string& labels) {
        return Object(
            "{apiVersion: v1, kind: Pod, metadata: {name: d-abc-x, namespace: n, labels: "
            "{pod-template-hash: abc" +
            labels +
            "}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: d-abc, uid: u, "
            "controller: true}]}, spec: {containers: [{name: main, image: x, " +
            kGpu + "}]}}");
    };
    CHECK_FALSE(validate(snapshot, pod(", serving.kserve.io/inferenceservice: it")).allowed);
    CHECK(validate(snapshot, pod("")).allowed);
    const decide::Snapshot on_deployment =
        make_snapshot(policy("limits: {gpusPerPod: 0}", "mode: Enforce\n  match: {kinds: [Deployment]}"));
    CHECK_FALSE(validate(on_deployment, pod(", serving.kserve.io/inferenceservice: it")).allowed);
}

TEST_CASE("pods that an operator makes of its kind are controlled") {
    const decide::Snapshot snapshot = make_snapshot(policy("limits: {gpusPerPod: 0}"));
    const Object pod(
        "{apiVersion: v1, kind: Pod, metadata: {name: t-worker-0, namespace: n, ownerReferences: "
        "[{apiVersion: kubeflow.org/v1, kind: PyTorchJob, name: t, uid: u, controller: true}]}, spec: "
        "{containers: [{name: main, image: x, " +
        kGpu + "}]}}");
    CHECK(validate(snapshot, pod, "system:serviceaccount:kubeflow:training-operator").controlled);
    CHECK_FALSE(validate(snapshot, pod, "system:serviceaccount:research:training-operator").controlled);
}
