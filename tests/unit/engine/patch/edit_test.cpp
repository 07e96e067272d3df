// SPDX-License-Identifier: Apache-2.0
#include "engine/patch/edit.hpp"

#include "engine/base/json/document.hpp"
#include "engine/patch/apply.hpp"
#include "tests/support/catch.hpp"

#include <optional>
#include <string>
#include <vector>

using namespace tollgate;
using patch::Change;

namespace {

constexpr const char* kPod = R"({"metadata":{"name":"p"},"spec":{"containers":[
    {"name":"main","resources":{"limits":{"nvidia.com/gpu":"1","cpu":"4"},"requests":{"nvidia.com/gpu":"1"}}},
    {"name":"side","resources":{}}],
  "tolerations":[{"key":"a"},{"key":"b"},{"key":"c"}],"nodeSelector":{"disk":"ssd"},"runtime":null,"empty":{}}})";

Change put(std::string pointer, std::string after) {
    return {std::move(pointer), std::nullopt, std::move(after)};
}
Change drop(std::string pointer) {
    return {std::move(pointer), "\"x\"", std::nullopt};
}

std::string patch_for(const std::vector<Change>& changes, const std::string& object = kPod) {
    const auto document = json::parse(object);
    REQUIRE(document.has_value());
    const auto operations = patch::to_operations(document->root(), changes);
    if (!operations) return operations.error().message;
    const auto result = patch::apply(document->root(), *operations);
    INFO(patch::to_json(*operations));
    REQUIRE(result.has_value());
    return patch::to_json(*operations);
}

std::string with_result(const std::vector<Change>& changes, const std::string& object) {
    const auto document = json::parse(object);
    REQUIRE(document.has_value());
    const auto operations = patch::to_operations(document->root(), changes);
    REQUIRE(operations.has_value());
    const auto result = patch::apply(document->root(), *operations);
    REQUIRE(result.has_value());
    return json::to_json(result->root());
}

}  // namespace

TEST_CASE("leaves are added, replaced and removed, below a test of the container's name") {
    CHECK(patch_for({put("/spec/containers/0/resources/limits/nvidia.com~1gpu", "\"2\"")}) ==
          R"([{"op":"test","path":"/spec/containers/0/name","value":"main"},)"
          R"({"op":"replace","path":"/spec/containers/0/resources/limits/nvidia.com~1gpu","value":"2"}])");
    CHECK(
        patch_for({drop("/spec/containers/0/resources/limits/nvidia.com~1gpu"),
                   put("/spec/containers/0/resources/limits/nvidia.com~1mig-1g.10gb", "\"1\"")}) ==
        R"([{"op":"test","path":"/spec/containers/0/name","value":"main"},)"
        R"({"op":"remove","path":"/spec/containers/0/resources/limits/nvidia.com~1gpu"},)"
        R"({"op":"add","path":"/spec/containers/0/resources/limits/nvidia.com~1mig-1g.10gb","value":"1"}])");
    CHECK(patch_for({put("/spec/nodeSelector/gpu", "\"a100\"")}) ==
          R"([{"op":"add","path":"/spec/nodeSelector/gpu","value":"a100"}])");
}

TEST_CASE("missing parents come in one operation") {
    CHECK(patch_for({put("/metadata/annotations/a", "\"1\""), put("/metadata/annotations/b", "\"2\"")}) ==
          R"([{"op":"add","path":"/metadata/annotations","value":{"a":"1","b":"2"}}])");
    CHECK(
        patch_for({put("/spec/affinity/nodeAffinity/required/terms/-", "{\"x\":1}"),
                   put("/spec/affinity/nodeAffinity/required/terms/1", "{\"y\":2}")}) ==
        R"([{"op":"add","path":"/spec/affinity","value":{"nodeAffinity":{"required":{"terms":[{"x":1},{"y":2}]}}}}])");
    CHECK(patch_for({put("/spec/containers/1/resources/limits/nvidia.com~1gpu", "\"1\"")}) ==
          R"([{"op":"test","path":"/spec/containers/1/name","value":"side"},)"
          R"({"op":"add","path":"/spec/containers/1/resources/limits","value":{"nvidia.com/gpu":"1"}}])");
    CHECK(patch_for({put("/spec/list/0", "1")}) == R"([{"op":"add","path":"/spec/list","value":[1]}])");
    CHECK(patch_for({put("/spec/runtime/x", "1")}) ==
          R"([{"op":"replace","path":"/spec/runtime","value":{"x":1}}])");
    CHECK(patch_for({put("/spec/empty/x", "1")}) == R"([{"op":"add","path":"/spec/empty/x","value":1}])");
}

TEST_CASE("lists grow at the end and shrink from the end") {
    CHECK(patch_for({put("/spec/tolerations/-", "{\"key\":\"d\"}"),
                     put("/spec/tolerations/4", "{\"key\":\"e\"}")}) ==
          R"([{"op":"add","path":"/spec/tolerations/-","value":{"key":"d"}},)"
          R"({"op":"add","path":"/spec/tolerations/-","value":{"key":"e"}}])");
    CHECK(patch_for({drop("/spec/tolerations/0"), drop("/spec/tolerations/2"),
                     put("/spec/tolerations/1/key", "\"B\""), put("/spec/tolerations/-", "{}")}) ==
          R"([{"op":"replace","path":"/spec/tolerations/1/key","value":"B"},)"
          R"({"op":"remove","path":"/spec/tolerations/2"},{"op":"remove","path":"/spec/tolerations/0"},)"
          R"({"op":"add","path":"/spec/tolerations/-","value":{}}])");
    CHECK(
        patch_for({drop("/spec/containers/0"), drop("/spec/containers/1")}) ==
        R"([{"op":"test","path":"/spec/containers/1/name","value":"side"},{"op":"remove","path":"/spec/containers/1"},)"
        R"({"op":"test","path":"/spec/containers/0/name","value":"main"},{"op":"remove","path":"/spec/containers/0"}])");
}

TEST_CASE("a patch fails on reordered containers") {
    const auto planned = json::parse(R"({"c":[{"name":"a","x":1},{"name":"b","x":1}]})");
    const auto reordered = json::parse(R"({"c":[{"name":"b","x":1},{"name":"a","x":1}]})");
    REQUIRE(planned.has_value());
    REQUIRE(reordered.has_value());
    const std::vector<Change> changes = {put("/c/0/x", "2")};
    const auto operations = patch::to_operations(planned->root(), changes);
    REQUIRE(operations.has_value());
    CHECK(patch::apply(planned->root(), *operations).has_value());
    CHECK_FALSE(patch::apply(reordered->root(), *operations).has_value());
}

TEST_CASE("what is already so needs no operation") {
    CHECK(patch_for({}) == "[]");
    CHECK(patch_for({put("/spec/nodeSelector/disk", "\"ssd\""), drop("/spec/nope"), drop("/spec/nope/deeper"),
                     put("/spec/containers/0/resources/limits/cpu", "\"4\"")}) == "[]");
    CHECK(patch_for({put("/spec/tolerations", R"([{"key":"a"},{"key":"b"},{"key":"c"}])")}) == "[]");
    CHECK(patch_for({drop("/metadata/name/x"), drop("/spec/runtime/x"), drop("/spec/tolerations/9"),
                     drop("/spec/tolerations/-")}) == "[]");
    CHECK(patch_for({put("/spec/new/x", "1"), drop("/spec/new/x")}) == "[]");
    CHECK(patch_for({put("/spec/tolerations/-", "1"), drop("/spec/tolerations/3")}) == "[]");
    CHECK(patch_for({put("/n", "1.0")}, R"({"n":1})") == "[]");
}

TEST_CASE("of several changes of one place the last counts") {
    CHECK(patch_for({put("/spec/schedulerName", "\"a\""), put("/spec/schedulerName", "\"b\"")}) ==
          R"([{"op":"add","path":"/spec/schedulerName","value":"b"}])");
    CHECK(patch_for({put("/spec/affinity", R"({"a":{"b":1}})"), put("/spec/affinity/a/c", "2"),
                     drop("/spec/affinity/a/b")}) ==
          R"([{"op":"add","path":"/spec/affinity","value":{"a":{"c":2}}}])");
    CHECK(patch_for({drop("/spec/nodeSelector/disk"), put("/spec/nodeSelector/disk", "\"hdd\"")}) ==
          R"([{"op":"replace","path":"/spec/nodeSelector/disk","value":"hdd"}])");
    CHECK(
        patch_for({drop("/spec/nodeSelector"), put("/spec/nodeSelector/gpu", "\"x\"")}) ==
        R"([{"op":"remove","path":"/spec/nodeSelector/disk"},{"op":"add","path":"/spec/nodeSelector/gpu","value":"x"}])");
}

TEST_CASE("existing lists and objects are never replaced as a whole") {
    CHECK(patch_for({put("/spec/nodeSelector", R"({"gpu":"x","disk":"hdd"})")}) ==
          R"([{"op":"add","path":"/spec/nodeSelector/gpu","value":"x"},)"
          R"({"op":"replace","path":"/spec/nodeSelector/disk","value":"hdd"}])");
    CHECK(
        patch_for({put("/spec/tolerations", R"([{"key":"a"},{"key":"z"}])")}) ==
        R"([{"op":"replace","path":"/spec/tolerations/1/key","value":"z"},{"op":"remove","path":"/spec/tolerations/2"}])");
    CHECK(patch_for({put("/spec/nodeSelector", "\"x\"")}) ==
          "cannot change /spec/nodeSelector: an object with content is never replaced as a whole");
    CHECK(patch_for({drop("/spec/nodeSelector/disk")}) ==
          R"([{"op":"remove","path":"/spec/nodeSelector/disk"}])");
    CHECK(with_result({drop("/a/b")}, R"({"a":{"b":1}})") == R"({"a":{}})");
}

TEST_CASE("changes that make no sense are refused") {
    CHECK(patch_for({put("/metadata/name/x", "1")}) ==
          "cannot change /metadata/name/x: /metadata/name is neither an object nor a list");
    CHECK(patch_for({put("/spec/tolerations/9/key", "1")}) ==
          "cannot change /spec/tolerations/9/key: the list has no place '9' (it has 3 elements)");
    CHECK(patch_for({put("/spec/tolerations/key", "1")}) ==
          "cannot change /spec/tolerations/key: the list has no place 'key' (it has 3 elements)");
    CHECK(patch_for({put("", "1")}) == "a change must name a place inside the object, not the whole object");
    CHECK(patch_for({put("spec", "1")}) == "'spec' is not a JSON pointer: it must begin with '/'");
    CHECK(patch_for({put("/spec/x", "{")}).find("the new value of /spec/x is not JSON: at byte 1") == 0);
    std::vector<Change> many;
    for (int i = 0; i < 1'001; ++i) many.push_back(put("/spec/nodeSelector/k" + std::to_string(i), "1"));
    CHECK(patch_for(many) == "the change needs more than 1000 patch operations");
    many.pop_back();
    CHECK(patch_for(many).size() > 1'000);
}

TEST_CASE("untouched parts keep their text and order") {
    CHECK(with_result({put("/spec/b", "2")},
                      R"({"z":1e0,"spec":{"y":1.50,"b":1,"a":0},"future":[18446744073709551616]})") ==
          R"({"z":1e0,"spec":{"y":1.50,"b":2,"a":0},"future":[18446744073709551616]})");
}
