// SPDX-License-Identifier: Apache-2.0
// Properties of the whole decision over random workloads, fleets' offers and policy sets. Seeds are printed
// by Catch on failure through INFO; TOLLGATE_SEED replays one.
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

#include <algorithm>
#include <cstdlib>
#include <random>

using namespace tollgate;
using namespace tollgate::test;

namespace {

using Random = std::mt19937;

int pick(Random& random, int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
}

std::string one_of(Random& random, const std::vector<std::string>& choices) {
    return choices[static_cast<std::size_t>(pick(random, 0, static_cast<int>(choices.size()) - 1))];
}

/// Some spelling of a count that Kubernetes reads as the same number.
std::string spelled(Random& random, int count) {
    const std::string n = std::to_string(count);
    return one_of(random,
                  {n, "\"" + n + "\"", "\"" + n + "000m\"", n + "e0", "\"" + n + ".0\"", "\"+" + n + "\""});
}

struct Sample {
    int gpus = 1, replicas = 1;
    std::string memory, selector, cpu, image;
};

Sample random_sample(Random& random) {
    Sample sample;
    sample.gpus = one_of(random, {"1", "1", "1", "2", "8"})[0] - '0';
    sample.replicas = pick(random, 0, 4);
    sample.memory = one_of(random, {"", "2Gi", "8Gi", "9Gi", "20Gi", "38Gi", "79Gi"});
    sample.selector = one_of(
        random, {"", "nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3", "nvidia.com/gpu.product: NVIDIA-L4"});
    sample.cpu = one_of(random, {"1", "4", "11", "23", "24", "60", "188"});
    sample.image = one_of(random, {"registry.example/embed:1", "vllm/vllm-openai:v0.9.0"});
    return sample;
}

std::string pod_body(const Sample& sample, const std::string& count, const std::string& indent) {
    std::string out = indent + "metadata:\n" + indent + "  name: w\n" + indent + "  namespace: research\n" +
                      indent + "  annotations: {a: b" +
                      (sample.memory.empty() ? "" : ", tollgate.dev/gpu-memory: " + sample.memory) + "}\n" +
                      indent + "spec:\n" + indent + "  nodeSelector: {" + sample.selector + "}\n" + indent +
                      "  containers:\n" + indent + "  - {name: main, image: " + sample.image +
                      ", resources: {requests: {cpu: " + sample.cpu +
                      ", memory: 8Gi}, limits: {nvidia.com/gpu: " + count + "}}}\n";
    return out;
}

Object pod_of(const Sample& sample, const std::string& count) {
    return Object("apiVersion: v1\nkind: Pod\n" + pod_body(sample, count, ""));
}

Object deployment_of(const Sample& sample, const std::string& count) {
    return Object(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w, namespace: research}\nspec:\n  "
        "replicas: " +
        std::to_string(sample.replicas) + "\n  template:\n" + pod_body(sample, count, "    "));
}

std::vector<std::string> random_policies(Random& random) {
    std::vector<std::string> out;
    const auto policy = [&](const std::string& name, const std::string& rule) {
        out.push_back("---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: " + name +
                      "}\nspec: {mode: " + one_of(random, {"Enforce", "Enforce", "Warn", "Audit"}) +
                      ", priority: " + std::to_string(pick(random, 0, 2)) + ", unrewritten: Deny, rules: [" +
                      rule + "]}\n");
    };
    policy("fit-any", "{name: r, rightSize: {pools: [\"*\"], isolation: " +
                          one_of(random, {"Hardware", "Memory", "None"}) +
                          ", minSaving: " + one_of(random, {"1%", "10%", "60%"}) + "}}");
    if (pick(random, 0, 1) == 1)
        policy("fit-spot", "{name: r, rightSize: {pools: [\"l4*\"], billing: [OnDemand, Spot]}}");
    policy("per-pod", "{name: r, limits: {gpusPerPod: " + std::to_string(pick(random, 1, 8)) +
                          ", podHourlyCost: " + std::to_string(pick(random, 1, 60)) + "}}");
    policy("balance", "{name: r, limits: {cpuPerGpu: NodeShare}}");
    return out;
}

std::string joined(const std::vector<std::string>& policies) {
    std::string out = kFleet;
    for (const std::string& policy : policies) out += policy;
    return out;
}

unsigned first_seed() {
    const char* text = std::getenv("TOLLGATE_SEED");
    return text != nullptr ? static_cast<unsigned>(std::strtoul(text, nullptr, 10)) : 1;
}

constexpr unsigned kRuns = 150;

struct Run {
    unsigned seed;
    Random random;
    std::vector<std::string> policies;
    decide::Snapshot snapshot;
    Sample sample;
};

template <class Body>
void for_seeds(Body body) {
    for (unsigned seed = first_seed(); seed < first_seed() + kRuns; ++seed) {
        INFO("TOLLGATE_SEED=" << seed);
        Random random(seed);
        std::vector<std::string> policies = random_policies(random);
        decide::Snapshot snapshot = make_snapshot(joined(policies));
        const Sample sample = random_sample(random);
        Run run{seed, random, std::move(policies), std::move(snapshot), sample};
        body(run);
    }
}

std::vector<std::string> sorted_names(const std::vector<decide::Finding>& findings) {
    std::vector<std::string> out = names(findings);
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace

TEST_CASE(
    "a rewritten pod costs strictly less, asks again for nothing, and satisfies the validator's rewriting") {
    unsigned rewritten = 0;
    for_seeds([&](Run& run) {
        const Object pod = pod_of(run.sample, std::to_string(run.sample.gpus));
        const decide::Decision decision = mutate(run.snapshot, pod);
        CHECK(decision.allowed);
        CHECK(decision.refused_rewrite.empty());
        for (const decide::RewriteNote& note : decision.rewrites) CHECK(note.after < note.before);
        if (decision.rewrites.empty()) return;
        ++rewritten;
        REQUIRE(decision.before.hourly.has_value());
        REQUIRE(decision.after.hourly.has_value());
        CHECK(*decision.after.hourly < *decision.before.hourly);
        const Object result = patched(pod, decision.patch);
        CHECK(mutate(run.snapshot, result).patch.empty());
        for (const decide::Finding& finding : validate(run.snapshot, result).findings)
            CHECK(finding.code != rules::Code::Unrewritten);
    });
    CHECK(rewritten > kRuns / 10);  // the samples reach what they are for
}

TEST_CASE("placing twice is placing once, and what is placed asks for as much as before") {
    unsigned placed = 0;
    for_seeds([&](Run& run) {
        const std::string scheduler = one_of(run.random, {"KAI", "RunAI", "Volcano", "Kueue"});
        const std::string queue =
            one_of(run.random, {"{namespace}", "q-{namespace}", "fixed", "{label:team}"});
        const std::string billing =
            scheduler != "Kueue" && pick(run.random, 0, 1) == 1 ? ", billing: Spot" : "";
        const decide::Snapshot snapshot = make_snapshot(
            std::string(kFleet) +
            "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: place}\nspec: "
            "{rewriteAt: " +
            one_of(run.random, {"Auto", "Pod", "Workload"}) +
            ", match: {classes: [Serving]}, rules: [{name: r, place: {scheduler: " + scheduler +
            ", queue: \"" + queue + "\"" + billing + ", numa: Prefer}}]}\n");
        const std::string count = std::to_string(run.sample.gpus);
        for (const Object& before : {pod_of(run.sample, count), deployment_of(run.sample, count)}) {
            const decide::Decision first = mutate(snapshot, before);
            CHECK(first.refused_rewrite.empty());
            CHECK(first.errors.empty());
            const Object after = patched(before, first.patch);
            const decide::Decision second = mutate(snapshot, after);
            INFO(after.json());
            CHECK(second.patch.empty());
            REQUIRE(second.demand.size() == first.demand.size());
            for (std::size_t i = 0; i < first.demand.size(); ++i) {
                CHECK(second.demand[i].resource == first.demand[i].resource);
                CHECK(second.demand[i].count == first.demand[i].count);
                CHECK(second.demand[i].replicas == first.demand[i].replicas);
            }
            // Nothing that stood there is changed.
            for (const patch::Operation& operation : first.patch)
                CHECK((operation.op == patch::Operation::Op::Add ||
                       operation.op == patch::Operation::Op::Test));
            if (!first.patch.empty()) ++placed;
        }
    });
    CHECK(placed > kRuns / 4);
}

TEST_CASE("a controller and its mutated pod get the same pod-level findings") {
    unsigned with_findings = 0;
    for_seeds([&](Run& run) {
        const std::string count = std::to_string(run.sample.gpus);
        const decide::Decision above = validate(run.snapshot, deployment_of(run.sample, count));
        const Object pod = pod_of(run.sample, count);
        const decide::Decision below = validate(run.snapshot, patched(pod, mutate(run.snapshot, pod).patch));
        CHECK(sorted_names(above.findings) == sorted_names(below.findings));
        CHECK(above.allowed == below.allowed);
        with_findings += below.findings.empty() ? 0U : 1U;
    });
    CHECK(with_findings > kRuns / 10);
}

TEST_CASE("the order in which documents are read changes nothing") {
    for_seeds([&](Run& run) {
        const Object pod = pod_of(run.sample, "1");
        const decide::Decision mutated = mutate(run.snapshot, pod);
        const decide::Decision verdict = validate(run.snapshot, pod);
        std::shuffle(run.policies.begin(), run.policies.end(), run.random);
        const decide::Snapshot shuffled = make_snapshot(joined(run.policies));
        CHECK(mutate(shuffled, pod).patch == mutated.patch);
        CHECK(validate(shuffled, pod).message == verdict.message);
    });
}

TEST_CASE("the verdict does not depend on how the GPU is spelled or where it stands") {
    for_seeds([&](Run& run) {
        const decide::Decision plain =
            validate(run.snapshot, pod_of(run.sample, std::to_string(run.sample.gpus)));
        const decide::Decision other =
            validate(run.snapshot, pod_of(run.sample, spelled(run.random, run.sample.gpus)));
        CHECK(plain.allowed == other.allowed);
        CHECK(plain.before.hourly == other.before.hourly);
        CHECK(sorted_names(plain.findings) == sorted_names(other.findings));
    });
}

TEST_CASE("the API server's way and the offline way agree") {
    for_seeds([&](Run& run) {
        const Object pod = pod_of(run.sample, std::to_string(run.sample.gpus));
        decide::OfflineReview review =
            decide::review_offline(make_request(decide::Phase::Mutate, pod), run.snapshot, {});
        const Object result = patched(pod, mutate(run.snapshot, pod).patch);
        CHECK(json::equal(review.patched.root(), result.root()));
        CHECK(review.decision.allowed == validate(run.snapshot, result).allowed);
    });
}

namespace {

std::string random_match(Random& random) {
    std::string out;
    const auto add = [&](const std::string& field) { out += (out.empty() ? "" : ", ") + field; };
    if (pick(random, 0, 2) == 0)
        add("kinds: [" + one_of(random, {"Pod", "Deployment", "Deployment, Job", "Job", "ReplicaSet"}) + "]");
    if (pick(random, 0, 2) == 0)
        add("namespaces: [" +
            one_of(random, {"research", "other", "other, research", "'re*'", "'o*'", "other, 'r?search'"}) +
            "]");
    std::string conditions;
    for (int i = pick(random, 0, 2); i > 0; --i)
        conditions += (conditions.empty() ? "" : ", ") + std::string("{name: c") + std::to_string(i) +
                      ", expression: '" +
                      one_of(random, {"workload.kind == \"Deployment\"", "object.kind == \"Pod\"",
                                      "\"Deployment\" == request.kind.kind && workload.gpus > 0",
                                      "request.namespace == \"research\"", "workload.namespace == \"other\"",
                                      "!(workload.namespace == \"other\")",
                                      "workload.kind == \"Job\" || workload.gpus > 1",
                                      "workload.model == \"m\" && workload.kind == \"Pod\"",
                                      "workload.kind == \"Pod\" && workload.kind == \"Deployment\""}) +
                      "'}";
    if (!conditions.empty()) add("conditions: [" + conditions + "]");
    return "{" + out + "}";
}

/// A pod of a Deployment, as its controller makes it.
Object child_of(const Sample& sample) {
    const std::string pod = "apiVersion: v1\nkind: Pod\n" + pod_body(sample, "1", "");
    const std::string name = "  name: w\n";
    return Object(std::string(pod).replace(
        pod.find(name), name.size(),
        "  name: w-5d4f-x\n  labels: {pod-template-hash: 5d4f}\n  ownerReferences: [{apiVersion: apps/v1, "
        "kind: ReplicaSet, name: w-5d4f, uid: u, controller: true}]\n"));
}

}  // namespace

TEST_CASE("the index of policies changes no verdict") {
    const std::string maker = "system:serviceaccount:kube-system:replicaset-controller";
    unsigned left_out = 0, concerned = 0;
    for_seeds([&](Run& run) {
        std::string documents = kFleet;
        for (int i = 0; i < 12; ++i)
            documents += "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: p" +
                         std::to_string(i) +
                         "}\nspec: {controlledPods: Deny, failure: " + one_of(run.random, {"Allow", "Deny"}) +
                         ", match: " + random_match(run.random) +
                         ", rules: [{name: r, check: {expression: 'false'}}]}\n";
        const decide::Snapshot indexed = make_snapshot(documents);
        const auto book = std::const_pointer_cast<decide::Rulebook>(
            decide::make_rulebook(indexed.rules->policies, {}, indexed.rules->kinds.all()));
        book->index = {};
        for (std::uint32_t i = 0; i < book->policies.size(); ++i) book->index.add(i, rules::Match{});
        decide::Snapshot plain = indexed;
        plain.rules = book;
        const auto compare = [&](const Object& object, const std::string& user) {
            const decide::Decision with = validate(indexed, object, user);
            const decide::Decision without = validate(plain, object, user);
            CHECK(names(with.findings) == names(without.findings));
            CHECK(with.errors.size() == without.errors.size());
            CHECK(with.message == without.message);
            concerned += with.findings.empty() ? 0U : 1U;
        };
        compare(pod_of(run.sample, "1"), "ada");
        compare(deployment_of(run.sample, "2"), "ada");
        compare(child_of(run.sample), maker);
        compare(child_of(run.sample), "eve");
        left_out += indexed.rules->index.candidates({"Pod"}, "research").size() < 12 ? 1U : 0U;
    });
    CHECK(left_out > kRuns / 2);
    CHECK(concerned > kRuns);
}
