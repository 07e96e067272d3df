// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/purpose.hpp"

#include "tests/unit/engine/workload/kinds.hpp"

namespace tollgate::workload {
using namespace test;

namespace {

std::string with_gpu(const std::string& fields) {
    return R"({"name":"m",)" + fields + R"(,"resources":{"limits":{"nvidia.com/gpu":1}}})";
}

std::string shown(const Workload& workload) {
    return std::string(to_string(workload.cls)) + ", " + workload.cls_reason;
}

std::string of_pod(const std::string& fields) {
    return shown(read_pod(R"({"containers":[)" + with_gpu(fields) + "]}").workload);
}

std::string of_deployment(const std::string& fields, const KindSpec& kind = deployment_kind()) {
    return shown(
        read(R"({"spec":{"template":{"spec":{"containers":[)" + with_gpu(fields) + "]}}}}", kind).workload);
}

}  // namespace

TEST_CASE("a container that trains is known by its command") {
    struct Row {
        const char *fields, *reason;
    };
    const Row rows[] = {
        {R"("command":["torchrun","--nproc-per-node","8","main.py"])", "runs torchrun"},
        {R"("command":["bash","-c","pip install x && exec accelerate launch main.py"])",
         "runs accelerate launch"},
        {R"("command":["python","-m","torch.distributed.run","x.py"])", "runs PyTorch's launcher"},
        {R"("args":["deepspeed","x.py"])", "runs DeepSpeed"},
        {R"("command":["tune","run","recipe"])", "runs torchtune"},
        {R"("command":["python","train.py"])", "runs a script that is called after training"},
        {R"("command":["python3","-u","/src/run_pretraining.py"])",
         "runs a script that is called after training"},
        {R"("command":["/src/llama_finetuning.py"])", "runs a script that is called after training"},
        {R"("image":"vllm/vllm-openai","command":["torchrun","x.py"])", "runs torchrun"},
    };
    for (const Row& row : rows) {
        INFO(row.fields);
        CHECK(of_deployment(row.fields) == "Training, container m " + std::string(row.reason));
        CHECK(of_pod(row.fields) == "Training, container m " + std::string(row.reason));
    }
    for (const char* other :
         {R"("command":["python","constrain.py"])",
          R"("command":["python","serve.py","--script","train.py"])", R"("command":["accelerate","config"])",
          R"("command":["tail","train.py.log"])", R"("args":["--entry","torchrun"])",
          R"("command":["python","app.py","--tune","tune"])"}) {
        INFO(other);
        CHECK(of_deployment(other) == "Serving, kind Deployment");
        CHECK(of_pod(other) == "Unclassified, ");
    }
}

TEST_CASE("a pod of no kind that says so serves when its container does, or listens") {
    CHECK(of_pod(R"("command":["vllm","serve","m"])") == "Serving, container m runs vLLM");
    CHECK(of_pod(R"("image":"ollama/ollama")") == "Serving, container m has the image of Ollama");
    CHECK(of_pod(R"("image":"vllm/vllm-openai","args":["--model","m"])") ==
          "Serving, container m has the image of vLLM");
    CHECK(of_pod(R"("image":"x","args":["--mem-fraction-static=0.8"])") ==
          "Serving, container m runs SGLang");
    CHECK(of_pod(R"("image":"vllm/vllm-openai","command":["python","offline.py"])") == "Unclassified, ");
    CHECK(of_pod(R"("image":"nvcr.io/nvidia/tensorflow:24.01")") == "Unclassified, ");
    CHECK(of_pod(R"("image":"x","ports":[{"containerPort":8080}])") ==
          "Serving, container m listens on a port");
    CHECK(of_pod(R"("image":"x","ports":[{"containerPort":29500}],"command":["torchrun","x.py"])") ==
          "Training, container m runs torchrun");
    CHECK(of_pod(R"("command":["sleep","infinity"],"ports":[{"containerPort":22}])")
              .starts_with("Interactive"));
}

TEST_CASE("what serves in a batch is a batch, and containers without a GPU say nothing") {
    KindSpec job = deployment_kind();
    job.kind = "Job";
    job.cls = Class::Batch;
    CHECK(of_deployment(R"("command":["vllm","serve","m"])", job) == "Batch, kind Job");
    CHECK(of_deployment(R"("command":["torchrun","x.py"])", job) == "Training, container m runs torchrun");
    const std::string beside = R"({"containers":[{"name":"helper","command":["torchrun","x.py"]},)" +
                               with_gpu(R"("command":["./app"])") + "]}";
    CHECK(read_pod(beside).workload.cls == Class::Unclassified);
}

TEST_CASE("an owned pod that trains stays so, one that serves takes its root's class") {
    Read trainer = read_pod(R"({"containers":[)" + with_gpu(R"("command":["torchrun","x.py"])") + "]}");
    classify_by_root(trainer.workload, deployment_kind());
    CHECK(trainer.workload.cls == Class::Training);
    KindSpec job = deployment_kind();
    job.cls = Class::Batch;
    Read server = read_pod(R"({"containers":[)" + with_gpu(R"("command":["vllm","serve","m"])") + "]}");
    classify_by_root(server.workload, job);
    CHECK(server.workload.cls == Class::Batch);
}

}  // namespace tollgate::workload
