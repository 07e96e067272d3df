// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/review_sample.hpp"

#include <nlohmann/json.hpp>

namespace tollgate::bench {
namespace {

using Json = nlohmann::ordered_json;

Json container(int gpus) {
    Json env = Json::array();
    for (int i = 0; i < 8; ++i) {
        env.push_back(
            {{"name", "SETTING_" + std::to_string(i)}, {"value", "value-number-" + std::to_string(i)}});
    }
    const Json probe = {{"httpGet", {{"path", "/health"}, {"port", 8000}, {"scheme", "HTTP"}}},
                        {"periodSeconds", 10},
                        {"timeoutSeconds", 1},
                        {"failureThreshold", 3}};
    Json resources = {{"limits", {{"cpu", "8"}, {"memory", "32Gi"}}},
                      {"requests", {{"cpu", "8"}, {"memory", "32Gi"}}}};
    if (gpus > 0) {
        resources["limits"]["nvidia.com/gpu"] = std::to_string(gpus);
        resources["requests"]["nvidia.com/gpu"] = std::to_string(gpus);
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

Json pod(int gpus) {
    Json fields = Json::object();
    for (int i = 0; i < 24; ++i)
        fields["f:field" + std::to_string(i)] = {{"f:inner", Json::object()}, {".", Json::object()}};
    return {{"apiVersion", "v1"},
            {"kind", "Pod"},
            {"metadata",
             {{"generateName", "reranker-7c9f8d5b6d-"},
              {"namespace", "serve-search"},
              {"labels", {{"app", "reranker"}, {"pod-template-hash", "7c9f8d5b6d"}, {"team", "search"}}},
              {"annotations", {{"tollgate.dev/gpu-memory", "6Gi"}, {"prometheus.io/scrape", "true"}}},
              {"managedFields", Json::array({{{"manager", "kube-controller-manager"},
                                              {"operation", "Update"},
                                              {"apiVersion", "v1"},
                                              {"time", "2026-11-22T10:00:00Z"},
                                              {"fieldsType", "FieldsV1"},
                                              {"fieldsV1", fields}}})}}},
            {"spec",
             {{"containers", Json::array({container(gpus)})},
              {"nodeSelector", {{"nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3"}}},
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
}

}  // namespace

std::string sample_review(int gpus) {
    const Json request = {
        {"uid", "705ab4f5-6393-11e8-b7cc-42010a800002"},
        {"kind", {{"group", ""}, {"version", "v1"}, {"kind", "Pod"}}},
        {"resource", {{"group", ""}, {"version", "v1"}, {"resource", "pods"}}},
        {"requestKind", {{"group", ""}, {"version", "v1"}, {"kind", "Pod"}}},
        {"namespace", "serve-search"},
        {"operation", "CREATE"},
        {"userInfo",
         {{"username", "ada"}, {"uid", "42"}, {"groups", {"developers", "system:authenticated"}}}},
        {"object", pod(gpus)},
        {"oldObject", nullptr},
        {"dryRun", false},
        {"options", {{"kind", "CreateOptions"}, {"apiVersion", "meta.k8s.io/v1"}}}};
    return Json{{"kind", "AdmissionReview"}, {"apiVersion", "admission.k8s.io/v1"}, {"request", request}}
        .dump();
}

}  // namespace tollgate::bench
