// SPDX-License-Identifier: Apache-2.0
// What the language means, above all where it is not what one expects.
#include "tests/support/catch.hpp"
#include "tests/unit/engine/cel/run.hpp"

using namespace tollgate;
using namespace tollgate::cel;
using namespace tollgate::cel::test;

namespace {

constexpr std::string_view kObject = R"({
  "spec": {"replicas": 3, "ratio": 1.0, "surge": "25%", "nothing": null, "list": [1, "a"], "template": {}},
  "metadata": {"name": "x", "labels": {"app.kubernetes.io/name": "v"}}})";

}  // namespace

TEST_CASE("numbers compare across kinds only where the types are not known") {
    CHECK(is_refused("1 == 1.0"));
    CHECK(is_refused("1 == 1u"));
    CHECK(is_refused("1 in [1.0]"));
    CHECK(run("1 < 1.5") == "true");
    CHECK(run("dyn(1) == 1.0") == "true");
    CHECK(run("object.spec.ratio == 1", kObject) == "true");
    CHECK(run("object.spec.replicas == 3.0", kObject) == "true");
    CHECK(run("dyn([1]) == dyn([1.0])") == "true");
    CHECK(run("{1: 'a'}[dyn(1.0)]") == "\"a\"");
    CHECK(run("9223372036854775807 < 9223372036854775808.0") == "false");
    CHECK(run("object.spec.list[1.0]", kObject) == "\"a\"");
    CHECK(fails("object.spec.list[1.5]", kObject));
}

TEST_CASE("different kinds are unequal, and have no order") {
    CHECK(run("object.spec.surge == 25", kObject) == "false");
    CHECK(fails("object.spec.surge < 25", kObject));
    CHECK(run("double('NaN') == double('NaN')") == "false");
    CHECK(fails("double('NaN') < 1.0"));
}

TEST_CASE("arithmetic that does not fit is an error, not a wrong number") {
    for (const char* expression :
         {"9223372036854775807 + 1", "-9223372036854775808 - 1", "9223372036854775807 * 2",
          "-(-9223372036854775808)", "0u - 1u", "1 / 0", "1 % 0", "1u / 0u", "int(1e30)", "uint(dyn(-1))"}) {
        INFO(expression);
        CHECK((fails(expression) || is_refused(expression)));
    }
    CHECK(run("1.0 / 0.0 > 1e308") == "true");
    CHECK(run("int(-1.9)") == "-1");
    CHECK(run("-9223372036854775808") == "-9223372036854775808");
}

TEST_CASE("&& and || forgive an error when another operand decides") {
    CHECK(run("object.spec.missing || true", kObject) == "true");
    CHECK(run("true || object.spec.missing", kObject) == "true");
    CHECK(run("object.spec.missing && false", kObject) == "false");
    CHECK(fails("object.spec.missing || false", kObject));
    CHECK(fails("object.spec.missing && true", kObject));
    CHECK(run("dyn(1) || true") == "true");
    CHECK(fails("dyn(1) || false"));
    CHECK(run("[1, 0].exists(i, 1 / i == 1)") == "true");
    CHECK(run("[0, 1].exists(i, 1 / i == 1)") == "true");
    CHECK(run("[0, 2].all(i, 1 / i == 1)") == "false");
    CHECK(fails("[0, 1].all(i, 1 / i == 1)"));
    CHECK(fails("[0, 1].exists_one(i, 1 / i == 1)"));
    CHECK(fails("[0, 1].map(i, 1 / i)"));
}

TEST_CASE("has() tells absent from null, and needs the way there") {
    CHECK(run("has(object.spec.nothing)", kObject) == "true");
    CHECK(run("has(object.spec.missing)", kObject) == "false");
    CHECK(fails("has(object.status.phase)", kObject));
    CHECK(run("has(object.spec.nothing.x)", kObject) == "false");
    CHECK(fails("object.spec.nothing.x", kObject));
    CHECK(is_refused("has(object['spec'])", kObject));
    CHECK(run("'app.kubernetes.io/name' in object.metadata.labels", kObject) == "true");
    CHECK(run("object.?status.?phase.orValue('none')", kObject) == "\"none\"");
    CHECK(run("object.?spec.?replicas.orValue(1)", kObject) == "3");
    CHECK(run("object.metadata.?labels[?'nope'].hasValue()", kObject) == "false");
    CHECK(fails("object.spec.replicas.orValue(1)", kObject));
    CHECK(run("optional.of(1).orValue(1 / 0)") == "1");
}

TEST_CASE("literals have one kind, as Kubernetes wants it") {
    CHECK(is_refused("[1, 'a']"));
    CHECK(is_refused("[1, 2.0]"));
    CHECK(is_refused("[dyn(1), 'a']"));
    CHECK(is_refused("{'a': 1, 'b': 'c'}"));
    CHECK(run("'%s %d'.format(['a', 1])") == "\"a 1\"");
    CHECK(run("{'a': 1, 'a': 2}") == "{\"a\": 2}");
    CHECK(run("[?optional.none(), 2]") == "[2]");
    CHECK(run("{?'a': optional.of(1), ?'b': optional.none()}") == "{\"a\": 1}");
}

TEST_CASE("macros with one variable and with two") {
    CHECK(run("[1, 2, 3].map(x, x > 1, x * 10)") == "[20, 30]");
    CHECK(run("[1, 2, 3].filter(x, x != 2)") == "[1, 3]");
    CHECK(run("{'a': 1, 'b': 2}.map(k, k).size()") == "2");
    CHECK(run("[5, 6].exists(i, v, i == 1 && v == 6)") == "true");
    CHECK(run("[5, 6].transformList(i, v, i * v)") == "[0, 6]");
    CHECK(run("{'a': 1}.transformMap(k, v, k + string(v))") == "{\"a\": \"a1\"}");
    CHECK(run("[7].transformMapEntry(i, v, {v: i})") == "{7: 0}");
    CHECK(fails("[1, 2].transformMapEntry(i, v, {'same': i})"));
    CHECK(run("optional.of(2).optMap(v, v + 1)") == "optional.of(3)");
    CHECK(run("[3, 1, 2].sortBy(v, -v)") == "[3, 2, 1]");
    CHECK(run("[1].all(x, [2].all(x, x == 2))") == "true");
    CHECK(is_refused("[1].map(a.b, 1)"));
}

TEST_CASE("types are checked before anything runs, and the nearest name is said") {
    const auto refused = [](std::string_view expression) { return run_all(expression); };
    CHECK(refused("objct.spec").text == "refused: 'objct' is not declared");
    CHECK(refused("1 +\n  'a'").offset == 2);
    CHECK(refused("'a'.startWith('b')").text == "refused: there is no function 'startWith'");
    CHECK(run_all("[1, 2].map(x, string(x))").type == "list(string)");
    CHECK(run_all("{'a': [1]}").type == "map(string, list(int))");
    CHECK(run_all("object.spec").type == "dyn");
    CHECK(is_refused("quantity(1)"));
    CHECK(is_refused("'a'.matches('(')"));
    CHECK(is_refused("duration('1d')"));
    CHECK(is_refused("'%d'.format(['a'])"));
    CHECK(is_refused("'%s'.format([1, 2])"));
}

TEST_CASE("text counts characters; names of types are values") {
    CHECK(run("size('caf\u00e9')") == "4");
    CHECK(run("size(b'caf\u00e9')") == "5");
    CHECK(run("'\\u00e9' == '\u00e9'") == "true");
    CHECK(run("type(object.spec.surge) == string", kObject) == "true");
    CHECK(run("type(object)", kObject) == "map");
    CHECK(run("type(timestamp(0)) == google.protobuf.Timestamp") == "true");
    CHECK(run("\"a\\\"b\"") == "\"a\\\"b\"");
}

TEST_CASE("what fails costs what cel-go asks for it") {
    // The one overload it could be: 3 for the names, 3 for walking over both texts.
    CHECK(run_all("'wants replicas > 1, got ' + object.spec.replicas", R"({"spec": {"replicas": 1}})").cost ==
          6);
    // Nothing was tested where there was nothing to test in.
    CHECK(run_all("has(object.spec.a)", R"({"spec": {}})").cost == 2);
    CHECK(run_all("has(object.none.a)", R"({"spec": {}})").cost == 1);
}

TEST_CASE("errors know where they came about") {
    const Ran ran = run_all("1 + object.spec.missing", kObject);
    CHECK(ran.text == "error: no such key: missing");
    CHECK(ran.offset == 16);
}
