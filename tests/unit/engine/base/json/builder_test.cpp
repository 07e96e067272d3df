// SPDX-License-Identifier: Apache-2.0
#include "engine/base/json/document.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <utility>

namespace json = tollgate::json;

TEST_CASE("a tree from events") {
    json::Builder builder;
    builder.tag(1);
    builder.begin_object();
    builder.key("list");
    builder.tag(2);
    builder.begin_array();
    builder.number("1.50");
    builder.tag((1U << 24U) - 1);
    builder.string("x");
    builder.boolean(true);
    builder.null();
    builder.end_array();
    builder.key("empty");
    builder.begin_object();
    builder.end_object();
    builder.end_object();
    const json::Document document = builder.finish();
    CHECK(json::to_json(document.root()) == R"({"list":[1.50,"x",true,null],"empty":{}})");
    CHECK(document.root().tag() == 1);
    CHECK(document.root()["list"].tag() == 2);
    CHECK(document.root()["list"][0].tag() == 0);
    CHECK(document.root()["list"][1].tag() == (1U << 24U) - 1);
    CHECK(document.root()["empty"].tag() == 0);
}

TEST_CASE("the builder drops and counts duplicate keys, and can be used again") {
    json::Builder builder;
    builder.begin_object();
    for (int i = 0; i < 100; ++i) {
        builder.key("k" + std::to_string(i % 40));
        builder.number(std::to_string(i));
    }
    builder.end_object();
    const json::Document document = builder.finish();
    CHECK(document.duplicate_keys() == 60);
    CHECK(document.root()["k0"].integer() == 80);
    builder.string("second");
    const json::Document second = builder.finish();
    CHECK(second.root().string() == "second");
    CHECK(second.duplicate_keys() == 0);
    CHECK(document.root()["k39"].integer() == 79);
}

TEST_CASE("copies outlive what they were copied from") {
    json::Builder builder;
    {
        const auto source = json::parse(R"({"a":[1e0,{"b":"\ud800"}],"c":null})");
        REQUIRE(source.has_value());
        builder.begin_array();
        builder.tag(5);
        builder.copy(source->root());
        builder.copy({});
        builder.end_array();
    }
    const json::Document document = builder.finish();
    CHECK(json::to_json(document.root()) == R"([{"a":[1e0,{"b":"\ud800"}],"c":null},null])");
    CHECK(document.root()[0].tag() == 5);
}

TEST_CASE("a document moves with its tree") {
    auto parsed = json::parse(R"({"a":1})");
    REQUIRE(parsed.has_value());
    json::Document moved = std::move(*parsed);
    CHECK(moved.root()["a"].integer() == 1);
    json::Document assigned;
    CHECK_FALSE(assigned.root().exists());
    assigned = std::move(moved);
    CHECK(assigned.root()["a"].integer() == 1);
}

TEST_CASE("a large tree spreads over chunks") {
    json::Builder builder;
    builder.begin_array();
    const std::string big(300'000, 'x');
    for (int i = 0; i < 20'000; ++i) builder.string("element " + std::to_string(i));
    builder.string(big);
    for (int i = 0; i < 20'000; ++i) builder.number(std::to_string(i));
    builder.end_array();
    const json::Document document = builder.finish();
    REQUIRE(document.root().size() == 40'001);
    CHECK(document.root()[19'999].string() == "element 19999");
    CHECK(document.root()[20'000].string() == big);
    CHECK(document.root()[40'000].integer() == 19'999);
}
