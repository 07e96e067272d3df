// SPDX-License-Identifier: Apache-2.0
#include "engine/base/json/node.hpp"

#include "engine/base/json/document.hpp"
#include "tests/support/catch.hpp"

#include <string>

namespace json = tollgate::json;

namespace {

bool equal_texts(const std::string& a, const std::string& b) {
    const auto left = json::parse(a);
    const auto right = json::parse(b);
    REQUIRE(left.has_value());
    REQUIRE(right.has_value());
    CHECK(json::equal(left->root(), right->root()) == json::equal(right->root(), left->root()));
    return json::equal(left->root(), right->root());
}

}  // namespace

TEST_CASE("paths can be walked without checks") {
    const auto document = json::parse(R"({"a":{"b":[{"c":"x"}]},"s":"text","n":3})");
    REQUIRE(document.has_value());
    const json::Node root = document->root();
    CHECK(root["a"]["b"][0]["c"].string() == "x");
    const json::Node missing = root["a"]["zz"][7]["c"];
    CHECK_FALSE(missing.exists());
    CHECK(missing.kind() == json::Kind::Missing);
    CHECK(missing.string().empty());
    CHECK(missing.size() == 0);
    CHECK(missing.boolean(true));
    CHECK_FALSE(missing.integer().has_value());
    CHECK(missing.tag() == 0);
    CHECK_FALSE(root["a"]["b"][1].exists());
    CHECK_FALSE(root["s"]["x"].exists());
    CHECK_FALSE(root["s"][0].exists());
    CHECK(root["n"].string().empty());
    CHECK(root["n"].text() == "3");
    CHECK(root["s"].size() == 0);
    CHECK(root.key(99).empty());
    CHECK_FALSE(root.value(99).exists());
    CHECK_FALSE(root["a"]["b"].value(0).exists());
}

TEST_CASE("iteration is in document order") {
    const auto document = json::parse(R"({"z":1,"a":2,"m":[3,4]})");
    REQUIRE(document.has_value());
    std::string seen;
    for (const auto [key, value] : document->root().members()) seen += std::string(key) + ";";
    for (const json::Node element : document->root()["m"].elements()) seen += std::string(element.text());
    for (const json::Node element : document->root().elements())
        seen += "never" + std::string(element.text());
    for (const auto [key, value] : document->root()["m"].members()) seen += "never" + std::string(key);
    CHECK(seen == "z;a;m;34");
}

TEST_CASE("whole numbers in 64 bits") {
    const auto integer = [](const std::string& text) {
        const auto document = json::parse(text);
        REQUIRE(document.has_value());
        return document->root().integer();
    };
    CHECK(integer("3") == 3);
    CHECK(integer("3.0") == 3);
    CHECK(integer("3e0") == 3);
    CHECK(integer("30e-1") == 3);
    CHECK(integer("0.3e1") == 3);
    CHECK(integer("-0.0") == 0);
    CHECK(integer("9223372036854775807") == INT64_MAX);
    CHECK(integer("-9223372036854775808") == INT64_MIN);
    CHECK(integer("-9223372036854775808.0") == INT64_MIN);
    CHECK(integer("1e18") == 1'000'000'000'000'000'000);
    for (const char* other : {"3.5", "1e-1", "9223372036854775808", "1e19", "1e400", "1e99999999999999999999",
                              "\"3\"", "9.3e18", "true", "null"}) {
        INFO(other);
        CHECK_FALSE(integer(other).has_value());
    }
}

TEST_CASE("equality is semantic") {
    CHECK(equal_texts("1", "1.0"));
    CHECK(equal_texts("100", "1e2"));
    CHECK(equal_texts("0", "-0.0e5"));
    CHECK(equal_texts("123456789012345678901234567890", "1.2345678901234567890123456789e29"));
    CHECK_FALSE(equal_texts("1", "-1"));
    CHECK_FALSE(equal_texts("1e400", "1e401"));
    CHECK_FALSE(equal_texts("9007199254740993", "9007199254740992"));
    CHECK_FALSE(equal_texts("1", "\"1\""));
    CHECK(equal_texts(R"({"a":1,"b":[true,null]})", R"({"b":[true,null],"a":1.0})"));
    CHECK_FALSE(equal_texts(R"({"a":1,"b":2})", R"({"a":1,"c":2})"));
    CHECK_FALSE(equal_texts(R"({"a":1})", R"({"a":1,"c":2})"));
    CHECK_FALSE(equal_texts("[1,2]", "[2,1]"));
    CHECK_FALSE(equal_texts("[]", "{}"));
    CHECK_FALSE(equal_texts("null", "false"));
    CHECK(equal_texts(R"("\u0061")", R"("a")"));
    CHECK(json::equal({}, {}));
}
