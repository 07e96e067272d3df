// SPDX-License-Identifier: Apache-2.0
// Extraction on the request path: a usual serving pod with an init container, a sidecar and one GPU, and the
// pre-check that passes CPU pods by.
#include "engine/base/json/document.hpp"
#include "engine/workload/need.hpp"
#include "engine/workload/workload.hpp"

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

namespace tollgate::workload {
namespace {

constexpr std::string_view kPod =
    R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"reranker-5d4f8c-x2x9k",
"namespace":"search","uid":"b5c0","labels":{"app":"reranker","pod-template-hash":"5d4f8c","team":"search"},
"annotations":{"tollgate.dev/gpu-memory":"18Gi","prometheus.io/scrape":"true"},"ownerReferences":[{"apiVersion":"apps/v1",
"kind":"ReplicaSet","name":"reranker-5d4f8c","uid":"77","controller":true,"blockOwnerDeletion":true}]},
"spec":{"serviceAccountName":"reranker","schedulerName":"default-scheduler","nodeSelector":{"nvidia.com/gpu.product":
"NVIDIA-H100-80GB-HBM3"},"tolerations":[{"key":"nvidia.com/gpu","operator":"Exists","effect":"NoSchedule"}],
"volumes":[{"name":"cache","emptyDir":{}},{"name":"token","projected":{"sources":[]}}],
"initContainers":[{"name":"fetch","image":"fetch:1","command":["fetch","model"],"resources":{"requests":{"cpu":"1",
"memory":"2Gi"}}}],
"containers":[{"name":"server","image":"vllm/vllm-openai:v0.8.1","args":["--model","BAAI/bge-reranker-v2-m3","--dtype",
"bfloat16"],"env":[{"name":"HF_HOME","value":"/cache"},{"name":"LOG","value":"info"}],"ports":[{"containerPort":8000}],
"resources":{"limits":{"cpu":"8","memory":"32Gi","nvidia.com/gpu":"1"},"requests":{"cpu":"8","memory":"32Gi",
"nvidia.com/gpu":"1"}},"volumeMounts":[{"name":"cache","mountPath":"/cache"}]},
{"name":"proxy","image":"envoy:1","resources":{"requests":{"cpu":"100m","memory":"128Mi"}}}]}})";

KindSpec pod_kind() {
    KindSpec spec;
    spec.kind = "Pod";
    spec.versions = {"v1"};
    PodPath pod;
    pod.path = *parse_path("spec");
    pod.shape = Shape::PodSpec;
    spec.pods.push_back(pod);
    spec.lifetime.deadline_seconds = *parse_path("spec.activeDeadlineSeconds");
    return spec;
}

void extract_pod(benchmark::State& state) {
    const json::Document document = *json::parse(kPod);
    const KindSpec kind = pod_kind();
    for (auto _ : state) benchmark::DoNotOptimize(extract(document.root(), kind, {"", "v1", "Pod"}));
}
BENCHMARK(extract_pod);

void read_need(benchmark::State& state) {
    const json::Document document = *json::parse(kPod);
    const KindSpec kind = pod_kind();
    const auto workload = extract(document.root(), kind, {"", "v1", "Pod"});
    for (auto _ : state) benchmark::DoNotOptimize(read_declared_need(*workload, workload->pods[0]));
}
BENCHMARK(read_need);

void pass_by_cpu_pod(benchmark::State& state) {
    std::string text(kPod);
    for (std::size_t at = text.find("nvidia.com/gpu\":\"1"); at != std::string::npos;
         at = text.find("nvidia.com/gpu\":\"1")) {
        text.replace(at, 14, "example.io/nic");
    }
    const json::Document document = *json::parse(text);
    const KindSpec kind = pod_kind();
    for (auto _ : state) {
        if (mentions_accelerator(document.root(), kind)) state.SkipWithError("mentions an accelerator");
    }
}
BENCHMARK(pass_by_cpu_pod);

}  // namespace
}  // namespace tollgate::workload
