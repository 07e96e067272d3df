// SPDX-License-Identifier: Apache-2.0
#include "engine/patch/apply.hpp"

#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using namespace tollgate;
using patch::Operation;
using Op = patch::Operation::Op;

namespace {

std::string applied(const std::string& object, const std::vector<Operation>& operations) {
    const auto document = json::parse(object);
    REQUIRE(document.has_value());
    const auto result = patch::apply(document->root(), operations);
    return result ? json::to_json(result->root()) : result.error().message;
}

}  // namespace

// The cases of RFC 6902, appendix A, that use these four verbs.
TEST_CASE("the examples of RFC 6902") {
    CHECK(applied(R"({"foo":"bar"})", {{Op::Add, "/baz", "\"qux\""}}) == R"({"foo":"bar","baz":"qux"})");
    CHECK(applied(R"({"foo":["bar","baz"]})", {{Op::Add, "/foo/1", "\"qux\""}}) ==
          R"({"foo":["bar","qux","baz"]})");
    CHECK(applied(R"({"baz":"qux","foo":"bar"})", {{Op::Remove, "/baz", ""}}) == R"({"foo":"bar"})");
    CHECK(applied(R"({"foo":["bar","qux","baz"]})", {{Op::Remove, "/foo/1", ""}}) ==
          R"({"foo":["bar","baz"]})");
    CHECK(applied(R"({"baz":"qux","foo":"bar"})", {{Op::Replace, "/baz", "\"boo\""}}) ==
          R"({"baz":"boo","foo":"bar"})");
    CHECK(applied(R"({"baz":"qux","foo":["a",2,"c"]})",
                  {{Op::Test, "/baz", "\"qux\""}, {Op::Test, "/foo/1", "2.0"}}) ==
          R"({"baz":"qux","foo":["a",2,"c"]})");
    CHECK(applied(R"({"baz":"qux"})", {{Op::Test, "/baz", "\"bar\""}}) ==
          "patch operation 0 (test /baz): the value there is not the expected one");
    CHECK(applied(R"({"foo":"bar"})", {{Op::Add, "/child", R"({"grandchild":{}})"}}) ==
          R"({"foo":"bar","child":{"grandchild":{}}})");
    CHECK(applied(R"({"foo":"bar"})", {{Op::Add, "/baz/bat", "\"qux\""}}) ==
          "patch operation 0 (add /baz/bat): there is no /baz");
    CHECK(applied(R"({"/":9,"~1":10})", {{Op::Test, "/~01", "10"}}) == R"({"/":9,"~1":10})");
    CHECK(applied(R"({"/":9,"~1":10})", {{Op::Test, "/~01", "\"10\""}}).find("not the expected one") !=
          std::string::npos);
    CHECK(applied(R"({"foo":["bar"]})", {{Op::Add, "/foo/-", R"(["abc","def"])"}}) ==
          R"({"foo":["bar",["abc","def"]]})");
}

TEST_CASE("operations see the effect of those before") {
    CHECK(applied(R"({"a":[1,2,3]})",
                  {{Op::Remove, "/a/0", ""}, {Op::Remove, "/a/0", ""}, {Op::Add, "/a/1", "4"}}) ==
          R"({"a":[3,4]})");
    CHECK(applied("{}", {{Op::Add, "/a", "{}"},
                         {Op::Add, "/a/b", "[]"},
                         {Op::Add, "/a/b/-", "{\"c\":1}"},
                         {Op::Replace, "/a/b/0/c", "2"},
                         {Op::Test, "/a", R"({"b":[{"c":2}]})"}}) == R"({"a":{"b":[{"c":2}]}})");
    CHECK(applied(R"({"a":1,"b":2})", {{Op::Remove, "/a", ""}, {Op::Add, "/a", "3"}}) == R"({"a":3,"b":2})");
    CHECK(applied("{}", {{Op::Add, "/a", "1"}, {Op::Remove, "/a", ""}, {Op::Add, "/b", "2"}}) ==
          R"({"b":2})");
    CHECK(applied(R"({"a":1})", {{Op::Remove, "/a", ""}, {Op::Remove, "/a", ""}}) ==
          "patch operation 1 (remove /a): there is nothing at that place");
    CHECK(applied(R"({"a":1})", {{Op::Add, "", "[1]"}, {Op::Add, "/0", "0"}, {Op::Test, "", "[0,1]"}}) ==
          "[0,1]");
}

TEST_CASE("what no operation names is untouched, number text included") {
    CHECK(applied(R"({"z":1e0,"future":{"field":[1.50,18446744073709551616,"\ud800"]},"a":{"x":1,"y":2.0}})",
                  {{Op::Replace, "/a/x", "3"}}) ==
          R"({"z":1e0,"future":{"field":[1.50,18446744073709551616,"\ud800"]},"a":{"x":3,"y":2.0}})");
}

TEST_CASE("what cannot be applied says where and why") {
    struct Row {
        Operation operation;
        const char* why;
    };
    const Row rows[] = {
        {{Op::Remove, "/nope", ""}, "(remove /nope): there is nothing at that place"},
        {{Op::Replace, "/nope", "1"}, "(replace /nope): there is nothing at that place"},
        {{Op::Test, "/nope", "null"}, "(test /nope): there is nothing at that place"},
        {{Op::Add, "/list/3", "1"}, "(add /list/3): the list has only 2 elements"},
        {{Op::Add, "/list/x", "1"}, "(add /list/x): 'x' is not an index of the list"},
        {{Op::Add, "/list/01", "1"}, "(add /list/01): '01' is not an index of the list"},
        {{Op::Remove, "/list/-", ""}, "(remove /list/-): there is nothing at that place"},
        {{Op::Add, "/text/x", "1"}, "(add /text/x): its parent is neither an object nor a list"},
        {{Op::Remove, "", ""}, "(remove ): the whole document cannot be removed"},
        {{Op::Add, "x", "1"}, "(add x): 'x' is not a JSON pointer: it must begin with '/'"},
        {{Op::Add, "/x", "{"}, "(add /x): its value is not JSON: at byte 1: expected a member name"},
    };
    for (const Row& row : rows) {
        const std::string message =
            applied(R"({"list":[1,2],"text":"t"})", {{Op::Test, "/text", "\"t\""}, row.operation});
        INFO(message);
        CHECK(message.find("patch operation 1 ") == 0);
        CHECK(message.find(row.why) != std::string::npos);
    }
    CHECK(applied("{}", std::vector<Operation>(1'001, {Op::Add, "/a", "1"})) ==
          "the patch has more than 1000 operations");
}

TEST_CASE("what no operation names is copied, or shared where that is asked for") {
    const auto object = json::parse(R"({"spec":{"a":{"x":[1,2]},"b":"old"},"status":{"c":1}})");
    const std::vector<Operation> operations{{Op::Replace, "/spec/b", R"({"new":[3]})"}};
    const auto copied = patch::apply(object->root(), operations);
    const auto shared = patch::apply_over(object->root(), operations);
    REQUIRE((copied.has_value() && shared.has_value()));
    CHECK(json::to_json(shared->root()) == R"({"spec":{"a":{"x":[1,2]},"b":{"new":[3]}},"status":{"c":1}})");
    CHECK(json::to_json(copied->root()) == json::to_json(shared->root()));
    const auto list = [](const json::Document& document) {
        return document.root()["spec"]["a"]["x"][0].id();
    };
    CHECK(list(*shared) == list(*object));
    CHECK(list(*copied) != list(*object));
}
