// SPDX-License-Identifier: Apache-2.0
#include "engine/base/selector.hpp"

#include "engine/base/json/document.hpp"
#include "tests/support/catch.hpp"

using tollgate::GlobList;
using tollgate::LabelRequirement;
using tollgate::LabelSelector;
using Operator = tollgate::LabelRequirement::Operator;

namespace {

bool matches(const LabelRequirement& requirement, const char* labels) {
    const auto document = tollgate::json::parse(labels);
    REQUIRE(document.has_value());
    return LabelSelector{{requirement}}.matches(document->root());
}

}  // namespace

TEST_CASE("label requirements") {
    CHECK(matches({"env", Operator::In, {"prod", "dev"}}, R"({"env":"dev"})"));
    CHECK_FALSE(matches({"env", Operator::In, {"prod"}}, R"({"env":"dev"})"));
    CHECK_FALSE(matches({"env", Operator::In, {"prod"}}, "{}"));
    CHECK_FALSE(matches({"env", Operator::In, {""}}, "{}"));
    CHECK(matches({"env", Operator::NotIn, {"prod"}}, R"({"env":"dev"})"));
    CHECK(matches({"env", Operator::NotIn, {"prod"}}, "{}"));
    CHECK_FALSE(matches({"env", Operator::NotIn, {"prod"}}, R"({"env":"prod"})"));
    CHECK(matches({"env", Operator::Exists, {}}, R"({"env":""})"));
    CHECK_FALSE(matches({"env", Operator::Exists, {}}, "{}"));
    CHECK(matches({"env", Operator::DoesNotExist, {}}, R"({"other":"x"})"));
    CHECK_FALSE(matches({"env", Operator::DoesNotExist, {}}, R"({"env":"x"})"));
}

TEST_CASE("all requirements must hold, and none hold for everything") {
    const auto labels = tollgate::json::parse(R"({"env":"prod","team":"a"})");
    REQUIRE(labels.has_value());
    LabelSelector selector;
    CHECK(selector.matches(labels->root()));
    CHECK(selector.matches({}));
    selector.requirements = {{"env", Operator::In, {"prod"}}, {"team", Operator::In, {"b"}}};
    CHECK_FALSE(selector.matches(labels->root()));
    CHECK_FALSE(selector.matches({}));
}

TEST_CASE("glob lists are any of") {
    CHECK(GlobList{{"team-*", "ml"}}.matches("ml"));
    CHECK(GlobList{{"team-*", "ml"}}.matches("team-x"));
    CHECK_FALSE(GlobList{{"team-*", "ml"}}.matches("mlx"));
    CHECK_FALSE(GlobList{}.matches("anything"));
}
