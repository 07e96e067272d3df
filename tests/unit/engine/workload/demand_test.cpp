// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/demand.hpp"

#include "tests/unit/engine/workload/kinds.hpp"

namespace tollgate::workload {
using namespace test;

namespace {

/// Each place a GPU can hide in, as a pod spec with COUNT of it.
std::vector<std::pair<std::string, std::string>> hiding_places(const std::string& count) {
    const std::string limits = gpu_container("limits", count);
    const std::string requests = gpu_container("requests", count);
    const std::string sidecar = gpu_container("limits", count, R"(,"restartPolicy":"Always")");
    const std::string both = R"({"name":"c","resources":{"limits":{"nvidia.com/gpu":)" + count +
                             R"(},"requests":{"nvidia.com/gpu":)" + count + "}}}";
    const std::string plain = R"({"name":"app"})";
    return {{"container, limits only", R"({"containers":[)" + limits + "]}"},
            {"container, requests only", R"({"containers":[)" + requests + "]}"},
            {"container, both", R"({"containers":[)" + both + "]}"},
            {"second container", R"({"containers":[)" + plain + "," + limits + "]}"},
            {"init container", R"({"initContainers":[)" + limits + R"(],"containers":[)" + plain + "]}"},
            {"init container, requests only",
             R"({"initContainers":[)" + requests + R"(],"containers":[)" + plain + "]}"},
            {"sidecar", R"({"initContainers":[)" + sidecar + R"(],"containers":[)" + plain + "]}"},
            {"ephemeral", R"({"ephemeralContainers":[)" + limits + R"(],"containers":[)" + plain + "]}"},
            {"pod level limits",
             R"({"containers":[)" + plain + R"(],"resources":{"limits":{"nvidia.com/gpu":)" + count + "}}}"},
            {"pod level requests", R"({"containers":[)" + plain +
                                       R"(],"resources":{"requests":{"nvidia.com/gpu":)" + count + "}}}"}};
}

}  // namespace

TEST_CASE("a GPU counts the same wherever it hides and however it is spelled") {
    const std::string two = GENERATE("2", R"("2")", R"("2000m")", R"("2e0")", "2e0", "2.0", R"("0.002k")",
                                     R"("+2")", R"("2000000u")", R"("00002")");
    for (const auto& [place, spec] : hiding_places(two)) {
        INFO(place << " " << two);
        const Read read = read_pod(spec);
        REQUIRE(read.pod().totals.size() == 1);
        CHECK(read.pod().totals[0].resource == "nvidia.com/gpu");
        CHECK(read.pod().totals[0].count == 2);
        CHECK(read.pod().totals[0].known);
        CHECK(read.pod().devices() == 2);
        CHECK(read.pod().demand_known());
        CHECK(read.pod().asks_for_accelerator());
    }
}

TEST_CASE("2Ki is 2048 devices") {
    CHECK(read_pod(hiding_places(R"("2Ki")")[0].second).pod().devices() == 2048);
}

TEST_CASE("a count that cannot be read is unknown, wherever it stands, never none") {
    struct Case {
        std::string count, why;
    };
    const Case bad =
        GENERATE(Case{R"("0x1")", "not a Kubernetes quantity"}, Case{R"("")", "not a Kubernetes quantity"},
                 Case{R"("one")", "not a Kubernetes quantity"}, Case{R"("500m")", "not a whole number"},
                 Case{"1.5", "not a whole number"}, Case{"-1", "negative"}, Case{R"("-1")", "negative"},
                 Case{"true", "neither a number"}, Case{"{}", "neither a number"},
                 Case{"[1]", "neither a number"}, Case{R"("1 GPU")", "not a Kubernetes quantity"},
                 Case{R"("{{ .Values.gpus }}")", "not a Kubernetes quantity"},
                 Case{"9223372036854775807", "larger than"}, Case{"1e30", "larger than"},
                 Case{R"("99999E")", "larger than"});
    for (const auto& [place, spec] : hiding_places(bad.count)) {
        INFO(place << " " << bad.count);
        const Read read = read_pod(spec);
        REQUIRE(read.pod().demands.size() == 1);
        CHECK_FALSE(read.pod().demands[0].known);
        CHECK(read.pod().demands[0].why_unknown.find(bad.why) != std::string::npos);
        CHECK_FALSE(read.pod().totals.at(0).known);
        CHECK_FALSE(read.pod().demand_known());
        CHECK(read.pod().devices() == 0);
    }
}

TEST_CASE("zero devices are no demand") {
    const std::string zero = GENERATE("0", R"("0")", R"("0m")", "0.0", "null", R"("0Gi")");
    for (const auto& [place, spec] : hiding_places(zero)) {
        INFO(place << " " << zero);
        CHECK_FALSE(read_pod(spec).pod().asks_for_accelerator());
    }
}

TEST_CASE("limits count before requests") {
    const Read read = read_pod(
        R"({"containers":[{"resources":{"limits":{"nvidia.com/gpu":1},"requests":{"nvidia.com/gpu":4,"amd.com/gpu":2}}}]})");
    REQUIRE(read.pod().demands.size() == 2);
    CHECK(read.pod().demands[0].count == 1);
    CHECK(read.pod().demands[0].in_limits);
    CHECK(read.pod().demands[0].in_requests);
    CHECK(read.pod().demands[1].resource == "amd.com/gpu");
    CHECK_FALSE(read.pod().demands[1].in_limits);
    CHECK(read.pod().devices() == 3);
}

TEST_CASE("each form of an accelerator keeps its encoding") {
    struct Case {
        std::string resource;
        Encoding encoding;
        gpu::ResourceClass cls;
        std::int64_t devices;
    };
    const Case each =
        GENERATE(Case{"nvidia.com/gpu", Encoding::ExtendedResource, gpu::ResourceClass::WholeGpu, 3},
                 Case{"amd.com/gpu", Encoding::ExtendedResource, gpu::ResourceClass::WholeGpu, 3},
                 Case{"google.com/tpu", Encoding::ExtendedResource, gpu::ResourceClass::OtherAccelerator, 3},
                 Case{"nvidia.com/gpu.shared", Encoding::Shared, gpu::ResourceClass::SharedGpu, 3},
                 Case{"nvidia.com/mig-1g.10gb", Encoding::Mig, gpu::ResourceClass::Mig, 3},
                 Case{"nvidia.com/mig-1g.10gb.me", Encoding::Mig, gpu::ResourceClass::Mig, 3},
                 Case{"mig.das.com/1g.5gb", Encoding::Mig, gpu::ResourceClass::Mig, 3},
                 Case{"volcano.sh/vgpu-number", Encoding::VirtualGpu, gpu::ResourceClass::VirtualGpu, 3},
                 Case{"nvidia.com/gpumem", Encoding::VirtualGpu, gpu::ResourceClass::DeviceAspect, 0},
                 Case{"nvidia.com/gpucores", Encoding::VirtualGpu, gpu::ResourceClass::DeviceAspect, 0});
    INFO(each.resource);
    const Read read = read_pod(R"({"containers":[)" + gpu_container("limits", "3", "", each.resource) + "]}");
    REQUIRE(read.pod().demands.size() == 1);
    CHECK(read.pod().demands[0].encoding == each.encoding);
    CHECK(read.pod().demands[0].cls == each.cls);
    CHECK(read.pod().totals.at(0).meaning.cls == each.cls);
    CHECK(read.pod().devices() == each.devices);
    CHECK(read.pod().unknown_accelerators.empty());
}

TEST_CASE("unknown names in a vendor's domain are listed, other resources are what they are") {
    const Read read = read_pod(R"({"containers":[{"name":"a"},{"resources":{"limits":{"nvidia.com/foo":1,
        "deviceclass.resource.kubernetes.io/gpu.nvidia.com":2,"vpc.amazonaws.com/efa":4,"hugepages-2Mi":"64Mi",
        "ephemeral-storage":"1Gi","nvidia.com/bar":0}}}]})");
    const Pod& pod = read.pod();
    CHECK(pod.demands.empty());
    REQUIRE(pod.unknown_accelerators.size() == 2);
    CHECK(pod.unknown_accelerators[0].resource == "nvidia.com/foo");
    CHECK(pod.unknown_accelerators[0].container == 1);
    CHECK(pod.unknown_accelerators[1].resource == "deviceclass.resource.kubernetes.io/gpu.nvidia.com");
    REQUIRE(pod.resources.other.size() == 4);
    CHECK(pod.resources.other[2].first == "vpc.amazonaws.com/efa");
    CHECK(pod.resources.other[2].second == Ratio(4));
    CHECK(pod.resources.other[3].second == Ratio(64 << 20));
}

TEST_CASE("claims are a demand of unknown size, referenced or not") {
    const Read read =
        read_pod(R"({"resourceClaims":[{"name":"g","resourceClaimTemplateName":"t"},{"name":"idle"}],
        "containers":[{"name":"a","resources":{"claims":[{"name":"g"}]}},{"name":"b","resources":{"claims":[{"name":"g"}]}}]})");
    const Pod& pod = read.pod();
    REQUIRE(pod.demands.size() == 3);
    CHECK(pod.demands[0].encoding == Encoding::Claim);
    CHECK(pod.demands[0].container == 0);
    CHECK(pod.demands[1].container == 1);
    CHECK(pod.demands[2].resource == "idle");
    CHECK(pod.containers.at(pod.demands[2].container).role == ContainerRole::PodLevel);
    CHECK_FALSE(pod.demands[0].known);
    CHECK(pod.demands[0].why_unknown.find("ResourceClaim 'g'") != std::string::npos);
    CHECK(pod.totals.size() == 2);
    CHECK(pod.asks_for_accelerator());
    CHECK_FALSE(pod.demand_known());
}

TEST_CASE("fractions by annotation are a demand of one container") {
    const std::string spec = R"({"containers":[{"name":"a"},{"name":"b"}]})";
    const Read half = read_pod(spec, R"({"annotations":{"gpu-fraction":"0.5"}})");
    REQUIRE(half.pod().demands.size() == 1);
    CHECK(half.pod().demands[0].encoding == Encoding::Annotation);
    CHECK(half.pod().demands[0].resource == "gpu-fraction");
    CHECK(half.pod().demands[0].count == 1);
    CHECK(half.pod().demands[0].container == 0);
    CHECK(*half.pod().demands[0].share == Ratio::of(1, 2));
    CHECK(half.pod().totals.at(0).share.has_value());
    CHECK(half.pod().devices() == 1);

    const Read memory = read_pod(spec, R"({"annotations":{"gpu-memory":"2000","gpu-fraction-num-devices":"2",
                                            "gpu-fraction-container-name":"b"}})");
    CHECK(memory.pod().demands.at(0).resource == "gpu-memory");
    CHECK(memory.pod().demands[0].container == 1);
    CHECK(memory.pod().demands[0].count == 2);
    CHECK(*memory.pod().demands[0].memory_mib == 2000);

    const std::string bad =
        GENERATE(R"("gpu-fraction":"1.0")", R"("gpu-fraction":"0")", R"("gpu-fraction":"half")",
                 R"("gpu-memory":"-5")", R"("gpu-memory":"0")",
                 R"("gpu-fraction":"0.5","gpu-fraction-num-devices":"x")");
    INFO(bad);
    const Read unreadable = read_pod(spec, R"({"annotations":{)" + bad + "}}");
    CHECK_FALSE(unreadable.pod().demands.at(0).known);
    CHECK_FALSE(unreadable.pod().demands[0].why_unknown.empty());
}

TEST_CASE("the number of resources and demands of one pod is bounded") {
    const KindSpec spec = pod_kind();
    const auto message = [&](const std::string& pod_spec) {
        const json::Document document = parse(R"({"spec":)" + pod_spec + "}");
        const auto workload = extract(document.root(), spec, {"", "v1", "Pod"});
        return workload.has_value() ? std::string() : workload.error().message;
    };
    const auto many = [](int count, const std::string& before, const std::string& after) {
        std::string list;
        for (int i = 0; i < count; ++i) list += (i == 0 ? "" : ",") + before + std::to_string(i + 1) + after;
        return list;
    };
    const auto limits = [](const std::string& list) {
        return R"({"containers":[{"resources":{"limits":{)" + list + "}}}]}";
    };
    CHECK(message(limits(many(64, R"("nvidia.com/mig-1g.)", R"(gb":1)"))).empty());
    CHECK(message(limits(many(65, R"("nvidia.com/mig-1g.)", R"(gb":1)"))) ==
          "spec: a pod asks for more than 64 different accelerators");
    CHECK(message(limits(many(65, R"("example.com/r)", R"(":1)"))) ==
          "spec: a pod asks for more than 64 different resources");
    CHECK(message(R"({"resourceClaims":[)" + many(65, R"({"name":"c)", R"("})") + "]}") ==
          "spec: a pod asks for more than 64 ResourceClaims");
    CHECK(message(R"({"resourceClaims":[{"name":"c1"}],"containers":[{"resources":{"claims":[)" +
                  many(4097, R"({"name":"c1","request":"r)", R"("})") + "]}}]}") ==
          "spec: a pod asks for more than 4096 accelerators");
}

}  // namespace tollgate::workload
