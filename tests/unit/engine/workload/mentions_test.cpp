// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/engine/workload/kinds.hpp"

namespace tollgate::workload {
using namespace test;

namespace {

bool mentions(const std::string& spec, const std::string& metadata = "{}") {
    const json::Document document = parse(R"({"metadata":)" + metadata + R"(,"spec":)" + spec + "}");
    return mentions_accelerator(document.root(), pod_kind());
}

}  // namespace

TEST_CASE("whatever may concern an accelerator is noticed") {
    const std::string spec = GENERATE(
        R"({"containers":[{},{"resources":{"limits":{"cpu":1,"nvidia.com/gpu":1}}}]})",
        R"({"initContainers":[{"resources":{"requests":{"google.com/tpu":4}}}]})",
        R"({"ephemeralContainers":[{"resources":{"limits":{"nvidia.com/mig-1g.5gb":1}}}]})",
        R"({"containers":[{"resources":{"limits":{"nvidia.com/unheard-of":1}}}]})",
        R"({"resourceClaims":[{"name":"x"}]})", R"({"containers":[{"resources":{"claims":[{"name":"x"}]}}]})",
        R"({"resources":{"limits":{"amd.com/gpu":1}}})", R"({"runtimeClassName":"nvidia"})",
        R"({"containers":[{"env":[{"name":"NVIDIA_VISIBLE_DEVICES","value":"all"}]}]})",
        R"({"volumes":[{"hostPath":{"path":"/dev/nvidia0"}}]})");
    INFO(spec);
    CHECK(mentions(spec));
}

TEST_CASE("annotations are noticed, in every shape that has them") {
    CHECK(mentions("{}", R"({"annotations":{"gpu-fraction":"0.5"}})"));
    CHECK(mentions("{}", R"({"annotations":{"gpu-memory":"100"}})"));
    const json::Document document =
        parse(R"({"spec":{"template":{"metadata":{"annotations":{"gpu-memory":"1"}},"spec":{}}}})");
    CHECK(mentions_accelerator(document.root(), deployment_kind()));
}

TEST_CASE("other pods are passed by") {
    const std::string spec = GENERATE(
        "{}",
        R"({"containers":[{"resources":{"limits":{"cpu":1,"memory":"1Gi","vpc.amazonaws.com/efa":1}}}]})",
        R"({"runtimeClassName":"gvisor","volumes":[{"hostPath":{"path":"/var/log"}}]})",
        R"({"containers":[{"env":[{"name":"NVIDIA_VISIBLE_DEVICES","value":"void"}]}]})",
        R"({"resourceClaims":[]})", R"({"nodeSelector":{"nvidia.com/gpu":"1"}})",
        R"({"tolerations":[{"key":"nvidia.com/gpu"}]})");
    INFO(spec);
    CHECK_FALSE(mentions(spec));
}

TEST_CASE("inline containers and resources are looked at") {
    const auto at = [](Shape shape, const std::string& node) {
        const json::Document document = parse(R"({"spec":{"x":)" + node + "}}");
        return mentions_accelerator(document.root(), kind("g", "K", {pods("spec.x", shape)}));
    };
    CHECK(at(Shape::Container, gpu_container("limits", "1")));
    CHECK(at(Shape::Resources, R"({"requests":{"nvidia.com/gpu":1}})"));
    CHECK(at(Shape::PodSpecInline, R"({"containers":[)" + gpu_container("limits", "1") + "]}"));
    CHECK_FALSE(at(Shape::Container, "{}"));
    CHECK_FALSE(at(Shape::Resources, R"({"limits":{"cpu":1}})"));
}

}  // namespace tollgate::workload
