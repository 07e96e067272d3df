// SPDX-License-Identifier: Apache-2.0
#include "engine/base/json/document.hpp"
#include "tests/support/catch.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace json = tollgate::json;

namespace {

json::Document parsed(std::string_view text) {
    auto document = json::parse(text);
    INFO(text.substr(0, 200));
    REQUIRE(document.has_value());
    return std::move(*document);
}

json::ParseError refused(std::string_view text, std::size_t max_depth = 128) {
    const auto document = json::parse(text, {.max_depth = max_depth});
    INFO(text.substr(0, 200));
    REQUIRE_FALSE(document.has_value());
    return document.error();
}

std::string text_of(std::string_view literal) {
    const json::Document document = parsed(literal);
    REQUIRE(document.root().is_string());
    return std::string(document.root().string());
}

}  // namespace

TEST_CASE("values of every kind") {
    const json::Document document = parsed(
        " {\"s\":\"x\", \"n\" : "
        "-1.5e+3,\t\"t\":true,\"f\":false,\r\n\"z\":null,\"a\":[1,[],{}],\"o\":{\"\":2}} ");
    const json::Node root = document.root();
    CHECK(root.is_object());
    CHECK(root.size() == 7);
    CHECK(root["s"].string() == "x");
    CHECK(root["n"].text() == "-1.5e+3");
    CHECK(root["t"].boolean());
    CHECK_FALSE(root["f"].boolean(true));
    CHECK(root["z"].is_null());
    CHECK(root["a"].size() == 3);
    CHECK(root["a"][1].is_array());
    CHECK(root["a"][2].is_object());
    CHECK(root["o"][""].integer() == 2);
    CHECK(parsed("7").root().integer() == 7);
}

TEST_CASE("the text may go away after parsing") {
    std::string text = R"({"key":["value"]})";
    const json::Document document = parsed(text);
    text.assign(text.size(), '#');
    CHECK(document.root()["key"][0].string() == "value");
}

TEST_CASE("escapes") {
    CHECK(text_of(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
    CHECK(text_of(R"("\u0041\u00e9\u20AC\ud83d\ude00")") == "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
    CHECK(text_of(R"("a\u0000b")") == std::string("a\0b", 3));
    CHECK(text_of("\"" + std::string(40, 'x') + R"(\n)" + std::string(40, 'y') + "\"") ==
          std::string(40, 'x') + "\n" + std::string(40, 'y'));
}

TEST_CASE("lone surrogates are kept as three bytes") {
    CHECK(text_of(R"("\ud800")") == "\xED\xA0\x80");
    CHECK(text_of(R"("\udfffx")") == "\xED\xBF\xBFx");
    CHECK(text_of(R"("\ud83d\u0041")") ==
          "\xED\xA0\xBD"
          "A");
    CHECK(text_of(R"("\ud83d\ud83d\ude00")") == "\xED\xA0\xBD\xF0\x9F\x98\x80");
}

TEST_CASE("strings must be UTF-8") {
    CHECK(text_of("\"\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\"").size() ==
          18);
    for (const char* bad : {"\"\x80\"", "\"\xC0\x80\"", "\"\xC1\xBF\"", "\"\xC3\"", "\"\xE0\x80\x80\"",
                            "\"\xE2\x82\"", "\"\xED\xA0\x80\"", "\"\xF0\x80\x80\x80\"",
                            "\"\xF4\x90\x80\x80\"", "\"\xF5\x80\x80\x80\"", "\"\xFF\"", "\"\xF0\x9F\x98"}) {
        const json::ParseError error = refused(bad);
        CHECK(error.failure == json::ParseFailure::Syntax);
        CHECK(error.offset == 1);
    }
    CHECK(refused("[\"ok\",\"a\xFF\"]").message == "at byte 8: byte 0xff in a string is not valid UTF-8");
}

TEST_CASE("numbers keep their text, whatever their size") {
    const json::Document document = parsed("[0,-0,1.0,1e400,123456789012345678901234567890,1E-7]");
    const json::Node root = document.root();
    CHECK(root[3].text() == "1e400");
    CHECK(root[4].text() == "123456789012345678901234567890");
    CHECK_FALSE(root[4].integer().has_value());
    CHECK(root[2].integer() == 1);
    CHECK(root[1].integer() == 0);
}

TEST_CASE("what is not JSON is refused at its byte") {
    struct Row {
        const char* text;
        std::size_t offset;
        const char* what;
    };
    const Row rows[] = {
        {"", 0, "expected a JSON value, but the text ends"},
        {"  ", 2, "expected a JSON value, but the text ends"},
        {"{", 1, "expected a member name in double quotes, but the text ends"},
        {"{\"a\"", 4, "expected ':' after a member name, but the text ends"},
        {"{\"a\":", 5, "expected a JSON value, but the text ends"},
        {"{\"a\":1", 6, "expected ',' or '}' after a member, but the text ends"},
        {"{\"a\":1,}", 7, "expected a member name in double quotes, got '}'"},
        {"{a:1}", 1, "expected a member name in double quotes, got 'a'"},
        {"[1,]", 3, "expected a JSON value, got ']'"},
        {"[1 2]", 3, "expected ',' or ']' after an element, got '2'"},
        {"[1}", 2, "expected ',' or ']' after an element, got '}'"},
        {"nul", 0, "expected a JSON value, got 'n'"},
        {"truefalse", 4, "unexpected 'f' after the end of the JSON value"},
        {"1 1", 2, "unexpected '1' after the end of the JSON value"},
        {"01", 1, "unexpected '1' after the end of the JSON value"},
        {"-", 0, "malformed number"},
        {"1.", 0, "malformed number"},
        {"[1e]", 1, "malformed number"},
        {"+1", 0, "expected a JSON value, got '+'"},
        {".5", 0, "expected a JSON value, got '.'"},
        {"NaN", 0, "expected a JSON value, got 'N'"},
        {"'a'", 0, "expected a JSON value, got '''"},
        {"\"abc", 4, "the text ends inside a string"},
        {"\"abc\\", 4, "unknown escape in a string: '\\' followed by byte 0x00"},
        {"\"\\x\"", 1, "unknown escape in a string: '\\' followed by 'x'"},
        {"\"\\u12g4\"", 5, "\\u in a string needs four hexadecimal digits"},
        {"\"a\nb\"", 2, "byte 0x0a in a string; control characters must be escaped"},
        {"// no\n1", 0, "expected a JSON value, got '/'"},
        {"\xEF\xBB\xBF{}", 0, "the text starts with a byte order mark; save it as UTF-8 without one"},
    };
    for (const Row& row : rows) {
        const json::ParseError error = refused(row.text);
        CHECK(error.failure == json::ParseFailure::Syntax);
        CHECK(error.offset == row.offset);
        CHECK(error.message == "at byte " + std::to_string(row.offset) + ": " + row.what);
    }
    CHECK(refused(std::string_view("1\0", 2)).offset == 1);
    CHECK(refused(std::string_view("\"a\0b\"", 5)).offset == 2);
}

TEST_CASE("depth is bounded, and any depth is refused without recursion") {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    CHECK(json::parse(nested(128)).has_value());
    const json::ParseError error = refused(nested(129));
    CHECK(error.failure == json::ParseFailure::TooDeep);
    CHECK(error.message == "at byte 128: nested deeper than 128 levels");
    CHECK(refused(std::string(3'000'000, '['), 100'000'000).failure == json::ParseFailure::TooDeep);
    CHECK(refused("[[1]]", 1).failure == json::ParseFailure::TooDeep);
    CHECK(json::parse("1", {.max_depth = 0}).has_value());
    CHECK(json::parse("[{\"a\":[]},[]]", {.max_depth = 3}).has_value());
}

TEST_CASE("of duplicate keys the last wins, and they are counted") {
    const json::Document small = parsed(R"({"a":1,"b":{"c":1,"c":2},"a":3,"a":4})");
    CHECK(small.duplicate_keys() == 3);
    CHECK(small.root().size() == 2);
    CHECK(small.root()["a"].integer() == 4);
    CHECK(small.root()["b"]["c"].integer() == 2);
    CHECK(parsed(R"({"a":1,"\u0061":2})").duplicate_keys() == 1);
    CHECK(parsed(R"({"a":1,"A":2})").duplicate_keys() == 0);

    std::string large = "{";
    for (int i = 0; i < 1'000; ++i)
        large += "\"key" + std::to_string(i % 300) + "\":" + std::to_string(i) + ",";
    large += "\"last\":0}";
    const json::Document document = parsed(large);
    CHECK(document.duplicate_keys() == 700);
    CHECK(document.root().size() == 301);
    CHECK(document.root()["key0"].integer() == 900);
    CHECK(document.root()["key299"].integer() == 899);
    CHECK(document.root()["last"].integer() == 0);
    CHECK_FALSE(document.root()["key300"].exists());
    CHECK(document.root().key(300) == "last");
}

TEST_CASE("hundreds of thousands of keys are no attack") {
    // Long common prefixes and reversed order: the worst for anything that compares or hashes naively.
    std::string text = "{";
    for (int i = 500'000; i > 0; --i) text += "\"aaaaaaaa" + std::to_string(i % 450'000) + "\":0,";
    text.back() = '}';
    const auto start = std::chrono::steady_clock::now();
    const json::Document document = parsed(text);
    for (std::size_t i = 0; i < document.root().size(); ++i) {
        REQUIRE(document.root()[document.root().key(i)].id() == document.root().value(i).id());
    }
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
    CHECK(document.root().size() == 450'000);
    CHECK(document.duplicate_keys() == 50'000);
}

TEST_CASE("an array that nobody looks at is read over") {
    const auto without = [](std::string_view text, std::size_t max_depth = 128) {
        return json::parse(text,
                           {.max_depth = max_depth, .left_out = {.parent = "metadata", .name = "skip"}});
    };
    const std::string_view kSame = R"({"metadata":{"a":1,"b":2}})";
    for (const std::string_view text :
         {R"({"metadata":{"a":1,"skip":[],"b":2}})", R"({"metadata":{"skip":[{"x":["}]",{}]}],"a":1,"b":2}})",
          R"({"metadata":{"a":1,"b":2, "skip" : [1, "\"]", "\\", "\u00e9 é"] }})"}) {
        INFO(text);
        const auto document = without(text);
        REQUIRE(document.has_value());
        CHECK(json::to_json(document->root()) == kSame);
    }
    CHECK(json::to_json(without(R"({"metadata":{"skip":[1]}})")->root()) == R"({"metadata":{}})");
    // Only arrays, only there.
    for (const std::string_view text :
         {R"({"metadata":{"skip":"x"}})", R"({"metadata":{"skip":{"a":[1]}}})", R"({"skip":[1]})",
          R"({"other":{"skip":[1]}})", R"({"metadata":[{"skip":[1]}]})",
          R"({"metadata":{"labels":{"skip":[1]}}})", R"(["metadata",{"skip":[1]}])"}) {
        INFO(text);
        const auto document = without(text);
        REQUIRE(document.has_value());
        CHECK(json::to_json(document->root()) == text);
    }
    for (const std::string_view text :
         {R"({"metadata":{"skip":[}]}})", R"({"metadata":{"skip":[)", R"({"metadata":{"skip":["a)",
          R"({"metadata":{"skip":["a\)", "{\"metadata\":{\"skip\":[\"a\nb\"]}}",
          R"({"metadata":{"skip":[]] })", R"({"metadata":{"skip":[{]}]}})",
          R"({"metadata":{"skip":[] "a":1}})"}) {
        INFO(text);
        CHECK_FALSE(without(text).has_value());
    }
    CHECK(without(R"({"metadata":{"skip":[[[]]]}})", 5).has_value());
    const auto deep = without(R"({"metadata":{"skip":[[[[]]]]}})", 5);
    REQUIRE_FALSE(deep.has_value());
    CHECK(deep.error().failure == json::ParseFailure::TooDeep);
}
