// SPDX-License-Identifier: Apache-2.0
// Costs and bounds: 1,000,000 an expression, 10,000,000 a policy with its messages, 2,500,000 its conditions.
#include "engine/base/limits.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/engine/vap/lab.hpp"

namespace tollgate::vap {
namespace {

constexpr std::string_view kNoBudget = "running out of cost budget";

/// Costs somewhat over 900,000, and is true.
std::string dear() {
    return "object.items.all(a, object.items.all(b, a != '' && b != ''))";
}

void give_items(Lab& lab, std::size_t count) {
    std::string text = R"({"kind": "ConfigMap", "items": [)";
    for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\"";
    lab.input.object = lab.json(text + "]}");
}

bool out_of_budget(const Outcome& outcome) {
    return outcome.findings.size() == 1 && outcome.findings[0].is_error &&
           outcome.findings[0].message.find(kNoBudget) != std::string::npos;
}

TEST_CASE("one expression past its limit is an error of its own") {
    Lab lab;
    give_items(lab, 600);  // 360,000 turns
    Draft draft;
    draft.validation(dear(), "m").validation("true");
    const Outcome outcome = lab.judge(std::move(draft));
    REQUIRE(outcome.findings.size() == 1);
    CHECK(outcome.findings[0].is_error);
    CHECK_FALSE(out_of_budget(outcome));
}

TEST_CASE("validations share a budget, and past it nothing else is said") {
    Lab lab;
    give_items(lab, 430);
    Draft one;
    one.validation(dear());
    const std::uint64_t cost = lab.judge(std::move(one)).cost;
    REQUIRE(cost > 900'000);
    REQUIRE(cost < limits::kMaxCelCost);
    Draft few, many;
    few.validation("false");
    many.validation("false");
    for (std::uint64_t i = 0; i < limits::kMaxCelPolicyCost / cost; ++i) few.validation(dear());
    for (std::uint64_t i = 0; i < limits::kMaxCelPolicyCost / cost + 1; ++i) many.validation(dear());
    CHECK_FALSE(out_of_budget(lab.judge(std::move(few))));
    CHECK(out_of_budget(lab.judge(std::move(many))));
}

TEST_CASE("messages take from what validations left") {
    Lab lab;
    give_items(lab, 430);
    Draft draft;
    for (int i = 0; i < 15; ++i) draft.validation("false", "m", dear() + " ? 'spent' : ''");
    const Outcome outcome = lab.judge(std::move(draft));
    REQUIRE(outcome.findings.size() == 15);
    CHECK(outcome.findings[0].message == "spent");
    CHECK(outcome.findings[14].is_error);
    CHECK(outcome.findings[14].message.starts_with("failed messageExpression: "));
}

TEST_CASE("matchConditions have a budget of their own") {
    Lab lab;
    give_items(lab, 430);
    Draft draft;
    for (int i = 0; i < 4; ++i) draft.condition(dear());
    draft.validation("true");
    const Outcome outcome = lab.judge(std::move(draft));
    CHECK(out_of_budget(outcome));
    CHECK(outcome.applied == 0);
}

TEST_CASE("a variable is charged once to the validations, and once more to messages") {
    Lab lab;
    const auto cost = [&](int uses, const char* message) {
        Draft draft;
        draft.variable("n", "object.data.size + 'x'");
        for (int i = 0; i < uses; ++i) draft.validation("variables.n == 'xx'", "", message);
        return lab.judge(std::move(draft));
    };
    const Outcome one = cost(1, ""), two = cost(2, "");
    CHECK(one.cost == 2 + 1 + 4);  // variables.n, ==, object.data.size + 'x'
    CHECK(two.cost == one.cost + 3);
    CHECK(two.repeated_cost == 0);
    const Outcome said = cost(1, "variables.n");
    CHECK(said.cost == one.cost + 2 + 4);
    CHECK(said.repeated_cost == 4);
}

TEST_CASE("variables that build on each other are bounded") {
    Lab lab;
    const auto chain = [&](std::size_t length) {
        Draft draft;
        draft.variable("v0", "1");
        for (std::size_t i = 1; i < length; ++i)
            draft.variable("v" + std::to_string(i), "variables.v" + std::to_string(i - 1) + " + 1");
        draft.validation("variables.v" + std::to_string(length - 1) + " == " + std::to_string(length));
        return lab.judge(std::move(draft));
    };
    CHECK(chain(limits::kMaxVapVariableNesting).findings.empty());
    const Outcome deep = chain(limits::kMaxVapVariableNesting + 1);
    REQUIRE(deep.findings.size() == 1);
    CHECK(deep.findings[0].is_error);
}

TEST_CASE("findings are bounded, and what denies is among them") {
    Lab lab;
    Draft loud("a"), denies("b");
    for (std::size_t i = 0; i < limits::kMaxFindings + 10; ++i) loud.validation("false");
    denies.validation("false", "no");
    std::vector<Policy> policies;
    policies.push_back(std::move(loud.policy));
    policies.push_back(std::move(denies.policy));
    Binding audits = binding("a");
    audits.denies = false;
    audits.audits = true;
    const PolicySet set(std::move(policies), {audits, binding("b")});
    const Outcome outcome = judge(set, lab.input, lab);
    CHECK(outcome.findings.size() == limits::kMaxFindings + 1);
    REQUIRE(outcome.denial() != nullptr);
    CHECK(outcome.denial()->message == "no");
}

TEST_CASE("past the deadline, loops end in errors that failurePolicy decides") {
    Lab lab;
    give_items(lab, 430);
    const std::atomic<bool> late{true};
    Draft draft;
    draft.validation(dear());
    std::vector<Policy> policies;
    policies.push_back(std::move(draft.policy));
    const PolicySet set(std::move(policies), {});
    const Outcome outcome = judge(set, lab.input, lab, {.cancelled = &late});
    REQUIRE(outcome.findings.size() == 1);
    CHECK(outcome.findings[0].is_error);
    CHECK(outcome.cost < 10'000);
}

}  // namespace
}  // namespace tollgate::vap
