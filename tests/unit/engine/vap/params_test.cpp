// SPDX-License-Identifier: Apache-2.0
#include "engine/vap/params.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/engine/vap/lab.hpp"

namespace tollgate::vap {
namespace {

void add(Lab& lab, const std::string& ns, const std::string& name, const std::string& max,
         const std::string& label) {
    const std::string where = ns.empty() ? "" : R"("namespace": ")" + ns + R"(", )";
    lab.objects.push_back(lab.json(R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {)" + where +
                                   R"("name": ")" + name + R"(", "labels": {"for": ")" + label +
                                   R"("}}, "data": {"max": ")" + max + R"("}})"));
}

Binding by(ParamRef ref) {
    Binding out = binding("policy");
    out.params = std::move(ref);
    return out;
}

Draft at_most() {
    return std::move(Draft().params().validation("int(object.data.size) <= int(params.data.max)", "",
                                                 "'more than ' + params.data.max"));
}

TEST_CASE("a param is found by name, in the namespace named or the object's own") {
    Lab lab;
    add(lab, "here", "limits", "2", "x");
    add(lab, "policies", "limits", "5", "x");
    CHECK(messages(lab.judge(at_most(), {by({"limits", "", {}, false})})) ==
          std::vector<std::string>{"more than 2"});
    CHECK(messages(lab.judge(at_most(), {by({"limits", "policies", {}, false})})).empty());
    CHECK(messages(lab.judge(at_most(), {by({"other", "", {}, false})})).empty());  // nothing to judge by
}

TEST_CASE("each param that is selected is judged by, and all must be content") {
    Lab lab;
    add(lab, "here", "a", "1", "x");
    add(lab, "here", "b", "9", "x");
    add(lab, "here", "c", "2", "x");
    add(lab, "here", "d", "0", "y");
    add(lab, "there", "e", "0", "x");
    const LabelSelector selector{{{"for", LabelRequirement::Operator::In, {"x"}}}};
    const Outcome outcome = lab.judge(at_most(), {by({"", "", selector, false})});
    CHECK(messages(outcome) == std::vector<std::string>{"more than 1", "more than 2"});
    CHECK(outcome.evaluated == 3);
}

TEST_CASE("an object without a namespace counts for every one: its kind may be cluster-scoped") {
    Lab lab;
    add(lab, "", "limits", "2", "x");
    CHECK(messages(lab.judge(at_most(), {by({"limits", "", {}, false})})).size() == 1);
}

TEST_CASE("a cluster-scoped object has no namespace to look for params in") {
    Lab lab;
    add(lab, "here", "limits", "2", "x");
    lab.input.ns = "";
    const Outcome outcome = lab.judge(at_most(), {by({"limits", "", {}, false})});
    REQUIRE(outcome.denial() != nullptr);
    CHECK(outcome.denial()->message.find("cluster-scoped resources") != std::string::npos);
    CHECK(messages(lab.judge(at_most(), {by({"limits", "here", {}, false})})).size() == 1);
}

TEST_CASE("a param that is missing denies or allows, as the binding says, by failurePolicy") {
    Lab lab;
    const std::vector<Binding> bindings = {by({"limits", "", {}, true})};
    const Outcome denied = lab.judge(at_most(), bindings);
    REQUIRE(denied.denial() != nullptr);
    CHECK(denied.denial()->message ==
          "failed to configure binding: no params found for policy binding with `Deny` "
          "parameterNotFoundAction");
    CHECK(denied.denial()->place() == "binding");
    const Outcome ignored = lab.judge(std::move(at_most().ignore()), bindings);
    CHECK(ignored.findings.empty());
    CHECK(ignored.ignored.size() == 1);
}

TEST_CASE("without a paramRef, params are null; without a paramKind, a paramRef means nothing") {
    Lab lab;
    add(lab, "here", "limits", "2", "x");
    CHECK(messages(lab.judge(std::move(Draft().params().validation("params == null")), {binding("policy")}))
              .empty());
    CHECK(messages(lab.judge(std::move(Draft().validation("false", "m")), {by({"none", "", {}, true})})) ==
          std::vector<std::string>{"m"});
}

}  // namespace
}  // namespace tollgate::vap
