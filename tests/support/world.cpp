// SPDX-License-Identifier: Apache-2.0
#include "tests/support/world.hpp"

#include "engine/patch/apply.hpp"
#include "policies/load.hpp"
#include "policies/manifest.hpp"
#include "tests/support/catch.hpp"

namespace tollgate::test {

const char* const kFleet = R"(---
apiVersion: tollgate.dev/v1alpha1
kind: Fleet
metadata: {name: test}
spec:
  pools:
  - name: h100
    gpu: NVIDIA-H100-80GB-HBM3
    gpusPerNode: 8
    allocatable: {cpu: 188, memory: 1900Gi}
    price: 6.88
    nodeSelector: {nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}
    tolerations: [{key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}]
  - name: a100-mig
    gpu: NVIDIA-A100-SXM4-80GB
    gpusPerNode: 8
    allocatable: {cpu: 92, memory: 1100Gi}
    price: 3.50
    sharing: {mig: {strategy: Mixed, profiles: {1g.10gb: 4, 3g.40gb: 1}}}
    nodeSelector: {nvidia.com/gpu.product: NVIDIA-A100-SXM4-80GB}
    tolerations: [{key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}]
  - name: l4
    gpu: NVIDIA-L4
    gpusPerNode: 4
    allocatable: {cpu: 47, memory: 180Gi}
    price: 1.20
    nodeSelector: {nvidia.com/gpu.product: NVIDIA-L4}
  - name: l4-spot
    gpu: NVIDIA-L4
    gpusPerNode: 4
    allocatable: {cpu: 47, memory: 180Gi}
    price: 0.40
    billing: Spot
    nodeSelector: {nvidia.com/gpu.product: NVIDIA-L4, karpenter.sh/capacity-type: spot}
  - name: t4-shared
    gpu: Tesla-T4
    gpusPerNode: 1
    allocatable: {cpu: 7500m, memory: 28Gi}
    price: 0.60
    sharing: {timeSlicing: {replicas: 4, renamed: true}}
    nodeSelector: {nvidia.com/gpu.product: Tesla-T4}
)";

decide::Snapshot make_snapshot(const std::string& documents) {
    policies::LoadedDocuments loaded =
        policies::load_sources({{"test.yaml", documents}}, {.now_unix_ms = kNow, .fallback_fleet = ""});
    for (const Diagnostic& diagnostic : loaded.diagnostics)
        if (diagnostic.severity == Severity::Error) FAIL(render(diagnostic));
    decide::Snapshot snapshot;
    auto cluster = std::make_shared<rules::ClusterView>();
    for (policies::NamespaceLabels& ns : loaded.namespaces)
        cluster->namespaces[ns.name] = std::move(ns.labels);
    cluster->set_objects(std::move(loaded.objects));
    if (!cluster->namespaces.empty() || !cluster->objects.empty()) snapshot.cluster = std::move(cluster);
    snapshot.market = std::make_shared<const fleet::Market>(std::move(loaded.market));
    snapshot.rules = decide::make_rulebook(
        std::move(loaded.policies), std::move(loaded.exceptions), std::move(loaded.kinds),
        vap::PolicySet(std::move(loaded.admission_policies), std::move(loaded.admission_bindings)));
    snapshot.budgets = std::make_shared<const std::vector<rules::CostBudget>>(std::move(loaded.budgets));
    snapshot.digest = "test";
    return snapshot;
}

Object::Object(std::string_view yaml) {
    std::vector<policies::ManifestDocument> documents = policies::load_manifests("object.yaml", yaml);
    REQUIRE(documents.size() == 1);
    for (const Diagnostic& diagnostic : documents[0].diagnostics) FAIL(render(diagnostic));
    document_ = std::move(documents[0].doc);
}

decide::Request make_request(decide::Phase phase, const Object& object, std::string_view user) {
    decide::Request request;
    request.phase = phase;
    request.object = object.root();
    request.kind = workload::parse_gvk(object.root()["apiVersion"].string(), object.root()["kind"].string());
    request.ns = object.root()["metadata"]["namespace"].string();
    request.name = object.root()["metadata"]["name"].string();
    request.uid = "00000000-0000-0000-0000-000000000001";
    request.user.name = user;
    request.now_unix_ms = kNow;
    return request;
}

decide::Request make_update(decide::Phase phase, const Object& object, const Object& old,
                            std::string_view user) {
    decide::Request request = make_request(phase, object, user);
    request.operation = decide::Operation::Update;
    request.old_object = old.root();
    return request;
}

decide::Decision mutate(const decide::Snapshot& snapshot, const Object& object, std::string_view user) {
    return decide::decide(make_request(decide::Phase::Mutate, object, user), snapshot, {});
}

decide::Decision validate(const decide::Snapshot& snapshot, const Object& object, std::string_view user) {
    return decide::decide(make_request(decide::Phase::Validate, object, user), snapshot, {});
}

Object patched(const Object& object, const std::vector<patch::Operation>& operations) {
    Result<json::Document> result = patch::apply(object.root(), operations);
    if (!result.has_value()) FAIL(result.error().message);
    return Object(std::move(*result));
}

std::vector<std::string> names(const std::vector<decide::Finding>& findings) {
    std::vector<std::string> out;
    for (const decide::Finding& finding : findings)
        out.push_back(std::string(finding.by.policy) + "/" + std::string(finding.by.rule) + " " +
                      std::string(rules::to_string(finding.action)));
    return out;
}

}  // namespace tollgate::test
