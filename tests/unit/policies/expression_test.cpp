// SPDX-License-Identifier: Apache-2.0
#include "policies/expression.hpp"

#include "policies/source_text.hpp"
#include "policies/yaml_reader.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <string_view>

namespace tollgate::policies {
namespace {

const cel::Environment& environment() {
    static const cel::Environment made({{"object", cel::dyn_type()}});
    return made;
}

Diagnostics read(const std::string& text, const std::vector<cel::Type>& wanted = {}) {
    const SourceText source("policy.yaml", text);
    const YamlStream stream = read_yaml(source);
    REQUIRE(stream.documents.size() == 1);
    Diagnostics out = stream.documents[0].diagnostics;
    Scope scope(source, stream.documents[0], out);
    json::Node node = stream.documents[0].doc.root();
    for (const std::string_view name : {"spec", "expression"}) {
        if (node[name].exists()) node = node[name];
    }
    read_expression(scope, node, "spec.expression", environment(), wanted);
    return out;
}

/// Line and column of the `@` in the file, which no expression may have.
std::pair<std::uint32_t, std::uint32_t> mark(const std::string& text) {
    const std::size_t at = text.find('@');
    REQUIRE(at != std::string::npos);
    std::uint32_t line = 1, column = 1;
    for (std::size_t i = 0; i < at; ++i) {
        if (text[i] == '\n') {
            ++line;
            column = 1;
        } else if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) {
            ++column;
        }
    }
    return {line, column};
}

TEST_CASE("a mistake is shown where it stands in the file, whatever the style of the scalar") {
    const std::string text =
        GENERATE(as<std::string>{},  //
                 "spec: {expression: object.a == @ 1}\n",
                 "spec:\n  expression: object.a ==\n    object.b\n\n    && @\n",
                 "spec:\n  expression: 'object.a == ''x'' && @'\n",
                 "spec:\n  expression: \"object.a == \\\"x\\\"\\n + \\\"\\u00e9\\\" @\"\n",
                 "spec:\n  expression: \"object.a == \\\n    1 && @\"\n",
                 "spec:\n  expression: |\n    object.a == 1 &&\n      object.b == @\n",
                 "spec:\n  expression: |-  # why\n\n    object.a\n    == @ 1\n",
                 "spec:\n  expression: >-\n    object.a ==\n    1 && object.b ==\n    @ 2\n",
                 "spec:\n  expression: >2\n    object.a == 'é' &&\n\n\n    @ 2\n",
                 "spec:\n  expression: !!str &e |\n    object.a\n      == @ 1\n",
                 "{\"spec\": {\"expression\": \"object.a == @\"}}\n",
                 "spec:\r\n  expression: |\r\n    object.a ==\r\n    @ 1\r\n");
    INFO(text);
    const Diagnostics found = read(text);
    REQUIRE_FALSE(found.empty());
    const auto [line, column] = mark(text);
    INFO(render(found.front()));
    CHECK(found.front().code == "TG0309");
    CHECK(found.front().span.line == line);
    CHECK(found.front().span.column == column);
}

TEST_CASE("a name that nobody knows is underlined whole") {
    const Diagnostics found = read("spec:\n  expression: |\n    has(object.a) &&\n    objct.b == 1\n");
    REQUIRE(found.size() == 1);
    CHECK(found[0].span.line == 4);
    CHECK(found[0].span.column == 5);
    CHECK(found[0].span.length == 5);
    CHECK(found[0].hint == "did you mean 'object'?");
}

TEST_CASE("an alias has no place of its own for what it repeats") {
    const std::string text = "spec:\n  first: &e objct.b == 1\n  expression: *e\n";
    const Diagnostics found = read(text);
    REQUIRE(found.size() == 1);
    CHECK(found[0].span.line == 3);
}

TEST_CASE("an expression has one of the types that are wanted") {
    const std::vector<cel::Type> boolean{cel::simple_type(cel::Type::Kind::Bool)};
    CHECK(read("spec: {expression: object.a == 1}\n", boolean).empty());
    const Diagnostics text = read("spec: {expression: \"'a' + 'b'\"}\n", boolean);
    REQUIRE(text.size() == 1);
    CHECK(text[0].message == "spec.expression: must give bool, this gives string");
    const Diagnostics unknown = read("spec: {expression: object.a}\n", boolean);
    REQUIRE(unknown.size() == 1);
    CHECK(unknown[0].message == "spec.expression: must give bool, this gives dyn");
    CHECK_FALSE(unknown[0].hint.empty());
}

}  // namespace
}  // namespace tollgate::policies
