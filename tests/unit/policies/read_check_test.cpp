// SPDX-License-Identifier: Apache-2.0
// Conditions and checks as documents have them: what is refused, and where the mistake is shown to be.
#include "policies/load.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <string>

namespace tollgate::policies {
namespace {

LoadedDocuments load(const std::string& spec) {
    return load_sources({{"p.yaml",
                          "apiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\n"
                          "metadata: {name: p}\nspec:\n" +
                              spec}},
                        LoadOptions{});
}

/// "line:column code message" of the first error; "" without one.
std::string first_error(const std::string& spec) {
    const LoadedDocuments documents = load(spec);
    for (const Diagnostic& each : documents.diagnostics)
        if (each.severity == Severity::Error)
            return std::to_string(each.span.line) + ":" + std::to_string(each.span.column) + " " + each.code +
                   " " + each.message;
    return "";
}

const std::string kRule = "  rules: [{name: r, check: {expression: 'true'}}]\n";

std::string condition(const std::string& fields) {
    return "  match:\n    conditions:\n    - {" + fields + "}\n" + kRule;
}

TEST_CASE("conditions and checks are compiled") {
    const LoadedDocuments documents = load(
        "  match: {conditions: [{name: one, expression: workload.gpus == 1}]}\n"
        "  rules:\n  - name: r\n    check:\n      expression: |\n        workload.gpus\n          < 2\n"
        "      message: too many\n      messageExpression: \"'a' + 'b'\"\n");
    REQUIRE(documents.ok());
    const rules::Policy& policy = documents.policies.front();
    REQUIRE(policy.match.conditions.size() == 1);
    CHECK(policy.match.conditions.front().name == "one");
    CHECK(policy.match.conditions.front().when.source == "workload.gpus == 1");
    const auto* check = std::get_if<rules::Check>(&policy.rules.front().verb);
    REQUIRE(check != nullptr);
    CHECK(check->expression.source == "workload.gpus\n  < 2");
    CHECK(check->message == "too many");
    CHECK(check->message_expression.has_value());
}

TEST_CASE("a mistake is shown at its place in the file, block scalars included") {
    CHECK(first_error("  rules:\n  - name: r\n    check:\n      message: m\n      expression: |\n"
                      "        workload.gpus == 1 &&\n          workload.gpuss == 1\n") ==
          "11:20 TG0309 spec.rules[0].check.expression: workload has no field 'gpuss'");
    CHECK(first_error(condition("name: a, expression: \"workload.cost.hourly < 50\"")) ==
          "7:51 TG0309 spec.match.conditions[0].expression: '<' does not take tollgate.Money, int");
}

TEST_CASE("what a condition gives is a bool, what a message is is text") {
    CHECK(first_error(condition("name: a, expression: workload.gpus"))
              .find("spec.match.conditions[0].expression: must give bool, this gives int") !=
          std::string::npos);
    CHECK(first_error(condition("name: a, expression: object.spec.paused"))
              .find("must give bool, this gives dyn") != std::string::npos);
    CHECK(first_error("  rules: [{name: r, check: {expression: 'true', messageExpression: workload.gpus}}]\n")
              .find("messageExpression: must give string, this gives int") != std::string::npos);
    CHECK(first_error(condition("name: a, expression: true")) != "");
}

TEST_CASE("conditions have names, each its own, and there are at most so many") {
    CHECK(first_error(condition("expression: 'true'")).find("TG0203") != std::string::npos);
    CHECK(first_error(condition("name: a, expression: 'true'}\n    - {name: a, expression: 'false'"))
              .find("another condition of this match is called 'a'") != std::string::npos);
    std::string many = "  match:\n    conditions:\n";
    for (int i = 0; i < 64; ++i) many += "    - {name: c" + std::to_string(i) + ", expression: 'true'}\n";
    CHECK(first_error(many + kRule).empty());
    CHECK(first_error(many + "    - {name: more, expression: 'true'}\n" + kRule)
              .find("at most 64 conditions in one match") != std::string::npos);
}

TEST_CASE("a rewriting policy does not ask who it is, in a condition either") {
    const std::string user = "name: a, expression: \"request.userInfo.username != 'ada'\"";
    const std::string rewriting = "  rules: [{name: fit, rightSize: {pools: ['*']}}]\n";
    CHECK(first_error(condition(user)).empty());
    CHECK(
        first_error("  match: {conditions: [{" + user + "}]}\n" + rewriting) ==
        "5:11 TG0401 spec.match.conditions: 'a' looks at request.userInfo, rule 'fit' rewrites, and a pod's "
        "requester is a controller, not a person");
    CHECK(first_error("  exclude: [{conditions: [{" + user + "}]}]\n" + rewriting)
              .find("spec.exclude[0].conditions: 'a' looks at request.userInfo") != std::string::npos);
    CHECK(
        first_error("  match: {conditions: [{name: a, expression: \"dyn(request) != null\"}]}\n" + rewriting)
            .find("TG0401") != std::string::npos);
    CHECK(first_error("  match: {conditions: [{name: a, expression: \"request.operation == 'CREATE'\"}]}\n" +
                      rewriting)
              .empty());
}

TEST_CASE("messages are one line, and several lines of expression need one") {
    CHECK(first_error("  rules: [{name: r, check: {expression: 'true', message: \"a\\nb\"}}]\n")
              .find("message: a message is one line of text") != std::string::npos);
    CHECK(
        first_error("  rules:\n  - name: r\n    check:\n      expression: |\n        true &&\n        true\n")
            .find("an expression of several lines needs a message") != std::string::npos);
    CHECK(first_error("  rules: [{name: r, check: {message: m}}]\n").find("TG0203") != std::string::npos);
    CHECK(first_error("  rules: [{name: r, check: {expression: 'true', fix: x}}]\n").find("TG0202") !=
          std::string::npos);
}

TEST_CASE("labels and a condition are still labels alone; an exception has no conditions") {
    const LoadedDocuments documents = load(
        "  mode: Enforce\n  match: {selector: {matchLabels: {a: b}}, conditions: [{name: c, "
        "expression: 'workload.gpus > 1'}]}\n" +
        kRule);
    CHECK(std::any_of(documents.diagnostics.begin(), documents.diagnostics.end(),
                      [](const Diagnostic& each) { return each.code == "TG0601"; }));
    const LoadedDocuments exception = load_sources(
        {{"e.yaml",
          "apiVersion: tollgate.dev/v1alpha1\nkind: CostException\nmetadata: {name: e}\nspec:\n"
          "  rules: [p]\n  match: {namespaces: [a], conditions: [{name: c, expression: 'true'}]}\n"
          "  reason: r\n  approvedBy: a\n  expires: 1970-01-02T00:00:00Z\n  maxHourlyCost: 1\n"}},
        LoadOptions{});
    CHECK(std::any_of(exception.diagnostics.begin(), exception.diagnostics.end(), [](const Diagnostic& each) {
        return each.code == "TG0501" &&
               each.message.find("an exception says plainly whom it is for") != std::string::npos;
    }));
}

}  // namespace
}  // namespace tollgate::policies
