// SPDX-License-Identifier: Apache-2.0
#include "engine/fleet/node_labels.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/engine/fleet/sample_market.hpp"

using namespace tollgate;
using namespace tollgate::fleet;
using namespace tollgate::sample;

namespace {

Market one(Pool pool) {
    std::vector<Pool> pools;
    pools.push_back(std::move(pool));
    return market(std::move(pools));
}

bool reaches(const Market& market, std::string_view selector, std::string_view affinity = "{}",
             std::string_view resource = "nvidia.com/gpu") {
    const SamplePod sample = sample::pod("nvidia.com/gpu", 1, selector, affinity);
    return reachable(market.offers.front(), sample.pod.placement, resource);
}

Pool h100() {
    Pool pool = sample::pool("h100", "h100-80-sxm", 8, "6.88");
    pool.zones = {"us-east-1a", "us-east-1b"};
    pool.node_selector = {{"pool", "big"}};
    return pool;
}

}  // namespace

TEST_CASE("nodeSelector reaches a pool unless something known speaks against it") {
    const Market m = one(h100());
    struct Row {
        const char* selector;
        bool reached;
    };
    const Row rows[] = {
        {"{}", true},
        {R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3"})", true},
        {R"({"nvidia.com/gpu.product":"NVIDIA-L4"})", false},
        {R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3-SHARED"})", false},
        {R"({"pool":"big"})", true},
        {R"({"pool":"small"})", false},
        {R"({"somebody.example/label":"x"})", true},
        {R"({"cloud.google.com/gke-accelerator":"nvidia-h100-mega-80gb"})", true},
        {R"({"cloud.google.com/gke-accelerator":"nvidia-l4"})", false},
        {R"({"cloud.google.com/gke-accelerator":"nvidia-tesla-t4"})", true},  // not verified: may be anything
        {R"({"karpenter.k8s.aws/instance-gpu-name":"l4"})", false},
        {R"({"node.kubernetes.io/instance-type":"p5.48xlarge"})", true},
        {R"({"node.kubernetes.io/instance-type":"p5.4xlarge"})", false},  // one GPU, not eight
        {R"({"node.kubernetes.io/instance-type":"g6.xlarge"})", false},
        {R"({"node.kubernetes.io/instance-type":"x9.huge"})", true},
        {R"({"topology.kubernetes.io/zone":"us-east-1b"})", true},
        {R"({"topology.kubernetes.io/zone":"us-east-1c"})", false},
        {R"({"karpenter.sh/capacity-type":"on-demand"})", true},
        {R"({"karpenter.sh/capacity-type":"spot"})", false},
        {R"({"nvidia.com/gpu.family":"hopper"})", true},
        {R"({"nvidia.com/gpu.family":"ampere"})", false},
        {R"({"pool":"big","nvidia.com/gpu.product":"NVIDIA-L4"})", false},
    };
    for (const Row& row : rows) {
        INFO(row.selector);
        CHECK(reaches(m, row.selector) == row.reached);
    }
    CHECK(!reaches(m, "{}", "{}", "nvidia.com/mig-1g.10gb"));
    CHECK(!reaches(m, "{}", "{}", "nvidia.com/gpu.shared"));
}

TEST_CASE("required affinity: all expressions of one of the terms") {
    const Market m = one(h100());
    struct Row {
        const char* expressions;
        bool reached;
    };
    const Row rows[] = {
        {R"({"key":"nvidia.com/gpu.product","operator":"In","values":["NVIDIA-L4","NVIDIA-H100-80GB-HBM3"]})",
         true},
        {R"({"key":"nvidia.com/gpu.product","operator":"In","values":["NVIDIA-L4"]})", false},
        {R"({"key":"nvidia.com/gpu.product","operator":"NotIn","values":["NVIDIA-H100-80GB-HBM3"]})", false},
        {R"({"key":"nvidia.com/gpu.product","operator":"NotIn","values":["NVIDIA-L4"]})", true},
        {R"({"key":"nvidia.com/gpu.product","operator":"Exists"})", true},
        {R"({"key":"nvidia.com/gpu.product","operator":"DoesNotExist"})", false},
        {R"({"key":"cloud.google.com/gke-spot","operator":"DoesNotExist"})", true},
        {R"({"key":"cloud.google.com/gke-spot","operator":"Exists"})", false},
        {R"({"key":"nvidia.com/gpu.memory","operator":"Gt","values":["40000"]})", true},
        {R"({"key":"nvidia.com/gpu.memory","operator":"Gt","values":["90000"]})", false},
        {R"({"key":"nvidia.com/gpu.memory","operator":"In","values":["80000"]})", true},
        {R"({"key":"nvidia.com/gpu.count","operator":"Lt","values":["8"]})", false},
        {R"({"key":"topology.kubernetes.io/zone","operator":"NotIn","values":["us-east-1a"]})", true},
        {R"({"key":"topology.kubernetes.io/zone","operator":"NotIn","values":["us-east-1a","us-east-1b"]})",
         false},
        {R"({"key":"unknown","operator":"DoesNotExist"})", true},
        {R"({"key":"pool","operator":"In","values":["big"]},{"key":"nvidia.com/gpu.family","operator":"In","values":["volta"]})",
         false},
    };
    for (const Row& row : rows) {
        INFO(row.expressions);
        CHECK(reaches(m, "{}", required(row.expressions)) == row.reached);
    }
    // Terms are alternatives.
    CHECK(reaches(m, "{}",
                  R"({"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[
        {"matchExpressions":[{"key":"pool","operator":"In","values":["small"]}]},
        {"matchExpressions":[{"key":"pool","operator":"In","values":["big"]}]}]}}})"));
    // Preferences exclude nothing; misshapen input excludes nothing.
    CHECK(reaches(m, "{}", R"({"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1,
        "preference":{"matchExpressions":[{"key":"pool","operator":"In","values":["small"]}]}}]}})"));
    CHECK(reaches(m, "[]", R"({"nodeAffinity":"x"})"));
}

TEST_CASE("shared and single-strategy nodes carry their own product label") {
    const Market slices = one(shared(sample::pool("t4", "t4", 1, "0.5"), Form::TimeSlice, 4));
    CHECK(reaches(slices, R"({"nvidia.com/gpu.product":"Tesla-T4-SHARED"})"));
    CHECK(!reaches(slices, R"({"nvidia.com/gpu.product":"Tesla-T4"})"));
    CHECK(reaches(slices, R"({"nvidia.com/gpu.sharing-strategy":"time-slicing"})"));
    const Market single =
        one(mig(sample::pool("a", "a100-80-sxm", 1, "1"), {{"1g.10gb", 7}}, MigStrategy::Single));
    CHECK(reaches(single, R"({"nvidia.com/gpu.product":"NVIDIA-A100-SXM4-80GB-MIG-1g.10gb"})"));
    CHECK(!reaches(single, R"({"nvidia.com/gpu.product":"NVIDIA-A100-SXM4-80GB"})"));
}

TEST_CASE("a pool without a product label of its own may carry any of its GPU's") {
    Pool pool = sample::pool("v100", "v100-32", 8, "3.9");
    pool.product.clear();
    const Market m = one(pool);
    CHECK(reaches(m, R"({"nvidia.com/gpu.product":"Tesla-V100-SXM2-32GB"})"));
    CHECK(reaches(m, R"({"nvidia.com/gpu.product":"Tesla-V100-DGXS-32GB"})"));
    CHECK(!reaches(m, R"({"nvidia.com/gpu.product":"Tesla-V100-SXM2-16GB"})"));
}

TEST_CASE("boards with their own CPU are not x86") {
    const Market m = one(sample::pool("gb200", "gb200", 4, "10"));
    CHECK(reaches(m, R"({"kubernetes.io/arch":"arm64"})"));
    CHECK(!reaches(m, R"({"kubernetes.io/arch":"amd64"})"));
    CHECK(reaches(one(h100()), R"({"kubernetes.io/arch":"amd64"})"));
}

TEST_CASE("a label by which the Fleet selects another pool is not on this one's nodes") {
    Pool big = sample::pool("big", "h100-80-sxm", 8, "6.88"),
         small = sample::pool("small", "h100-80-sxm", 8, "5");
    small.node_selector = {
        {"pool", "small"}, {"topology.kubernetes.io/zone", "a"}, {"node-role.kubernetes.io/gpu", "x"}};
    const Market m = market({big, small});
    CHECK(!reaches(m, R"({"pool":"small"})"));
    CHECK(reaches(m, R"({"pool":"other"})"));  // nobody's: it may be anywhere
    CHECK(!reaches(m, "{}", required(R"({"key":"pool","operator":"In","values":["small"]})")));
    const auto why = [&](std::string_view selector, std::string_view affinity = "{}") {
        const SamplePod sample = sample::pod("nvidia.com/gpu", 1, selector, affinity);
        return why_no_match(m.offers.front(), sample.pod.placement);
    };
    CHECK(why("{}") == "");
    CHECK(why(R"({"pool":"small"})") == "it selects pool: small, which selects nodes of another pool");
    CHECK(why(R"({"nvidia.com/gpu.family":"ampere"})") ==
          "it selects nvidia.com/gpu.family: ampere, and these nodes have hopper");
    CHECK(why("{}", required(R"({"key":"pool","operator":"In","values":["small"]})")) ==
          "its required node affinity on pool does not hold on these nodes");
    // What clouds and vendors write is on any node.
    CHECK(reaches(m, R"({"topology.kubernetes.io/zone":"a"})"));
    CHECK(reaches(m, R"({"node-role.kubernetes.io/gpu":"x"})"));
    CHECK(is_common_key("nvidia.com/gpu.count"));
    CHECK(is_common_key("cloud.google.com/gke-accelerator"));
    CHECK(!is_common_key("kubernetes.io.example.com/a"));
    CHECK(!is_common_key("mykubernetes.io/a"));
    CHECK(!is_common_key("karpenter.sh/nodepool"));
}
