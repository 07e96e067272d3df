// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/paths.hpp"

#include "engine/cel/parser.hpp"
#include "engine/cel/text.hpp"
#include "tests/support/catch.hpp"

namespace tollgate::cel {
namespace {

std::string required(const std::string& source) {
    const auto parsed = parse(source);
    INFO(source);
    REQUIRE(parsed.has_value());
    std::string out;
    for (const RequiredTexts& each : required_texts(**parsed)) {
        out += each.path + ":";
        for (const std::string& value : each.values) out += " " + value;
        out += ";";
    }
    return out;
}

std::vector<std::string> paths(const std::string& source) {
    const auto parsed = parse(source);
    INFO(source);
    REQUIRE(parsed.has_value());
    return read_paths(**parsed);
}

using Paths = std::vector<std::string>;

TEST_CASE("texts that an expression cannot be true without") {
    CHECK(required("a.b == 'x'") == "a.b: x;");
    CHECK(required("'x' == a.b") == "a.b: x;");
    CHECK(required("a.b in ['x', 'y'] && c == 'z' && d > 1") == "a.b: x y;c: z;");
    CHECK(required("(a == 'x' && (b == 'y'))") == "a: x;b: y;");
    for (const char* other :
         {"a == 'x' || b == 'y'", "!(a == 'x')", "a != 'x'", "a in []", "a in ['x', b]", "a in 'x'",
          "a.?b == 'x'", "a['b'] == 'x'", "f(a) == 'x'", "a == 1", "'x' in a", "a ? b == 'x' : false"})
        CHECK(required(other) == "");
}

TEST_CASE("paths that an expression reads") {
    CHECK(paths("object.metadata.labels['a'] == 'b'") == Paths{"object.metadata.labels.a"});
    CHECK(paths("object.metadata.?labels.a.orValue('') == x.y") == Paths{"object.metadata.labels.a", "x.y"});
    CHECK(paths("has(object.metadata.labels) && 'a' in object.metadata.labels") ==
          Paths{"object.metadata.labels", "object.metadata.labels"});
    CHECK(paths("object.metadata.labels.exists(k, k == other && object.metadata.labels[k] == 'x')") ==
          Paths{
              "object.metadata.labels",
              "other",
              "object.metadata.labels",
          });
    CHECK(paths("[1].all(object, object.x == 1)").empty());
    CHECK(paths("f(a.b).c == 1") == Paths{"a.b"});
    CHECK(paths("1 == 1").empty());
}

TEST_CASE("values are shown without characters that move a cursor") {
    CHECK(to_text(string_value("a\xC2\x9B"
                               "b\xE2\x80\xAE\x1B")) == "\"a\\u009bb\\u202e\\x1b\"");
    CHECK(to_text(string_value("\xC3\xA9\"\n\x9B")) == "\"\xC3\xA9\\\"\\n\\x9b\"");
}

}  // namespace
}  // namespace tollgate::cel
