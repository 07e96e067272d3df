// SPDX-License-Identifier: Apache-2.0
// One object, one market and one rule at work, for tests of this room. Prices are round, so that every dollar
// can be checked by hand: an h100 costs $6.88/h, a 1g.10gb of an a100 2/15 of $4.50 = $0.60/h, a 3g.40gb
// 7/15 of it = $2.10/h, an l4 $0.80/h, a quarter of a t4 $0.10/h.
#pragma once

#include "engine/base/json/document.hpp"
#include "engine/fleet/fleet.hpp"
#include "engine/rules/outcome.hpp"
#include "tests/support/catch.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::rules::test {

fleet::Pool pool(std::string name, std::string_view product, std::string_view price);
fleet::Market compiled(std::vector<fleet::Pool> pools);
const fleet::Market& market();

class Lab {
  public:
    explicit Lab(std::string_view object_json, const fleet::Market& fleet = market());
    Lab(const Lab&) = delete;
    Lab& operator=(const Lab&) = delete;

    Context context() {
        facts = {};  // tests change the workload between runs
        return Context{
            *workload, fleet,     gpu::Catalog::builtin(), cluster, operation, now_unix_ms, budget, true,
            facts,     controlled};
    }
    Rewrite run(const RightSize& rule, bool resource_only = false, std::uint32_t pod = 0);
    Rewrite run(const Replace& rule, bool resource_only = false, std::uint32_t pod = 0);
    std::vector<Finding> run(const Limits& rule);
    std::vector<Finding> run(const LifetimeRule& rule);
    std::vector<Finding> run(const Require& rule);
    std::vector<Edit> settings(const LifetimeRule& rule);

    /// The object with the edits applied, as the API server would apply their patch.
    std::string patched(const std::vector<Edit>& edits) const;

    json::Document document;
    workload::KindSpec kind;
    std::optional<workload::Workload> workload;
    const fleet::Market& fleet;
    const ClusterView* cluster = nullptr;
    Operation operation = Operation::Create;
    std::int64_t now_unix_ms = 1'795'392'000'000;  // 2026-11-23T00:00:00Z
    Budget budget;
    Facts facts;
    bool controlled = false;
    Policy policy;
    Rule of;
    std::vector<EvalError> errors;  // of the last run
};

/// Settings of a pod beside its one GPU container; each is JSON, "" leaves it out.
struct PodText {
    std::string annotations = R"({"tollgate.dev/gpu-memory":"8Gi"})";
    std::string resources = R"({"requests":{"cpu":"1","memory":"4Gi"},"limits":{"nvidia.com/gpu":"1"}})";
    std::string selector = R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3"})";
    std::string affinity, tolerations;
    std::string spec = "";       // more members of the spec: "\"nodeName\":\"a\","
    std::string container = "";  // more members of the container
    std::string metadata = "";   // more members of the metadata
};
std::string pod_json(const PodText& text = {});
std::string deployment_json(std::int64_t replicas, const PodText& text = {});
std::string job_json(std::string_view spec_members, const PodText& text = {});

/// "pointer: before -> after", "-" for absent.
std::vector<std::string> lines(const std::vector<Edit>& edits);
bool has_line(const std::vector<Edit>& edits, std::string_view line);

}  // namespace tollgate::rules::test
