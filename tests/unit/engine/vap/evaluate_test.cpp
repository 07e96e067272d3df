// SPDX-License-Identifier: Apache-2.0
#include "engine/vap/evaluate.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/engine/vap/lab.hpp"

namespace tollgate::vap {
namespace {

using Texts = std::vector<std::string>;

TEST_CASE("false denies, whatever failurePolicy says; an error does as it says") {
    Lab lab;
    CHECK(lab.judge(std::move(Draft().validation("false").ignore())).denial() != nullptr);
    const Outcome failed = lab.judge(std::move(Draft().validation("object.nothing == 1")));
    REQUIRE(failed.denial() != nullptr);
    CHECK(failed.denial()->is_error);
    CHECK(failed.denial()->message ==
          "expression 'object.nothing == 1' resulted in error: no such key: nothing");
    const Outcome ignored = lab.judge(std::move(Draft().validation("object.nothing == 1").ignore()));
    CHECK(ignored.findings.empty());
    REQUIRE(ignored.ignored.size() == 1);
    CHECK(ignored.ignored[0].place() == "validations[0]");
}

TEST_CASE("a matchCondition that is false skips the policy, whatever the others say") {
    Lab lab;
    const auto findings = [&](const Texts& conditions, bool ignore) {
        Draft draft;
        for (const std::string& each : conditions) draft.condition(each);
        draft.validation("false", "judged");
        if (ignore) draft.ignore();
        return lab.judge(std::move(draft));
    };
    CHECK(messages(findings({"true", "object.kind == 'ConfigMap'"}, false)) == Texts{"judged"});
    CHECK(findings({"object.nothing", "false"}, false).findings.empty());
    CHECK(findings({"false", "object.nothing == 1"}, false).findings.empty());
    const Outcome error = findings({"true", "object.nothing == 1"}, false);
    REQUIRE(error.findings.size() == 1);
    CHECK(error.findings[0].place() == "matchConditions");
    CHECK(error.applied == 0);
    const Outcome ignored = findings({"true", "object.nothing == 1"}, true);
    CHECK(ignored.findings.empty());
    CHECK(ignored.ignored.size() == 1);
}

TEST_CASE("matchConditions see no Namespace") {
    Lab lab;
    Draft draft;
    draft.condition("namespaceObject == null").validation("namespaceObject.metadata.name == 'here'");
    const Outcome outcome = lab.judge(std::move(draft));
    CHECK(outcome.applied == 1);
    CHECK(messages(outcome).empty());
}

TEST_CASE("a Namespace that was not given is an error where it is asked for, and only there") {
    Lab lab;
    lab.input.ns = "unseen";
    CHECK(lab.judge(std::move(Draft().validation("true"))).findings.empty());
    const Outcome outcome = lab.judge(std::move(Draft().validation("namespaceObject.metadata.name == ''")));
    REQUIRE(outcome.findings.size() == 1);
    CHECK(outcome.findings[0].is_error);
    CHECK(outcome.findings[0].message.find("namespace \"unseen\" is not known") != std::string::npos);
}

TEST_CASE("validationActions say what comes of a failure, once each") {
    Lab lab;
    Binding both = binding("policy");
    both.audits = true;
    Binding warns = binding("policy", "there");
    warns.denies = false;
    warns.warns = true;
    const Outcome outcome = lab.judge(std::move(Draft().validation("false", "no")), {warns, both});
    REQUIRE(outcome.findings.size() == 3);  // bindings by name
    CHECK(outcome.findings[0].action == Action::Deny);
    CHECK(outcome.findings[1].action == Action::Audit);
    CHECK(outcome.findings[2].action == Action::Warn);
    CHECK(outcome.findings[0].sentence(Action::Deny) ==
          "ValidatingAdmissionPolicy 'policy' with binding 'here' denied request: no");
    CHECK(outcome.findings[2].sentence(Action::Warn) ==
          "Validation failed for ValidatingAdmissionPolicy 'policy' with binding 'there': no");
}

TEST_CASE("errors follow validationActions too, but mistakes of configuration do not") {
    Lab lab;
    Binding audits = binding("policy");
    audits.denies = false;
    audits.audits = true;
    CHECK(lab.judge(std::move(Draft().validation("object.x == 1")), {audits}).denial() == nullptr);
    MatchResources unknown;
    unknown.namespaces.requirements = {{"tier", LabelRequirement::Operator::Exists, {}}};
    audits.match = unknown;
    lab.input.ns = "unseen";
    const Outcome outcome = lab.judge(std::move(Draft().validation("true")), {audits});
    REQUIRE(outcome.denial() != nullptr);
    CHECK(outcome.denial()->message.starts_with("failed to configure binding: "));
}

TEST_CASE("a policy without a binding is judged as if bound with Deny, or not at all") {
    Lab lab;
    const Outcome outcome = lab.judge(std::move(Draft().validation("false", "no")));
    REQUIRE(outcome.denial() != nullptr);
    CHECK(outcome.denial()->binding == nullptr);
    CHECK(outcome.denial()->sentence(Action::Deny) ==
          "ValidatingAdmissionPolicy 'policy' denied request: no");
    Draft draft;
    draft.validation("false");
    std::vector<Policy> policies;
    policies.push_back(std::move(draft.policy));
    const PolicySet set(std::move(policies), {});
    CHECK(judge(set, lab.input, lab, {.as_if_bound = false}).findings.empty());
}

TEST_CASE("a binding narrows what its policy is about") {
    Lab lab;
    Binding narrow = binding("policy");
    narrow.match = MatchResources{};
    narrow.match->objects.requirements = {{"team", LabelRequirement::Operator::In, {"b"}}};
    CHECK(lab.judge(std::move(Draft().validation("false")), {narrow}).findings.empty());
    narrow.match->objects.requirements[0].values = {"a"};
    CHECK(lab.judge(std::move(Draft().validation("false")), {narrow}).findings.size() == 1);
}

TEST_CASE("the message: messageExpression, else message, else the expression") {
    Lab lab;
    const auto said = [&](const std::string& message, const std::string& expression) {
        return messages(lab.judge(std::move(Draft().validation("  1 == 2 ", message, expression)))).at(0);
    };
    CHECK(said("plain", "'by ' + object.kind") == "by ConfigMap");
    CHECK(said("plain", "'  padded '") == "padded");
    CHECK(said("plain", "'two\\nlines'") == "plain");
    CHECK(said("plain", "'  '") == "plain");
    CHECK(said("plain", "'' + object.nothing") == "plain");  // an error changes no verdict
    CHECK(said(" plain ", "") == "plain");
    CHECK(said("", "") == "failed expression: 1 == 2");
    const std::string long_text(5'121, 'x');
    CHECK(said("plain", "'" + long_text + "'") == "plain");
    CHECK(said("plain", "'" + long_text.substr(1) + "'") == long_text.substr(1));
}

TEST_CASE("reasons have the codes of the API server; the first failing validation gives it") {
    Lab lab;
    Draft draft;
    draft.validation("true", "", "", Reason::Unauthorized).validation("false", "", "", Reason::Forbidden);
    draft.validation("false", "", "", Reason::RequestEntityTooLarge);
    const Outcome outcome = lab.judge(std::move(draft));
    CHECK(outcome.denial()->reason == Reason::Forbidden);
    CHECK(outcome.denial()->place() == "validations[1]");
    CHECK(status_code(Reason::Invalid) == 422);
    CHECK(status_code(Reason::Forbidden) == 403);
    CHECK(status_code(Reason::Unauthorized) == 401);
    CHECK(status_code(Reason::RequestEntityTooLarge) == 413);
}

TEST_CASE("audit annotations: text is published, null and blank are not, errors follow failurePolicy") {
    Lab lab;
    Draft draft;
    draft.variable("size", "object.data.size").annotation("size", "'size ' + variables.size");
    draft.annotation("none", "null").annotation("blank", "' '");
    const Outcome outcome = lab.judge(std::move(draft));
    CHECK(outcome.audit_annotations ==
          std::vector<std::pair<std::string, std::string>>{{"policy/size", "size 3"}});
    const Outcome failed = lab.judge(std::move(Draft().annotation("x", "string(object.nothing)")));
    REQUIRE(failed.denial() != nullptr);
    CHECK(failed.denial()->place() == "auditAnnotations[0]");
    const Outcome ignored = lab.judge(std::move(Draft().annotation("x", "string(object.nothing)").ignore()));
    CHECK(ignored.findings.empty());
    CHECK(ignored.ignored.size() == 1);
}

TEST_CASE("annotations of several bindings are joined, each value once") {
    Lab lab;
    Draft draft;
    draft.params().annotation("by", "params == null ? 'nobody' : params.metadata.name");
    lab.objects = {lab.json(R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "p"}})")};
    Binding with = binding("policy", "a");
    with.params = ParamRef{"p", "", {}, false};
    const Outcome outcome =
        lab.judge(std::move(draft), {with, binding("policy", "b"), binding("policy", "c")});
    REQUIRE(outcome.audit_annotations.size() == 1);
    CHECK(outcome.audit_annotations[0].second == "nobody, p");
}

TEST_CASE("a variable uses earlier ones; its error is that of whoever asks for it") {
    Lab lab;
    Draft draft;
    draft.variable("size", "int(object.data.size)").variable("twice", "variables.size * 2");
    draft.variable("broken", "object.nothing").validation("variables.twice == 6");
    draft.validation("variables.broken == 1").validation("true || variables.broken == 1");
    const Outcome outcome = lab.judge(std::move(draft));
    REQUIRE(outcome.findings.size() == 1);
    CHECK(outcome.findings[0].message ==
          "expression 'variables.broken == 1' resulted in error: composited variable \"broken\" fails to "
          "evaluate: no such key: nothing");
}

TEST_CASE("has() of a variable is true, or the error of the variable") {
    Lab lab;
    CHECK(messages(lab.judge(std::move(Draft().variable("a", "1").validation("has(variables.a)")))).empty());
    const Outcome outcome =
        lab.judge(std::move(Draft().variable("a", "object.nothing").validation("has(variables.a)")));
    REQUIRE(outcome.findings.size() == 1);
    CHECK(outcome.findings[0].is_error);
}

TEST_CASE("the authorizer compiles, and is an error where it is asked") {
    Lab lab;
    const Outcome outcome = lab.judge(
        std::move(Draft().validation("authorizer.group('').resource('pods').check('get').allowed()")));
    REQUIRE(outcome.findings.size() == 1);
    CHECK(outcome.findings[0].is_error);
}

TEST_CASE("policies are judged by name, whatever the order of the documents") {
    Lab lab;
    Draft first("a"), second("b");
    first.validation("false", "of a");
    second.validation("false", "of b");
    std::vector<Policy> policies;
    policies.push_back(std::move(second.policy));
    policies.push_back(std::move(first.policy));
    const PolicySet set(std::move(policies), {});
    CHECK(messages(judge(set, lab.input, lab)) == Texts{"of a", "of b"});
}

}  // namespace
}  // namespace tollgate::vap
