// SPDX-License-Identifier: Apache-2.0
// What a substitution writes into resources, and the property that matters: extracting the patched object
// gives exactly the demand that was planned, and nothing else changed.
#include "tests/unit/engine/rules/lab.hpp"

#include <algorithm>

namespace tollgate::rules::test {
namespace {

const fleet::Offer& offer(const fleet::Market& from, std::string_view pool, std::string_view resource) {
    const auto found = std::find_if(from.offers.begin(), from.offers.end(), [&](const fleet::Offer& each) {
        return each.pool->name == pool && each.resource == resource;
    });
    REQUIRE(found != from.offers.end());
    return *found;
}

Result<std::vector<Edit>> move(Lab& lab, const fleet::Offer& to, std::int64_t count,
                               bool resource_only = false) {
    const Context context = lab.context();
    const cost::Location now = context.cost_now().pods[0].location;
    return substitute(context, 0, lab.workload->pods[0].totals[0], {&to, count}, now, resource_only,
                      {"p", "r"});
}

std::vector<std::string> resource_lines(const std::vector<Edit>& edits) {
    std::vector<std::string> out;
    for (const std::string& line : lines(edits)) {
        if (line.find("/resources/") != std::string::npos) out.push_back(line);
    }
    return out;
}

std::string with_containers(std::string_view init, std::string_view main) {
    return R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"initContainers":)" +
           std::string(init) + R"(,"containers":)" + std::string(main) + "}}";
}

}  // namespace

TEST_CASE("requests and limits are written together, the old name goes everywhere") {
    struct Row {
        const char* resources;
        std::vector<std::string> expected;
    };
    const std::string at = "/spec/containers/0/resources/";
    const std::string old_name = "nvidia.com~1gpu", new_name = "nvidia.com~1mig-1g.10gb";
    const Row rows[] = {
        {R"({"limits":{"nvidia.com/gpu":1}})",
         {at + "limits/" + old_name + ": 1 -> -", at + "limits/" + new_name + ": - -> \"1\"",
          at + "requests/" + new_name + ": - -> \"1\""}},
        {R"({"requests":{"nvidia.com/gpu":"1"}})",
         {at + "limits/" + new_name + ": - -> \"1\"", at + "requests/" + old_name + ": \"1\" -> -",
          at + "requests/" + new_name + ": - -> \"1\""}},
        {R"({"limits":{"nvidia.com/gpu":"1000m","cpu":"2"},"requests":{"nvidia.com/gpu":"1"}})",
         {at + "limits/" + old_name + ": \"1000m\" -> -", at + "limits/" + new_name + ": - -> \"1\"",
          at + "requests/" + old_name + ": \"1\" -> -", at + "requests/" + new_name + ": - -> \"1\""}},
    };
    for (const Row& row : rows) {
        INFO(row.resources);
        PodText text;
        text.resources = row.resources;
        Lab lab(pod_json(text));
        const auto edits = move(lab, offer(lab.fleet, "a100-mig", "nvidia.com/mig-1g.10gb"), 1);
        REQUIRE(edits.has_value());
        CHECK(resource_lines(*edits) == row.expected);
    }
}

TEST_CASE("every container that names the device is rewritten, one that asks for none of it loses the name") {
    Lab lab(with_containers(
        R"([{"name":"warm","resources":{"limits":{"nvidia.com/gpu":"1"}}},
            {"name":"proxy","restartPolicy":"Always","resources":{"limits":{"nvidia.com/gpu":"0"}}}])",
        R"([{"name":"a","resources":{"limits":{"nvidia.com/gpu":"1"}}},
            {"name":"b","resources":{"limits":{"cpu":"1"},"requests":{"nvidia.com/gpu":0}}}])"));
    REQUIRE(lab.workload->pods[0].totals.size() == 1);
    const auto edits = move(lab, offer(lab.fleet, "a100-mig", "nvidia.com/mig-1g.10gb"), 1);
    REQUIRE(edits.has_value());
    const std::string patched = lab.patched(*edits);
    CHECK(patched.find("\"nvidia.com/gpu\":") == std::string::npos);
    Lab after(patched);
    CHECK(after.workload->pods[0].demands.size() == 2);
    REQUIRE(after.workload->pods[0].totals.size() == 1);
    CHECK(after.workload->pods[0].totals[0].resource == "nvidia.com/mig-1g.10gb");
    CHECK(after.workload->pods[0].totals[0].count == 1);
}

TEST_CASE("counts follow container by container, or nothing is moved") {
    const auto& big = market();
    Lab lab(with_containers("[]",
                            R"([{"name":"a","resources":{"limits":{"nvidia.com/gpu":"1"}}},
                                {"name":"b","resources":{"limits":{"nvidia.com/gpu":"2"}}}])"));
    SECTION("a multiple follows") {
        const auto edits = move(lab, offer(big, "a100-mig", "nvidia.com/mig-1g.10gb"), 6);
        REQUIRE(edits.has_value());
        Lab after(lab.patched(*edits));
        CHECK(after.workload->pods[0].demands[0].count == 2);
        CHECK(after.workload->pods[0].demands[1].count == 4);
    }
    SECTION("a fraction does not") {
        const auto edits = move(lab, offer(big, "a100-mig", "nvidia.com/mig-1g.10gb"), 2);
        REQUIRE_FALSE(edits.has_value());
        CHECK(edits.error().message.find("share 3 devices") != std::string::npos);
    }
}

TEST_CASE("extracting the patched object gives exactly the planned demand, and the rest is untouched") {
    const char* const resources[] = {
        R"({"limits":{"nvidia.com/gpu":1}})",
        R"({"requests":{"nvidia.com/gpu":"1e0","cpu":"2","memory":"4Gi"}})",
        R"({"limits":{"nvidia.com/gpu":"1","cpu":"4","memory":"8Gi"},"requests":{"nvidia.com/gpu":"1","cpu":"500m"}})",
    };
    const char* const tolerations[] = {"", "[]", R"([{"key":"x","operator":"Exists"}])",
                                       R"([{"operator":"Exists"}])"};
    const char* const selectors[] = {
        "", R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3"})",
        R"({"kubernetes.io/os":"linux","node.kubernetes.io/instance-type":"p5.48xlarge"})"};
    std::size_t moved = 0;
    for (const char* resource : resources) {
        for (const char* toleration : tolerations) {
            for (const char* selector : selectors) {
                for (const fleet::Offer& to : market().offers) {
                    PodText text;
                    text.resources = resource;
                    text.tolerations = toleration;
                    text.selector = selector;
                    text.container = R"("unknownField":{"kept":[1,2.50]},)";
                    for (const bool at_workload : {false, true}) {
                        Lab lab(at_workload ? deployment_json(2, text) : pod_json(text));
                        if (to.resource == "nvidia.com/gpu" && to.pool->name == "h100") continue;
                        const auto edits = move(lab, to, 1);
                        INFO(resource << toleration << selector << to.resource);
                        REQUIRE(edits.has_value());
                        ++moved;
                        Lab after(lab.patched(*edits));
                        const workload::Pod& pod = after.workload->pods[0];
                        REQUIRE(pod.totals.size() == 1);
                        CHECK(pod.totals[0].resource == to.resource);
                        CHECK(pod.totals[0].count == 1);
                        CHECK(pod.resources.cpu == lab.workload->pods[0].resources.cpu);
                        CHECK(pod.resources.memory == lab.workload->pods[0].resources.memory);
                        CHECK(pod.containers[0].node["unknownField"]["kept"][1].text() == "2.50");
                        CHECK(fleet::reachable(to, pod.placement, to.resource));
                        const Context context = after.context();
                        CHECK(context.cost_now().pods[0].location.offer->pool == to.pool);
                        // A second time there is nothing left to write but who did it.
                        const auto again = substitute(context, 0, pod.totals[0], {&to, 1},
                                                      context.cost_now().pods[0].location, false, {"p", "r"});
                        CHECK_FALSE(again.has_value());
                    }
                }
            }
        }
    }
    CHECK(moved == 3 * 4 * 3 * 4 * 2);
}

TEST_CASE("a template without metadata is rewritten without annotations") {
    Lab lab(deployment_json(1));
    lab.workload->pods[0].metadata_pointer.clear();
    const auto edits = move(lab, offer(lab.fleet, "a100-mig", "nvidia.com/mig-1g.10gb"), 1);
    REQUIRE(edits.has_value());
    for (const Edit& edit : *edits) CHECK(edit.pointer.find("annotations") == std::string::npos);
}

}  // namespace tollgate::rules::test
