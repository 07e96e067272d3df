// SPDX-License-Identifier: Apache-2.0
#include "tests/support/catch.hpp"
#include "tests/unit/engine/vap/lab.hpp"

namespace tollgate::vap {
namespace {

using Positions = std::vector<std::uint32_t>;

Policy about(const std::string& group, const std::string& resource, std::vector<Operation> operations = {}) {
    Policy out;
    ResourceRule rule;
    rule.groups = {group};
    rule.versions = {"*"};
    rule.resources = {resource};
    rule.operations = std::move(operations);
    out.match.rules.push_back(std::move(rule));
    return out;
}

Policy when(const std::string& condition) {
    return std::move(Draft().condition(condition).policy);
}

Positions candidates(const Lab& lab, std::vector<Policy> policies) {
    PolicyIndex index;
    for (std::uint32_t i = 0; i < policies.size(); ++i) index.add(i, policies[i]);
    Positions out;
    index.candidates(lab.input, out);
    return out;
}

template <class... P>
std::vector<Policy> list(P... policies) {
    std::vector<Policy> out;
    (out.push_back(std::move(policies)), ...);
    return out;
}

TEST_CASE("candidates are told by group, resource and operation; wildcards are always there") {
    const Lab lab;
    CHECK(candidates(lab, list(about("", "configmaps"), about("", "pods"), about("*", "configmaps"),
                               about("apps", "*"), about("", "*"), about("*", "*/*"), Policy{},
                               about("", "configmaps/status"),
                               about("", "configmaps", {Operation::Update}))) == Positions{0, 2, 4, 5, 6, 7});
}

TEST_CASE("a condition with a literal that differs leaves its policy out") {
    const Lab lab;
    CHECK(candidates(lab, list(when("request.kind.kind == 'ConfigMap'"), when("request.kind.kind == 'Pod'"),
                               when("'Pod' == object.kind"), when("request.namespace in ['a', 'here']"),
                               when("request.namespace in ['a', 'b']"),
                               when("object.metadata.namespace == 'other' && object.spec.x == 1"),
                               when("object.kind == 'Pod' || true"))) == Positions{0, 3, 6});
}

TEST_CASE("where the field is not there the condition may be an error, which counts") {
    Lab lab;
    lab.input.object = lab.json(R"({"metadata": {}})");
    lab.input.ns = "";
    CHECK(candidates(lab, list(when("object.kind == 'Pod'"), when("request.namespace == 'x'"),
                               when("request.kind.kind == 'Pod'"))) == Positions{0, 1});
}

TEST_CASE("a namespaceSelector by name is a literal") {
    const Lab lab;
    Policy here, there;
    here.match.namespaces.requirements = {
        {"kubernetes.io/metadata.name", LabelRequirement::Operator::In, {"a", "here"}}};
    there.match.namespaces.requirements = {
        {"kubernetes.io/metadata.name", LabelRequirement::Operator::In, {"there"}}};
    CHECK(candidates(lab, list(std::move(here), std::move(there))) == Positions{0});
}

TEST_CASE("the index changes no outcome") {
    Lab lab;
    for (const char* condition :
         {"request.kind.kind == 'Pod'", "object.kind == 'ConfigMap'", "object.metadata.namespace == 'here'",
          "request.namespace in ['x']", "object.kind == 'ConfigMap' && request.namespace == 'here'"}) {
        INFO(condition);
        Draft plain, hidden;
        plain.condition(condition).validation("false");
        hidden.condition("(" + std::string(condition) + ") != false").validation("false");
        CHECK(messages(lab.judge(std::move(plain))) == messages(lab.judge(std::move(hidden))));
    }
}

}  // namespace
}  // namespace tollgate::vap
