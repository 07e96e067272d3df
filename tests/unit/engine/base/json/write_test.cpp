// SPDX-License-Identifier: Apache-2.0
#include "engine/base/json/document.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <string_view>

namespace json = tollgate::json;

namespace {

std::string literal(std::string_view text) {
    std::string out;
    json::append_json_string(out, text);
    return out;
}

}  // namespace

TEST_CASE("text comes out compact, with numbers as they were") {
    const auto document =
        json::parse(" { \"a\" : [ 1e0 , -0.0, 18446744073709551616 ] , \"b\" : { } , \"c\" : [ ] } ");
    REQUIRE(document.has_value());
    CHECK(json::to_json(document->root()) == R"({"a":[1e0,-0.0,18446744073709551616],"b":{},"c":[]})");
    CHECK(json::to_json({}) == "null");
}

TEST_CASE("strings are escaped") {
    CHECK(literal("plain") == R"("plain")");
    CHECK(literal("") == R"("")");
    CHECK(literal("a\"b\\c/") == R"("a\"b\\c/")");
    CHECK(literal(std::string_view("\0\b\f\n\r\t\x1F\x7F", 8)) == "\"\\u0000\\b\\f\\n\\r\\t\\u001f\x7F\"");
    CHECK(literal("\xC3\xA9\xF0\x9F\x98\x80") == "\"\xC3\xA9\xF0\x9F\x98\x80\"");
}

TEST_CASE("the output is valid UTF-8 whatever the input") {
    CHECK(literal("\xED\xA0\x80x") == R"("\ud800x")");
    CHECK(literal("\xED\xBF\xBF") == R"("\udfff")");
    CHECK(literal("\xFF") == "\"\xEF\xBF\xBD\"");
    CHECK(literal("\xC3") == "\"\xEF\xBF\xBD\"");
    CHECK(literal("a\xE2\x82") == "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"");
    CHECK(literal("\xED\xA0") == "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
    for (const char* odd : {"\xED\xA0\x80", "\xFF\xFE", "\xF4\x90\x80\x80", "\xC0\x80"}) {
        const auto again = json::parse(literal(odd));
        REQUIRE(again.has_value());
    }
}

TEST_CASE("append adds to what is there") {
    std::string out = "x=";
    const auto document = json::parse("[\"y\"]");
    REQUIRE(document.has_value());
    json::append_json(out, document->root());
    CHECK(out == "x=[\"y\"]");
}
