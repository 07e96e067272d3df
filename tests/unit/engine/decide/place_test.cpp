// SPDX-License-Identifier: Apache-2.0
// The verb place through the whole decision: twice is once, a second apply is given back what it lacks, what
// another rule refuses is left out, and what comes of it is said.
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

#include <algorithm>

using namespace tollgate;
using namespace tollgate::test;

namespace {

using Op = patch::Operation::Op;

std::string policy(const std::string& name, const std::string& spec, const std::string& rules) {
    return "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: " + name +
           "}\nspec: {" + spec + "rules: [" + rules + "]}\n";
}

const std::string kKai = "{name: kai, place: {scheduler: KAI, queue: \"{namespace}\"}}";
const std::string kSpot = "{name: spot, place: {billing: Spot}}";

Object pod(const std::string& spec = "", const std::string& metadata = "") {
    return Object(R"(
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: research)" +
                  metadata + R"(}
spec:
  nodeSelector: {nvidia.com/gpu.product: NVIDIA-L4}
  containers:
  - {name: main, image: x, resources: {limits: {nvidia.com/gpu: 1}}}
)" + spec);
}

Object job(const std::string& metadata = "") {
    return Object(R"(
apiVersion: batch/v1
kind: Job
metadata: {name: j, namespace: research)" +
                  metadata + R"(}
spec:
  template:
    metadata: {annotations: {tollgate.dev/gpu-memory: 8Gi}}
    spec:
      nodeSelector: {nvidia.com/gpu.product: NVIDIA-A100-SXM4-80GB}
      containers:
      - {name: main, image: x, resources: {limits: {nvidia.com/mig-3g.40gb: 1}}}
)");
}

std::string text_at(const Object& object, std::initializer_list<std::string_view> path) {
    json::Node node = object.root();
    for (const std::string_view key : path) node = node[key];
    return std::string(node.string());
}

bool says(const std::vector<std::string>& warnings, std::string_view text) {
    return std::any_of(warnings.begin(), warnings.end(),
                       [&](const std::string& warning) { return warning.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("what is placed asks for as much as before, and a second look changes nothing") {
    const decide::Snapshot snapshot = make_snapshot(kFleet + policy("place", "", kKai));
    const Object before = pod();
    const decide::Decision first = mutate(snapshot, before);
    const Object after = patched(before, first.patch);
    CHECK(text_at(after, {"spec", "schedulerName"}) == "kai-scheduler");
    CHECK(text_at(after, {"metadata", "labels", "kai.scheduler/queue"}) == "research");
    CHECK(text_at(after, {"metadata", "annotations", "tollgate.dev/placed"}) ==
          "schedulerName, label kai.scheduler/queue by place/kai");
    CHECK(says(first.warnings, "tollgate: placed: schedulerName kai-scheduler, label kai.scheduler/queue="));
    const decide::Decision second = mutate(snapshot, after);
    CHECK(second.patch.empty());
    CHECK(second.rewrites.empty());
    REQUIRE(second.demand.size() == 1);
    CHECK(second.demand[0].resource == first.demand[0].resource);
    CHECK(second.demand[0].count == first.demand[0].count);
    CHECK(second.before.hourly == first.before.hourly);
    CHECK(validate(snapshot, after).findings.empty());
    SECTION("what should have been placed and was not is unrewritten") {
        const decide::Decision found = validate(snapshot, before);
        REQUIRE(names(found.findings) == std::vector<std::string>{"place/kai Warn"});
        CHECK(found.findings[0].what ==
              "should have been placed, and arrived without: schedulerName kai-scheduler, label "
              "kai.scheduler/queue=research.");
        CHECK(found.findings[0].fix.find("spec.schedulerName: \"kai-scheduler\"") != std::string::npos);
    }
}

TEST_CASE("a second apply of a placed pod is given back what is gone, and nothing else") {
    const decide::Snapshot snapshot = make_snapshot(kFleet + policy("place", "", kKai));
    const Object original = pod();
    const Object old = patched(original, mutate(snapshot, original).patch);
    const auto update = [&](const Object& now) {
        return decide::decide(make_update(decide::Phase::Mutate, now, old), snapshot, {});
    };
    SECTION("all of it gone, as by server-side apply") {
        const Object now = pod("  schedulerName: default-scheduler\n");
        CHECK(patched(now, update(now).patch).json().find("\"schedulerName\":\"kai-scheduler\"") !=
              std::string::npos);
        const Object then = patched(now, update(now).patch);
        CHECK(json::equal(then.root()["spec"], old.root()["spec"]));
        CHECK(text_at(then, {"metadata", "labels", "kai.scheduler/queue"}) == "research");
        CHECK(json::equal(then.root()["metadata"]["annotations"], old.root()["metadata"]["annotations"]));
        CHECK(says(update(now).warnings, "was put back"));
    }
    SECTION("another queue is its author's") {
        const Object now = patched(old, {{Op::Replace, "/metadata/labels/kai.scheduler~1queue", "\"mine\""},
                                         {Op::Replace, "/spec/schedulerName", "\"default-scheduler\""}});
        CHECK(text_at(patched(now, update(now).patch), {"metadata", "labels", "kai.scheduler/queue"}) ==
              "mine");
    }
    SECTION("another image is a change") {
        CHECK(update(patched(original, {{Op::Replace, "/spec/containers/0/image", "\"y\""}})).patch.empty());
    }
    SECTION("another scheduler is for the API server to refuse") {
        CHECK(update(patched(old, {{Op::Replace, "/spec/schedulerName", "\"other\""}})).patch.empty());
    }
}

TEST_CASE("tollgate.dev/placed is Tollgate's to write") {
    const decide::Snapshot snapshot = make_snapshot(kFleet + policy("place", "", kKai));
    const auto noted = [&](const std::string& note) {
        const Object before = pod("", ", annotations: {tollgate.dev/placed: \"" + note + "\"}");
        return text_at(patched(before, mutate(snapshot, before).patch),
                       {"metadata", "annotations", "tollgate.dev/placed"});
    };
    const std::string own = "schedulerName, label kai.scheduler/queue by place/kai";
    CHECK(noted("trust me") == own);
    CHECK(noted("label app by other/rule") == own);
    CHECK(noted("label gone by place/kai") == own);
}

TEST_CASE("what another rule refuses is left out, and takes nothing else with it") {
    const std::string no_kai =
        "{name: no-kai, check: {expression: 'object.spec.?schedulerName.orValue(\"\") != "
        "\"kai-scheduler\"'}}";
    const decide::Snapshot snapshot =
        make_snapshot(kFleet + policy("place", "match: {classes: [Batch]}, ", kKai + ", " + kSpot) +
                      policy("check", "", no_kai));
    const Object before = Object(R"(
apiVersion: batch/v1
kind: Job
metadata: {name: j, namespace: research}
spec:
  template:
    spec:
      nodeSelector: {nvidia.com/gpu.product: NVIDIA-L4}
      containers: [{name: main, image: x, resources: {limits: {nvidia.com/gpu: 1}}}]
)");
    // The check looks at a Pod's field, which a Job has elsewhere: here nothing stands against it.
    CHECK(validate(snapshot, before).rewrites.size() == 2);
    const decide::Snapshot strict = make_snapshot(kFleet + policy("place", "", kKai) +
                                                  policy("check", "match: {kinds: [Pod]}, ", no_kai));
    const decide::Decision decision = mutate(strict, pod());
    CHECK(decision.patch.empty());
    REQUIRE(decision.withheld.size() == 1);
    CHECK(decision.withheld[0].refused_by == "check/no-kai");
    CHECK(decision.withheld[0].settings.find("schedulerName kai-scheduler") == 0);
    CHECK(decision.errors.empty());
}

TEST_CASE("settings and Spot of one rule both happen, and are told apart") {
    const decide::Snapshot snapshot =
        make_snapshot(kFleet + policy("place", "match: {classes: [Serving]}, ",
                                      "{name: both, place: {scheduler: KAI, billing: Spot}}"));
    const Object before = pod("", "");
    const Object serving =
        patched(before, {{Op::Add, "/spec/containers/0/ports", "[{\"containerPort\":8080}]"}});
    const decide::Decision decision = mutate(snapshot, serving);
    REQUIRE(decision.rewrites.size() == 2);
    CHECK(decision.rewrites[0].settings == "schedulerName kai-scheduler");
    CHECK(decision.rewrites[1].settings.empty());
    CHECK(decision.rewrites[1].to == "1 nvidia.com/gpu (pool l4-spot)");
    const Object after = patched(serving, decision.patch);
    CHECK(text_at(after, {"spec", "nodeSelector", "karpenter.sh/capacity-type"}) == "spot");
    CHECK(mutate(snapshot, after).patch.empty());
    SECTION("whoever gives a reason to be kept stays, and is placed all the same") {
        const Object kept = patched(serving, {{Op::Add, "/metadata/annotations",
                                               R"({"tollgate.dev/keep":"must not be interrupted"})"}});
        const Object then = patched(kept, mutate(snapshot, kept).patch);
        CHECK(text_at(then, {"spec", "schedulerName"}) == "kai-scheduler");
        CHECK(text_at(then, {"spec", "nodeSelector", "karpenter.sh/capacity-type"}).empty());
    }
    SECTION("in Warn both are told") {
        const decide::Snapshot warn =
            make_snapshot(kFleet + policy("place", "mode: Warn, match: {classes: [Serving]}, ",
                                          "{name: both, place: {scheduler: KAI, billing: Spot}}"));
        CHECK(mutate(warn, serving).patch.empty());
        CHECK(validate(warn, serving).rewrites.size() == 2);
        CHECK(says(validate(warn, serving).warnings, "enforced, this would be placed: schedulerName"));
    }
}

TEST_CASE("the cloud's own label where the Spot pool names none") {
    const auto fleet = [](const std::string& provider) {
        return R"(apiVersion: tollgate.dev/v1alpha1
kind: Fleet
metadata: {name: f}
spec:
  prices: {provider: )" +
               provider + R"(, region: r}
  pools:
  - {name: l4, gpu: NVIDIA-L4, price: 1.20, nodeSelector: {nvidia.com/gpu.product: NVIDIA-L4}}
  - name: l4-spot
    gpu: NVIDIA-L4
    price: 0.40
    billing: Spot
    nodeSelector: {nvidia.com/gpu.product: NVIDIA-L4}
    tolerations: [{key: spot, operator: Exists, effect: NoSchedule}]
)" + policy("place", "match: {classes: [Serving]}, ", kSpot);
    };
    const Object serving =
        patched(pod(), {{Op::Add, "/spec/containers/0/ports", "[{\"containerPort\":8080}]"}});
    const auto after = [&](const std::string& provider) {
        return patched(serving, mutate(make_snapshot(fleet(provider)), serving).patch);
    };
    CHECK(text_at(after("gcp"), {"spec", "nodeSelector", "cloud.google.com/gke-spot"}) == "true");
    CHECK(after("gcp").json().find(R"("tolerations":[{"key":"spot")") != std::string::npos);
    CHECK(text_at(after("azure"), {"spec", "nodeSelector", "kubernetes.azure.com/scalesetpriority"}) ==
          "spot");
    // On AWS there are two, and nothing that would hold the pod on Spot.
    CHECK(after("aws").json() == serving.json());
}

TEST_CASE("a resource that Kueue counts by name is changed with a word about its quota") {
    const decide::Snapshot snapshot =
        make_snapshot(kFleet + policy("size", "", "{name: fits, rightSize: {pools: [\"*\"]}}"));
    const decide::Decision decision = mutate(snapshot, job(", labels: {kueue.x-k8s.io/queue-name: q}"));
    REQUIRE(decision.rewrites.size() == 1);
    CHECK(decision.rewrites[0].caution ==
          "Kueue counts quota by the resource's name: its ClusterQueue must have quota for "
          "nvidia.com/mig-1g.10gb");
    CHECK(validate(snapshot, job()).rewrites[0].caution.empty());
}

TEST_CASE("what a controller made is not placed again at its object") {
    const decide::Snapshot snapshot = make_snapshot(
        kFleet + policy("place", "", "{name: kueue, place: {scheduler: Kueue, queue: \"{namespace}\"}}"));
    const Object owned =
        job(", ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: c, uid: u, controller: true}]");
    CHECK(mutate(snapshot, owned, "system:serviceaccount:kube-system:cronjob-controller").patch.empty());
    CHECK(mutate(snapshot, owned).patch.empty());  // what only claims an owner neither
    CHECK(text_at(patched(job(), mutate(snapshot, job()).patch),
                  {"metadata", "labels", "kueue.x-k8s.io/queue-name"}) == "research");
}
