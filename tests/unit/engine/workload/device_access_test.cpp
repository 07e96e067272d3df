// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/device_access.hpp"

#include "tests/unit/engine/workload/kinds.hpp"

namespace tollgate::workload {
using namespace test;

namespace {

std::string with_env(const std::string& variable, const std::string& resources = "{}") {
    return R"({"containers":[{"name":"a"},{"name":"b","env":[{"name":"X","value":"y"},)" + variable +
           R"(],"resources":)" + resources + "}]}";
}

std::string with_volume(const std::string& path, bool privileged = false) {
    return R"({"containers":[{"name":"a","securityContext":{"privileged":)" +
           std::string(privileged ? "true" : "false") +
           R"(}}],"volumes":[{"name":"e","emptyDir":{}},{"name":"d","hostPath":{"path":")" + path +
           R"("}}]})";
}

}  // namespace

TEST_CASE("NVIDIA_VISIBLE_DEVICES opens devices, whether or not its container asks for one") {
    const Read read = read_pod(with_env(R"({"name":"NVIDIA_VISIBLE_DEVICES","value":"all"})"));
    REQUIRE(read.pod().device_access.size() == 1);
    CHECK(read.pod().device_access[0].encoding == Encoding::DeviceAccess);
    CHECK(read.pod().device_access[0].resource == "NVIDIA_VISIBLE_DEVICES");
    CHECK(read.pod().device_access[0].container == 1);
    CHECK(read.pod().device_access[0].count == 0);
    CHECK_FALSE(read.pod().asks_for_accelerator());
    CHECK(read.pod().totals.empty());

    CHECK(read_pod(with_env(R"({"name":"NVIDIA_VISIBLE_DEVICES","valueFrom":{"configMapKeyRef":{}}})"))
              .pod()
              .device_access.size() == 1);
    for (const char* count : {"0", "1"}) {
        const std::string limits = std::string(R"({"limits":{"nvidia.com/gpu":)") + count + "}}";
        CHECK(read_pod(with_env(R"({"name":"NVIDIA_VISIBLE_DEVICES","value":"all"})", limits))
                  .pod()
                  .device_access.size() == 1);
    }
}

TEST_CASE("the variable opens nothing when it says none") {
    const std::string value = GENERATE(R"("")", R"("void")", R"("none")");
    CHECK(read_pod(with_env(R"({"name":"NVIDIA_VISIBLE_DEVICES","value":)" + value + "}"))
              .pod()
              .device_access.empty());
    CHECK(read_pod(with_env(R"({"name":"NVIDIA_VISIBLE_DEVICES"})")).pod().device_access.empty());
    CHECK(read_pod(with_env(R"({"name":"CUDA_VISIBLE_DEVICES","value":"0"})")).pod().device_access.empty());
}

TEST_CASE("an nvidia runtime class opens devices to a pod that asks for none") {
    const std::string runtime = GENERATE("nvidia", "nvidia-cdi", "nvidia-legacy");
    const std::string tail = R"(,"runtimeClassName":")" + runtime + R"("})";
    const Read read = read_pod(R"({"containers":[{}])" + tail);
    REQUIRE(read.pod().device_access.size() == 1);
    CHECK(read.pod().device_access[0].resource == "runtimeClassName");
    CHECK(read.pod().containers.at(read.pod().device_access[0].container).role == ContainerRole::PodLevel);
    CHECK(read_pod(R"({"containers":[)" + gpu_container("limits", "1") + "]" + tail)
              .pod()
              .device_access.empty());
    CHECK(read_pod(R"({"containers":[{}],"runtimeClassName":"nvidia-like"})").pod().device_access.empty());
    CHECK(read_pod(R"({"containers":[{}],"runtimeClassName":"gvisor"})").pod().device_access.empty());
}

TEST_CASE("device files of the host open devices, even beside a request") {
    const std::string path = GENERATE("/dev/nvidia0", "/dev/nvidiactl", "/dev//nvidia-uvm", "/dev/./nvidia0",
                                      "//dev/nvidia0", "/dev/nvidia-caps/nvidia-cap1");
    INFO(path);
    const Read read = read_pod(with_volume(path));
    REQUIRE(read.pod().device_access.size() == 1);
    CHECK(read.pod().device_access[0].resource == path);
    CHECK(read_pod(R"({"containers":[)" + gpu_container("limits", "1") +
                   R"(],"volumes":[{"hostPath":{"path":")" + path + R"("}}]})")
              .pod()
              .device_access.size() == 1);
}

TEST_CASE("all of /dev opens devices to privileged pods only; other paths to nobody") {
    CHECK(read_pod(with_volume("/dev", true)).pod().device_access.size() == 1);
    CHECK(read_pod(with_volume("/dev/", true)).pod().device_access.size() == 1);
    CHECK(read_pod(with_volume("/dev", false)).pod().device_access.empty());
    CHECK(
        read_pod(
            R"({"containers":[{"name":"a"}],"ephemeralContainers":[{"name":"b","securityContext":{"privileged":)"
            R"(true}}],"volumes":[{"hostPath":{"path":"/dev"}}]})")
            .pod()
            .device_access.size() == 1);
    const std::string path =
        GENERATE("/dev/shm", "/devices", "/data/dev/nvidia0", "dev/nvidia0", "", "/", "/dev/kvm");
    INFO(path);
    CHECK(read_pod(with_volume(path, true)).pod().device_access.empty());
}

}  // namespace tollgate::workload
