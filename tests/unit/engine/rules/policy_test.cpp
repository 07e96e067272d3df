// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/policy.hpp"

#include "tests/support/catch.hpp"

namespace tollgate::rules {

TEST_CASE("an exception covers a policy's rules or one of them, and no name that merely looks alike") {
    Exception exception;
    exception.rules = {"gpu-ceiling", "small-inference/fits"};
    CHECK(exception.covers("gpu-ceiling", "size"));
    CHECK(exception.covers("gpu-ceiling", ""));
    CHECK(exception.covers("small-inference", "fits"));
    CHECK_FALSE(exception.covers("small-inference", "fit"));
    CHECK_FALSE(exception.covers("small-inference", "other"));
    CHECK_FALSE(exception.covers("gpu-ceiling-2", "size"));
    CHECK_FALSE(exception.covers("small-inferenc", "e/fits"));
    CHECK_FALSE(Exception{}.covers("gpu-ceiling", "size"));
}

TEST_CASE("only rightSize and replace that act are rewriting") {
    RightSize right_size;
    Replace replace;
    CHECK(is_rewriting(right_size));
    CHECK(is_rewriting(replace));
    for (const RewriteAction action : {RewriteAction::Advise, RewriteAction::Require}) {
        right_size.action = action;
        replace.action = action;
        CHECK_FALSE(is_rewriting(right_size));
        CHECK_FALSE(is_rewriting(replace));
    }
    CHECK(is_rewriting(Place{}));
    CHECK_FALSE(is_rewriting(Limits{}));
    CHECK_FALSE(is_rewriting(LifetimeRule{}));
    CHECK_FALSE(is_rewriting(Require{}));
}

TEST_CASE("verbs, modes and operations have the names that documents use") {
    CHECK(verb_name(RightSize{}) == "rightSize");
    CHECK(verb_name(Place{}) == "place");
    CHECK(verb_name(Replace{}) == "replace");
    CHECK(verb_name(Limits{}) == "limits");
    CHECK(verb_name(LifetimeRule{}) == "lifetime");
    CHECK(verb_name(Require{}) == "require");
    CHECK(to_string(Mode::Enforce) == "Enforce");
    CHECK(to_string(Mode::Warn) == "Warn");
    CHECK(to_string(Mode::Audit) == "Audit");
    CHECK(to_string(Operation::Create) == "CREATE");
    CHECK(to_string(Operation::Update) == "UPDATE");
    CHECK(to_string(Operation::Delete) == "DELETE");
    CHECK(to_string(Operation::Connect) == "CONNECT");
}

TEST_CASE("a match names a class only by name") {
    Match match;
    CHECK_FALSE(match.names_class(Class::Training));
    match.classes = {Class::Serving, Class::Training};
    CHECK(match.names_class(Class::Training));
    CHECK_FALSE(match.names_class(Class::Batch));
}

}  // namespace tollgate::rules
