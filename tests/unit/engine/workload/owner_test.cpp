// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/owner.hpp"

#include "tests/unit/engine/workload/kinds.hpp"

namespace tollgate::workload {
using namespace test;

namespace {

Read owned(const std::string& reference, const std::string& labels = "{}") {
    return read_pod(
        "{}", R"({"name":"web-5d4f8c-x2","labels":)" + labels + R"(,"ownerReferences":[)" + reference + "]}");
}

std::string replica_set(const std::string& name, const std::string& api = "apps/v1") {
    return R"({"apiVersion":")" + api + R"(","kind":"ReplicaSet","name":")" + name +
           R"(","uid":"u1","controller":true})";
}

}  // namespace

TEST_CASE("a ReplicaSet's pod with its hash belongs to the Deployment") {
    const Read read = owned(replica_set("web-5d4f8c"), R"({"pod-template-hash":"5d4f8c"})");
    const Owner& owner = read.workload.owner;
    CHECK(owner.present);
    CHECK(owner.kind == "ReplicaSet");
    CHECK(owner.api_version == "apps/v1");
    CHECK(owner.uid == "u1");
    CHECK(owner.root_group == "apps");
    CHECK(owner.root_kind == "Deployment");
    CHECK(owner.root_name == "web");
}

TEST_CASE("without a fitting hash, or of another group, the reference stands for itself") {
    struct Case {
        std::string reference, labels;
    };
    const Case each =
        GENERATE(Case{replica_set("web-5d4f8c"), "{}"},
                 Case{replica_set("web-5d4f8c"), R"({"pod-template-hash":"other"})"},
                 Case{replica_set("5d4f8c"), R"({"pod-template-hash":"5d4f8c"})"},
                 Case{replica_set("web-x5d4f8c"), R"({"pod-template-hash":"5d4f8c"})"},
                 Case{replica_set("web-5d4f8c"), R"({"pod-template-hash":""})"},
                 Case{replica_set("web-5d4f8c", "evil.example/v1"), R"({"pod-template-hash":"5d4f8c"})"});
    const Read read = owned(each.reference, each.labels);
    CHECK(read.workload.owner.root_kind == "ReplicaSet");
    CHECK(read.workload.owner.root_name == read.workload.owner.name);
}

TEST_CASE("only the controller reference counts") {
    const Read none = owned(R"({"apiVersion":"batch/v1","kind":"Job","name":"j"},
                               {"apiVersion":"batch/v1","kind":"Job","name":"k","controller":"true"})");
    CHECK_FALSE(none.workload.owner.present);
    CHECK(none.workload.owner.root_kind == "Pod");
    CHECK(none.workload.owner.root_name == "web-5d4f8c-x2");
    const Read second = owned(R"({"apiVersion":"v1","kind":"ConfigMap","name":"m","controller":false},
                                 {"apiVersion":"batch/v1","kind":"Job","name":"k-28","controller":true})");
    CHECK(second.workload.owner.kind == "Job");
    CHECK(second.workload.owner.root_group == "batch");
    CHECK(second.workload.owner.root_name == "k-28");
}

TEST_CASE("Kueue is known by its queue label on the object") {
    CHECK(read_pod("{}", R"({"labels":{"kueue.x-k8s.io/queue-name":"team"}})").workload.kueue_managed);
    CHECK_FALSE(read_pod("{}", R"({"labels":{"kueue.x-k8s.io/queue-name":""}})").workload.kueue_managed);
    CHECK_FALSE(
        read_pod("{}", R"({"annotations":{"kueue.x-k8s.io/queue-name":"team"}})").workload.kueue_managed);
}

TEST_CASE("Argo CD and Flux are known by what only they write") {
    struct Case {
        std::string metadata, owner;
    };
    const Case each =
        GENERATE(Case{R"({"annotations":{"argocd.argoproj.io/tracking-id":"shop:apps/Deployment:ns/web"}})",
                      "Argo CD application shop"},
                 Case{R"({"labels":{"argocd.argoproj.io/instance":"shop"}})", "Argo CD application shop"},
                 Case{R"({"labels":{"kustomize.toolkit.fluxcd.io/name":"apps"}})", "Flux Kustomization apps"},
                 Case{R"({"labels":{"helm.toolkit.fluxcd.io/name":"web"}})", "Flux HelmRelease web"},
                 Case{R"({"labels":{"app.kubernetes.io/instance":"web"}})", ""},
                 Case{R"({"labels":{"app.kubernetes.io/managed-by":"Helm"}})", ""});
    INFO(each.metadata);
    const Read read = read_pod("{}", each.metadata);
    CHECK(read.workload.gitops_owned == !each.owner.empty());
    CHECK(read.workload.gitops_owner == each.owner);
}

}  // namespace tollgate::workload
