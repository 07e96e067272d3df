// SPDX-License-Identifier: Apache-2.0
// Where, when and how often rewriting happens.
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

#include <algorithm>

using namespace tollgate;
using namespace tollgate::test;

namespace {

std::string policy(const std::string& spec_lines) {
    return std::string(kFleet) + R"(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: small}
spec:
)" + spec_lines +
           R"(
  rules:
  - name: fits
    rightSize: {pools: ["*"]}
)";
}

constexpr const char* kPod = R"(
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: research, annotations: {tollgate.dev/gpu-memory: 8Gi}}
spec:
  futureField: {kept: [1, 2.50, "x"]}
  nodeSelector: {nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}
  containers:
  - name: main
    image: registry.example/embed:1
    resources: {limits: {nvidia.com/gpu: 1}, unknownHere: true}
)";

std::string deployment(const std::string& extra_metadata, const std::string& resources = "nvidia.com/gpu: 1",
                       const std::string& spec = "replicas: 3") {
    return R"(
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, namespace: research)" +
           extra_metadata + R"(}
spec:
  )" + spec +
           R"(
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}, annotations: {tollgate.dev/gpu-memory: 8Gi}}
    spec:
      containers:
      - {name: main, image: registry.example/embed:1, resources: {limits: {)" +
           resources + R"(}}}
)";
}

}  // namespace

TEST_CASE("a pod is rewritten once, and its rewritten form is left as it is") {
    const decide::Snapshot snapshot = make_snapshot(policy("  mode: Enforce"));
    const Object pod(kPod);
    const decide::Decision first = mutate(snapshot, pod);
    REQUIRE(first.rewrites.size() == 1);
    CHECK(first.allowed);
    CHECK(first.rewrites[0].to_resource == "nvidia.com/mig-1g.10gb");
    const Object result = patched(pod, first.patch);
    CHECK(result.root()["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/mig-1g.10gb"].exists());
    CHECK_FALSE(result.root()["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"].exists());

    SECTION("its own output gives the empty patch") {
        const decide::Decision second = mutate(snapshot, result);
        CHECK(second.patch.empty());
        CHECK(second.rewrites.empty());
    }
    SECTION("the validator has nothing to say about it") {
        const decide::Decision verdict = validate(snapshot, result);
        CHECK(verdict.allowed);
        CHECK(verdict.findings.empty());
    }
    SECTION("unknown fields survive, with their number text") {
        CHECK(json::to_json(result.root()["spec"]["futureField"]) == R"({"kept":[1,2.50,"x"]})");
        CHECK(result.root()["spec"]["containers"][0]["resources"]["unknownHere"].boolean());
        CHECK(result.root()["spec"]["containers"][0]["image"].string() == "registry.example/embed:1");
    }
    SECTION("it is strictly cheaper") {
        CHECK(first.rewrites[0].after < first.rewrites[0].before);
    }
}

TEST_CASE("a pod that arrives unrewritten is judged as it arrived") {
    const Object pod(kPod);
    SECTION("unrewritten: Warn is the default") {
        const decide::Decision verdict = validate(make_snapshot(policy("  mode: Enforce")), pod);
        CHECK(verdict.allowed);
        REQUIRE(names(verdict.findings) == std::vector<std::string>{"small/fits Warn"});
        CHECK(verdict.findings[0].fix.find("nvidia.com/mig-1g.10gb") != std::string::npos);
    }
    SECTION("unrewritten: Deny") {
        const decide::Decision verdict =
            validate(make_snapshot(policy("  mode: Enforce\n  unrewritten: Deny")), pod);
        CHECK_FALSE(verdict.allowed);
    }
    SECTION("a policy in Warn never denies") {
        const decide::Decision verdict =
            validate(make_snapshot(policy("  mode: Warn\n  unrewritten: Deny")), pod);
        CHECK(verdict.allowed);
        CHECK_FALSE(verdict.warnings.empty());
    }
}

TEST_CASE("only enforcing policies patch") {
    const Object pod(kPod);
    for (const char* mode : {"Warn", "Audit"}) {
        INFO(mode);
        const decide::Snapshot snapshot = make_snapshot(policy(std::string("  mode: ") + mode));
        CHECK(mutate(snapshot, pod).patch.empty());
        const decide::Decision verdict = validate(snapshot, pod);
        CHECK(verdict.allowed);
        REQUIRE(verdict.rewrites.size() == 1);
        CHECK(verdict.rewrites[0].mode != rules::Mode::Enforce);
        CHECK(verdict.warnings.empty() == (std::string(mode) == "Audit"));
    }
    SECTION("paused, nothing does") {
        decide::Snapshot snapshot = make_snapshot(policy("  mode: Enforce\n  unrewritten: Deny"));
        snapshot.paused = true;
        CHECK(mutate(snapshot, pod).patch.empty());
        const decide::Decision verdict = validate(snapshot, pod);
        CHECK(verdict.allowed);
        CHECK(verdict.warnings.empty());
    }
}

TEST_CASE("a controller keeps its template, and is told what its pods become") {
    const decide::Snapshot snapshot = make_snapshot(policy("  mode: Enforce"));
    const Object object(deployment(""));
    CHECK(mutate(snapshot, object).patch.empty());
    const decide::Decision verdict = validate(snapshot, object);
    CHECK(verdict.allowed);
    REQUIRE(verdict.rewrites.size() == 1);
    CHECK(verdict.rewrites[0].before == verdict.before.hourly);
    CHECK(verdict.after.hourly == verdict.rewrites[0].after);
    REQUIRE_FALSE(verdict.warnings.empty());
    CHECK(verdict.warnings[0].find("nvidia.com/mig-1g.10gb") != std::string::npos);
    for (const std::string& warning : verdict.warnings) CHECK(warning.size() <= limits::kMaxWarningChars);
    const Object effect = patched(object, verdict.effect);
    const json::Node resources = effect.root()["spec"]["template"]["spec"]["containers"][0]["resources"];
    CHECK(resources["limits"]["nvidia.com/mig-1g.10gb"].text() == "1");
    CHECK(resources["requests"]["nvidia.com/mig-1g.10gb"].text() == "1");
}

TEST_CASE("rewriteAt: Workload patches templates where they are mutable") {
    const decide::Snapshot snapshot = make_snapshot(policy("  mode: Enforce\n  rewriteAt: Workload"));
    const Object object(deployment(""));
    CHECK_FALSE(mutate(snapshot, object).patch.empty());
    SECTION("on UPDATE too") {
        const Object old(deployment("", "nvidia.com/gpu: 1", "replicas: 2"));
        const decide::Decision update =
            decide::decide(make_update(decide::Phase::Mutate, object, old), snapshot, {});
        CHECK_FALSE(update.patch.empty());
    }
    SECTION("a ReplicaSet made by the Deployment's controller never") {
        const Object replica_set(R"(
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: d-1
  namespace: research
  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: d, uid: u, controller: true}]
spec:
  replicas: 3
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}, annotations: {tollgate.dev/gpu-memory: 8Gi}}
    spec:
      containers:
      - {name: main, image: registry.example/embed:1, resources: {limits: {nvidia.com/gpu: 1}}}
)");
        CHECK(mutate(snapshot, replica_set, "system:serviceaccount:kube-system:deployment-controller")
                  .patch.empty());
        CHECK_FALSE(mutate(snapshot, replica_set, "eve").patch.empty());
    }
}

TEST_CASE("what Kueue has counted is rewritten at the workload, and only by resource name") {
    const decide::Snapshot snapshot = make_snapshot(policy("  mode: Enforce"));
    const Object job(R"(
apiVersion: batch/v1
kind: Job
metadata: {name: j, namespace: research, labels: {kueue.x-k8s.io/queue-name: main}}
spec:
  suspend: true
  activeDeadlineSeconds: 3600
  template:
    metadata: {annotations: {tollgate.dev/gpu-memory: 8Gi}}
    spec:
      restartPolicy: Never
      containers:
      - {name: main, image: registry.example/embed:1, resources: {limits: {nvidia.com/gpu: 1}}}
)");
    const decide::Decision decision = mutate(snapshot, job);
    REQUIRE_FALSE(decision.patch.empty());
    for (const patch::Operation& operation : decision.patch) {
        INFO(operation.path);
        const bool resource = operation.path.find("/resources") != std::string::npos;
        const bool own = operation.path.find("tollgate.dev") != std::string::npos;
        CHECK((resource || own || operation.op == patch::Operation::Op::Test));
        CHECK(operation.path.find("suspend") == std::string::npos);
    }
    SECTION("not again on UPDATE: a Workload has been made of it") {
        const Object old(
            R"({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": {"suspend": false}})");
        CHECK(decide::decide(make_update(decide::Phase::Mutate, job, old), snapshot, {}).patch.empty());
    }
}

TEST_CASE("on Pod UPDATE the substitution is applied again only to restore the old spec") {
    const decide::Snapshot snapshot = make_snapshot(policy("  mode: Enforce"));
    const Object original(kPod);
    const Object rewritten = patched(original, mutate(snapshot, original).patch);
    SECTION("a second apply of the original manifest passes") {
        const decide::Decision again =
            decide::decide(make_update(decide::Phase::Mutate, original, rewritten), snapshot, {});
        REQUIRE_FALSE(again.patch.empty());
        CHECK(json::equal(patched(original, again.patch).root()["spec"], rewritten.root()["spec"]));
    }
    SECTION("nor does kubectl's three-way merge drift, which puts the original beside what took its place") {
        const Object merged = patched(
            rewritten,
            {{patch::Operation::Op::Add, "/spec/containers/0/resources/limits/nvidia.com~1gpu", "\"1\""},
             {patch::Operation::Op::Replace, "/spec/nodeSelector/nvidia.com~1gpu.product",
              "\"NVIDIA-H100-80GB-HBM3\""}});
        const decide::Decision again =
            decide::decide(make_update(decide::Phase::Mutate, merged, rewritten), snapshot, {});
        CHECK(json::equal(patched(merged, again.patch).root(), rewritten.root()));
    }
    SECTION("asking for more is a change, and is left to the API server") {
        const Object more = patched(
            rewritten,
            {{patch::Operation::Op::Add, "/spec/containers/0/resources/limits/nvidia.com~1gpu", "\"2\""}});
        CHECK(
            decide::decide(make_update(decide::Phase::Mutate, more, rewritten), snapshot, {}).patch.empty());
        const Object slices =
            patched(rewritten, {{patch::Operation::Op::Replace,
                                 "/spec/containers/0/resources/limits/nvidia.com~1mig-1g.10gb", "\"2\""}});
        CHECK(decide::decide(make_update(decide::Phase::Mutate, slices, rewritten), snapshot, {})
                  .patch.empty());
    }
    SECTION("a pod that Tollgate did not write is not restored") {
        const Object old = patched(
            rewritten, {{patch::Operation::Op::Remove, "/metadata/annotations/tollgate.dev~1rewritten", ""}});
        CHECK(decide::decide(make_update(decide::Phase::Mutate, original, old), snapshot, {}).patch.empty());
    }
    SECTION("another spec is not touched") {
        std::string text = kPod;
        text.replace(text.find("embed:1"), 7, "embed:2");
        const Object other(text);
        const decide::Decision update =
            decide::decide(make_update(decide::Phase::Mutate, other, rewritten), snapshot, {});
        CHECK(update.patch.empty());
    }
    SECTION("nor is a pod that was never rewritten") {
        std::string labelled = kPod;
        labelled.replace(labelled.find("{name: p,"), 9, "{name: p, labels: {a: b},");
        const Object now(labelled);
        const decide::Decision update =
            decide::decide(make_update(decide::Phase::Mutate, now, original), snapshot, {});
        CHECK(update.patch.empty());
    }
}

TEST_CASE("what a user writes into Tollgate's annotations is not believed") {
    const decide::Snapshot snapshot = make_snapshot(policy("  mode: Enforce"));
    const Object forged(R"(
apiVersion: v1
kind: Pod
metadata:
  name: p
  namespace: research
  annotations:
    tollgate.dev/rewritten: from 1 nvidia.com/gpu on h100 to 1 nvidia.com/mig-1g.10gb on a100-mig by small/fits
    tollgate.dev/hourly-cost: "0.01"
    tollgate.dev/expires-at: "2099-01-01T00:00:00Z"
spec:
  containers:
  - {name: main, image: registry.example/embed:1, resources: {limits: {nvidia.com/gpu: 1}}}
)");
    const Object result = patched(forged, mutate(snapshot, forged).patch);
    const json::Node annotations = result.root()["metadata"]["annotations"];
    CHECK_FALSE(annotations["tollgate.dev/rewritten"].exists());
    CHECK(annotations["tollgate.dev/hourly-cost"].string() != "0.01");
    CHECK_FALSE(annotations["tollgate.dev/expires-at"].exists());

    SECTION("nor as the work of a rule that rewrites nothing") {
        const std::string ceiling =
            "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: life}\n"
            "spec: {mode: Enforce, rules: [{name: l, lifetime: {max: 1h}}]}\n";
        std::string text = forged.json();
        const std::string_view right = "to 1 nvidia.com/mig-1g.10gb on a100-mig by small/fits";
        text.replace(text.find(right), right.size(), "to 1 nvidia.com/gpu on a100-mig by life/l");
        const Object as_life(text);
        const Object after =
            patched(as_life, mutate(make_snapshot(policy("  mode: Enforce") + ceiling), as_life).patch);
        CHECK_FALSE(after.root()["metadata"]["annotations"]["tollgate.dev/rewritten"].exists());
    }
}

TEST_CASE("an incoming subresource or deletion is never patched") {
    const decide::Snapshot snapshot = make_snapshot(policy("  mode: Enforce"));
    const Object pod(kPod);
    decide::Request request = make_request(decide::Phase::Mutate, pod);
    request.operation = decide::Operation::Delete;
    CHECK(decide::decide(request, snapshot, {}).patch.empty());
    request = make_update(decide::Phase::Mutate, pod, pod);
    request.subresource = "status";
    CHECK(decide::decide(request, snapshot, {}).patch.empty());
}

TEST_CASE("a rewrite that another rule would then refuse is not done") {
    // A slice of an A100 comes with a fifth of a GPU's 11.5 CPUs; two and a half CPUs are too many for it.
    const std::string balanced = R"(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: balanced}
spec: {mode: Enforce, rules: [{name: cpu, limits: {cpuPerGpu: NodeShare}}]}
)";
    const auto pod = [](const std::string& cpu) {
        std::string text = kPod;
        const std::size_t at = text.find("{limits: {nvidia.com/gpu: 1}, unknownHere");
        text.replace(at, 1, "{requests: {cpu: " + cpu + ", memory: 4Gi}, ");
        return Object(text);
    };
    const decide::Snapshot snapshot = make_snapshot(policy("  mode: Enforce") + balanced);
    CHECK(mutate(snapshot, pod("1500m")).rewrites.size() == 1);
    const Object hungry = pod("2500m");
    const Object result = patched(hungry, mutate(snapshot, hungry).patch);
    CHECK(validate(snapshot, hungry).allowed);
    CHECK(validate(snapshot, result).allowed);
    CHECK_FALSE(
        result.root()["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/mig-1g.10gb"].exists());
}

namespace {

/// A kind of `count` roles, each with a pod for one GPU.
const char* const kGang = R"(---
apiVersion: tollgate.dev/v1alpha1
kind: WorkloadKind
metadata: {name: gang}
spec:
  group: example.com
  versions: [v1]
  kind: Gang
  class: Serving
  pods:
  - {path: spec.roles.*.template, shape: PodTemplate, replicas: [spec.roles.*.replicas]}
)";

Object gang(int count, const std::string& memory) {
    std::string text =
        "{apiVersion: example.com/v1, kind: Gang, metadata: {name: g, namespace: r}, spec: {roles: {";
    for (int i = 0; i < count; ++i)
        text += "r" + std::to_string(i) +
                ": {replicas: 1, template: {metadata: {annotations: {tollgate.dev/gpu-memory: 8Gi}}, spec: "
                "{nodeSelector: {nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}, containers: [{name: main, "
                "image: x, "
                "resources: {requests: {cpu: 1, memory: " +
                memory + "}, limits: {nvidia.com/gpu: 1}}}]}}}, ";
    return Object(text + "}}}");
}

}  // namespace

TEST_CASE("as many pods as an object has are rewritten, whatever their number") {
    const decide::Snapshot snapshot = make_snapshot(policy("  mode: Enforce") + kGang);
    for (const int count : {1, 17, 40}) {
        const decide::Decision decision = validate(snapshot, gang(count, "4Gi"));
        CHECK(decision.rewrites.size() == static_cast<std::size_t>(count));
        CHECK(decision.errors.empty());
    }
}

TEST_CASE("rewrites that another rule would refuse end, however many they are") {
    const std::string refuses = R"(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: node-share}
spec: {mode: Enforce, rules: [{name: memory, limits: {memoryPerGpu: NodeShare}}]}
)";
    const decide::Snapshot snapshot = make_snapshot(policy("  mode: Enforce") + kGang + refuses);
    // 200Gi are within an H100's share of its node, and beyond that of everything smaller.
    for (const int count : {1, 16, 40}) {
        const decide::Decision decision = validate(snapshot, gang(count, "200Gi"));
        CHECK(decision.allowed);
        CHECK(decision.rewrites.empty());
        CHECK(decision.errors.empty());
    }
}

TEST_CASE("what comes with a rewrite is told, though the pod is not looked at again") {
    const decide::Snapshot snapshot = make_snapshot(policy("  mode: Enforce"));
    Object pod(kPod);
    std::string text = pod.json();
    const std::string_view annotations = "\"annotations\":{";
    const std::size_t at = text.find(annotations);
    REQUIRE(at != std::string::npos);
    text.insert(at + annotations.size(), "\"tollgate.dev/keep\":\"\",");
    const decide::Decision verdict = validate(snapshot, Object(text));
    const auto found = names(verdict.findings);
    CHECK(std::count(found.begin(), found.end(), "small/fits Warn") ==
          2);  // unrewritten, and keep without a reason
    CHECK(std::any_of(verdict.findings.begin(), verdict.findings.end(),
                      [](const decide::Finding& f) { return f.code == rules::Code::KeepWithoutReason; }));
}

TEST_CASE("what stands on a workload alone is not counted on for its pods") {
    const std::string documents = std::string(kFleet) + R"(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: small}
spec: {mode: Enforce, rules: [{name: fits, rightSize: {pools: ["*"], needs: {default: {memory: 4Gi}}}}]}
)";
    const decide::Snapshot snapshot = make_snapshot(documents);
    const std::string spec =
        "spec: {nodeSelector: {nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}, containers: [{name: main, "
        "image: x, "
        "resources: {limits: {nvidia.com/gpu: 1}}}]}}";
    for (const char* annotation : {"tollgate.dev/gpu-memory: 30Gi", "tollgate.dev/keep: please"}) {
        INFO(annotation);
        const decide::Decision told = validate(
            snapshot,
            Object(
                "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d, namespace: r, annotations: {" +
                std::string(annotation) + "}}, spec: {template: {metadata: {}, " + spec + "}}"));
        const decide::Decision done = mutate(
            snapshot,
            Object("{apiVersion: v1, kind: Pod, metadata: {name: d-1, namespace: r, ownerReferences: "
                   "[{apiVersion: apps/v1, kind: ReplicaSet, name: d-a, uid: u, controller: true}]}, " +
                   spec),
            "system:serviceaccount:kube-system:replicaset-controller");
        REQUIRE(told.rewrites.size() == 1);
        REQUIRE(done.rewrites.size() == 1);
        CHECK(told.rewrites[0].to == done.rewrites[0].to);
        CHECK(std::any_of(told.findings.begin(), told.findings.end(),
                          [](const decide::Finding& f) { return f.code == rules::Code::AnnotationUnseen; }));
    }
}

TEST_CASE("a pod whose owner says it trains is left alone, whoever asks") {
    const std::string trains = R"(---
apiVersion: tollgate.dev/v1alpha1
kind: WorkloadKind
metadata: {name: pytorchjob}
spec:
  group: kubeflow.org
  versions: [v1]
  kind: PyTorchJob
  class: Training
  pods: [{path: spec.pytorchReplicaSpecs.*.template, shape: PodTemplate}]
  controllers: ["system:serviceaccount:kubeflow:training-operator"]
)";
    const decide::Snapshot snapshot = make_snapshot(policy("  mode: Enforce") + trains);
    std::string text = Object(kPod).json();
    text.insert(
        text.find("\"metadata\":{") + 12,
        R"("ownerReferences":[{"apiVersion":"kubeflow.org/v1","kind":"PyTorchJob","name":"t","uid":"u","controller":true}],)");
    for (const char* user :
         {"system:serviceaccount:kubeflow:training-operator", "system:serviceaccount:mlops:operator"}) {
        INFO(user);
        CHECK(mutate(snapshot, Object(text), user).patch.empty());
    }
}

TEST_CASE("pods that Kueue counted at their owner stay as they were counted") {
    const decide::Snapshot snapshot = make_snapshot(policy("  mode: Enforce"));
    std::string text = Object(kPod).json();
    text.insert(
        text.find("\"metadata\":{") + 12,
        R"("labels":{"kueue.x-k8s.io/podset":"main"},"ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"t","uid":"u","controller":true}],)");
    CHECK(mutate(snapshot, Object(text), "system:serviceaccount:kube-system:job-controller").patch.empty());
}

TEST_CASE("policies on a kind reach the pods of what it makes") {
    const std::string lws = R"(---
apiVersion: tollgate.dev/v1alpha1
kind: WorkloadKind
metadata: {name: lws}
spec:
  group: leaderworkerset.x-k8s.io
  versions: [v1]
  kind: LeaderWorkerSet
  class: Serving
  pods: [{path: spec.leaderWorkerTemplate.workerTemplate, shape: PodTemplate}]
  children: {ownerKinds: [StatefulSet.apps], labels: [leaderworkerset.sigs.k8s.io/name]}
)";
    const auto on = [](const char* kind) {
        return policy(std::string("  mode: Enforce\n  match: {kinds: [") + kind + "]}");
    };
    const auto owned = [](const char* api, const char* kind, const char* name) {
        std::string text = Object(kPod).json();
        text.insert(
            text.find("\"metadata\":{") + 12,
            std::string(
                R"("labels":{"leaderworkerset.sigs.k8s.io/name":"l"},"ownerReferences":[{"apiVersion":")") +
                api + R"(","kind":")" + kind + R"(","name":")" + name +
                R"(","uid":"u","controller":true}],)");
        return text;
    };
    const std::string of_set = owned("apps/v1", "StatefulSet", "l-0");
    const char* const kSets = "system:serviceaccount:kube-system:statefulset-controller";
    const char* const kJobs = "system:serviceaccount:kube-system:job-controller";
    CHECK_FALSE(mutate(make_snapshot(on("LeaderWorkerSet") + lws), Object(of_set), kSets).patch.empty());
    // The label may be anyone's: the StatefulSet itself is judged by policies on StatefulSets, and so is its
    // pod.
    CHECK_FALSE(mutate(make_snapshot(on("StatefulSet") + lws), Object(of_set), kSets).patch.empty());
    CHECK_FALSE(mutate(make_snapshot(on("StatefulSet")), Object(of_set), kSets).patch.empty());
    const std::string of_run = owned("batch/v1", "Job", "nightly-29123460");
    CHECK_FALSE(mutate(make_snapshot(on("CronJob")), Object(of_run), kJobs).patch.empty());
    CHECK(mutate(make_snapshot(on("CronJob")), Object(owned("batch/v1", "Job", "train-20261125")), kJobs)
              .patch.empty());
    CHECK_FALSE(mutate(make_snapshot(on("Job")), Object(owned("batch/v1", "Job", "train-20261125")), kJobs)
                    .patch.empty());
}

TEST_CASE("where another rule refuses the cheapest offer, the next is tried; where all are, it is said why") {
    const auto with_share = [](const char* limit) {
        return make_snapshot(
            policy("  mode: Enforce") +
            "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\n"
            "metadata: {name: balance}\nspec: {mode: Enforce, rules: [{name: cpu, limits: {" +
            std::string(limit) + "}}]}\n");
    };
    const auto asking = [](const char* cpu) {
        std::string text = Object(kPod).json();
        const std::string_view resources = "\"resources\":{";
        text.insert(text.find(resources) + resources.size(),
                    std::string(R"("requests":{"cpu":")") + cpu + R"("},)");
        return Object(text);
    };
    // 4 CPUs are more than a 1g.10gb's share of its node, and less than an L4's.
    const decide::Snapshot snapshot = with_share("cpuPerGpu: NodeShare");
    const decide::Decision second = mutate(snapshot, asking("4"));
    REQUIRE(second.rewrites.size() == 1);
    CHECK(second.rewrites[0].to == "1 nvidia.com/gpu (pool l4)");
    CHECK(second.withheld.empty());
    const Object moved = patched(asking("4"), second.patch);
    CHECK(mutate(snapshot, moved).patch.empty());
    CHECK(validate(snapshot, moved).findings.empty());
    // 20 are more than any but an H100's.
    const decide::Decision none = mutate(snapshot, asking("20"));
    CHECK(none.rewrites.empty());
    REQUIRE(none.withheld.size() == 1);
    CHECK(none.withheld[0].refused_by == "balance/cpu");
    CHECK(none.withheld[0].after < none.withheld[0].before);
    CHECK(none.withheld[0].fix.find("requests.cpu") != std::string::npos);
    CHECK(validate(snapshot, asking("20")).findings.empty());
}
