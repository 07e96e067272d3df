// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/variable_table.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/engine/rules/lab.hpp"

namespace tollgate::rules {
namespace {

using test::Lab;

Expression expression(const std::string& source) {
    auto program = cel::compile(source, expression_environment());
    INFO(source);
    if (!program.has_value()) FAIL(program.error().front().message);
    return make_expression(source, std::move(*program));
}

struct Bench {
    Lab lab = Lab(test::deployment_json(2));
    ExpressionScope scope;
    std::uint64_t cost = limits::kMaxCelPolicyCost;
    std::vector<EvalError> errors;

    std::vector<Finding> run(const Check& check) {
        Context context = lab.context();
        context.expressions = &scope;
        lab.policy.name = "p";
        lab.of.name = "r";
        std::vector<Finding> out;
        errors.clear();
        run_check(check, lab.policy, lab.of, context, cost, out, errors);
        return out;
    }
    std::string message(const std::string& made, const std::string& fixed = "") {
        Check check{expression("workload.gpus == 1"), fixed, std::nullopt};
        if (!made.empty()) check.message_expression = expression(made);
        const std::vector<Finding> found = run(check);
        REQUIRE(found.size() == 1);
        return found.front().what;
    }
};

TEST_CASE("check: true is fine, false is a finding of no measure") {
    Bench bench;
    CHECK(bench.run({expression("workload.gpus == 2"), "", std::nullopt}).empty());
    const std::vector<Finding> found = bench.run({expression("workload.gpus == 1"), "no", std::nullopt});
    REQUIRE(found.size() == 1);
    CHECK(found.front().code == Code::Check);
    CHECK(found.front().action == Action::Deny);
    CHECK(found.front().by == RuleRef{"p", "r"});
    CHECK_FALSE(found.front().magnitude.has_value());
    CHECK(format_usd(found.front().hourly) == "$13.76");
    CHECK(bench.errors.empty());
}

TEST_CASE("check: which message is shown") {
    Bench bench;
    CHECK(bench.message("") == "failed expression: workload.gpus == 1");
    CHECK(bench.message("", "one GPU, please") == "one GPU, please");
    CHECK(bench.message("'asks for ' + string(workload.gpus)", "fixed") == "asks for 2");
    CHECK(bench.message("'  '", "fixed") == "fixed");
    CHECK(bench.message("'a\\nb'", "fixed") == "fixed");
    CHECK(bench.message("workload.model", "fixed") == "fixed");  // an error: absent
    CHECK(bench.message("string(workload.lifetime)") == "failed expression: workload.gpus == 1");
    CHECK(bench.message("'a\\u001b[31mb'") == "a?[31mb");
    const std::string long_text(limits::kMaxCelMessageBytes, 'x');
    CHECK(bench.message("'" + long_text + "'", "fixed") == long_text);
    CHECK(bench.message("'" + long_text + "y'", "fixed") == "fixed");
}

TEST_CASE("check: what cannot be told is an error that follows the policy, a spent budget one that denies") {
    Bench bench;
    bench.lab.policy.failure = Failure::Allow;
    CHECK(bench.run({expression("workload.lifetime < duration('1h')"), "", std::nullopt}).empty());
    REQUIRE(bench.errors.size() == 1);
    CHECK(bench.errors.front().reason == "expression");
    CHECK(bench.errors.front().message == "no such key: lifetime");
    CHECK(bench.errors.front().failure == Failure::Allow);
    bench.lab.policy.failure = Failure::Deny;
    bench.run({expression("workload.lifetime < duration('1h')"), "", std::nullopt});
    CHECK(bench.errors.front().failure == Failure::Deny);

    bench.lab.policy.failure = Failure::Allow;
    bench.cost = 2;  // what the checks before this one have left
    CHECK(bench.run({expression("workload.gpus + workload.replicas == 4"), "", std::nullopt}).empty());
    REQUIRE(bench.errors.size() == 1);
    CHECK(bench.errors.front().reason == "budget");
    CHECK(bench.errors.front().failure == Failure::Deny);
    CHECK(bench.cost == 0);
}

}  // namespace
}  // namespace tollgate::rules
