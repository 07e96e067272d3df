// SPDX-License-Identifier: Apache-2.0
// Hostile expressions and objects end in an error within their budget; what is ordinary costs what Kubernetes
// asks.
#include "tests/support/catch.hpp"
#include "tests/unit/engine/cel/run.hpp"

#include <atomic>

using namespace tollgate;
using namespace tollgate::cel;
using namespace tollgate::cel::test;

TEST_CASE("nesting, length and number of parts are bounded") {
    const auto repeated = [](std::string_view text, std::size_t times) {
        std::string out;
        for (std::size_t i = 0; i < times; ++i) out += text;
        return out;
    };
    CHECK(run(repeated("(", 50) + "1" + repeated(")", 50)) == "1");
    CHECK(is_refused(repeated("(", 10'000) + "1" + repeated(")", 10'000)));
    CHECK(is_refused(repeated("[", 10'000) + repeated("]", 10'000)));
    CHECK(is_refused(repeated("-", 3) + repeated("!", 1) + "1"));
    CHECK(is_refused("x" + repeated(".a", 10'000)));
    CHECK(is_refused("1" + repeated(" + 1", 10'000)));
    CHECK(run("true" + repeated(" && true", 5'000)) == "true");
    CHECK(is_refused(repeated(" ", limits::kMaxCelSourceBytes) + "1"));
    CHECK(is_refused(repeated("x ? x : ", 10'000) + "1"));
}

TEST_CASE("an evaluation stops when its cost is used up, whatever would forgive the error") {
    std::string list = "[";
    for (int i = 0; i < 1000; ++i) list += (i > 0 ? "," : "") + std::to_string(i);
    const std::string object = "{\"list\": " + list + "]}";
    const std::string_view loops =
        "object.list.all(a, object.list.all(b, object.list.all(c, a + b + c >= 0))) || true";
    const Ran ran = run_all(loops, object);
    CHECK(ran.text == "error: the cost of the expression exceeds its budget");
    CHECK(ran.cost < limits::kMaxCelCost + 10'000);
    CHECK(run_all("object.list.all(a, a >= 0)", object, 100).text ==
          "error: the cost of the expression exceeds its budget");
}

TEST_CASE("an evaluation stops when the time is up, and when it has made too much") {
    const Environment environment({{"object", dyn_type()}});
    const auto document = json::parse(R"({"list": [1,2,3,4,5,6,7,8,9,10]})");
    const std::vector<Value> values{from_json(document->root())};
    FixedVariables variables(values);
    const auto program = compile(
        "object.list.all(a, object.list.all(b, object.list.all(c, a + b + c > 0))) || true", environment);
    REQUIRE(program.has_value());
    const std::atomic<bool> late{true};
    Arena arena;
    Evaluation evaluation{arena, variables, limits::kMaxCelCost, &late};
    CHECK(to_text(program->run(evaluation)) == "error: the time to judge this request is up");
    CHECK(evaluation.out_of_budget);

    const auto doubling = compile(
        "['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'].map(a, a + a + a + a + a + a + a + a + a + a + a + a)",
        environment);
    REQUIRE(doubling.has_value());
    Arena small(200);
    Evaluation bounded{small, variables};
    CHECK(to_text(doubling->run(bounded)).find("more values than the bound allows") != std::string::npos);
    CHECK(bounded.out_of_budget);
}

TEST_CASE("costs are Kubernetes' own") {
    constexpr std::string_view kObject = R"({"spec": {"replicas": 3, "names": ["a", "b"]}})";
    const auto cost = [&](std::string_view expression) { return run_all(expression, kObject).cost; };
    CHECK(cost("true") == 0);
    CHECK(cost("object.spec.replicas") == 3);
    CHECK(cost("object.spec.replicas <= 5") == 4);
    CHECK(cost("has(object.spec.replicas)") == 2);
    CHECK(cost("[1, 2, 3]") == 0);
    CHECK(cost("[object.spec.replicas]") == 13);
    CHECK(cost("{'a': object.spec.replicas}") == 33);
    CHECK(cost("'a' in ['a', 'b']") == 0);
    CHECK(cost("[1, 2].all(x, x > 0)") == 11);
    CHECK(cost("[1, 2].exists(x, x > 0)") == 10);
    CHECK(cost("'abcdefghijk'.contains('bcd')") == 2);
}

TEST_CASE("maps are found in logarithmic time, whatever their keys") {
    std::string object = "{";
    for (int i = 0; i < 2000; ++i)
        object += (i > 0 ? "," : "") + ("\"k" + std::to_string(i) + "\": " + std::to_string(i));
    object += "}";
    CHECK(run("object.transformMap(k, v, v + 1)['k1999']", object) == "2000");
    CHECK(run("object.transformMap(k, v, v + 1).size()", object) == "2000");
    CHECK(run("object.map(k, k).transformMap(i, k, object[k])[1234]", object) == "1234");
}
