// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/placement.hpp"

#include "tests/unit/engine/rules/lab.hpp"

#include <algorithm>

namespace tollgate::rules::test {
namespace {

const fleet::Offer& offer(const fleet::Market& from, std::string_view pool) {
    const auto found = std::find_if(from.offers.begin(), from.offers.end(),
                                    [&](const fleet::Offer& each) { return each.pool->name == pool; });
    REQUIRE(found != from.offers.end());
    return *found;
}

struct Outcome {
    std::vector<std::string> edits;
    std::string why;
};

Outcome move_to(const PodText& text, std::string_view to, std::string_view from = "h100",
                const fleet::Market& in = market()) {
    Lab lab(pod_json(text), in);
    const Context context = lab.context();
    const Move move{
        lab.workload->pods[0], 0, offer(in, to), from.empty() ? nullptr : &offer(in, from), {"p", "r"}};
    const auto edits = move_placement(context, move);
    Outcome outcome;
    if (edits.has_value()) {
        outcome.edits = lines(*edits);
    } else {
        outcome.why = edits.error().message;
    }
    return outcome;
}

PodText selecting(std::string selector) {
    PodText text;
    text.selector = std::move(selector);
    text.tolerations = R"([{"operator":"Exists"}])";
    return text;
}

constexpr std::string_view kPlace =
    "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/";

PodText required(std::string terms) {
    PodText text = selecting("");
    text.affinity =
        R"({"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":)" +
        std::move(terms) + "}}}";
    return text;
}

const std::string kAdded = "/spec/nodeSelector/nvidia.com~1gpu.product: - -> \"NVIDIA-L4\"";

}  // namespace

TEST_CASE("selectors that name the product follow it") {
    struct Row {
        const char* selector;
        std::vector<std::string> edits;
    };
    const Row rows[] = {
        {"", {kAdded}},
        {"{}", {kAdded}},
        {R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3"})",
         {"/spec/nodeSelector/nvidia.com~1gpu.product: \"NVIDIA-H100-80GB-HBM3\" -> \"NVIDIA-L4\""}},
        {R"({"nvidia.com/gpu.product":"NVIDIA-L4"})", {}},
        {R"({"cloud.google.com/gke-accelerator":"nvidia-h100-80gb"})",
         {"/spec/nodeSelector/cloud.google.com~1gke-accelerator: \"nvidia-h100-80gb\" -> \"nvidia-l4\"",
          kAdded}},
        {R"({"karpenter.k8s.aws/instance-gpu-name":"h100"})",
         {"/spec/nodeSelector/karpenter.k8s.aws~1instance-gpu-name: \"h100\" -> \"l4\"", kAdded}},
        {R"({"node.kubernetes.io/instance-type":"p5.48xlarge"})",
         {"/spec/nodeSelector/node.kubernetes.io~1instance-type: \"p5.48xlarge\" -> -", kAdded}},
        {R"({"kubernetes.io/os":"linux","kubernetes.io/arch":"amd64"})", {kAdded}},
    };
    for (const Row& row : rows) {
        INFO(row.selector);
        const Outcome outcome = move_to(selecting(row.selector), "l4");
        CHECK(outcome.why == "");
        CHECK(outcome.edits == row.edits);
    }
}

TEST_CASE("a label that the target is not known to carry stops the move") {
    for (const char* selector :
         {R"({"team":"search"})", R"({"cloud.google.com/gke-nodepool":"h100-pool"})",
          R"({"nvidia.com/gpu.family":"hopper"})", R"({"nvidia.com/mig.strategy":"mixed"})",
          R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3","x/y":"z"})"}) {
        INFO(selector);
        const Outcome outcome = move_to(selecting(selector), "l4");
        CHECK(outcome.edits.empty());
        CHECK(outcome.why.find("pool l4") != std::string::npos);
    }
}

TEST_CASE("labels by which the old pool is known give way to the new pool's") {
    fleet::Pool old_pool = pool("old", "NVIDIA-H100-80GB-HBM3", "6.88");
    old_pool.node_selector = {{"pool", "h100"}, {"tier", "gold"}};
    fleet::Pool new_pool = pool("new", "NVIDIA-L4", "0.80");
    new_pool.node_selector = {{"pool", "l4"}};
    std::vector<fleet::Pool> pools;
    pools.push_back(std::move(old_pool));
    pools.push_back(std::move(new_pool));
    const fleet::Market two = compiled(std::move(pools));
    const Outcome outcome = move_to(selecting(R"({"pool":"h100","tier":"gold"})"), "new", "old", two);
    CHECK(outcome.why == "");
    CHECK(outcome.edits == std::vector<std::string>{"/spec/nodeSelector/pool: \"h100\" -> \"l4\"",
                                                    "/spec/nodeSelector/tier: \"gold\" -> -"});
    // Where the pod is now is not known, or its label is another: then it is a label like any other.
    CHECK_FALSE(move_to(selecting(R"({"pool":"h100"})"), "new", "", two).why.empty());
    CHECK_FALSE(move_to(selecting(R"({"pool":"other"})"), "new", "old", two).why.empty());
}

TEST_CASE("required affinity follows the product") {
    const std::string product =
        R"({"key":"nvidia.com/gpu.product","operator":"In","values":["NVIDIA-H100-80GB-HBM3"]})";
    SECTION("a product") {
        const Outcome outcome = move_to(required(R"([{"matchExpressions":[)" + product + "]}]"), "l4");
        CHECK(outcome.edits ==
              std::vector<std::string>{
                  kAdded, std::string(kPlace) +
                              "0/matchExpressions/0/values: [\"NVIDIA-H100-80GB-HBM3\"] -> [\"NVIDIA-L4\"]"});
    }
    SECTION("several products, the target among them") {
        const Outcome outcome = move_to(
            required(
                R"([{"matchExpressions":[{"key":"nvidia.com/gpu.product","operator":"In","values":["NVIDIA-H100-80GB-HBM3","NVIDIA-L4"]}]}])"),
            "l4");
        CHECK(outcome.edits == std::vector<std::string>{kAdded});
    }
    SECTION("an instance type goes, and what stays is kept") {
        const std::string gone =
            R"({"key":"node.kubernetes.io/instance-type","operator":"In","values":["p5.48xlarge"]})";
        const std::string kept = R"({"key":"kubernetes.io/os","operator":"In","values":["linux"]})";
        const PodText text = required(R"([{"matchExpressions":[)" + gone + "," + kept + "]}]");
        const Outcome outcome = move_to(text, "l4");
        CHECK(outcome.edits ==
              std::vector<std::string>{kAdded, std::string(kPlace) + "0/matchExpressions: [" + gone + "," +
                                                   kept + "] -> [" + kept + "]"});
        Lab lab(pod_json(text));
        const Context context = lab.context();
        const auto edits =
            move_placement(context, {lab.workload->pods[0], 0, offer(market(), "l4"), nullptr, {"p", "r"}});
        REQUIRE(edits.has_value());
        Lab after(lab.patched(*edits));
        const json::Node terms =
            after.workload->pods[0]
                .placement.affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
                                   ["nodeSelectorTerms"];
        CHECK(json::to_json(terms) == R"([{"matchExpressions":[)" + kept + "]}]");
    }
    SECTION("a term with nothing left would match no node at all") {
        const Outcome outcome = move_to(
            required(
                R"([{"matchExpressions":[{"key":"node.kubernetes.io/instance-type","operator":"In","values":["p5.48xlarge"]}]}])"),
            "l4");
        CHECK(outcome.edits.empty());
        CHECK_FALSE(outcome.why.empty());
    }
    SECTION("one alternative that can be met is enough, and the others stay") {
        const Outcome outcome = move_to(
            required(
                R"([{"matchExpressions":[{"key":"team","operator":"In","values":["a"]}]},{"matchExpressions":[)" +
                product + "]}]"),
            "l4");
        CHECK(outcome.why == "");
        CHECK(outcome.edits.size() == 2);
        CHECK(outcome.edits[0].starts_with("/spec/nodeSelector"));
    }
    SECTION("what the target does not meet stops the move") {
        for (const char* expression :
             {R"({"key":"nvidia.com/gpu.product","operator":"NotIn","values":["NVIDIA-L4"]})",
              R"({"key":"nvidia.com/gpu.memory","operator":"Gt","values":["40000"]})",
              R"({"key":"nvidia.com/gpu.product","operator":"DoesNotExist"})",
              R"({"key":"team","operator":"Exists"})",
              R"({"key":"nvidia.com/gpu.product","operator":"In","values":[]})"}) {
            INFO(expression);
            const Outcome outcome =
                move_to(required(R"([{"matchExpressions":[)" + std::string(expression) + "]}]"), "l4");
            CHECK(outcome.edits.empty());
            CHECK_FALSE(outcome.why.empty());
        }
    }
    SECTION("what it meets does not") {
        for (const char* expression :
             {R"({"key":"nvidia.com/gpu.product","operator":"NotIn","values":["Tesla-T4"]})",
              R"({"key":"nvidia.com/gpu.product","operator":"Exists"})",
              R"({"key":"team","operator":"NotIn","values":["a"]})",
              R"({"key":"team","operator":"DoesNotExist"})"}) {
            INFO(expression);
            CHECK(
                move_to(required(R"([{"matchExpressions":[)" + std::string(expression) + "]}]"), "l4").why ==
                "");
        }
    }
}

TEST_CASE("tolerations are added once, and only those that are missing") {
    struct Row {
        const char* tolerations;
        std::vector<std::string> edits;
    };
    const std::string taint = R"({"key":"nvidia.com/gpu","operator":"Exists","effect":"NoSchedule"})";
    const Row rows[] = {
        {"", {"/spec/tolerations: - -> [" + taint + "]"}},
        {"[]", {"/spec/tolerations: [] -> [" + taint + "]"}},
        {R"([{"key":"a","operator":"Exists"}])", {"/spec/tolerations/1: - -> " + taint}},
        {R"([{"operator":"Exists"}])", {}},
        {R"([{"key":"nvidia.com/gpu","operator":"Exists"}])", {}},
        {R"([{"key":"nvidia.com/gpu","operator":"Exists","effect":"NoSchedule"}])", {}},
        {R"([{"key":"nvidia.com/gpu","operator":"Exists","effect":"NoExecute"}])",
         {"/spec/tolerations/1: - -> " + taint}},
        {R"([{"key":"nvidia.com/gpu","operator":"Exists","tolerationSeconds":30}])",
         {"/spec/tolerations/1: - -> " + taint}},
        {R"([{"key":"nvidia.com/gpu","operator":"Equal","value":"present"}])",
         {"/spec/tolerations/1: - -> " + taint}},
    };
    for (const Row& row : rows) {
        INFO(row.tolerations);
        PodText text = selecting(R"({"nvidia.com/gpu.product":"NVIDIA-L4"})");
        text.tolerations = row.tolerations;
        CHECK(move_to(text, "l4").edits == row.edits);
    }
}

TEST_CASE("nothing is moved to a pool that nothing would hold it in") {
    std::vector<fleet::Pool> pools;
    pools.push_back(pool("h100", "NVIDIA-H100-80GB-HBM3", "6.88"));
    pools.push_back(pool("l4", "NVIDIA-L4", "0.80"));
    for (fleet::Pool& each : pools) each.node_selector.clear();
    const fleet::Market bare = compiled(std::move(pools));
    const Outcome outcome = move_to(selecting(""), "l4", "h100", bare);
    CHECK(outcome.edits.empty());
    CHECK(outcome.why.find("nothing would hold it in pool l4") != std::string::npos);
    // A selector of the pod's own does hold it, once it names the new product.
    CHECK(
        move_to(selecting(R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3"})"), "l4", "h100", bare).why ==
        "");
}

TEST_CASE("within one pool nothing about nodes changes") {
    const Outcome outcome =
        move_to(selecting(R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3","team":"a"})"), "h100");
    CHECK(outcome.why == "");
    CHECK(outcome.edits.empty());
}

TEST_CASE("within one pool its taints are tolerated, and it is held there") {
    PodText text = selecting(R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3"})");
    text.tolerations = "";
    CHECK(
        move_to(text, "h100").edits ==
        std::vector<std::string>{
            R"(/spec/tolerations: - -> [{"key":"nvidia.com/gpu","operator":"Exists","effect":"NoSchedule"}])"});
    // Another pool with the same resource, and dearer: the pool's own selector holds the pod.
    std::vector<fleet::Pool> pools;
    pools.push_back(pool("a", "NVIDIA-H100-80GB-HBM3", "6.88"));
    pools.push_back(pool("b", "NVIDIA-L4", "0.80"));
    const fleet::Market both = compiled(std::move(pools));
    const Outcome held = move_to(selecting(""), "b", "b", both);
    CHECK(held.why == "");
    CHECK(held.edits == std::vector<std::string>{kAdded});
}

TEST_CASE("what would hold a pod elsewhere is what the pod costs there, not what a GPU does") {
    // A node of "few" has little CPU: a GPU is cheap there, this pod is not.
    std::vector<fleet::Pool> pools;
    pools.push_back(pool("many", "NVIDIA-H100-80GB-HBM3", "3"));
    pools.push_back(pool("few", "NVIDIA-H100-80GB-HBM3", "2"));
    pools[0].gpus_per_node = pools[1].gpus_per_node = 8;
    pools[0].cpu = Ratio(188);
    pools[1].cpu = Ratio(20);
    PodText text = selecting(R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3"})");
    text.resources = R"({"requests":{"cpu":"16"},"limits":{"nvidia.com/gpu":"1"}})";
    const fleet::Market both = compiled(std::move(pools));
    CHECK(move_to(text, "many", "few", both).why.find("pool few offers nvidia.com/gpu too") !=
          std::string::npos);
}

TEST_CASE("another platform than the usual is no matter of guessing") {
    const auto on = [](const std::string& key, const std::string& value) {
        return move_to(selecting(R"({")" + key + R"(":")" + value + R"("})"), "l4");
    };
    for (const char* key : {"kubernetes.io/arch", "beta.kubernetes.io/arch"}) {
        CHECK(on(key, "amd64").why == "");
        CHECK(on(key, "arm64").why.find(key) != std::string::npos);
    }
    CHECK(on("kubernetes.io/os", "linux").why == "");
    CHECK(on("kubernetes.io/os", "windows").why != "");
    const auto either = [](const std::string& values) {
        return move_to(
            required(R"([{"matchExpressions":[{"key":"kubernetes.io/arch","operator":"In","values":)" +
                     values + "}]}]"),
            "l4");
    };
    CHECK(either(R"(["arm64","amd64"])").why == "");
    CHECK(either(R"(["arm64","s390x"])").why != "");
}

TEST_CASE("nor is it when only the usual one is ruled out") {
    const auto with = [](const std::string& key, const std::string& rest) {
        return move_to(
            required(R"([{"matchExpressions":[{"key":")" + key + R"(","operator":)" + rest + "}]}]"), "l4");
    };
    for (const char* arch : {"kubernetes.io/arch", "beta.kubernetes.io/arch"}) {
        CHECK(with(arch, R"("NotIn","values":["amd64"])").why.find(arch) != std::string::npos);
        CHECK(with(arch, R"("NotIn","values":["s390x","amd64"])").why != "");
        CHECK(with(arch, R"("NotIn","values":["arm64"])").why == "");
        CHECK(with(arch, R"("Exists")").why == "");
        CHECK(with(arch, R"("DoesNotExist")").why.find(arch) != std::string::npos);
    }
    CHECK(with("kubernetes.io/os", R"("NotIn","values":["linux"])").why != "");
    CHECK(with("kubernetes.io/os", R"("NotIn","values":["windows"])").why == "");
    CHECK(with("kubernetes.io/os", R"("Exists")").why == "");
    CHECK(with("kubernetes.io/os", R"("DoesNotExist")").why != "");
    // A key of which nothing is known is most likely not there.
    CHECK(with("example.com/team", R"("NotIn","values":["a"])").why == "");
    CHECK(with("example.com/team", R"("DoesNotExist")").why == "");
}

}  // namespace tollgate::rules::test
