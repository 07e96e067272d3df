// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/kind_spec.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/engine/workload/kinds.hpp"

namespace tollgate::workload {
using namespace test;

TEST_CASE("paths are read segment by segment") {
    const Path plain = path("spec.template");
    CHECK(plain.text == "spec.template");
    REQUIRE(plain.segments.size() == 2);
    CHECK(plain.segments[1].key == "template");
    CHECK_FALSE(plain.segments[1].wildcard);

    const Path wild = path("spec.pytorchReplicaSpecs.*.template");
    REQUIRE(wild.segments.size() == 4);
    CHECK(wild.segments[2].wildcard);

    const Path quoted = path("metadata.labels.'kueue.x-k8s.io/queue-name'");
    REQUIRE(quoted.segments.size() == 3);
    CHECK(quoted.segments[2].key == "kueue.x-k8s.io/queue-name");
    CHECK(path("a.'*'.b").segments[1].key == "*");
    CHECK_FALSE(path("a.'*'.b").segments[1].wildcard);
}

TEST_CASE("a path that cannot be read says how to mend it") {
    struct Case {
        std::string text, part;
    };
    const Case bad =
        GENERATE(Case{"", "empty"}, Case{".spec", "without a dot"}, Case{"spec.", "without a dot"},
                 Case{"spec..template", "key is empty"}, Case{"spec.tasks[*].template", "'.*'"},
                 Case{"spec.'a", "no closing"}, Case{"spec.'a'b", "dot must follow"},
                 Case{"spec.''.b", "empty"}, Case{"spec.a*", "whole key"},
                 Case{"metadata.labels.x/y", "single quotes"}, Case{"spec. a", "single quotes"});
    INFO(bad.text);
    const Result<Path> parsed = parse_path(bad.text);
    REQUIRE_FALSE(parsed.has_value());
    INFO(parsed.error().message);
    CHECK(parsed.error().message.find(bad.part) != std::string::npos);
}

TEST_CASE("a path has a bounded number of segments") {
    std::string text = "a";
    for (int i = 1; i < 32; ++i) text += ".a";
    CHECK(parse_path(text).has_value());
    CHECK_FALSE(parse_path(text + ".a").has_value());
}

TEST_CASE("kinds are found by group and kind, by version where several documents name one") {
    KindSpec v1 = kind("kubeflow.org", "MPIJob", {});
    KindSpec v2 = v1;
    v2.versions = {"v2beta1"};
    const KindTable table({pod_kind(), v1, v2, deployment_kind()});
    REQUIRE(table.find("", "v1", "Pod") != nullptr);
    CHECK(table.find("apps", "v1", "Pod") == nullptr);
    CHECK(table.find("apps", "v1beta2", "Deployment")->kind == "Deployment");
    CHECK(table.find("kubeflow.org", "v2beta1", "MPIJob")->versions[0] == "v2beta1");
    CHECK(table.find("kubeflow.org", "v1", "MPIJob")->versions[0] == "v1");
    CHECK(table.find("kubeflow.org", "v9", "MPIJob")->versions[0] == "v1");
    CHECK(table.find("kubeflow.org", "v1", "PyTorchJob") == nullptr);
}

TEST_CASE("an owner's parent is known by its label, or where nobody describes the owner itself") {
    const json::Document plain = *json::parse("{}");
    const json::Document labelled = *json::parse(R"({"leaderworkerset.sigs.k8s.io/name":"l"})");
    KindSpec cron = kind("batch", "CronJob", {});
    cron.owner_kinds = {"Job.batch"};
    KindSpec lws = kind("leaderworkerset.x-k8s.io", "LeaderWorkerSet", {});
    lws.owner_kinds = {"StatefulSet.apps"};
    lws.child_labels = {"leaderworkerset.sigs.k8s.io/name"};
    const KindTable table({cron, lws, kind("apps", "StatefulSet", {})});
    CHECK(table.find_parent("batch", "Job", plain.root())->kind == "CronJob");
    CHECK(table.find_parent("apps", "StatefulSet", labelled.root())->kind == "LeaderWorkerSet");
    CHECK(table.find_parent("apps", "StatefulSet", plain.root()) == nullptr);
    CHECK(table.find_parent("", "Job", plain.root()) == nullptr);
    CHECK(table.find_parent("evil.example", "StatefulSet", labelled.root()) == nullptr);
    CHECK(table.find_parent("apps", "Replica", labelled.root()) == nullptr);
    const KindTable both({cron, kind("batch", "Job", {})});
    CHECK(both.find_parent("batch", "Job", plain.root()) == nullptr);
}

TEST_CASE("a child's label can be asked for with its value") {
    KindSpec job = kind("ray.io", "RayJob", {});
    job.owner_kinds = {"RayCluster.ray.io"};
    job.child_labels = {"ray.io/originated-from-crd=RayJob"};
    KindSpec service = kind("ray.io", "RayService", {});
    service.owner_kinds = {"RayCluster.ray.io"};
    service.child_labels = {"ray.io/originated-from-crd=RayService"};
    const KindTable table({kind("ray.io", "RayCluster", {}), job, service});
    const auto parent = [&](const char* labels) -> std::string {
        const json::Document document = test::parse(labels);
        const KindSpec* found = table.find_parent("ray.io", "RayCluster", document.root());
        return found == nullptr ? "" : found->kind;
    };
    CHECK(parent(R"({"ray.io/originated-from-crd":"RayJob"})") == "RayJob");
    CHECK(parent(R"({"ray.io/originated-from-crd":"RayService"})") == "RayService");
    CHECK(parent(R"({"ray.io/originated-from-crd":"RayCluster"})").empty());
    CHECK(parent("{}").empty());
}

}  // namespace tollgate::workload
