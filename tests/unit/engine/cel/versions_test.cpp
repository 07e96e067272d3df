// SPDX-License-Identifier: Apache-2.0
// What an older Kubernetes does not have is refused, with the version that brought it.
#include "engine/cel/program.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <string_view>

using namespace tollgate;
using namespace tollgate::cel;

namespace {

/// "" when it compiles; else the message and the hint.
std::string refusal(std::string_view expression, std::uint32_t minor, bool mutating = false) {
    Environment::Options options;
    options.kubernetes_minor = minor;
    options.mutating = mutating;
    const auto program = compile(expression, Environment({{"object", dyn_type()}}, options));
    if (program) return "";
    const Issue& issue = program.error().front();
    return issue.message + " [" + issue.hint + "]";
}

struct Row {
    std::string_view expression;
    std::uint32_t since;
};

}  // namespace

TEST_CASE("a function is there from its version on and refused before it") {
    for (const Row& row : {Row{"1 < 1.5", 28},
                           {"object.?spec.hasValue()", 28},
                           {"has(object.?spec.name)", 28},
                           {"[?object.?spec]", 28},
                           {"{?'a': object.?spec}", 28},
                           {"object[?'a'] == optional.none()", 28},
                           {"optional.of(1).optMap(x, x + 1)", 28},
                           {"quantity('1') == quantity('2')", 28},
                           {"isQuantity(object.x)", 28},
                           {"sets.contains([1], [1])", 29},
                           {"'%d'.format([1])", 29},
                           {"strings.quote('a')", 29},
                           {"isIP('1.2.3.4')", 30},
                           {"cidr('10.0.0.0/8').containsIP(object.ip)", 30},
                           {"format.dns1123Label().validate('a')", 31},
                           {"[1, 2].all(i, v, i < v)", 32},
                           {"{'a': 1}.transformMap(k, v, v + 1)", 32},
                           {"{'a': 1}.transformList(k, v, v)", 32},
                           {"isSemver('1.0.0')", 33},
                           {"semver('v1.0', true)", 33},
                           {"[1].slice(0, 1)", 34},
                           {"[2, 1].sort()", 34},
                           {"[2, 1].sortBy(x, -x)", 34},
                           {"[2, 1].reverse()", 34},
                           {"[1].includes(1)", 37}}) {
        INFO(row.expression);
        CHECK(refusal(row.expression, row.since).empty());
        const std::string before = refusal(row.expression, row.since - 1);
        CHECK(before.find("in Kubernetes 1." + std::to_string(row.since - 1)) != std::string::npos);
        CHECK(before.find("[since Kubernetes 1." + std::to_string(row.since) + "]") != std::string::npos);
    }
}

TEST_CASE("what was always there is there") {
    for (const std::string_view expression :
         {"[1, 2].sum()", "[1].isSorted()", "'a'.find('a')", "isURL('https://a')", "'a,b'.split(',')",
          "[1].indexOf(1)", "[1].all(x, x > 0)", "1 < 2", "duration('1h') < duration('2h')"})
        CHECK(refusal(expression, 25).empty());
}

TEST_CASE("a near name is one that this version has") {
    CHECK(refusal("isQuantty('1')", 27).find("isQuantity") == std::string::npos);
    CHECK(refusal("isQuantty('1')", 28).find("isQuantity") != std::string::npos);
}

TEST_CASE("versions of Kubernetes are read as people write them") {
    CHECK(read_kubernetes_version("1.30").value() == 30);
    CHECK(read_kubernetes_version("v1.31").value() == 31);
    CHECK(read_kubernetes_version("1.29.4").value() == 29);
    for (const std::string_view wrong : {"", "30", "1.", "1.x", "2.0", "1.30-rc1", "1.99999999999"})
        CHECK(!read_kubernetes_version(wrong).has_value());
    CHECK(read_kubernetes_version("1.40").error().message.find("newest") != std::string::npos);
}

TEST_CASE("what patches are made with is for policies that change objects") {
    CHECK(refusal("jsonpatch.escapeKey('a')", 37).find("policies that change objects") != std::string::npos);
    CHECK(refusal("jsonpatch.escapeKey('a')", 32, true).empty());
    CHECK(refusal("jsonpatch.escapeKey('a')", 31, true).find("since Kubernetes 1.32") != std::string::npos);
}
