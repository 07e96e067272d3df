// SPDX-License-Identifier: Apache-2.0
// What cannot deny takes nothing from what can: steps, memory and explanations of policies in Warn and Audit
// are no reason to refuse an object.
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

using namespace tollgate;
using namespace tollgate::test;

namespace {

std::string policy(const std::string& name, const std::string& mode, int priority,
                   const std::string& condition, const std::string& rule = "limits: {gpusPerWorkload: 4}") {
    return "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: " + name +
           "}\nspec:\n  mode: " + mode + "\n  priority: " + std::to_string(priority) +
           "\n  match: {conditions: [{name: c, expression: \"" + condition + "\"}]}\n  rules: [{name: r, " +
           rule + "}]\n";
}

/// Some thousand steps.
std::string dear() {
    std::string loops = "true";
    for (const char* name : {"a", "b", "c", "d"})
        loops = std::string("[1,2,3,4,5,6,7,8,9,0].all(") + name + ", " + loops + ")";
    return loops;
}

/// Makes a value of two MiB of an object that has a long annotation.
const std::string kLarge = "(object.metadata.annotations.long + object.metadata.annotations.long).size() > 0";

Object deployment(int gpus, std::size_t padding = 1) {
    return Object(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: serve, annotations: "
        "{long: " +
        std::string(padding, 'x') +
        "}}\nspec:\n  replicas: 1\n  template:\n    spec:\n      containers:\n"
        "      - {name: main, image: registry.example/a:1, resources: {limits: {nvidia.com/gpu: " +
        std::to_string(gpus) + "}}}\n");
}

decide::Decision judged(const std::string& documents, const Object& object, std::uint64_t steps,
                        bool trace = false) {
    const decide::Snapshot snapshot = make_snapshot(documents + kFleet);
    decide::Control control;
    control.steps = steps;
    control.trace = trace;
    return decide::decide(make_request(decide::Phase::Validate, object), snapshot, control);
}

std::string named(int number) {
    return "audit-" + std::to_string(number);
}

}  // namespace

TEST_CASE("steps that audits use up are not those of what enforces") {
    const std::string enforced = policy("enforced", "Enforce", 0, dear());
    constexpr std::uint64_t kSteps = 8'000;
    CHECK(judged(enforced, deployment(1), kSteps).allowed);
    CHECK_FALSE(judged(enforced, deployment(5), kSteps).allowed);
    for (const std::string mode : {"Audit", "Warn"}) {
        INFO(mode);
        std::string documents = enforced;
        for (int i = 0; i < 40; ++i) documents += policy(named(i), mode, 10, dear());
        const decide::Decision decision = judged(documents, deployment(1), kSteps);
        CHECK(decision.allowed);
        CHECK_FALSE(decision.errors.empty());  // the audits' own
        CHECK_FALSE(judged(documents, deployment(5), kSteps).allowed);
    }
}

TEST_CASE("memory is given back: what policies make of an object does not add up") {
    for (const std::string mode : {"Audit", "Enforce"}) {
        INFO(mode);
        std::string documents = policy("enforced", "Enforce", 0, kLarge);
        for (int i = 0; i < 24; ++i) documents += policy(named(i), mode, 10, kLarge);
        const decide::Decision decision = judged(documents, deployment(1, 1U << 20U), limits::kMaxSteps);
        CHECK(decision.allowed);
        CHECK(decision.errors.empty());
        CHECK_FALSE(judged(documents, deployment(5, 1U << 20U), limits::kMaxSteps).allowed);
    }
}

TEST_CASE("an explanation changes no verdict") {
    const std::string documents = policy("enforced", "Enforce", 0, dear());
    for (std::uint64_t steps = 50; steps < 6'000; steps += 250) {
        INFO(steps);
        const decide::Decision plain = judged(documents, deployment(1), steps);
        const decide::Decision traced = judged(documents, deployment(1), steps, true);
        CHECK(plain.allowed == traced.allowed);
        CHECK(plain.errors.size() == traced.errors.size());
    }
}
