// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/containers.hpp"

#include "tests/unit/engine/workload/kinds.hpp"

namespace tollgate::workload {
using namespace test;

TEST_CASE("every container is listed with its role and place") {
    const Read read = read_pod(R"({
        "initContainers":[{"name":"a"},{"name":"b","restartPolicy":"Always"},{"name":"x","restartPolicy":"Never"}],
        "containers":[{"name":"c"},{"name":"d"}],
        "ephemeralContainers":[{"name":"e"}],
        "resources":{"limits":{"cpu":1}}})");
    struct Row {
        ContainerRole role;
        std::uint32_t index;
        std::string name, pointer, field;
    };
    const std::vector<Row> rows{
        {ContainerRole::Init, 0, "a", "/spec/initContainers/0", "spec.initContainers[0]"},
        {ContainerRole::Sidecar, 1, "b", "/spec/initContainers/1", "spec.initContainers[1]"},
        {ContainerRole::Init, 2, "x", "/spec/initContainers/2", "spec.initContainers[2]"},
        {ContainerRole::Main, 0, "c", "/spec/containers/0", "spec.containers[0]"},
        {ContainerRole::Main, 1, "d", "/spec/containers/1", "spec.containers[1]"},
        {ContainerRole::Ephemeral, 0, "e", "/spec/ephemeralContainers/0", "spec.ephemeralContainers[0]"},
        {ContainerRole::PodLevel, 0, "", "/spec", "spec"}};
    const Pod& pod = read.pod();
    REQUIRE(pod.containers.size() == rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        INFO(i);
        const Container& container = pod.containers[i];
        CHECK(container.role == rows[i].role);
        CHECK(container.index == rows[i].index);
        CHECK(container.name == rows[i].name);
        CHECK(container.pointer == rows[i].pointer);
        CHECK(container_pointer(pod, container) == rows[i].pointer);
        CHECK(container_field(pod, container) == rows[i].field);
        CHECK(resources_pointer(pod, container) == rows[i].pointer + "/resources");
        CHECK(resources_field(pod, container) == rows[i].field + ".resources");
    }
}

TEST_CASE("in a template, places are told from the object's root") {
    const Read read =
        test::read(R"({"spec":{"template":{"spec":{"containers":[{"name":"c"}]}}}})", deployment_kind());
    const Pod& pod = read.pod();
    CHECK(pod.containers[0].pointer == "/spec/containers/0");
    CHECK(container_pointer(pod, pod.containers[0]) == "/spec/template/spec/containers/0");
    CHECK(resources_field(pod, pod.containers[0]) == "spec.template.spec.containers[0].resources");
}

TEST_CASE("too many containers are an error that names the bound") {
    std::string list;
    for (int i = 0; i < 1001; ++i) list += i == 0 ? "{}" : ",{}";
    const json::Document document = parse(R"({"spec":{"containers":[)" + list + "]}}");
    const KindSpec spec = pod_kind();
    const auto workload = extract(document.root(), spec, {"", "v1", "Pod"});
    REQUIRE_FALSE(workload.has_value());
    CHECK(workload.error().message == "spec: more than 1000 containers in one pod");
}

}  // namespace tollgate::workload
