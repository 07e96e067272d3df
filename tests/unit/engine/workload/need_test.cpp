// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/need.hpp"

#include "tests/unit/engine/workload/kinds.hpp"

namespace tollgate::workload {
using namespace test;

namespace {

Need annotated(const std::string& annotations) {
    const Read read = read_pod(R"({"containers":[)" + gpu_container("limits", "1") + "]}",
                               R"({"annotations":{)" + annotations + "}}");
    return read_declared_need(read.workload, read.pod());
}

Need container(const std::string& fields) {
    const Read read = read_pod(R"({"containers":[{"name":"m",)" + fields +
                               R"(,"resources":{"limits":{"nvidia.com/gpu":2}}}]})");
    return read_declared_need(read.workload, read.pod());
}

}  // namespace

TEST_CASE("declared memory is rounded up to MiB") {
    struct Case {
        std::string text;
        std::int64_t mib;
    };
    const Case each = GENERATE(Case{"18Gi", 18432}, Case{"9856Mi", 9856}, Case{"1.5Gi", 1536},
                               Case{"10G", 9537}, Case{"1048577", 2});
    INFO(each.text);
    const Need need = annotated(R"("tollgate.dev/gpu-memory":")" + each.text + R"(")");
    REQUIRE(need.memory_mib.has_value());
    CHECK(need.memory_mib->value == each.mib);
    CHECK(need.memory_mib->confidence == Confidence::Declared);
    CHECK(need.memory_mib->source == "annotation tollgate.dev/gpu-memory");
    CHECK(need.problems.empty());
}

TEST_CASE("annotations that cannot be read are problems, not needs") {
    struct Case {
        std::string annotation, problem;
    };
    const Case bad =
        GENERATE(Case{R"("tollgate.dev/gpu-memory":"18GB")", "tollgate.dev/gpu-memory: not a quantity"},
                 Case{R"("tollgate.dev/gpu-memory":"18")", "less than 1Mi"},
                 Case{R"("tollgate.dev/gpu-memory":"-1Gi")", "less than 1Mi"},
                 Case{R"("tollgate.dev/gpu-compute":"0")", "not a share"},
                 Case{R"("tollgate.dev/gpu-compute":"1.1")", "not a share"},
                 Case{R"("tollgate.dev/gpu-compute":"30%")", "not a share"},
                 Case{R"("tollgate.dev/isolation":"hardware")", "not one of Hardware"});
    INFO(bad.annotation);
    const Need need = annotated(bad.annotation);
    REQUIRE(need.problems.size() == 1);
    CHECK(need.problems[0].find(bad.problem) != std::string::npos);
    CHECK_FALSE(need.memory_mib.has_value());
    CHECK_FALSE(need.compute.has_value());
    CHECK_FALSE(need.isolation.has_value());
}

TEST_CASE("compute, isolation, keep and model") {
    const Need need = annotated(R"("tollgate.dev/gpu-compute":"0.3","tollgate.dev/isolation":"Memory",
                                   "tollgate.dev/keep":"","tollgate.dev/model":"meta/x")");
    CHECK(need.compute->value == Ratio::of(3, 10));
    CHECK(*need.isolation == Isolation::Memory);
    CHECK(*need.keep_reason == "");
    CHECK(*need.model == "meta/x");
    CHECK_FALSE(annotated(R"("a":"b")").keep_reason.has_value());
    CHECK(annotated(R"("tollgate.dev/gpu-compute":"1")").compute->value == Ratio(1));
}

TEST_CASE("the template's annotations win over the workload's") {
    const auto need = [](const std::string& own) {
        const Read read = test::read(
            R"({"metadata":{"annotations":{"tollgate.dev/gpu-memory":"8Gi"}},"spec":{"template":{"metadata":{)" +
                own + R"(},"spec":{"containers":[]}}}})",
            deployment_kind());
        return read_declared_need(read.workload, read.pod()).memory_mib->value;
    };
    CHECK(need("") == 8192);
    CHECK(need(R"("annotations":{"tollgate.dev/gpu-memory":"4Gi"})") == 4096);
}

TEST_CASE("features that the command line plainly asks for") {
    CHECK(container(R"("args":["--dtype","bfloat16"])").bf16);
    CHECK(container(R"("args":["--dtype=bfloat16"])").bf16);
    CHECK(container(R"("command":["sh","-c"],"args":["vllm serve m --dtype bfloat16 --kv-cache-dtype fp8"])")
              .fp8);
    CHECK(container(R"("args":["--quantization","fp8"])").fp8);
    CHECK(container(R"("args":["--kv-cache-dtype=fp8_e5m2"])").fp8);
    CHECK_FALSE(container(R"("args":["--dtype","float16","bfloat16"])").bf16);
    CHECK_FALSE(container(R"("args":["--quantization","awq","fp8"])").fp8);
    CHECK_FALSE(container(R"("env":[{"name":"X","value":"--dtype bfloat16"}])").bf16);
}

TEST_CASE("vLLM and SGLang take the model's own precision unless told another") {
    CHECK(container(R"("image":"vllm/vllm-openai:v0.8.1")").bf16_by_default == "vLLM");
    CHECK(container(R"("image":"vllm/vllm-openai:v0.8.1","args":["--dtype","auto"])").bf16_by_default ==
          "vLLM");
    CHECK(container(R"("command":["python","-m","sglang.launch_server"])").bf16_by_default == "SGLang");
    for (const char* told : {R"("args":["--dtype","half"])", R"("args":["--dtype=float16"])",
                             R"("args":["--dtype","float32"])"}) {
        CHECK(container(R"("image":"vllm/vllm-openai:v0.8.1",)" + std::string(told)).bf16_by_default.empty());
    }
    CHECK(container(R"("image":"tensorflow/serving")").bf16_by_default.empty());
    CHECK(container(R"("image":"nginx")").bf16_by_default.empty());
}

TEST_CASE("an image says which CUDA it holds, or nothing is known") {
    struct Row {
        const char* image;
        std::optional<std::int32_t> major;
    };
    const Row rows[] = {
        {"nvidia/cuda:12.4.1-runtime-ubuntu22.04", 12},
        {"nvcr.io/nvidia/cuda:11.8.0-base", 11},
        {"registry:5000/nvidia/cuda:12", 12},
        {"pytorch/pytorch:2.4.0-cuda12.1-cudnn9-runtime", 12},
        {"x/y:v1-cu124", 12},
        {"x/y:cu118-v2", 11},
        {"x/y:cuda-13.0", 13},
        {"nvidia/cuda", std::nullopt},
        {"nvidia/cuda:latest", std::nullopt},
        {"nvidia/cuda:9.2-base", std::nullopt},
        {"x/y:custom12", std::nullopt},
        {"x/y:1.2-custard", std::nullopt},
        {"x/cuda12@sha256:cu124", std::nullopt},
        {"x/y:cu1234", std::nullopt},
        {"", std::nullopt},
    };
    for (const Row& row : rows) {
        INFO(row.image);
        CHECK(container(R"("image":")" + std::string(row.image) + "\"").cuda_major == row.major);
    }
}

TEST_CASE("servers that take the whole device are known by command or image") {
    const std::string fields =
        GENERATE(R"("command":["vllm","serve","m"])",
                 R"("command":["python3","-m","vllm.entrypoints.openai.api_server"])",
                 R"("command":["bash","-lc","exec /opt/bin/vllm serve m"])",
                 R"("args":["python","-m","sglang.launch_server"])", R"("image":"vllm/vllm-openai:v0.8.1")",
                 R"("image":"lmsysorg/sglang@sha256:0")", R"("image":"registry.example:5000/team/my-vllm:1")",
                 R"("image":"ghcr.io/huggingface/text-generation-inference:2.0")",
                 R"("image":"nvcr.io/nvidia/jax:24.04")", R"("image":"tensorflow/serving")",
                 R"("image":"nvcr.io/nvidia/tensorflow")", R"("command":["tensorflow_model_server"])",
                 R"("command":["text-generation-launcher"])",
                 R"("image":"nvcr.io/nvidia/tritonserver:24.01-vllm-python-py3")",
                 R"("image":"team/llm:3","args":["--gpu-memory-utilization=0.9"])",
                 R"("image":"team/llm:3","args":["--mem-fraction-static","0.8"])");
    INFO(fields);
    const Need need = container(fields);
    CHECK(need.preallocates);
    CHECK(need.preallocates_reason.find("container m runs ") == 0);
    CHECK(need.communicating_gpus == 2);
}

TEST_CASE("other images and commands take what they need") {
    const std::string fields = GENERATE(R"("image":"nginx")", R"("image":"example/tensorflowish:1")",
                                        R"("image":"x/y@sha256:vllm")", R"("command":["python","vllm.py"])",
                                        R"("image":"pytorch/pytorch:2.4")", R"("command":["vllm","bench"])");
    INFO(fields);
    CHECK_FALSE(container(fields).preallocates);
    // A helper without a device is not asked.
    const Read read =
        read_pod(R"({"containers":[{"image":"vllm/vllm-openai"},)" + gpu_container("limits", "1") + "]}");
    CHECK_FALSE(read_declared_need(read.workload, read.pod()).preallocates);
}

}  // namespace tollgate::workload
