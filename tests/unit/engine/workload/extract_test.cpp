// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/engine/workload/kinds.hpp"

namespace tollgate::workload {
using namespace test;

TEST_CASE("a Pod's places and metadata") {
    const Read read = read_pod(
        R"({"nodeName":"n1","containers":[]})",
        R"({"name":"p","namespace":"ns","labels":{"a":"b"},"deletionTimestamp":"2026-01-01T00:00:00Z",
                                   "annotations":{"kubernetes.io/config.mirror":"x"}})");
    const Pod& pod = read.pod();
    CHECK(pod.field == "spec");
    CHECK(pod.pointer.empty());
    CHECK(pod.spec_pointer == "/spec");
    CHECK(pod.metadata_pointer == "/metadata");
    CHECK(pod.labels()["a"].string() == "b");
    CHECK(pod.replicas == 1);
    CHECK(read.workload.bound);
    CHECK(read.workload.deleting);
    CHECK(read.workload.mirror);
    CHECK(pod.placement.pinned_to_host);
    CHECK(read.workload.ref.ns == "ns");
    CHECK(read.workload.ref.display_name() == "p");
    CHECK_FALSE(read_pod("{}").workload.bound);
    CHECK(read_pod("{}", R"({"generateName":"web-"})").workload.ref.display_name() == "web-*");
}

TEST_CASE("each shape's places") {
    const std::string container = R"({"name":"c","resources":{"limits":{"nvidia.com/gpu":2}}})";
    struct Case {
        Shape shape;
        std::string at, object, field, pointer, spec, metadata, resources;
    };
    const std::string spec = R"({"containers":[)" + container + "]}";
    const Case each = GENERATE_COPY(
        Case{Shape::PodTemplate, "spec.template", R"({"spec":{"template":{"spec":)" + spec + "}}}",
             "spec.template", "/spec/template", "/spec/template/spec", "/spec/template/metadata",
             "/spec/template/spec/containers/0/resources"},
        Case{Shape::PodSpec, "spec.podSpec", R"({"spec":{"podSpec":)" + spec + "}}", "spec.podSpec", "/spec",
             "/spec/podSpec", "", "/spec/podSpec/containers/0/resources"},
        Case{Shape::PodSpecInline, "spec.predictor", R"({"spec":{"predictor":)" + spec + "}}",
             "spec.predictor", "/spec/predictor", "/spec/predictor", "",
             "/spec/predictor/containers/0/resources"},
        Case{Shape::Container, "spec.predictor.model",
             R"({"spec":{"predictor":{"model":)" + container + "}}}", "spec.predictor.model",
             "/spec/predictor/model", "", "", "/spec/predictor/model/resources"},
        Case{Shape::Resources, "spec.trainer.resourcesPerNode",
             R"({"spec":{"trainer":{"resourcesPerNode":{"limits":{"nvidia.com/gpu":2}}}}})",
             "spec.trainer.resourcesPerNode", "/spec/trainer/resourcesPerNode", "", "",
             "/spec/trainer/resourcesPerNode"});
    INFO(each.at);
    const Read read = test::read(each.object, kind("x.example", "X", {pods(each.at, each.shape)}));
    REQUIRE(read.workload.pods.size() == 1);
    const Pod& pod = read.pod();
    CHECK(pod.field == each.field);
    CHECK(pod.pointer == each.pointer);
    CHECK(pod.spec_pointer == each.spec);
    CHECK(pod.metadata_pointer == each.metadata);
    CHECK(resources_pointer(pod, pod.containers.at(0)) == each.resources);
    CHECK(pod.devices() == 2);
}

TEST_CASE("factors multiply, with the values the pod path's wildcards took") {
    const KindSpec spec = kind("x", "X",
                               {pods("spec.groups.*.template", Shape::PodTemplate,
                                     {"spec.groups.*.replicas", "spec.groups.*.hosts", "spec.sets"})});
    const Read read = test::read(R"({"spec":{"sets":2,"groups":{
        "a":{"replicas":3,"template":{"spec":{}}},
        "b":{"hosts":4,"template":{"spec":{}}},
        "none":{"replicas":9},
        "c":{"replicas":"5","template":{"spec":{}}},
        "d":{"replicas":-1,"template":{"spec":{}}},
        "e":{"replicas":9223372036854775807,"template":{"spec":{}}}}}})",
                                 spec);
    REQUIRE(read.workload.pods.size() == 5);
    CHECK(read.pod(0).field == "spec.groups.a.template");
    CHECK(read.pod(0).replicas == 6);
    CHECK(read.pod(1).replicas == 8);
    CHECK_FALSE(read.pod(2).replicas.has_value());
    CHECK_FALSE(read.pod(3).replicas.has_value());
    CHECK_FALSE(read.pod(4).replicas.has_value());
}

TEST_CASE("a factor with more wildcards than its pod path is not known") {
    const Read read = test::read(R"({"spec":{"template":{"spec":{}},"g":[{"r":2}]}})",
                                 kind("x", "X", {pods("spec.template", Shape::PodTemplate, {"spec.g.*.r"})}));
    CHECK_FALSE(read.pod().replicas.has_value());
}

TEST_CASE("a Job runs parallelism pods, but never more than its completions") {
    const auto replicas = [](const std::string& fields) {
        return test::read(R"({"spec":{)" + fields + R"("template":{"spec":{}}}})", job_kind()).pod().replicas;
    };
    CHECK(replicas("") == 1);
    CHECK(replicas(R"("parallelism":4,)") == 4);
    CHECK(replicas(R"("parallelism":4,"completions":null,)") == 4);
    CHECK(replicas(R"("parallelism":4,"completions":2,)") == 2);
    CHECK(replicas(R"("parallelism":4,"completions":9,)") == 4);
    CHECK(replicas(R"("completions":9,)") == 1);
    CHECK(replicas(R"("parallelism":0,)") == 0);
    CHECK_FALSE(replicas(R"("parallelism":4,"completions":"2",)").has_value());
}

TEST_CASE("a DaemonSet's pods are one a node, how many is not known") {
    const Read read = test::read(R"({"spec":{"template":{"spec":{}}}})", daemonset_kind());
    CHECK(read.pod().per_node);
    CHECK_FALSE(read.pod().replicas.has_value());
}

TEST_CASE("misshapen objects have no pods and are no error") {
    const std::string text =
        GENERATE("{}", "[]", "null", "1", R"({"spec":null})", R"({"spec":"x"})", R"({"spec":[]})",
                 R"({"spec":{"template":[]}})", R"({"spec":{"template":{"spec":3}}})", R"({"metadata":[]})");
    INFO(text);
    CHECK(test::read(text, deployment_kind()).workload.pods.empty());
}

TEST_CASE("misshapen parts of a pod are read past") {
    const Read read = read_pod(
        R"({"containers":[null,3,"x",[],{"name":{},"resources":[],"env":{},"command":3},
        {"resources":{"limits":[1],"requests":"x","claims":{}}},)" +
            gpu_container("limits", "1") +
            R"(],"initContainers":{},"volumes":"v","affinity":3,"nodeSelector":[],"resourceClaims":{}})",
        R"({"labels":[],"annotations":"x","ownerReferences":{"controller":true}})");
    CHECK(read.pod().devices() == 1);
    CHECK(read.pod().containers.size() == 7);
}

TEST_CASE("what binds a pod to a host") {
    const std::string host = GENERATE(
        R"({"nodeSelector":{"kubernetes.io/hostname":"n"}})", R"({"nodeName":"n"})",
        R"({"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":
            [{"key":"kubernetes.io/hostname","operator":"In","values":["n"]}]}]}}}})",
        R"({"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchFields":
            [{"key":"metadata.name","operator":"In","values":["n"]}]}]}}}})");
    CHECK(read_pod(host).pod().placement.pinned_to_host);
    CHECK_FALSE(
        read_pod(
            R"({"nodeSelector":{"a":"b"},"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":
        {"nodeSelectorTerms":[{"matchExpressions":[{"key":"kubernetes.io/hostname","operator":"NotIn","values":["n"]}]}]}}}})")
            .pod()
            .placement.pinned_to_host);
}

TEST_CASE("the number of pod templates in one object is bounded") {
    const auto pods_in = [](int count) {
        std::string list;
        for (int i = 0; i < count; ++i) list += i == 0 ? R"({"spec":{}})" : R"(,{"spec":{}})";
        const json::Document document = parse(R"({"spec":{"l":[)" + list + "]}}");
        const KindSpec spec = kind("x", "X", {pods("spec.l.*", Shape::PodTemplate)});
        const auto workload = extract(document.root(), spec, {"x", "v1", "X"});
        return workload.has_value() ? std::to_string(workload->pods.size()) : workload.error().message;
    };
    CHECK(pods_in(1000) == "1000");
    CHECK(pods_in(1001) ==
          "spec.l.*: more than 1000 pod templates in one object; that many are judged at most");
}

TEST_CASE("versions and groups are told apart") {
    CHECK(parse_gvk("v1", "Pod").group.empty());
    CHECK(parse_gvk("v1", "Pod").version == "v1");
    CHECK(parse_gvk("apps/v1", "Deployment").group == "apps");
    CHECK(parse_gvk("apps/v1", "Deployment").version == "v1");
}

TEST_CASE("volumes that may be in one zone, and pods it must be beside, are noted") {
    const auto placement = [](const std::string& members) {
        return read_pod(R"({"containers":[],)" + members + "}").pod().placement;
    };
    CHECK(placement(R"("volumes":[{"name":"d","persistentVolumeClaim":{"claimName":"x"}}])").has_volumes);
    CHECK(placement(R"("volumes":[{"emptyDir":{}},{"gcePersistentDisk":{"pdName":"x"}}])").has_volumes);
    CHECK_FALSE(
        placement(R"("volumes":[{"emptyDir":{}},{"ephemeral":{"volumeClaimTemplate":{}}}])").has_volumes);
    CHECK_FALSE(placement(R"("volumes":[])").has_volumes);
    constexpr const char* kBeside =
        R"("affinity":{"podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"h"}]}})";
    CHECK(placement(kBeside).beside_pods);
    CHECK_FALSE(
        placement(R"("affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{}]}})")
            .beside_pods);
    CHECK_FALSE(
        placement(R"("affinity":{"podAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{}]}})")
            .beside_pods);
    // The claims of a StatefulSet are not in its template, and in its pods all the same.
    const Read set = test::read(
        R"({"spec":{"volumeClaimTemplates":[{"metadata":{"name":"d"}}],"template":{"spec":{"containers":[]}}}})",
        kind("apps", "StatefulSet", {pods("spec.template", Shape::PodTemplate, {"spec.replicas"})}));
    CHECK(set.pod().placement.has_volumes);
}

TEST_CASE("the node's disk is asked for as CPU and memory are") {
    const auto disk = [](const std::string& resources) {
        return read_pod(R"({"containers":[{"resources":)" + resources + "},{}]}").pod().resources;
    };
    CHECK(disk(R"({"requests":{"ephemeral-storage":"1Gi"},"limits":{"ephemeral-storage":"9Gi"}})")
              .ephemeral_storage == Ratio(1 << 30));
    CHECK(disk(R"({"limits":{"ephemeral-storage":"1Gi"}})").ephemeral_storage == Ratio(1 << 30));
    CHECK(disk(R"({"limits":{"ephemeral-storage":"1Gi"}})").other.empty());
}

}  // namespace tollgate::workload
