// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/program.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/engine/vap/lab.hpp"

namespace tollgate::vap {
namespace {

bool compiles(std::string_view source, Use use = Use::Expression, bool has_params = false) {
    const std::vector<VariableType> variables = {{"count", cel::simple_type(cel::Type::Kind::Int)}};
    return cel::compile(source, make_environment(use, has_params, variables)).has_value();
}

TEST_CASE("objects are untyped, request and namespaceObject have declared fields") {
    CHECK(compiles("object.whatever.deep == oldObject.x"));
    CHECK(compiles("request.userInfo.groups.exists(g, g == 'a') && request.dryRun"));
    CHECK(compiles("request.options.anything == 1"));
    CHECK_FALSE(compiles("request.namex == 'a'"));
    CHECK_FALSE(compiles("request.kind.resource == 'a'"));
    CHECK(compiles("namespaceObject.metadata.labels['a'] == 'b'"));
    CHECK_FALSE(compiles("namespaceObject.metadata.managedFields == null"));
    CHECK_FALSE(compiles("request.dryRun == 'yes'"));
}

TEST_CASE("params are declared only where the policy has a paramKind") {
    CHECK_FALSE(compiles("params.x == 1"));
    CHECK(compiles("params.x == 1", Use::Expression, true));
    CHECK(compiles("params.x == 1", Use::MatchCondition, true));
}

TEST_CASE("variables have the type of their expression, and matchConditions see none") {
    CHECK(compiles("variables.count == 1"));
    CHECK_FALSE(compiles("variables.count == 'one'"));
    CHECK_FALSE(compiles("variables.other == 1"));
    CHECK_FALSE(compiles("variables.count == 1", Use::MatchCondition));
    CHECK(compiles("variables.count == 1", Use::Message));
    CHECK(compiles("has(variables.count)"));
    CHECK_FALSE(compiles("has(variables.counts)"));
}

TEST_CASE("the authorizer compiles everywhere but in messages") {
    const std::string_view asks = "authorizer.group('').resource('pods').check('create').allowed()";
    CHECK(compiles(asks));
    CHECK(compiles(asks, Use::MatchCondition));
    CHECK(compiles("authorizer.requestResource.check('create').allowed()"));
    CHECK_FALSE(compiles(asks, Use::Message));
}

TEST_CASE("request is what the API server tells, without what is empty") {
    Lab lab;
    const std::vector<std::string_view> groups = {"devs"};
    lab.input.groups = groups;
    lab.input.user_uid = "u-1";
    lab.input.extra = lab.json(R"({"scopes": ["x"]})");
    lab.input.dry_run = true;
    Draft draft;
    for (const char* source :
         {"request.kind.kind == 'ConfigMap' && request.kind.group == '' && request.kind.version == 'v1'",
          "request.resource.resource == 'configmaps' && request.requestResource.resource == 'configmaps'",
          "request.requestKind.kind == 'ConfigMap'", "!has(request.subResource)", "!has(request.options)",
          "request.name == 'it' && request.namespace == 'here' && request.operation == 'CREATE'",
          "request.userInfo.username == 'jane' && request.userInfo.uid == 'u-1'",
          "request.userInfo.groups == ['devs'] && request.userInfo.extra['scopes'] == ['x']",
          "request.dryRun"})
        draft.validation(source);
    const Outcome outcome = lab.judge(std::move(draft));
    CHECK(messages(outcome).empty());
    CHECK(outcome.applied == 1);
}

TEST_CASE("what is not there is null") {
    Lab lab;
    CHECK(messages(lab.judge(std::move(Draft().validation("oldObject == null && object != null")))).empty());
    std::swap(lab.input.object, lab.input.old_object);
    lab.input.operation = Operation::Delete;
    CHECK(messages(lab.judge(std::move(Draft().validation("object == null && oldObject != null")))).empty());
    lab.input.ns = "";
    CHECK(messages(lab.judge(std::move(Draft().validation("namespaceObject == null")))).empty());
    lab.input.resource.resource = "namespaces";
    lab.input.ns = "here";  // as the API server has it
    CHECK(messages(lab.judge(std::move(Draft().validation("namespaceObject == null")))).empty());
    CHECK(messages(lab.judge(std::move(Draft().params().validation("params == null")))).empty());
}

}  // namespace
}  // namespace tollgate::vap
