// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/engine/workload/kinds.hpp"

namespace tollgate::workload {
using namespace test;

TEST_CASE("pod specs are found by structure, with what counts them beside") {
    const std::string gpu = R"({"containers":[)" + gpu_container("limits", "2") + "]}";
    const std::string text = R"({"kind":"Unknown","spec":{
        "workers":[{"replicas":3,"template":{"metadata":{},"spec":)" +
                             gpu + R"(}},{"template":{"spec":)" + gpu + R"(}}],
        "podSpec":)" + gpu + R"(,"notes":{"containers":["a","b"]},"more":{"containers":[{"port":1}]}}})";
    const json::Document document = parse(text);
    KindSpec spec = kind("x", "Unknown", find_pod_specs(document.root()));
    REQUIRE(spec.pods.size() == 3);
    CHECK(spec.pods[0].path.text == "spec.workers[0].template");
    CHECK(spec.pods[0].shape == Shape::PodTemplate);
    REQUIRE(spec.pods[0].replicas.size() == 1);
    CHECK(spec.pods[0].replicas[0].paths.at(0).text == "spec.workers[0].replicas");
    CHECK(spec.pods[1].path.text == "spec.workers[1].template");
    CHECK(spec.pods[1].replicas.empty());
    CHECK(spec.pods[2].path.text == "spec.podSpec");
    CHECK(spec.pods[2].shape == Shape::PodSpec);

    const Read read = test::read(text, spec);
    REQUIRE(read.workload.pods.size() == 3);
    CHECK(read.pod(0).replicas == 3);
    CHECK(read.pod(0).devices() == 2);
    CHECK(read.pod(0).pointer == "/spec/workers/0/template");
    CHECK(read.pod(2).devices() == 2);
}

TEST_CASE("a search ends in deep and in wide objects") {
    std::string deep = R"({"containers":[{"image":"x"}]})";
    for (int i = 0; i < 100; ++i) deep = R"({"a":)" + deep + "}";
    const json::Document too_deep = parse(deep);
    CHECK(find_pod_specs(too_deep.root()).empty());
    std::string wide;
    for (int i = 0; i < 1200; ++i)
        wide += (i == 0 ? "" : ",") + std::string(R"({"spec":{"containers":[{"image":"x"}]}})");
    const json::Document too_wide = parse(R"({"l":[)" + wide + "]}");
    CHECK(find_pod_specs(too_wide.root()).size() == 1000);
}

TEST_CASE("resources outside of any pod spec are found where they name an accelerator") {
    const json::Document document = test::parse(R"({"spec":{
        "engine":{"runner":{"image":"i","resources":{"limits":{"nvidia.com/gpu":"4"}}}},
        "perNode":[{"computeResources":{"requests":{"amd.com/gpu":1}}}],
        "router":{"resources":{"limits":{"cpu":"4"}}},
        "limits":{"nvidia.com/gpu":"80"},
        "template":{"spec":{"containers":[{"image":"i","resources":{"limits":{"nvidia.com/gpu":1}}}]}}}})");
    const std::vector<PodPath> found = find_pod_specs(document.root());
    REQUIRE(found.size() == 3);
    CHECK(found[0].path.text == "spec.engine.runner.resources");
    CHECK(found[0].shape == Shape::Resources);
    CHECK(found[1].path.text == "spec.perNode[0].computeResources");
    CHECK(found[2].path.text == "spec.template");
}

}  // namespace tollgate::workload
