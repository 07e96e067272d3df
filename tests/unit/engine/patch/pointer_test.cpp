// SPDX-License-Identifier: Apache-2.0
#include "engine/patch/pointer.hpp"

#include "engine/base/json/document.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using namespace tollgate;

TEST_CASE("the examples of RFC 6901") {
    const auto document = json::parse(
        R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8})");
    REQUIRE(document.has_value());
    const json::Node root = document->root();
    const auto at = [root](std::string_view pointer) { return json::to_json(patch::resolve(root, pointer)); };
    CHECK(patch::resolve(root, "").id() == root.id());
    CHECK(at("/foo") == R"(["bar","baz"])");
    CHECK(at("/foo/0") == R"("bar")");
    CHECK(at("/") == "0");
    CHECK(at("/a~1b") == "1");
    CHECK(at("/c%d") == "2");
    CHECK(at("/e^f") == "3");
    CHECK(at("/g|h") == "4");
    CHECK(at("/i\\j") == "5");
    CHECK(at("/k\"l") == "6");
    CHECK(at("/ ") == "7");
    CHECK(at("/m~0n") == "8");
}

TEST_CASE("pointers that name nothing") {
    const auto document = json::parse(R"({"a":[1,2],"b":"text"})");
    REQUIRE(document.has_value());
    for (const char* pointer : {"/x", "/a/2", "/a/-", "/a/01", "/a/+1", "/a/1e0", "/a/99999999999999999999",
                                "/b/0", "/a/0/0", "a", "/a~", "/a~2"}) {
        INFO(pointer);
        CHECK_FALSE(patch::resolve(document->root(), pointer).exists());
    }
}

TEST_CASE("segments are escaped and read back") {
    const std::vector<std::string> segments = {"metadata", "labels", "kueue.x-k8s.io/queue-name",
                                               "~1",       "",       "~~//"};
    const std::string pointer = patch::build_pointer(segments);
    CHECK(pointer == "/metadata/labels/kueue.x-k8s.io~1queue-name/~01//~0~0~1~1");
    CHECK(*patch::parse_pointer(pointer) == segments);
    CHECK(patch::parse_pointer("")->empty());
    CHECK(patch::parse_pointer("spec").error().message ==
          "'spec' is not a JSON pointer: it must begin with '/'");
    CHECK(patch::parse_pointer("/a~x").error().message ==
          "'/a~x' is not a JSON pointer: '~' must be followed by 0 or 1");
    CHECK_FALSE(patch::parse_pointer(std::string(100'000, '/')).has_value());
}
