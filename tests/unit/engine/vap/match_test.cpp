// SPDX-License-Identifier: Apache-2.0
#include "engine/vap/match.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/engine/vap/lab.hpp"

namespace tollgate::vap {
namespace {

using Op = LabelRequirement::Operator;

ResourceRule rule(std::string group, std::string version, std::string resource) {
    ResourceRule out;
    out.groups = {std::move(group)};
    out.versions = {std::move(version)};
    out.resources = {std::move(resource)};
    return out;
}

MatchResources on(ResourceRule wanted) {
    MatchResources out;
    out.rules.push_back(std::move(wanted));
    return out;
}

TEST_CASE("resources are matched with their subresource") {
    Lab lab;
    lab.input.resource = {"", "v1", "pods"};
    const auto hits = [&](std::string resource) {
        return matches(on(rule("", "v1", std::move(resource))), lab.input, lab) == Match::Yes;
    };
    CHECK(hits("pods"));
    CHECK(hits("*"));
    CHECK(hits("*/*"));
    CHECK(hits("pods/*"));
    CHECK_FALSE(hits("pods/exec"));
    CHECK_FALSE(hits("configmaps"));
    lab.input.subresource = "exec";
    CHECK_FALSE(hits("pods"));
    CHECK_FALSE(hits("*"));
    CHECK(hits("*/*"));
    CHECK(hits("pods/*"));
    CHECK(hits("pods/exec"));
    CHECK(hits("*/exec"));
    CHECK_FALSE(hits("*/scale"));
}

TEST_CASE("group, operation, name and scope must all hold") {
    Lab lab;
    CHECK(matches(on(rule("*", "*", "configmaps")), lab.input, lab) == Match::Yes);
    CHECK(matches(on(rule("apps", "*", "configmaps")), lab.input, lab) == Match::No);
    ResourceRule wanted = rule("", "v1", "configmaps");
    wanted.operations = {Operation::Update, Operation::Delete};
    CHECK(matches(on(wanted), lab.input, lab) == Match::No);
    wanted.operations.push_back(Operation::Create);
    CHECK(matches(on(wanted), lab.input, lab) == Match::Yes);
    wanted.names = {"other"};
    CHECK(matches(on(wanted), lab.input, lab) == Match::No);
    wanted.names.emplace_back("it");
    CHECK(matches(on(wanted), lab.input, lab) == Match::Yes);
    wanted.scope = Scope::Cluster;
    CHECK(matches(on(wanted), lab.input, lab) == Match::No);
    wanted.scope = Scope::Namespaced;
    CHECK(matches(on(wanted), lab.input, lab) == Match::Yes);
    lab.input.resource.resource = "namespaces";
    wanted.resources = {"namespaces"};
    CHECK(matches(on(wanted), lab.input, lab) == Match::No);  // though its request names itself
}

TEST_CASE("another version is equivalent, unless matchPolicy is Exact") {
    Lab lab;
    lab.input.resource = {"autoscaling", "v1", "horizontalpodautoscalers"};
    MatchResources wanted = on(rule("autoscaling", "v2", "horizontalpodautoscalers"));
    CHECK(matches(wanted, lab.input, lab) == Match::Yes);
    wanted.equivalent = false;
    CHECK(matches(wanted, lab.input, lab) == Match::No);
}

TEST_CASE("excludeResourceRules take out what resourceRules let in; no rules mean everything") {
    Lab lab;
    MatchResources wanted;
    CHECK(matches(wanted, lab.input, lab) == Match::Yes);
    wanted.excluded.push_back(rule("", "v1", "configmaps"));
    CHECK(matches(wanted, lab.input, lab) == Match::No);
    wanted.excluded[0].names = {"other"};
    CHECK(matches(wanted, lab.input, lab) == Match::Yes);
}

TEST_CASE("objectSelector looks at the object or the old one") {
    Lab lab;
    MatchResources wanted;
    wanted.objects.requirements = {{"team", Op::In, {"b"}}};
    CHECK(matches(wanted, lab.input, lab) == Match::No);
    lab.input.old_object = lab.json(R"({"metadata": {"labels": {"team": "b"}}})");
    CHECK(matches(wanted, lab.input, lab) == Match::Yes);
    wanted.objects.requirements = {{"team", Op::DoesNotExist, {}}};
    CHECK(matches(wanted, lab.input, lab) == Match::No);
    lab.input.object = lab.input.old_object = json::Node();
    CHECK(matches(wanted, lab.input, lab) == Match::No);  // null has no labels and is no object
}

TEST_CASE("namespaceSelector looks at the Namespace, and lets cluster-scoped objects pass") {
    Lab lab;
    MatchResources wanted;
    wanted.namespaces.requirements = {{"tier", Op::In, {"gold"}}};
    CHECK(matches(wanted, lab.input, lab) == Match::Yes);
    wanted.namespaces.requirements = {{"tier", Op::NotIn, {"gold"}}};
    CHECK(matches(wanted, lab.input, lab) == Match::No);
    lab.input.ns = "unseen";
    CHECK(matches(wanted, lab.input, lab) == Match::Unknown);
    lab.input.ns = "";
    CHECK(matches(wanted, lab.input, lab) == Match::Yes);
}

TEST_CASE("a Namespace is matched by its own labels, as it will be") {
    Lab lab;
    lab.input.resource.resource = "namespaces";
    lab.input.ns = "here";
    lab.input.object = lab.json(R"({"metadata": {"name": "here", "labels": {"tier": "lead"}}})");
    MatchResources wanted;
    wanted.namespaces.requirements = {{"tier", Op::In, {"lead"}}};
    CHECK(matches(wanted, lab.input, lab) == Match::Yes);
    lab.input.operation = Operation::Delete;  // then as it is
    CHECK(matches(wanted, lab.input, lab) == Match::No);
}

TEST_CASE("the label of the name is known without the Namespace") {
    Lab lab;
    lab.input.ns = "unseen";
    MatchResources wanted;
    wanted.namespaces.requirements = {{"kubernetes.io/metadata.name", Op::NotIn, {"kube-system"}}};
    CHECK(matches(wanted, lab.input, lab) == Match::Yes);
    lab.input.ns = "kube-system";
    CHECK(matches(wanted, lab.input, lab) == Match::No);
    lab.input.ns = "here";  // its document does not say the label
    wanted.namespaces.requirements = {{"kubernetes.io/metadata.name", Op::In, {"here"}}};
    CHECK(matches(wanted, lab.input, lab) == Match::Yes);
}

TEST_CASE("admission policies judge neither themselves nor their bindings") {
    Lab lab;
    lab.input.resource = {"admissionregistration.k8s.io", "v1", "validatingadmissionpolicies"};
    CHECK(is_policy_resource(lab.input));
    const Outcome outcome = lab.judge(std::move(Draft().validation("false")));
    CHECK(outcome.findings.empty());
    CHECK(outcome.evaluated == 0);
    lab.input.resource.resource = "validatingwebhookconfigurations";
    CHECK_FALSE(is_policy_resource(lab.input));
}

}  // namespace
}  // namespace tollgate::vap
