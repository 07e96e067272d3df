// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/replicas.hpp"

#include "tests/unit/engine/workload/kinds.hpp"

namespace tollgate::workload {
using namespace test;

namespace {

/// How many pods stand at spec.groups.*.template, by one factor.
std::vector<std::optional<std::int64_t>> counts(const std::string& spec, Factor factor) {
    KindSpec kind_spec = kind("x", "X", {pods("spec.groups.*.template", Shape::PodTemplate)});
    kind_spec.pods[0].replicas.push_back(std::move(factor));
    const Read read = test::read(R"({"spec":)" + spec + "}", std::move(kind_spec));
    std::vector<std::optional<std::int64_t>> found;
    for (const Pod& pod : read.workload.pods) found.push_back(pod.replicas);
    return found;
}

using Counts = std::vector<std::optional<std::int64_t>>;
const std::string kTemplate = R"("template":{"spec":{}})";

}  // namespace

TEST_CASE("a factor has its default, and bounds of its own") {
    Factor factor{.paths = {path("spec.groups.*.replicas")}, .absent = 0};
    factor.at_least = path("spec.groups.*.min");
    factor.at_most = path("spec.groups.*.max");
    const std::string spec = R"({"groups":[{)" + kTemplate + R"(},{"replicas":1,"min":3,)" + kTemplate +
                             R"(},{"replicas":9,"max":4,)" + kTemplate + R"(},{"min":2,)" + kTemplate +
                             R"(},{"replicas":5,"max":"many",)" + kTemplate + "}]}";
    CHECK(counts(spec, factor) == Counts{0, 3, 4, 2, std::nullopt});
}

TEST_CASE("what scales to zero runs once as soon as it is asked") {
    Factor factor{.paths = {path("spec.min")}};
    factor.minimum = 1;
    CHECK(counts(R"({"min":0,"groups":[{)" + kTemplate + "}]}", factor) == Counts{1});
    CHECK(counts(R"({"min":3,"groups":[{)" + kTemplate + "}]}", factor) == Counts{3});
}

TEST_CASE("the first of several fields that is there counts") {
    const Factor factor{.paths = {path("spec.scale.min"), path("spec.replicas")}};
    const std::string groups = R"("groups":[{)" + kTemplate + "}]";
    CHECK(counts(R"({"scale":{"min":2},"replicas":5,)" + groups + "}", factor) == Counts{2});
    CHECK(counts(R"({"scale":{"min":null},"replicas":5,)" + groups + "}", factor) == Counts{5});
    CHECK(counts("{" + groups + "}", factor) == Counts{1});
    // One that cannot be read does not hand over to the next.
    CHECK(counts(R"({"scale":{"min":-2},"replicas":5,)" + groups + "}", factor) == Counts{std::nullopt});
}

TEST_CASE("a leader is taken off where it has a template of its own") {
    Factor factor{.paths = {path("spec.size")}};
    factor.less = 1;
    factor.less_with = path("spec.leader");
    const std::string groups = R"("groups":[{)" + kTemplate + "}]";
    CHECK(counts(R"({"size":4,"leader":{},)" + groups + "}", factor) == Counts{3});
    CHECK(counts(R"({"size":4,)" + groups + "}", factor) == Counts{4});
    CHECK(counts(R"({"size":0,"leader":{},)" + groups + "}", factor) == Counts{0});
}

TEST_CASE("a size is a quotient, and one at least") {
    Factor factor{.paths = {path("spec.data")}};
    factor.divided_by = path("spec.local");
    const std::string groups = R"("groups":[{)" + kTemplate + "}]";
    CHECK(counts(R"({"data":32,"local":8,)" + groups + "}", factor) == Counts{4});
    CHECK(counts(R"({"data":10,"local":4,)" + groups + "}", factor) == Counts{2});
    CHECK(counts(R"({"data":2,"local":8,)" + groups + "}", factor) == Counts{1});
    CHECK(counts(R"({"data":2,"local":0,)" + groups + "}", factor) == Counts{2});
    CHECK(counts(R"({"local":8,)" + groups + "}", factor) == Counts{1});
}

TEST_CASE("a switch is one or none, and only an annotation's number is text") {
    const Factor enabled{.paths = {path("spec.groups.*.enabled")}};
    const std::string spec = R"({"groups":[{"enabled":true,)" + kTemplate + R"(},{"enabled":false,)" +
                             kTemplate + R"(},{"enabled":"3",)" + kTemplate + "}]}";
    CHECK(counts(spec, enabled) == Counts{1, 0, std::nullopt});
    const Factor scale{.paths = {path("spec.annotations.'min-scale'")}};
    const auto annotated = [&](const std::string& value) {
        return counts(R"({"annotations":{"min-scale":)" + value + R"(},"groups":[{)" + kTemplate + "}]}",
                      scale);
    };
    CHECK(annotated(R"("3")") == Counts{3});
    CHECK(annotated(R"("3x")") == Counts{std::nullopt});
    CHECK(annotated(R"("")") == Counts{std::nullopt});
    CHECK(annotated(R"("-3")") == Counts{std::nullopt});
}

TEST_CASE("pods run as often as the group that lists them") {
    Factor factor;
    factor.membership =
        Membership{path("spec.sets"), path("names"), path("replicas"), path("spec.groups.*.name")};
    const std::string groups = R"("groups":[{"name":"a",)" + kTemplate + R"(},{"name":"b",)" + kTemplate +
                               R"(},{"name":"c",)" + kTemplate + "},{" + kTemplate + "}]";
    CHECK(counts(R"({"sets":[{"names":["a"],"replicas":3},{"names":["x","b"]}],)" + groups + "}", factor) ==
          Counts{3, 1, 1, 1});
    CHECK(counts(R"({"sets":[{"names":["a"],"replicas":"?"}],)" + groups + "}", factor) ==
          Counts{std::nullopt, 1, 1, 1});
    CHECK(counts("{" + groups + "}", factor) == Counts{1, 1, 1, 1});
}

TEST_CASE("a search through groups has a bound, past which the number is not known") {
    Factor factor;
    factor.membership =
        Membership{path("spec.sets"), path("names"), path("replicas"), path("spec.groups.*.name")};
    std::string names;
    for (std::size_t i = 0; i <= limits::kMaxGroupMembers; ++i) names += R"("n",)";
    const std::string spec =
        R"({"sets":[{"names":[)" + names + R"("a"]}],"groups":[{"name":"a",)" + kTemplate + "}]}";
    CHECK(counts(spec, factor) == Counts{std::nullopt});
}

TEST_CASE("where pods come and go, only a cap tells how many run at once") {
    KindSpec spec = kind("x", "X", {pods("spec.templates.*", Shape::PodSpecInline)});
    spec.pods[0].at_most = path("spec.parallelism");
    spec.pods[0].uncounted_with = {path("spec.templates.*.dag")};
    const auto count = [&](const std::string& fields) {
        return test::read("{" + fields + "}", spec).pod().replicas;
    };
    CHECK(count(R"("spec":{"templates":[{"containers":[]}]})") == 1);
    CHECK_FALSE(count(R"("spec":{"templates":[{"containers":[]},{"dag":{}}]})").has_value());
    CHECK(count(R"("spec":{"parallelism":8,"templates":[{"containers":[]},{"dag":{}}]})") == 8);
    CHECK(count(R"("spec":{"parallelism":8,"templates":[{"containers":[]}]})") == 1);
    CHECK_FALSE(
        count(R"("spec":{"parallelism":"?","templates":[{"containers":[]},{"dag":{}}]})").has_value());
    CHECK(count(R"("spec":{"templates":[{"containers":[]},{"dag":null}]})") == 1);
}

}  // namespace tollgate::workload
