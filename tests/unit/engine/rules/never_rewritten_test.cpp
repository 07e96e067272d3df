// SPDX-License-Identifier: Apache-2.0
// Each pod that no rule may rewrite, with a rule that would love to.
#include "tests/unit/engine/rules/lab.hpp"

namespace tollgate::rules::test {
namespace {

RightSize eager() {
    RightSize rule;
    rule.pools = {"*"};
    rule.needs.default_memory_mib = 1;
    rule.keep = Keep::Ignore;
    rule.min_saving = Ratio(0);
    rule.isolation = workload::Isolation::None;
    return rule;
}

Replace eager_replace() {
    Replace rule;
    rule.from_resource = "nvidia.com/gpu";
    rule.to_resource = "nvidia.com/mig-1g.10gb";
    rule.keep = Keep::Ignore;
    return rule;
}

/// Why neither verb touches the pod; "" when one of them does.
std::string left_alone(Lab& lab) {
    const Rewrite sized = lab.run(eager());
    const Rewrite replaced = lab.run(eager_replace());
    if (!sized.edits.empty() || !replaced.edits.empty()) return "";
    CHECK(sized.findings.empty());
    CHECK(replaced.findings.empty());
    CHECK(sized.why_not == replaced.why_not);
    return sized.why_not;
}

}  // namespace

TEST_CASE("the rules of these cases do rewrite an ordinary pod") {
    Lab lab(pod_json());
    CHECK_FALSE(lab.run(eager()).edits.empty());
    CHECK_FALSE(lab.run(eager_replace()).edits.empty());
}

TEST_CASE("pods that must not move are never rewritten") {
    struct Row {
        const char* what;
        PodText text;
        const char* why;
    };
    std::vector<Row> rows;
    const auto add = [&](const char* what, const char* why) -> PodText& {
        rows.push_back({what, {}, why});
        return rows.back().text;
    };
    add("bound", "its node is already set").spec = R"("nodeName":"n1",)";
    add("being deleted", "it is being deleted").metadata = R"("deletionTimestamp":"2026-11-23T00:00:00Z")";
    add("mirror", "it is a mirror of a static pod").annotations = R"({"kubernetes.io/config.mirror":"x"})";
    add("host", "it is pinned to one host").selector = R"({"kubernetes.io/hostname":"n1"})";
    add("host by affinity", "it is pinned to one host").affinity =
        R"({"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":)"
        R"([{"matchFields":[{"key":"metadata.name","operator":"In","values":["n1"]}]}]}}})";
    add("DaemonSet's", "a DaemonSet's pods run where they run").metadata =
        R"("ownerReferences":[{"apiVersion":"apps/v1","kind":"DaemonSet","name":"d","uid":"u","controller":true}])";
    for (const Row& row : rows) {
        INFO(row.what);
        Lab lab(pod_json(row.text));
        lab.controlled = std::string_view(row.what) == "DaemonSet's";
        CHECK(left_alone(lab) == row.why);
    }
}

TEST_CASE("what is asked for in a way that is not one known count is never rewritten") {
    struct Row {
        const char *resources, *why;
    };
    const Row rows[] = {
        {R"({"limits":{"nvidia.com/gpu":"1","nvidia.com/mig-1g.10gb":"1"}})",
         "several accelerator resources"},
        {R"({"limits":{"nvidia.com/gpu":"1","nvidia.com/gpumem":"4000"}})", "several accelerator resources"},
        {R"({"limits":{"nvidia.com/gpu":"1500m"}})", "not a whole number"},
        {R"({"limits":{"nvidia.com/gpu":"one"}})", "not a Kubernetes quantity"},
        {R"({"limits":{"google.com/tpu":"1"}})", "google.com/tpu"},
        {R"({"limits":{"nvidia.com/gpu":"1"},"claims":[{"name":"c"}]})", "ResourceClaim"},
    };
    for (const Row& row : rows) {
        PodText text;
        text.resources = row.resources;
        Lab lab(pod_json(text));
        const std::string why = left_alone(lab);
        INFO(row.resources << ": " << why);
        CHECK(why.find(row.why) != std::string::npos);
    }
}

TEST_CASE("fractions by annotation and pods without an accelerator have nothing to rewrite") {
    PodText text;
    text.annotations = R"({"gpu-fraction":"0.5"})";
    text.resources = "{}";
    Lab fraction(pod_json(text));
    CHECK_FALSE(left_alone(fraction).empty());
    text.annotations = "";
    Lab nothing(pod_json(text));
    const Rewrite outcome = nothing.run(eager());
    CHECK(outcome.edits.empty());
    CHECK(outcome.why_not.empty());
}

TEST_CASE("a DaemonSet's template is never rewritten") {
    std::string object = deployment_json(1);
    object.replace(object.find("Deployment"), 10, "DaemonSet");
    Lab lab(object);
    CHECK(left_alone(lab) == "a DaemonSet's pods run where they run");
}

TEST_CASE("training is rewritten only where the policy's match names that class") {
    Lab lab(pod_json());
    lab.workload->cls = Class::Training;
    CHECK(left_alone(lab).find("class Training") != std::string::npos);
    lab.policy.match.classes = {Class::Serving};
    CHECK(left_alone(lab).find("class Training") != std::string::npos);
    lab.policy.match.classes = {Class::Training};
    CHECK(left_alone(lab).empty());
}

TEST_CASE("a review without budget rewrites nothing and says so") {
    Lab lab(pod_json());
    lab.budget.steps = 0;
    for (const Rewrite& outcome : {lab.run(eager()), lab.run(eager_replace())}) {
        CHECK(outcome.edits.empty());
        REQUIRE(outcome.errors.size() == 1);
        CHECK(outcome.errors[0].reason == "budget");
        CHECK(outcome.errors[0].policy == "small-inference");
    }
}

}  // namespace tollgate::rules::test
