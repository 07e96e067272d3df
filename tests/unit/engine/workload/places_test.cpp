// SPDX-License-Identifier: Apache-2.0
// Containers, claims, counts, labels and node selectors that a kind keeps elsewhere than a pod does.
#include "tests/unit/engine/workload/kinds.hpp"

namespace tollgate::workload {
using namespace test;

namespace {

/// A kind like Argo's: a template's containers stand in places of their own.
KindSpec workflow() {
    KindSpec spec = kind("x", "Workflow", {pods("spec.templates.*", Shape::PodSpecInline)});
    spec.pods[0].containers = {path("container"), path("sidecars.*")};
    spec.pods[0].init_containers = {path("prepare")};
    spec.pods[0].metadata = path("spec.templates.*.metadata");
    return spec;
}

/// A kind like NIMService: one object with the fields of the pod and of its container.
KindSpec service() {
    KindSpec spec = kind("x", "Service", {pods("spec", Shape::PodSpecInline)});
    spec.pods[0].containers.emplace_back().text = ".";
    spec.pods[0].metadata = path("spec");
    spec.pods[0].claims = path("draResources");
    return spec;
}

/// A kind like SparkApplication.
KindSpec spark() {
    KindSpec spec = kind("x", "Spark", {pods("spec.executor.gpu", Shape::Devices)});
    spec.pods[0].devices = DeviceFields{path("quantity"), path("name"), ""};
    spec.pods[0].placement = path("spec.executor");
    spec.pods[0].metadata = path("spec.executor");
    return spec;
}

}  // namespace

TEST_CASE("containers outside the lists are read as if they stood at their end") {
    const Read read = test::read(R"({"spec":{"templates":[{},{
        "metadata":{"annotations":{"a":"b"}},
        "nodeSelector":{"pool":"l4"},
        "containers":[{"name":"listed"}],
        "container":)" + gpu_container("limits", "2") +
                                     R"(,
        "prepare":)" + gpu_container("limits", "3") +
                                     R"(,
        "sidecars":[)" + gpu_container("limits", "1") +
                                     R"(,"none"]}]}})",
                                 workflow());
    REQUIRE(read.workload.pods.size() == 2);
    const Pod& pod = read.pod(1);
    REQUIRE(pod.containers.size() == 4);
    CHECK(pod.devices() == 3);  // 2 + 1 beside each other, or 3 before them
    CHECK(pod.annotations()["a"].string() == "b");
    CHECK(pod.placement.node_selector["pool"].string() == "l4");
    CHECK(pod.metadata_pointer == "/spec/templates/1/metadata");
    const Container& prepare = pod.containers[0];
    CHECK(prepare.role == ContainerRole::Init);
    CHECK(resources_pointer(pod, prepare) == "/spec/templates/1/prepare/resources");
    CHECK(pod.containers[1].pointer == "/spec/containers/0");
    CHECK(container_pointer(pod, pod.containers[1]) == "/spec/templates/1/containers/0");
    const Container& own = pod.containers[2];
    CHECK(own.pointer == "/spec/containers/1");
    CHECK(container_pointer(pod, own) == "/spec/templates/1/container");
    CHECK(container_field(pod, own) == "spec.templates[1].container");
    const Container& sidecar = pod.containers[3];
    CHECK(container_pointer(pod, sidecar) == "/spec/templates/1/sidecars/0");
    CHECK(resources_field(pod, sidecar) == "spec.templates[1].sidecars[0].resources");
}

TEST_CASE("too many containers outside the lists are a bound, not nothing") {
    std::string sidecars;
    for (std::size_t i = 0; i <= limits::kMaxContainersPerPod; ++i) sidecars += i == 0 ? "{}" : ",{}";
    const json::Document document = parse(R"({"spec":{"templates":[{"sidecars":[)" + sidecars + "]}]}}");
    const KindSpec spec = workflow();
    CHECK_FALSE(extract(document.root(), spec, {"x", "v1", "Workflow"}).has_value());
}

TEST_CASE("one object that is pod and container") {
    const Read read = test::read(
        R"({"spec":{"name":"m","image":{},"annotations":{"gpu-memory":"4096"},"tolerations":[{"key":"t"}],
            "resources":{"limits":{"nvidia.com/gpu":4,"cpu":8}},"draResources":[{"resourceClaimName":"c"}]}})",
        service());
    const Pod& pod = read.pod();
    REQUIRE(pod.demands.size() == 3);
    CHECK(pod.demands[0].encoding == Encoding::Claim);
    CHECK(pod.demands[0].resource == "c");
    CHECK_FALSE(pod.demands[0].known);
    CHECK(pod.demands[1].encoding == Encoding::Annotation);
    CHECK(pod.demands[2].count == 4);
    CHECK(pod.resources.cpu == Ratio(8));
    CHECK(pod.placement.tolerations.size() == 1);
    CHECK(pod.metadata_pointer == "/spec");
    CHECK(resources_pointer(pod, pod.containers[pod.demands[2].container]) == "/spec/resources");
    CHECK(container_field(pod, pod.containers[pod.demands[2].container]) == "spec");
}

TEST_CASE("a count with the resource's name beside it") {
    const auto demand = [](const std::string& gpu) {
        return test::read(R"({"spec":{"executor":{"nodeSelector":{"pool":"l4"},"gpu":)" + gpu + "}}}",
                          spark());
    };
    const Read read = demand(R"({"name":"nvidia.com/gpu","quantity":2})");
    REQUIRE(read.pod().demands.size() == 1);
    CHECK(read.pod().demands[0].encoding == Encoding::Field);
    CHECK(read.pod().demands[0].count == 2);
    CHECK(read.pod().demands[0].known);
    CHECK(read.pod().placement.node_selector["pool"].string() == "l4");
    CHECK(demand(R"({"name":"nvidia.com/gpu","quantity":0})").pod().demands.empty());
    CHECK(demand(R"({"name":"nvidia.com/gpu"})").pod().demands.empty());
    CHECK(demand(R"({"name":"nvidia.com/foo","quantity":1})").pod().unknown_accelerators.size() == 1);
    // What names no resource is unknown, not nothing.
    for (const char* gpu : {R"({"quantity":2})", R"({"name":"a100","quantity":2})"}) {
        INFO(gpu);
        const Read unknown = demand(gpu);
        REQUIRE(unknown.pod().demands.size() == 1);
        CHECK_FALSE(unknown.pod().demands[0].known);
        CHECK_FALSE(unknown.pod().demand_known());
    }
    CHECK_FALSE(demand(R"({"name":"nvidia.com/gpu","quantity":"some"})").pod().demand_known());
}

TEST_CASE("a count without a name takes the kind's resource") {
    KindSpec spec = kind("x", "Graph", {pods("spec.services.*.resources.limits", Shape::Devices)});
    spec.pods[0].devices = DeviceFields{path("gpu"), path("gpuType"), "nvidia.com/gpu"};
    const Read read = test::read(R"({"spec":{"services":{
        "a":{"resources":{"limits":{"gpu":"4","cpu":"8"}}},
        "b":{"resources":{"limits":{"gpu":"1","gpuType":"amd.com/gpu"}}},
        "c":{"resources":{"limits":{"cpu":"8"}}}}}})",
                                 spec);
    CHECK(read.pod(0).demands.at(0).resource == "nvidia.com/gpu");
    CHECK(read.pod(0).demands.at(0).count == 4);
    CHECK(read.pod(1).demands.at(0).resource == "amd.com/gpu");
    CHECK(read.pod(2).demands.empty());
}

TEST_CASE("the pre-check sees all places that are read") {
    const auto mentions = [](const std::string& spec, const KindSpec& kind) {
        const json::Document document = parse(R"({"spec":)" + spec + "}");
        return mentions_accelerator(document.root(), kind);
    };
    const std::string gpu = gpu_container("limits", "1");
    CHECK(mentions(R"({"templates":[{"container":)" + gpu + "}]}", workflow()));
    CHECK(mentions(R"({"templates":[{"prepare":)" + gpu + "}]}", workflow()));
    CHECK(mentions(R"({"templates":[{"sidecars":[)" + gpu + "]}]}", workflow()));
    CHECK(mentions(R"({"templates":[{"metadata":{"annotations":{"gpu-fraction":"0.5"}}}]})", workflow()));
    CHECK_FALSE(mentions(R"({"templates":[{"script":)" + gpu + "}]}", workflow()));
    CHECK(mentions(R"({"draResources":[{}]})", service()));
    CHECK(mentions(R"({"resources":{"limits":{"nvidia.com/gpu":1}}})", service()));
    CHECK(mentions(R"({"executor":{"gpu":{"quantity":1}}})", spark()));
    CHECK_FALSE(mentions(R"({"executor":{"gpu":{}}})", spark()));
}

TEST_CASE("what can ask for accelerators and is not read here is told once for each kind of place") {
    KindSpec spec = workflow();
    spec.unseen = {{path("spec.patch"), {}},
                   {path("spec.templates.*.patch"), {}},
                   {path("spec.runtime"), path("spec.resources")}};
    const auto unseen = [&](const std::string& fields) {
        return test::read(R"({"spec":)" + fields + "}", spec).workload.unseen;
    };
    CHECK(unseen("{}").empty());
    CHECK(unseen(R"({"patch":null,"templates":[{"patch":""}]})").empty());
    CHECK(unseen(R"({"patch":"x","templates":[{"patch":"a"},{},{"patch":"b"},{"patch":"c"}]})") ==
          std::vector<std::string>{"spec.patch", "spec.templates[0].patch and 2 more"});
    CHECK(unseen(R"({"runtime":{"name":"r"}})") == std::vector<std::string>{"spec.runtime"});
    CHECK(unseen(R"({"runtime":{"name":"r"},"resources":{}})").empty());
}

}  // namespace tollgate::workload
