// SPDX-License-Identifier: Apache-2.0
// What budgets count, and what they never let pass in silence.
#include "engine/decide/spending.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

using namespace tollgate;
using namespace tollgate::test;
using decide::Counts;

namespace {

decide::Snapshot with_budget(const std::string& spec) {
    return make_snapshot(
        std::string(kFleet) +
        "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostBudget\nmetadata: {name: b}\nspec: " + spec +
        "\n");
}

Money usd(std::int64_t amount) {
    return Money{Ratio(amount)};
}

decide::Expense expense(const std::string& name, std::optional<Money> hourly, Counts counts = Counts::Yes) {
    return {name, hourly, {counts}};
}

Object job(const std::string& ns) {
    return Object("{apiVersion: batch/v1, kind: Job, metadata: {name: j, namespace: " + ns +
                  "}, spec: {template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: "
                  "i, resources: "
                  "{limits: {nvidia.com/gpu: 1}}}]}}}}");
}

Counts counted(const std::string& match, const Object& object) {
    const decide::Snapshot snapshot = with_budget("{match: " + match + ", hourly: 1}");
    return decide::budgets_of(make_request(decide::Phase::Validate, object), snapshot).at(0);
}

}  // namespace

TEST_CASE("a budget is about what its match lets in") {
    CHECK(counted("{}", job("a")) == Counts::Yes);
    CHECK(counted("{namespaces: [\"r-*\"]}", job("r-1")) == Counts::Yes);
    CHECK(counted("{namespaces: [\"r-*\"]}", job("a")) == Counts::No);
    CHECK(counted("{kinds: [Job]}", job("a")) == Counts::Yes);
    CHECK(counted("{kinds: [Deployment]}", job("a")) == Counts::No);
    CHECK(counted("{selector: {matchLabels: {app: a}}}", job("a")) == Counts::Yes);
    CHECK(counted("{selector: {matchLabels: {app: b}}}", job("a")) == Counts::No);
}

TEST_CASE("what cannot be told is not taken for outside") {
    // No Namespace is known.
    CHECK(counted("{namespaceSelector: {matchLabels: {tier: x}}}", job("a")) == Counts::Unknown);
    const Object unknown(
        "{apiVersion: example.com/v1, kind: Odd, metadata: {name: o, namespace: r-1}, spec: {template: "
        "{spec: "
        "{containers: []}}}}");
    CHECK(counted("{classes: [Training]}", unknown) == Counts::Unknown);
    CHECK(counted("{namespaces: [other]}", unknown) == Counts::No);
}

TEST_CASE("the most expensive come first, and the sum is exact") {
    const decide::Snapshot snapshot = with_budget("{match: {}, hourly: 10, onExceed: Deny}");
    const std::vector<decide::Expense> expenses{expense("a", usd(3)), expense("b", Money{Ratio::of(1, 3)}),
                                                expense("c", usd(7)), expense("d", usd(90), Counts::No)};
    const std::vector<decide::Spending> all = decide::add_up(snapshot, expenses);
    REQUIRE(all.size() == 1);
    CHECK(all[0].hourly == Money{Ratio::of(31, 3)});
    REQUIRE(all[0].known.size() == 3);
    CHECK(all[0].known[0]->name == "c");
    CHECK(all[0].known[2]->name == "b");
    CHECK(all[0].over_hourly);
    CHECK(all[0].action() == rules::Action::Deny);
    CHECK(decide::describe(all[0]) == "3 objects burn $10.33/h, $7,543 a month of 730 h; it allows $10.00/h");
}

TEST_CASE("a budget is kept up to its last cent") {
    const auto verdict = [](const std::string& spec, std::int64_t hourly) {
        const decide::Snapshot snapshot = with_budget(spec);
        const std::vector<decide::Expense> expenses{expense("a", usd(hourly))};
        const auto all = decide::add_up(snapshot, expenses);
        return std::pair(all.at(0).over_hourly, all.at(0).over_monthly);
    };
    CHECK(verdict("{match: {}, hourly: 10}", 10) == std::pair(false, false));
    CHECK(verdict("{match: {}, hourly: 10}", 11) == std::pair(true, false));
    CHECK(verdict("{match: {}, monthly: 7300}", 10) == std::pair(false, false));
    CHECK(verdict("{match: {}, monthly: 7299.99}", 10) == std::pair(false, true));
    CHECK(verdict("{match: {}, hourly: 1, monthly: 1}", 10) == std::pair(true, true));
}

TEST_CASE("what follows is as the budget says") {
    const auto action = [](const std::string& on_exceed, const std::vector<decide::Expense>& expenses) {
        const decide::Snapshot snapshot = with_budget("{match: {}, hourly: 1" + on_exceed + "}");
        return decide::add_up(snapshot, expenses).at(0).action();
    };
    const std::vector<decide::Expense> over{expense("a", usd(2))}, under{expense("a", usd(1))};
    CHECK(action("", over) == rules::Action::Warn);
    CHECK(action(", onExceed: Warn", over) == rules::Action::Warn);
    CHECK(action(", onExceed: Deny", over) == rules::Action::Deny);
    CHECK_FALSE(action(", onExceed: Deny", under).has_value());
    CHECK_FALSE(action(", onExceed: Deny", {}).has_value());
    // What is not known is said; it refuses nothing by itself.
    const std::vector<decide::Expense> unknown{expense("a", usd(1)), expense("b", std::nullopt),
                                               expense("c", usd(9), Counts::Unknown)};
    CHECK(action(", onExceed: Deny", unknown) == rules::Action::Warn);
    const decide::Snapshot snapshot = with_budget("{match: {}, hourly: 1}");
    const auto all = decide::add_up(snapshot, unknown);
    CHECK(all.at(0).uncounted ==
          std::vector<std::string>{"b (its cost is not known)", "c (whether it belongs is not known)"});
    CHECK(decide::describe(all.at(0)).find("not counted: 2 objects") != std::string::npos);
}
