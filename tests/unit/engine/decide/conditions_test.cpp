// SPDX-License-Identifier: Apache-2.0
// Conditions of a match: which policies apply, what becomes of errors, and that the index changes nothing.
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

#include <algorithm>

using namespace tollgate;
using namespace tollgate::test;

namespace {

std::string policy(const std::string& name, const std::string& match,
                   const std::string& rules = "[{name: r, check: {expression: 'false', message: applies}}]",
                   const std::string& more = "") {
    return "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: " + name +
           "}\nspec:\n  mode: Enforce\n" + more + match + "  rules: " + rules + "\n";
}

std::string conditions(const std::vector<std::string>& expressions,
                       const std::string& before = "  match:\n") {
    std::string out = before + "    conditions:\n";
    for (std::size_t i = 0; i < expressions.size(); ++i)
        out += "    - {name: c" + std::to_string(i) + ", expression: \"" + expressions[i] + "\"}\n";
    return out;
}

Object deployment(int gpus, int replicas = 2, const std::string& more = "") {
    return Object(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: serve}\nspec:\n  "
        "replicas: " +
        std::to_string(replicas) +
        "\n  template:\n    metadata: {annotations: {tollgate.dev/gpu-memory: 8Gi}}\n    spec:\n"
        "      nodeSelector: {nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}\n      containers:\n"
        "      - {name: main, image: registry.example/a:1, resources: {limits: {nvidia.com/gpu: " +
        std::to_string(gpus) + "}}}\n" + more);
}

/// "applies", "no", or the reasons of its errors; and whether it denies.
std::string outcome(const std::string& documents, const Object& object = deployment(1)) {
    const decide::Snapshot snapshot = make_snapshot(documents + kFleet);
    const decide::Decision decision = validate(snapshot, object);
    std::string out = decision.findings.empty() ? "no" : "applies";
    for (const decide::EvalError& error : decision.errors) out += ", " + error.reason;
    return out + (decision.allowed ? "" : ", denied");
}

}  // namespace

TEST_CASE("conditions: all must be true, one that is false decides whatever the others say") {
    CHECK(outcome(policy("p", conditions({"workload.gpus == 2", "true"}))) == "applies, denied");
    CHECK(outcome(policy("p", conditions({"workload.gpus == 2", "workload.gpus == 3"}))) == "no");
    CHECK(outcome(policy("p", conditions({"workload.model == 'm'", "workload.gpus == 3"}))) == "no");
    CHECK(outcome(policy("p", conditions({"workload.gpus == 3", "workload.model == 'm'"}))) == "no");
}

TEST_CASE("conditions: what cannot be told follows the policy's failure") {
    const std::string match = conditions({"workload.model == 'm'"});
    CHECK(outcome(policy("p", match)) == "no, expression");
    const std::string rules = "[{name: r, check: {expression: 'false'}}]";
    CHECK(outcome(policy("p", match, rules, "  failure: Deny\n")) == "no, expression, denied");
    const decide::Decision decision =
        validate(make_snapshot(policy("p", match, rules, "  failure: Deny\n") + kFleet), deployment(1));
    CHECK(decision.message.find("1. p: could not be judged: condition c0: no such key: model") !=
          std::string::npos);
}

TEST_CASE("conditions: a budget that is used up denies, whatever failure says") {
    std::string loop = "true";
    for (const char* name : {"a", "b", "c", "d", "e", "f"})
        loop = std::string("[1,2,3,4,5,6,7,8,9,0].all(") + name + ", " + loop + ")";
    CHECK(outcome(policy("p", conditions({loop}))) == "no, budget, denied");
    // Each within its own budget, all together beyond that of the policy: whoever comes last has nothing
    // left.
    std::string cheaper = "true";
    for (const char* name : {"a", "b", "c", "d", "e"})
        cheaper = std::string("[1,2,3,4,5,6,7,8,9,0].all(") + name + ", " + cheaper + ")";
    CHECK(outcome(policy("p", conditions({cheaper}))) == "applies, denied");
    CHECK(outcome(policy("p", conditions(std::vector<std::string>(10, cheaper)))) == "no, budget, denied");
}

TEST_CASE("conditions of an exclude: true lets go, an error lets nobody go") {
    const auto excluding = [](const std::string& expression) {
        return conditions({expression}, "  exclude:\n  -\n");
    };
    CHECK(outcome(policy("p", excluding("workload.gpus == 2"))) == "no");
    CHECK(outcome(policy("p", excluding("workload.gpus == 3"))) == "applies, denied");
    CHECK(outcome(policy("p", excluding("workload.model == 'm'"))) == "no, expression");
    // Another entry that lets go decides, and so does a match that does not hold.
    CHECK(outcome(policy("p", excluding("workload.model == 'm'") + "  - namespaces: [serve]\n")) == "no");
    CHECK(outcome(policy("p", "  match: {namespaces: [other]}\n" + excluding("workload.model == 'm'"))) ==
          "no");
}

TEST_CASE("conditions follow the state: a rewritten workload is matched anew") {
    const std::string rewriting =
        policy("fit", "", "[{name: r, rightSize: {pools: ['*']}}]", "  priority: 10\n");
    const std::string whole =
        conditions({"workload.pods.exists(p, p.demand.exists(d, d.resource == 'nvidia.com/gpu'))"});
    CHECK(outcome(policy("p", whole)) == "applies, denied");
    CHECK(outcome(policy("p", whole) + rewriting) == "no");
    const std::string saved = conditions({"has(saving.hourly) && saving.hourly > money('1')"});
    CHECK(outcome(policy("p", saved)) == "no");
    // Enforced, it would refuse the rewriting, which is then not done, so that nothing is saved.
    CHECK(outcome(policy("p", saved) + rewriting) == "no");
    std::string warning = policy("p", saved);
    warning.replace(warning.find("Enforce"), 7, "Warn");
    CHECK(outcome(warning + rewriting) == "applies");
    // `object` is what the pods will be, too.
    CHECK(outcome(policy("p", conditions({"'nvidia.com/gpu' in "
                                          "object.spec.template.spec.containers[0].resources.limits"})) +
                  rewriting) == "no");
}

TEST_CASE("conditions: `explain` names the one that does not hold") {
    const decide::Snapshot snapshot =
        make_snapshot(policy("p", conditions({"true", "workload.gpus == 1"})) +
                      policy("q", conditions({"workload.model == 'm'"})) + kFleet);
    decide::Control control;
    control.trace = true;
    const Object object = deployment(1);
    const decide::Decision decision =
        decide::decide(make_request(decide::Phase::Validate, object), snapshot, control);
    REQUIRE(decision.trace != nullptr);
    const auto has = [&](const std::string& line) {
        const auto& lines = decision.trace->lines;
        return std::find(lines.begin(), lines.end(), line) != lines.end();
    };
    CHECK(has("policy p (Enforce) does not apply: match.conditions: c1"));
    CHECK(has("policy q (Enforce) cannot be decided: condition c0: no such key: model"));
}

TEST_CASE("check on UPDATE: what was there before is no excuse when the spec changes") {
    const decide::Snapshot snapshot =
        make_snapshot(policy("p", "", "[{name: r, check: {expression: 'workload.gpus <= 4'}}]") +
                      policy("q", "",
                             "[{name: r, check: {expression: 'oldObject == null || object.spec.replicas <= "
                             "oldObject.spec.replicas'}}]") +
                      kFleet);
    const auto update = [&](const Object& object, const Object& old) {
        const decide::Decision decision =
            decide::decide(make_update(decide::Phase::Validate, object, old), snapshot, {});
        return names(decision.findings);
    };
    using Names = std::vector<std::string>;
    CHECK(update(deployment(1, 4), deployment(1, 4)) == Names{});
    CHECK(update(deployment(2, 4), deployment(1, 4)) == Names{"p/r Deny"});
    CHECK(update(deployment(1, 5), deployment(1, 6)) == Names{"p/r Deny"});
    CHECK(update(deployment(1, 4), deployment(1, 3)) == Names{"q/r Deny"});
}

TEST_CASE("check on a pod whose workload was judged is for the audit, unless the policy says otherwise") {
    const std::string pod =
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web-5d4f-x\n  namespace: serve\n"
        "  labels: {pod-template-hash: 5d4f}\n  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, "
        "name: web-5d4f, uid: u, controller: true}]\nspec:\n  containers:\n"
        "  - {name: main, image: registry.example/a:1, resources: {limits: {nvidia.com/gpu: 8}}}\n";
    const std::string rule = "[{name: r, check: {expression: 'workload.gpus < 8'}}]";
    const std::string match = conditions({"workload.kind == 'Deployment' && workload.name == 'web'"});
    const std::string maker = "system:serviceaccount:kube-system:replicaset-controller";
    const decide::Snapshot audit = make_snapshot(policy("p", match, rule) + kFleet);
    CHECK(names(validate(audit, Object(pod), maker).findings) == std::vector<std::string>{"p/r Audit"});
    CHECK(validate(audit, Object(pod), "ada").findings.empty());  // who claims an owner is of his own kind
    const decide::Snapshot deny =
        make_snapshot(policy("p", match, rule, "  controlledPods: Deny\n") + kFleet);
    CHECK(names(validate(deny, Object(pod), maker).findings) == std::vector<std::string>{"p/r Deny"});
}

TEST_CASE("the index leaves out what cannot apply, and nothing else") {
    const std::vector<std::string> matches = {
        "",
        "  match: {kinds: [Deployment]}\n",
        "  match: {kinds: [Job]}\n",
        "  match: {namespaces: [serve]}\n",
        "  match: {namespaces: [serve, 'x*']}\n",
        "  match: {namespaces: [other, serve]}\n",
        "  match: {namespaces: [other]}\n",
        "  match: {kinds: [Deployment, Job], namespaces: [serve, other]}\n",
        conditions({"workload.kind == 'Deployment'"}),
        conditions({"object.kind == 'Deployment' && request.namespace == 'serve'"}),
        conditions({"'Job' == workload.kind"}),
        conditions({"request.namespace == 'other'"}),
        conditions({"workload.kind == 'Deployment' || workload.namespace == 'other'"}),
        conditions({"!(workload.namespace == 'other')"}),
        conditions({"workload.namespace != 'serve'"}),
    };
    const std::vector<bool> holds = {true, true, false, true,  true, true, false, true,
                                     true, true, false, false, true, true, false};
    std::string documents = kFleet;
    for (std::size_t i = 0; i < matches.size(); ++i)
        documents += policy("p" + std::string(1, static_cast<char>('a' + i)), matches[i]);
    const decide::Snapshot snapshot = make_snapshot(documents);
    std::vector<std::string> wanted;
    for (std::size_t i = 0; i < matches.size(); ++i)
        if (holds[i]) wanted.push_back("p" + std::string(1, static_cast<char>('a' + i)) + "/r Deny");
    std::vector<std::string> found = names(validate(snapshot, deployment(1)).findings);
    std::sort(found.begin(), found.end());
    CHECK(found == wanted);
    const std::vector<std::uint32_t> looked_at =
        snapshot.rules->index.candidates({"Deployment", "", "Deployment"}, "serve");
    CHECK(looked_at.size() == wanted.size() + 1);  // '!=' is looked at, and does not hold
}
