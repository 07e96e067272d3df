// SPDX-License-Identifier: Apache-2.0
// Hostile expressions and objects end in an error within their budget; what is ordinary costs what Kubernetes
// asks.
#include "tests/support/catch.hpp"
#include "tests/unit/engine/cel/run.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <thread>

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

namespace {

/// A list of twice a list of twice ... `levels` deep: 2^levels elements in a few hundred bytes.
Value shared_list(Arena& arena, int levels) {
    Value list = arena.list({});
    for (int i = 0; i < levels; ++i) {
        const std::array<Value, 2> twice{list, list};
        list = arena.list(twice);
    }
    return list;
}

struct Outcome {
    std::string text;
    bool out_of_budget = false;
    double seconds = 0;
};

Outcome on_shared_parts(std::string_view expression, int levels) {
    const Environment environment({{"object", dyn_type()}, {"x", dyn_type()}});
    const auto program = compile(expression, environment);
    REQUIRE(program.has_value());
    Arena arena;
    const std::vector<Value> values{shared_list(arena, levels), shared_list(arena, levels)};
    FixedVariables variables(values);
    Evaluation evaluation{arena, variables, limits::kMaxCelCost, nullptr, 500'000};
    const auto start = std::chrono::steady_clock::now();
    Outcome out;
    out.text = to_text(program->run(evaluation));
    out.out_of_budget = evaluation.out_of_budget;
    out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return out;
}

}  // namespace

TEST_CASE("walks over values that share parts end") {
    for (const std::string_view expression :
         {"object == x", "object != x", "object in [x]", "x in [object]", "[object].indexOf(x) == 0",
          "[object].lastIndexOf(x) == 0", "sets.contains([object], [x])", "sets.equivalent([object], [x])",
          "sets.intersects([object], [x])", "[object, x].distinct().size() == 1", "[object].includes(x)",
          "{'a': object} == {'a': x}", "optional.of(object) == optional.of(x)", "[object].isSorted()",
          "object.isSorted()", "[object].map(a, a) == [x]", "object == x || true"}) {
        INFO(expression);
        const Outcome few = on_shared_parts(expression, 3);
        CHECK_FALSE(few.out_of_budget);
        const Outcome many = on_shared_parts(expression, 60);
        CHECK(many.text.starts_with("error: "));
        CHECK(many.seconds < 10);  // without a bound it is for ever
    }
    CHECK(on_shared_parts("object.flatten(100).size() == 0", 60).text.starts_with("error: "));
    CHECK(on_shared_parts("'%s'.format([object]) == ''", 60).text.starts_with("error: "));
    CHECK(on_shared_parts("object", 60).text.size() < 20'000);
}

TEST_CASE("deep values are walked down to a bound") {
    const Environment environment({{"object", dyn_type()}, {"x", dyn_type()}});
    const auto nested = [](Arena& arena, std::size_t levels) {
        Value list = arena.list({});
        for (std::size_t i = 0; i < levels; ++i) list = arena.list(std::array<Value, 1>{list});
        return list;
    };
    for (const std::size_t levels : {limits::kMaxCelValueDepth - 1, limits::kMaxCelValueDepth * 50}) {
        const bool deep = levels > limits::kMaxCelValueDepth;
        for (const std::string_view expression :
             {"object == x", "[object].isSorted()", "object.flatten(1000000).size() == 0",
              "'%s'.format([object]).size() > 10"}) {
            INFO(expression);
            const auto program = compile(expression, environment);
            REQUIRE(program.has_value());
            Arena arena;
            const std::vector<Value> values{nested(arena, levels), nested(arena, levels)};
            FixedVariables variables(values);
            Evaluation evaluation{arena, variables};
            const std::string text = to_text(program->run(evaluation));
            if (deep) CHECK(text.starts_with("error: "));
        }
        Arena arena;
        CHECK(to_text(nested(arena, levels)).size() < 20'000);
    }
}

TEST_CASE("the deadline is seen wherever the time goes") {
    const std::string text(1024 * 1024, 'a');
    std::string list = "[";
    for (int i = 0; i < 5000; ++i) list += (i > 0 ? "," : "") + std::to_string(i);
    const auto document = json::parse("{\"text\": \"" + text + "\", \"list\": " + list + "]}");
    const Environment environment({{"object", dyn_type()}});
    const std::vector<Value> values{from_json(document->root())};
    for (const std::string_view expression :
         {"object.list.all(i, isURL(object.text) || true)", "object.list.all(i, size(object.text) > 0)",
          "object.list.exists(i, !object.text.lowerAscii().startsWith('a'))",
          "object.list.all(i, i in object.list)", "object.list.map(i, object.list == object.list).size() > 0",
          "object.list.all(i, object.list.isSorted())",
          "object.list.all(i, object.text.matches('(a|b)*c') == false)"}) {
        INFO(expression);
        const auto program = compile(expression, environment);
        REQUIRE(program.has_value());
        std::atomic<bool> late{false};
        Arena arena;
        FixedVariables variables(values);
        Evaluation evaluation{arena, variables, limits::kMaxCelCost * 1000, &late};
        std::thread clock([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(30));
            late = true;
        });
        const auto start = std::chrono::steady_clock::now();
        const std::string got = to_text(program->run(evaluation));
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
        clock.join();
        CHECK(taken.count() < 5);  // some 30 ms; far less than the whole takes
        if (taken.count() > 0.03) CHECK(got == "error: the time to judge this request is up");
    }
}

TEST_CASE("what costs little and takes long is bounded without a deadline") {
    const std::string text(4 * 1024 * 1024, 'a');
    std::string list = "[";
    for (int i = 0; i < 20'000; ++i) list += (i > 0 ? ",1" : "1");
    const std::string object = "{\"text\": \"" + text + "\", \"list\": " + list + "]}";
    const Ran ran = run_all("object.list.all(i, size(object.text) > 0)", object);
    CHECK(ran.text == "error: the expression takes more steps than the bound allows");
    CHECK(run_all("size(object.text)", object).text == std::to_string(text.size()));
}

TEST_CASE("a call that is past the budget is not made") {
    const std::string text(4 * 1024 * 1024, 'a');
    const Ran ran = run_all("object.text.matches('(x+x+)+y(a|b|c|d|e|f)*z')", "{\"text\": \"" + text + "\"}");
    CHECK(ran.text == "error: the cost of the expression exceeds its budget");
}

TEST_CASE("prices ask for the tag of an argument before they look at it") {
    Arena arena;
    const Value failed = arena.error("no");
    std::size_t asked = 0;
    const Environment environment({});
    for (const std::string_view name : environment.function_names())
        for (const Signature& signature : environment.find_function(name)) {
            const std::size_t count = signature.arguments.size();
            // One that no pointer stands for, so that to follow it is seen.
            for (const Value& value : {Value{}, failed, int_value(1), int_value(-1), null_value()})
                for (std::size_t i = 0; i <= count; ++i) {
                    std::vector<Value> values(count, value);
                    if (i < count) values[i] = failed;
                    for (const Value& result : {failed, Value{}}) {
                        CHECK(signature.overload->cost(values, result) < std::uint64_t{1} << 63U);
                        ++asked;
                    }
                }
        }
    CHECK(asked > 1'000);
}

TEST_CASE("where the types leave it open what is looked for, its text is free") {
    constexpr std::string_view kObject = R"({"ip": "10.1.2.3", "net": "10.1.0.0/16"})";
    const auto cost = [&](std::string_view expression) { return run_all(expression, kObject).cost; };
    CHECK(cost("cidr('10.0.0.0/8').containsIP('10.1.2.3')") == 3);
    CHECK(cost("cidr('10.0.0.0/8').containsIP(object.ip)") == 4);
    CHECK(cost("cidr('10.0.0.0/8').containsCIDR(object.net)") == 6);
    CHECK(run("cidr('10.0.0.0/8').containsCIDR(object.net)", kObject) == "true");
}
