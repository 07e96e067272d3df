// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/engine/rules/lab.hpp"

namespace tollgate::rules::test {
namespace {

Require label(std::string key, std::vector<std::string> values = {}) {
    Require rule;
    rule.labels.push_back({std::move(key), std::move(values), true, true, false});
    return rule;
}

Require known() {
    Require rule;
    rule.known_accelerators = true;
    return rule;
}

Require reasons() {
    Require rule;
    rule.whole_gpu_reason = true;
    return rule;
}

PodText with_resources(std::string resources) {
    PodText text;
    text.resources = std::move(resources);
    text.selector = "";
    return text;
}

}  // namespace

TEST_CASE("a label may stand on the workload or on its template, as the rule says") {
    Lab lab(deployment_json(2));  // the template has app: a
    CHECK(lab.run(label("app")).empty());
    CHECK(lab.run(label("app", {"a*"})).empty());
    const auto missing = lab.run(label("team"));
    REQUIRE(missing.size() == 1);
    CHECK(missing[0].code == Code::LabelMissing);
    CHECK(missing[0].subject == "team");
    CHECK(missing[0].field == "metadata.labels.team");
    CHECK(missing[0].fix == "metadata.labels.team: \"<team>\"");
    CHECK(missing[0].what == "label team is missing; it must be on the object or its pod template.");
    CHECK(to_decimal_string(missing[0].hourly) == "13.76");
    const auto wrong = lab.run(label("app", {"b", "c*"}));
    REQUIRE(wrong.size() == 1);
    CHECK(wrong[0].code == Code::LabelValue);
    CHECK(wrong[0].what.find("one of: b, c*") != std::string::npos);
    Require only_workload = label("app");
    only_workload.labels[0].on_template = false;
    CHECK(lab.run(only_workload).size() == 1);
    Require only_template = label("team", {"search"});
    only_template.labels[0].on_workload = false;
    CHECK(lab.run(only_template).at(0).fix == "spec.template.metadata.labels.team: \"search\"");
}

TEST_CASE("a label that may stand on the parent is not missed on its pod") {
    Lab lab(pod_json());
    lab.controlled = true;
    CHECK(lab.run(label("team")).empty());
    Require on_template = label("team");
    on_template.labels[0].on_workload = false;
    CHECK(lab.run(on_template).size() == 1);
}

TEST_CASE("an empty label is none") {
    PodText text;
    text.metadata = R"("name":"p")";
    std::string object = pod_json(text);
    const std::string app = R"("app":"a")";
    object.replace(object.find(app), app.size(), R"("app":"")");
    Lab lab(object);
    CHECK(lab.run(label("app")).at(0).code == Code::LabelMissing);
}

TEST_CASE("a namespace's label counts when it is known, and is an error when it is not") {
    Lab lab(deployment_json(1));
    Require rule = label("team", {"search"});
    rule.labels[0].on_namespace = true;
    CHECK(lab.run(rule).empty());
    REQUIRE(lab.errors.size() == 1);
    CHECK(lab.errors[0].reason == "namespace_unknown");
    ClusterView view;
    lab.cluster = &view;
    CHECK(lab.run(rule).empty());
    CHECK(lab.errors.size() == 1);
    view.namespaces["serve"] = {{"other", "x"}};
    CHECK(lab.run(rule).at(0).code == Code::LabelMissing);
    CHECK(lab.errors.empty());
    view.namespaces["serve"] = {{"team", "ads"}};
    CHECK(lab.run(rule).at(0).code == Code::LabelValue);
    view.namespaces["serve"] = {{"team", "search"}};
    CHECK(lab.run(rule).empty());
    CHECK(lab.errors.empty());
    SECTION("it is not asked for when the label stands elsewhere") {
        lab.cluster = nullptr;
        Require app = label("app");
        app.labels[0].on_namespace = true;
        CHECK(lab.run(app).empty());
        CHECK(lab.errors.empty());
    }
}

TEST_CASE("a whole GPU needs a reason") {
    Lab lab(deployment_json(1));
    const auto findings = lab.run(reasons());
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].code == Code::WholeGpuReason);
    CHECK(findings[0].field == "spec.template.metadata.annotations.'tollgate.dev/keep'");
    CHECK(findings[0].what ==
          "asks for 1 whole GPU without saying why it needs a whole one ($6.88/h in all).");
    PodText text;
    text.annotations = R"({"tollgate.dev/keep":"NCCL profiling"})";
    Lab told(deployment_json(1, text));
    CHECK(told.run(reasons()).empty());
    text.annotations = R"({"tollgate.dev/keep":"  "})";
    Lab blank(deployment_json(1, text));
    CHECK(blank.run(reasons()).size() == 1);
}

TEST_CASE("slices, shares and configured parts need none") {
    for (const char* resources :
         {R"({"limits":{"nvidia.com/mig-1g.10gb":"1"}})", R"({"limits":{"nvidia.com/gpu.shared":"1"}})"}) {
        Lab lab(pod_json(with_resources(resources)));
        CHECK(lab.run(reasons()).empty());
    }
    fleet::Pool shared = pool("t4", "Tesla-T4", "0.40");
    shared.sharing.form = fleet::Form::TimeSlice;
    shared.sharing.replicas = 4;
    shared.node_selector.clear();
    std::vector<fleet::Pool> pools;
    pools.push_back(std::move(shared));
    const fleet::Market only_shared = compiled(std::move(pools));
    Lab lab(pod_json(with_resources(R"({"limits":{"nvidia.com/gpu":"1"}})")), only_shared);
    CHECK(lab.run(reasons()).empty());
    Lab elsewhere(pod_json(with_resources(R"({"limits":{"amd.com/gpu":"1"}})")), only_shared);
    CHECK(elsewhere.run(reasons()).size() == 1);
}

TEST_CASE("accelerator names must mean something") {
    struct Row {
        const char *resource, *near;
    };
    const Row rows[] = {
        {"nvidia.com/gpuu", "nvidia.com/gpu"},
        {"nvidia.com/mig-1g.10g", "nvidia.com/mig-1g.10gb"},
        {"nvidia.com/mig-1g.11gb", "nvidia.com/mig-1g."},
        {"amd.com/gpus", "amd.com/gpu"},
        {"nvidia.com/something-else-altogether", ""},
    };
    for (const Row& row : rows) {
        INFO(row.resource);
        Lab lab(pod_json(with_resources(R"({"limits":{")" + std::string(row.resource) + R"(":"2"}})")));
        const auto findings = lab.run(known());
        REQUIRE(findings.size() == 1);
        CHECK(findings[0].code == Code::UnknownAccelerator);
        CHECK(findings[0].field == "spec.containers[0].resources.limits.'" + std::string(row.resource) + "'");
        if (*row.near == '\0') {
            CHECK(findings[0].fix == "");
        } else {
            CHECK(findings[0].what.find("did you mean " + std::string(row.near)) != std::string::npos);
            CHECK(findings[0].fix.find(": \"2\"") != std::string::npos);
        }
    }
    for (const char* good :
         {"nvidia.com/gpu", "nvidia.com/mig-1g.10gb", "vpc.amazonaws.com/efa", "example.com/fpga"}) {
        INFO(good);
        Lab lab(pod_json(with_resources(R"({"limits":{")" + std::string(good) + R"(":"1"}})")));
        CHECK(lab.run(known()).empty());
    }
}

TEST_CASE("a device that nobody asked for is found, whichever way it is opened, and no value is quoted") {
    const std::string empty = R"({"requests":{"cpu":"1"}})";
    SECTION("the environment") {
        PodText text = with_resources(empty);
        text.container = R"("env":[{"name":"NVIDIA_VISIBLE_DEVICES","value":"GPU-secret-uuid"}],)";
        Lab lab(pod_json(text));
        const auto findings = lab.run(known());
        REQUIRE(findings.size() == 1);
        CHECK(findings[0].code == Code::DeviceAccess);
        CHECK(findings[0].field == "spec.containers[0].env");
        CHECK(findings[0].what.find("NVIDIA_VISIBLE_DEVICES") != std::string::npos);
        CHECK(findings[0].what.find("secret") == std::string::npos);
        CHECK(findings[0].fix.find("secret") == std::string::npos);
        CHECK(findings[0].fix == "spec.containers[0].resources.limits.'nvidia.com/gpu': \"1\"");
    }
    SECTION("the environment, beside a request") {
        PodText text;
        text.container =
            R"("env":[{"name":"A","value":"b"},{"name":"NVIDIA_VISIBLE_DEVICES","value":"all"}],)";
        Lab lab(pod_json(text));
        const auto findings = lab.run(known());
        REQUIRE(findings.size() == 1);
        CHECK(findings[0].what.find("takes the place of the device it asks for") != std::string::npos);
        CHECK(findings[0].fix == "remove spec.containers[0].env[1]");
    }
    SECTION("the runtime") {
        PodText text = with_resources(empty);
        text.spec = R"("runtimeClassName":"nvidia",)";
        Lab lab(pod_json(text));
        const auto findings = lab.run(known());
        REQUIRE(findings.size() == 1);
        CHECK(findings[0].field == "spec.runtimeClassName");
        CHECK(findings[0].fix == "spec.containers[0].resources.limits.'nvidia.com/gpu': \"1\"");
    }
    SECTION("the host's files") {
        PodText text = with_resources(empty);
        text.spec = R"("volumes":[{"name":"d","hostPath":{"path":"/dev/nvidia0"}}],)";
        Lab lab(pod_json(text));
        const auto findings = lab.run(known());
        REQUIRE(findings.size() == 1);
        CHECK(findings[0].field == "spec.volumes");
        CHECK(findings[0].what.find("/dev/nvidia0") != std::string::npos);
        CHECK(findings[0].fix ==
              "remove spec.volumes[0]\nspec.containers[0].resources.limits.'nvidia.com/gpu': \"1\"");
    }
    SECTION("the host's files, beside a request") {
        PodText text;
        text.spec =
            R"("volumes":[{"name":"e","emptyDir":{}},{"name":"d","hostPath":{"path":"/dev/nvidia0"}}],)";
        text.container =
            R"("volumeMounts":[{"name":"d","mountPath":"/a"},{"name":"e","mountPath":"/b"},{"name":"d","mountPath":"/c"}],)";
        Lab lab(pod_json(text));
        const auto findings = lab.run(known());
        REQUIRE(findings.size() == 1);
        CHECK(findings[0].what.find("not only those it asks for") != std::string::npos);
        CHECK(findings[0].fix ==
              "remove spec.containers[0].volumeMounts[2]\nremove spec.containers[0].volumeMounts[0]\n"
              "remove spec.volumes[1]");
    }
    SECTION("none") {
        PodText text = with_resources(empty);
        text.container = R"("env":[{"name":"NVIDIA_VISIBLE_DEVICES","value":"void"}],)";
        Lab lab(pod_json(text));
        CHECK(lab.run(known()).empty());
    }
}

TEST_CASE("a declared need that nothing cheaper meets is a reason; one that something cheaper meets is not") {
    PodText text;
    text.annotations = R"({"tollgate.dev/gpu-memory":"20Gi"})";
    CHECK(Lab(pod_json(text)).run(reasons()).size() == 1);  // an H100, where an L4 would do
    text.selector = R"({"nvidia.com/gpu.product":"NVIDIA-L4"})";
    CHECK(Lab(pod_json(text)).run(reasons()).empty());
    text.annotations = "{}";
    CHECK(Lab(pod_json(text)).run(reasons()).size() == 1);
}

TEST_CASE("what a model is computed to take is a reason as well, a guess is none") {
    PodText text;
    text.annotations = "{}";
    const auto findings = [&](const std::string& product, const std::string& model) {
        text.selector = R"({"nvidia.com/gpu.product":")" + product + R"("})";
        text.container = R"("command":["vllm","serve",")" + model + R"(","--max-model-len","8192"],)";
        return Lab(pod_json(text)).run(reasons()).size();
    };
    CHECK(findings("NVIDIA-L4", "meta-llama/Llama-3.1-8B") == 0);
    CHECK(findings("NVIDIA-H100-80GB-HBM3", "meta-llama/Llama-3.1-8B") == 1);
    CHECK(findings("NVIDIA-L4", "/models/Llama-3.1-8B") == 1);
    // A declaration of less does not make the L4 too large.
    text.annotations = R"({"tollgate.dev/gpu-memory":"2Gi"})";
    CHECK(findings("NVIDIA-L4", "meta-llama/Llama-3.1-8B") == 0);
}

TEST_CASE("labels and reasons are not asked of pods without an accelerator") {
    Lab lab(deployment_json(1, with_resources(R"({"requests":{"cpu":"1"}})")));
    Require rule = label("team");
    rule.whole_gpu_reason = true;
    CHECK(lab.run(rule).empty());
    CHECK(lab.errors.empty());
}

TEST_CASE("thousands of names that mean nothing are bounded") {
    std::string containers;
    for (int i = 0; i < 900; ++i) {
        containers += R"({"name":"c","resources":{"limits":{"nvidia.com/gpv":"1","nvidia.com/gqu":"1"}}},)";
    }
    containers.pop_back();
    Lab lab(R"({"apiVersion":"v1","kind":"Pod","spec":{"containers":[)" + containers + "]}}");
    const auto findings = lab.run(known());
    CHECK(findings.size() == limits::kMaxFindingsPerRule);
    CHECK((lab.errors.empty() || lab.errors[0].reason == "budget"));
}

TEST_CASE("without budget a requirement is an error") {
    Lab lab(deployment_json(1));
    lab.budget.steps = 0;
    CHECK(lab.run(label("team")).empty());
    REQUIRE(lab.errors.size() == 1);
    CHECK(lab.errors[0].reason == "budget");
}

}  // namespace tollgate::rules::test
