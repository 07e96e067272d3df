// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/outcome.hpp"

#include "tests/unit/engine/rules/lab.hpp"

namespace tollgate::rules::test {

TEST_CASE("a pointer is shown as people write paths") {
    struct Row {
        const char *pointer, *path;
    };
    const Row rows[] = {
        {"", ""},
        {"/spec", "spec"},
        {"/spec/containers/0/resources", "spec.containers[0].resources"},
        {"/spec/containers/12/resources/limits/nvidia.com~1gpu",
         "spec.containers[12].resources.limits.'nvidia.com/gpu'"},
        {"/metadata/labels/a~0b", "metadata.labels.'a~b'"},
        {"/metadata/labels/cost-center", "metadata.labels.cost-center"},
        {"/spec/nodeSelector/pool_1", "spec.nodeSelector.pool_1"},
        {"/a//b", "a.''.b"},
    };
    for (const Row& row : rows) CHECK(dotted(row.pointer) == row.path);
    CHECK(fix_line("spec.activeDeadlineSeconds", "86400") == "spec.activeDeadlineSeconds: 86400");
}

TEST_CASE("an edit finds its place in the object") {
    const Lab deployment(deployment_json(1));
    const auto at = [](const Lab& lab, Edit::Scope scope, std::string pointer, std::uint32_t pod = 0) {
        return object_pointer(*lab.workload, {scope, pod, std::move(pointer), {}, {}, {}});
    };
    CHECK(at(deployment, Edit::Scope::Pod, "/spec/nodeSelector/a") == "/spec/template/spec/nodeSelector/a");
    CHECK(at(deployment, Edit::Scope::Pod, "/metadata/annotations/b") ==
          "/spec/template/metadata/annotations/b");
    CHECK(at(deployment, Edit::Scope::Object, "/metadata/annotations/b") == "/metadata/annotations/b");
    CHECK(at(deployment, Edit::Scope::Pod, "/special/a").empty());
    CHECK(at(deployment, Edit::Scope::Pod, "/spec/a", 1).empty());
    const Lab pod(pod_json());
    CHECK(at(pod, Edit::Scope::Pod, "/spec/nodeSelector/a") == "/spec/nodeSelector/a");
    CHECK(at(pod, Edit::Scope::Pod, "/metadata/annotations/b") == "/metadata/annotations/b");
}

TEST_CASE("a shape without metadata has no place for annotations") {
    Lab lab(deployment_json(1));
    lab.workload->pods[0].metadata_pointer.clear();
    CHECK(
        object_pointer(*lab.workload, {Edit::Scope::Pod, 0, "/metadata/annotations/b", {}, {}, {}}).empty());
}

TEST_CASE("a namespace is known, known for all, or not known") {
    ClusterView view;
    view.namespaces["a"] = {{"team", "x"}};
    REQUIRE(view.find_namespace("a") != nullptr);
    CHECK(view.find_namespace("b") == nullptr);
    view.namespaces[""] = {{"team", "y"}};
    CHECK(view.find_namespace("b") == nullptr);
    view.offline_default = true;
    REQUIRE(view.find_namespace("b") != nullptr);
    CHECK(view.find_namespace("b")->front().second == "y");
    CHECK(view.find_namespace("a")->front().second == "x");
}

TEST_CASE("a budget runs out once and for all, and a cancelled review has none") {
    Budget budget;
    budget.steps = 10;
    CHECK(budget.spend(10));
    CHECK_FALSE(budget.spend(1));
    Budget large;
    large.steps = 10;
    CHECK_FALSE(large.spend(11));
    CHECK_FALSE(large.spend(1));
    std::atomic<bool> cancelled{true};
    Budget late;
    late.cancelled = &cancelled;
    CHECK_FALSE(late.spend(1));
}

TEST_CASE("the workload is priced once") {
    Lab lab(pod_json());
    const Context context = lab.context();
    const cost::WorkloadCost* first = &context.cost_now();
    CHECK(first == &context.cost_now());
    REQUIRE(first->hourly.has_value());
    CHECK(to_decimal_string(*first->hourly) == "6.88");
}

}  // namespace tollgate::rules::test
