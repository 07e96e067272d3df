// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/review_sample.hpp"

#include <nlohmann/json.hpp>

namespace tollgate::bench {
namespace {

using Json = nlohmann::ordered_json;

struct Row {
    const char *gpus, *product, *needs, *cpu;
    bool replica;
};

Row row_of(Sample sample) {
    switch (sample) {
        case Sample::NoGpu:
            return {nullptr, nullptr, "6Gi", "8", true};
        case Sample::Kept:
            return {"1", "NVIDIA-A100-SXM4-80GB", "70Gi", "8", true};
        case Sample::Rewritten:
            return {"1", "NVIDIA-H100-80GB-HBM3", "6Gi", "8", true};
        case Sample::Denied:
            return {"1", "NVIDIA-H100-80GB-HBM3", "70Gi", "94", false};
    }
    return {};
}

Json container(const Row& row) {
    Json env = Json::array();
    for (int i = 0; i < 8; ++i) {
        env.push_back(
            {{"name", "SETTING_" + std::to_string(i)}, {"value", "value-number-" + std::to_string(i)}});
    }
    const Json probe = {{"httpGet", {{"path", "/health"}, {"port", 8000}, {"scheme", "HTTP"}}},
                        {"periodSeconds", 10},
                        {"timeoutSeconds", 1},
                        {"failureThreshold", 3}};
    Json resources = {{"limits", {{"cpu", row.cpu}, {"memory", "32Gi"}}},
                      {"requests", {{"cpu", row.cpu}, {"memory", "32Gi"}}}};
    if (row.gpus != nullptr) {
        resources["limits"]["nvidia.com/gpu"] = row.gpus;
        resources["requests"]["nvidia.com/gpu"] = row.gpus;
    }
    return {{"name", "server"},
            {"image", "registry.example/team/reranker:2026.11.1"},
            {"args", {"--port", "8000", "--model", "/models/reranker", "--max-batch", "32"}},
            {"ports", Json::array({{{"containerPort", 8000}, {"protocol", "TCP"}}})},
            {"env", env},
            {"resources", resources},
            {"livenessProbe", probe},
            {"readinessProbe", probe},
            {"volumeMounts", Json::array({{{"name", "models"}, {"mountPath", "/models"}, {"readOnly", true}},
                                          {{"name", "kube-api-access-x2x9q"},
                                           {"mountPath", "/var/run/secrets/kubernetes.io/serviceaccount"},
                                           {"readOnly", true}}})},
            {"terminationMessagePath", "/dev/termination-log"},
            {"imagePullPolicy", "IfNotPresent"}};
}

Json pod(const Row& row) {
    Json fields = Json::object();
    for (int i = 0; i < 24; ++i)
        fields["f:field" + std::to_string(i)] = {{"f:inner", Json::object()}, {".", Json::object()}};
    Json pod = {
        {"apiVersion", "v1"},
        {"kind", "Pod"},
        {"metadata",
         {{"generateName", "reranker-7c9f8d5b6d-"},
          {"namespace", "serve-search"},
          {"labels", {{"app", "reranker"}, {"pod-template-hash", "7c9f8d5b6d"}, {"team", "search"}}},
          {"annotations", {{"tollgate.dev/gpu-memory", row.needs}, {"prometheus.io/scrape", "true"}}},
          {"managedFields", Json::array({{{"manager", "kube-controller-manager"},
                                          {"operation", "Update"},
                                          {"apiVersion", "v1"},
                                          {"time", "2026-11-22T10:00:00Z"},
                                          {"fieldsType", "FieldsV1"},
                                          {"fieldsV1", fields}}})}}},
        {"spec",
         {{"containers", Json::array({container(row)})},
          {"volumes",
           Json::array(
               {{{"name", "models"}, {"persistentVolumeClaim", {{"claimName", "models"}}}},
                {{"name", "kube-api-access-x2x9q"},
                 {"projected",
                  {{"sources", Json::array({{{"serviceAccountToken",
                                              {{"expirationSeconds", 3607}, {"path", "token"}}}}})}}}}})},
          {"tolerations",
           Json::array({{{"key", "nvidia.com/gpu"}, {"operator", "Exists"}, {"effect", "NoSchedule"}}})},
          {"restartPolicy", "Always"},
          {"serviceAccountName", "default"},
          {"schedulerName", "default-scheduler"},
          {"terminationGracePeriodSeconds", 30}}}};
    if (row.product != nullptr) pod["spec"]["nodeSelector"] = {{"nvidia.com/gpu.product", row.product}};
    if (row.replica) {
        pod["metadata"]["ownerReferences"] = Json::array({{{"apiVersion", "apps/v1"},
                                                           {"kind", "ReplicaSet"},
                                                           {"name", "reranker-7c9f8d5b6d"},
                                                           {"uid", "0d6f7a52-1d0c-4a50-8c89-2f8a5a0f3c12"},
                                                           {"controller", true},
                                                           {"blockOwnerDeletion", true}}});
    }
    return pod;
}

}  // namespace

std::string sample_review(Sample sample) {
    const Row row = row_of(sample);
    const Json user =
        row.replica
            ? Json{{"username", "system:serviceaccount:kube-system:replicaset-controller"},
                   {"uid", "3c1d1f66-5d55-4d7f-8f43-7d9b4c9f3f10"},
                   {"groups",
                    {"system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"}}}
            : Json{{"username", "ada"}, {"uid", "42"}, {"groups", {"developers", "system:authenticated"}}};
    const Json request = {{"uid", "705ab4f5-6393-11e8-b7cc-42010a800002"},
                          {"kind", {{"group", ""}, {"version", "v1"}, {"kind", "Pod"}}},
                          {"resource", {{"group", ""}, {"version", "v1"}, {"resource", "pods"}}},
                          {"requestKind", {{"group", ""}, {"version", "v1"}, {"kind", "Pod"}}},
                          {"namespace", "serve-search"},
                          {"operation", "CREATE"},
                          {"userInfo", user},
                          {"object", pod(row)},
                          {"oldObject", nullptr},
                          {"dryRun", false},
                          {"options", {{"kind", "CreateOptions"}, {"apiVersion", "meta.k8s.io/v1"}}}};
    return Json{{"kind", "AdmissionReview"}, {"apiVersion", "admission.k8s.io/v1"}, {"request", request}}
        .dump();
}

}  // namespace tollgate::bench
