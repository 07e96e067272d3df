// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/engine/rules/lab.hpp"

namespace tollgate::rules::test {
namespace {

Limits cpu(std::optional<std::int64_t> number = {}) {
    Limits rule;
    rule.cpu_per_gpu = Limits::NodeShare{};
    if (number.has_value()) rule.cpu_per_gpu = Ratio(*number);
    return rule;
}

Limits memory(std::optional<std::int64_t> bytes = {}) {
    Limits rule;
    rule.memory_per_gpu = Limits::NodeShare{};
    if (bytes.has_value()) rule.memory_per_gpu = Ratio(*bytes);
    return rule;
}

PodText asking(std::string resources,
               std::string selector = R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3"})") {
    PodText text;
    text.resources = std::move(resources);
    text.selector = std::move(selector);
    return text;
}

std::string containers(std::string_view init, std::string_view main, std::string_view more = "") {
    return R"({"apiVersion":"v1","kind":"Pod","spec":{)" + std::string(more) +
           R"("nodeSelector":{"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3"},"initContainers":)" +
           std::string(init) + R"(,"containers":)" + std::string(main) + "}}";
}

}  // namespace

TEST_CASE("a pod that strands a second GPU is told how much, what it costs and what to ask") {
    PodText text = asking(R"({"requests":{"cpu":"47"},"limits":{"nvidia.com/gpu":"1"}})");
    Lab lab(job_json(R"("parallelism":4,)", text));
    const auto findings = lab.run(cpu());
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].what ==
          "container server asks 47 CPUs for 1 GPU; an h100 node has 23.5 per GPU, so each pod keeps a "
          "second GPU idle "
          "($27.52/h in all).");
    CHECK(findings[0].field == "spec.template.spec.containers[0].resources.requests.cpu");
    CHECK(findings[0].fix == "spec.template.spec.containers[0].resources.requests.cpu: \"23\"");
    CHECK(to_decimal_string(findings[0].hourly) == "27.52");
    CHECK(findings[0].magnitude == Ratio::of(47, 2));
    CHECK(findings[0].code == Code::CpuPerGpu);
}

TEST_CASE("the share of the node is exact") {
    const auto with = [](const char* amount, const char* count) {
        return pod_json(asking(R"({"requests":{"cpu":")" + std::string(amount) +
                               R"("},"limits":{"nvidia.com/gpu":")" + count + "\"}}"));
    };
    for (const char* fits : {"23500m", "23.5", "1"}) {
        Lab lab(with(fits, "1"));
        CHECK(lab.run(cpu()).empty());
        CHECK(lab.errors.empty());
    }
    Lab over(with("23501m", "1"));
    CHECK(over.run(cpu()).size() == 1);
    Lab two(with("47", "2"));
    CHECK(two.run(cpu()).empty());
    Lab more(with("94", "2"));
    const auto findings = more.run(cpu());
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].what.find("keeps 2 more GPUs idle") != std::string::npos);
    CHECK(findings[0].fix == "spec.containers[0].resources.requests.cpu: \"47\"");
}

TEST_CASE("a slice has its share of the node") {
    // A node of a100-mig has 94 CPUs for 8 GPUs: 11.75 for each, and 2 of 15 parts of that for a 1g.10gb.
    const auto with = [](const char* amount) {
        return pod_json(asking(R"({"requests":{"cpu":")" + std::string(amount) +
                                   R"("},"limits":{"nvidia.com/mig-1g.10gb":"1"}})",
                               ""));
    };
    Lab fits(with("1566m"));
    CHECK(fits.run(cpu()).empty());
    Lab over(with("1567m"));
    const auto findings = over.run(cpu());
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].fix == "spec.containers[0].resources.requests.cpu: \"1\"");
    CHECK(findings[0].what.find(
              "container server asks 1.57 CPUs for 1 nvidia.com/mig-1g.10gb; an a100-mig node "
              "has 1.57 for each nvidia.com/mig-1g.10gb, so each pod keeps") == 0);
}

TEST_CASE("the part of a slice may be less than one CPU, and it may go by the name of a whole GPU") {
    std::vector<fleet::Pool> pools;
    pools.push_back(pool("cut", "NVIDIA-A100-SXM4-40GB", "1"));
    pools[0].cpu = Ratio(2);
    pools[0].sharing.form = fleet::Form::Mig;
    pools[0].sharing.mig_strategy = fleet::MigStrategy::Single;
    pools[0].sharing.profiles = {{"1g.5gb", 7}};
    const fleet::Market cut = compiled(std::move(pools));
    Lab lab(pod_json(asking(R"({"requests":{"cpu":"1"},"limits":{"nvidia.com/gpu":"1"}})", "")), cut);
    const auto findings = lab.run(cpu());
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].what.find("a cut node has 0.29 for each nvidia.com/gpu (0.14 of a GPU), ") !=
          std::string::npos);
    CHECK(findings[0].what.find("leave it nothing") == std::string::npos);
    CHECK(findings[0].fix == "spec.containers[0].resources.requests.cpu: 285m");
}

TEST_CASE("a fix holds on the nodes the pod lands on once it asks for less") {
    // 30 CPUs fit on a node of "wide" alone; with less the pod may land on "small", which is dearer.
    std::vector<fleet::Pool> pools;
    pools.push_back(pool("wide", "NVIDIA-L4", "1"));
    pools.push_back(pool("small", "NVIDIA-H100-80GB-HBM3", "8"));
    pools[0].gpus_per_node = pools[1].gpus_per_node = 8;
    pools[0].cpu = Ratio(80);
    pools[1].cpu = Ratio(16);
    const fleet::Market both = compiled(std::move(pools));
    const auto with = [](const std::string& amount) {
        return pod_json(
            asking(R"({"requests":{"cpu":)" + amount + R"(},"limits":{"nvidia.com/gpu":"1"}})", ""));
    };
    Lab lab(with("30"), both);
    const auto findings = lab.run(cpu());
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].what.find("a wide node has 10 per GPU") != std::string::npos);
    CHECK(findings[0].fix == "spec.containers[0].resources.requests.cpu: \"2\"");
    Lab fixed(with("2"), both);
    CHECK(fixed.run(cpu()).empty());
}

TEST_CASE("slices of several kinds have their shares together") {
    // 2 of 15 and 7 of 15 parts of 11.75 CPUs: 7.05.
    const auto with = [](const char* amount) {
        return pod_json(
            asking(R"({"requests":{"cpu":")" + std::string(amount) +
                       R"("},"limits":{"nvidia.com/mig-1g.10gb":"1","nvidia.com/mig-3g.40gb":"1"}})",
                   ""));
    };
    Lab fits(with("7050m"));
    CHECK(fits.run(cpu()).empty());
    Lab over(with("7051m"));
    CHECK(over.run(cpu()).size() == 1);
}

TEST_CASE("a fraction has its part of the node") {
    PodText text = asking(R"({"requests":{"cpu":"12"}})");
    text.annotations = R"({"gpu-fraction":"0.5"})";
    Lab lab(pod_json(text));
    const auto findings = lab.run(cpu());
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].what.find(
              "container server asks 12 CPUs for 0.5 GPUs; an h100 node has 23.5 per GPU") == 0);
}

TEST_CASE("a number is per GPU asked for") {
    Lab lab(pod_json(asking(R"({"requests":{"cpu":"20"},"limits":{"nvidia.com/gpu":"2"}})")));
    CHECK(lab.run(cpu(10)).empty());
    const auto findings = lab.run(cpu(8));
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].what == "container server asks 20 CPUs for 2 GPUs; the limit is 8 per GPU.");
    CHECK(findings[0].fix == "spec.containers[0].resources.requests.cpu: \"16\"");
}

TEST_CASE("memory is judged in the same way") {
    Lab lab(pod_json(asking(R"({"requests":{"memory":"475Gi"},"limits":{"nvidia.com/gpu":"1"}})")));
    const auto findings = lab.run(memory());
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].code == Code::MemoryPerGpu);
    CHECK(findings[0].what ==
          "container server asks 475Gi of memory for 1 GPU; an h100 node has 237.5Gi per GPU, so each pod "
          "keeps a second "
          "GPU idle ($6.88/h in all).");
    CHECK(findings[0].fix == "spec.containers[0].resources.requests.memory: 237Gi");
    CHECK(lab.run(memory(std::int64_t{500} << 20)).at(0).fix ==
          "spec.containers[0].resources.requests.memory: 500Mi");
    Lab fits(pod_json(asking(R"({"requests":{"memory":"237.5Gi"},"limits":{"nvidia.com/gpu":"1"}})")));
    CHECK(fits.run(memory()).empty());
}

TEST_CASE("a limit counts where no request is given, and nothing asked is nothing to judge") {
    Lab limit(pod_json(asking(R"({"limits":{"nvidia.com/gpu":"1","cpu":"47"}})")));
    CHECK(limit.run(cpu()).size() == 1);
    Lab none(pod_json(asking(R"({"limits":{"nvidia.com/gpu":"1"}})")));
    CHECK(none.run(cpu()).empty());
    CHECK(none.errors.empty());
}

TEST_CASE("the fix leaves the other containers what they ask") {
    SECTION("side by side") {
        Lab lab(containers(
            "[]", R"([{"name":"a","resources":{"requests":{"cpu":"40"},"limits":{"nvidia.com/gpu":"1"}}},
                                     {"name":"b","resources":{"requests":{"cpu":"7500m"}}}])"));
        const auto findings = lab.run(cpu());
        REQUIRE(findings.size() == 1);
        CHECK(findings[0].what.starts_with("the pod asks 47.5 CPUs for 1 GPU, 40 of it for container a; "));
        CHECK(findings[0].fix == "spec.containers[0].resources.requests.cpu: \"16\"");
    }
    SECTION("nothing is left") {
        Lab lab(containers(
            "[]", R"([{"name":"a","resources":{"requests":{"cpu":"40"},"limits":{"nvidia.com/gpu":"1"}}},
                                     {"name":"b","resources":{"requests":{"cpu":"30"}}}])"));
        const auto findings = lab.run(cpu());
        REQUIRE(findings.size() == 1);
        CHECK(findings[0].fix == "");
        CHECK(findings[0].what.find("lower them too") != std::string::npos);
    }
    SECTION("an init container counts by itself, beside the sidecars before it") {
        Lab lab(containers(
            R"([{"name":"s","restartPolicy":"Always","resources":{"requests":{"cpu":"3"}}},
                               {"name":"i","resources":{"requests":{"cpu":"60"}}}])",
            R"([{"name":"a","resources":{"requests":{"cpu":"10"},"limits":{"nvidia.com/gpu":"1"}}}])"));
        const auto findings = lab.run(cpu());
        REQUIRE(findings.size() == 1);
        CHECK(findings[0].fix == "spec.initContainers[1].resources.requests.cpu: \"20\"");
    }
    SECTION("a sidecar counts beside the init containers after it, not before") {
        Lab lab(containers(
            R"([{"name":"early","resources":{"requests":{"cpu":"20"}}},
                               {"name":"s","restartPolicy":"Always","resources":{"requests":{"cpu":"30"}}},
                               {"name":"late","resources":{"requests":{"cpu":"15"}}}])",
            R"([{"name":"a","resources":{"requests":{"cpu":"1"},"limits":{"nvidia.com/gpu":"1"}}}])"));
        CHECK(lab.run(cpu()).at(0).fix == "spec.initContainers[1].resources.requests.cpu: \"8\"");
    }
    SECTION("lowering one is not enough when an init container is too large by itself") {
        Lab lab(containers(
            R"([{"name":"i","resources":{"requests":{"cpu":"30"}}}])",
            R"([{"name":"a","resources":{"requests":{"cpu":"40"},"limits":{"nvidia.com/gpu":"1"}}}])"));
        CHECK(lab.run(cpu()).at(0).fix == "");
    }
    SECTION("overhead is taken off") {
        Lab lab(containers(
            "[]", R"([{"name":"a","resources":{"requests":{"cpu":"40"},"limits":{"nvidia.com/gpu":"1"}}}])",
            R"("overhead":{"cpu":"2"},)"));
        CHECK(lab.run(cpu()).at(0).fix == "spec.containers[0].resources.requests.cpu: \"21\"");
    }
    SECTION("the pod's own request overrides the sum") {
        Lab lab(containers(
            "[]", R"([{"name":"a","resources":{"requests":{"cpu":"1"},"limits":{"nvidia.com/gpu":"1"}}}])",
            R"("resources":{"requests":{"cpu":"47"}},)"));
        const auto findings = lab.run(cpu());
        REQUIRE(findings.size() == 1);
        CHECK(findings[0].fix == "spec.resources.requests.cpu: \"23\"");
        CHECK(findings[0].what.starts_with("the pod asks 47 CPUs"));
    }
}

TEST_CASE("every fix makes the pod pass") {
    for (int asked = 24; asked <= 188; asked += 4) {
        const std::string amount = std::to_string(asked);
        Lab lab(
            pod_json(asking(R"({"requests":{"cpu":")" + amount + R"("},"limits":{"nvidia.com/gpu":"1"}})")));
        const auto findings = lab.run(cpu());
        REQUIRE(findings.size() == 1);
        const std::string& fix = findings[0].fix;
        const std::string value = fix.substr(fix.find('"') + 1, fix.size() - fix.find('"') - 2);
        Lab mended(
            pod_json(asking(R"({"requests":{"cpu":")" + value + R"("},"limits":{"nvidia.com/gpu":"1"}})")));
        CHECK(mended.run(cpu()).empty());
    }
}

TEST_CASE("what the node has must be known") {
    SECTION("no pool") {
        Lab lab(pod_json(asking(R"({"requests":{"cpu":"47"},"limits":{"amd.com/gpu":"1"}})", "")));
        CHECK(lab.run(cpu()).empty());
        REQUIRE(lab.errors.size() == 1);
        CHECK(lab.errors[0].reason == "pool_unknown");
        CHECK(lab.errors[0].message.find("no pool of the fleet offers amd.com/gpu") != std::string::npos);
        CHECK(lab.run(cpu(8)).size() == 1);
    }
    SECTION("no allocatable") {
        std::vector<fleet::Pool> pools;
        pools.push_back(pool("h100", "NVIDIA-H100-80GB-HBM3", "6.88"));
        const fleet::Market silent = compiled(std::move(pools));
        Lab lab(pod_json(asking(R"({"requests":{"cpu":"47"},"limits":{"nvidia.com/gpu":"1"}})")), silent);
        CHECK(lab.run(cpu()).empty());
        REQUIRE(lab.errors.size() == 1);
        CHECK(lab.errors[0].reason == "allocatable_unknown");
    }
    SECTION("an amount that cannot be read") {
        Lab lab(pod_json(asking(R"({"requests":{"cpu":"many"},"limits":{"nvidia.com/gpu":"1"}})")));
        CHECK(lab.run(cpu()).empty());
        REQUIRE(lab.errors.size() == 1);
        CHECK(lab.errors[0].reason == "unmeasurable");
    }
}

}  // namespace tollgate::rules::test
