// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/totals.hpp"

#include "tests/unit/engine/workload/kinds.hpp"

namespace tollgate::workload {
using namespace test;

namespace {

std::string init(int gpus) {
    return gpu_container("limits", std::to_string(gpus));
}
std::string sidecar(int gpus) {
    return gpu_container("limits", std::to_string(gpus), R"(,"restartPolicy":"Always")");
}

std::int64_t total(const std::vector<std::string>& inits, const std::vector<int>& mains) {
    std::string spec = R"({"initContainers":[)";
    for (std::size_t i = 0; i < inits.size(); ++i) spec += (i == 0 ? "" : ",") + inits[i];
    spec += R"(],"containers":[)";
    for (std::size_t i = 0; i < mains.size(); ++i) spec += (i == 0 ? "" : ",") + init(mains[i]);
    return read_pod(spec + "]}").pod().devices();
}

const std::string kGi = "Gi";

}  // namespace

TEST_CASE("init containers run one by one, sidecars beside what follows") {
    CHECK(total({}, {1, 2}) == 3);
    CHECK(total({init(4)}, {1, 2}) == 4);
    CHECK(total({init(4), init(5)}, {1}) == 5);
    CHECK(total({sidecar(1)}, {2}) == 3);
    CHECK(total({sidecar(1), init(4)}, {2}) == 5);  // the init container runs beside the sidecar
    CHECK(total({init(4), sidecar(1)}, {2}) == 4);  // the sidecar starts after it
    CHECK(total({sidecar(1), init(1), sidecar(2), init(3)}, {1}) == 6);
    CHECK(total({sidecar(3), sidecar(4)}, {}) == 7);
}

TEST_CASE("sums that no 64-bit number holds are unknown and do not wrap around") {
    const std::string huge = gpu_container("limits", "9223372036854775806");
    const Read read = read_pod(R"({"containers":[)" + huge + "," + huge + "]}");
    REQUIRE(read.pod().totals.size() == 1);
    CHECK(read.pod().totals[0].count == INT64_MAX);
    CHECK_FALSE(read.pod().totals[0].known);
    CHECK(read.pod().demands[0].known);
    CHECK(read.pod().devices() == 0);
}

TEST_CASE("one unreadable count makes the total unknown") {
    const Read read =
        read_pod(R"({"containers":[)" + init(1) + "," + gpu_container("limits", R"("x")") + "]}");
    CHECK(read.pod().totals.at(0).count == 1);
    CHECK_FALSE(read.pod().totals[0].known);
}

TEST_CASE("CPU and memory follow the same rule, requests before limits") {
    const Read read = read_pod(R"({"initContainers":[
        {"restartPolicy":"Always","resources":{"requests":{"cpu":"500m","memory":"1Gi"}}},
        {"resources":{"limits":{"cpu":8}}}],
      "containers":[{"resources":{"requests":{"cpu":"1500m"},"limits":{"cpu":4,"memory":"2Gi"}}},{}]})");
    const PodResources& resources = read.pod().resources;
    CHECK(*resources.cpu == Ratio::of(17, 2));
    CHECK(*resources.memory == Ratio(3LL << 30));
    CHECK(resources.readable);
}

TEST_CASE("nothing asked is empty, not zero") {
    const Read read = read_pod(R"({"containers":[{"resources":{"limits":{"nvidia.com/gpu":1}}}]})");
    CHECK_FALSE(read.pod().resources.cpu.has_value());
    CHECK_FALSE(read.pod().resources.memory.has_value());
}

TEST_CASE("pod-level CPU and memory override the sums; overhead comes on top") {
    const std::string containers = R"("containers":[{"resources":{"requests":{"cpu":2,"memory":"1Gi"}}}])";
    const auto cpu = [&](const std::string& extra) {
        return *read_pod("{" + containers + extra + "}").pod().resources.cpu;
    };
    CHECK(cpu("") == Ratio(2));
    CHECK(cpu(R"(,"resources":{"requests":{"cpu":5}})") == Ratio(5));
    // A pod-level limit alone does not replace what the containers request.
    CHECK(cpu(R"(,"resources":{"limits":{"cpu":5}})") == Ratio(2));
    CHECK(cpu(R"(,"resources":{"requests":{"cpu":5}},"overhead":{"cpu":"250m"})") == Ratio::of(21, 4));
    CHECK(*read_pod(R"({"containers":[{}],"resources":{"limits":{"cpu":"3"}}})").pod().resources.cpu ==
          Ratio(3));
    CHECK(*read_pod(R"({"containers":[{}],"overhead":{"memory":"120Mi"}})").pod().resources.memory ==
          Ratio(120 << 20));
}

TEST_CASE("CPU and memory that cannot be read are said to be unreadable") {
    const std::string bad = GENERATE(
        R"("resources":{"requests":{"cpu":"many"}})", R"("resources":{"limits":{"memory":-1}})",
        R"("resources":{"limits":{"memory":[]}})", R"("resources":{"limits":{"example.com/x":"?"}})");
    INFO(bad);
    CHECK_FALSE(read_pod(R"({"containers":[{)" + bad + "}]}").pod().resources.readable);
    CHECK_FALSE(read_pod(R"({"containers":[{}],"overhead":{"cpu":"x"}})").pod().resources.readable);
}

}  // namespace tollgate::workload
