// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/server.hpp"

#include "engine/base/json/document.hpp"
#include "tests/support/catch.hpp"

#include <string>

namespace tollgate::workload {
namespace {

ServedModel read(std::string_view container) {
    const auto parsed = json::parse(container);
    REQUIRE(parsed.has_value());
    const json::Node node = parsed->root();
    return read_server({node["image"].string(), node["command"], node["args"], node["env"], node["envFrom"],
                        node["storageUri"].string(), node["modelFormat"]["name"].string()});
}

std::string number(const std::optional<std::int64_t>& value) {
    return value ? std::to_string(*value) : "-";
}

/// "vLLM model len=8192 seqs=- tp=1 pp=1 f=0.9 dtype= quant= kv=", and what is doubted or missing.
std::string shown(const ServedModel& served) {
    if (served.server == nullptr) return "-";
    std::string out =
        std::string(served.server->name) + ": " + served.model.value_or("(" + served.why_no_model + ")");
    if (served.is_path) out += " (path)";
    if (served.max_length) out += " len=" + number(served.max_length);
    if (served.sequences) out += " seqs=" + number(served.sequences);
    if (served.total_tokens) out += " total=" + number(served.total_tokens);
    if (served.batched_tokens) out += " batch=" + number(served.batched_tokens);
    if (served.tensor_parallel != 1) out += " tp=" + std::to_string(served.tensor_parallel);
    if (served.pipeline_parallel != 1) out += " pp=" + std::to_string(served.pipeline_parallel);
    if (served.fraction) out += " f=" + served.fraction->to_decimal(3);
    if (!served.dtype.empty()) out += " dtype=" + served.dtype;
    if (!served.quantization.empty()) out += " q=" + served.quantization;
    if (!served.kv_dtype.empty()) out += " kv=" + served.kv_dtype;
    if (!served.doubt.empty()) out += " ?" + served.doubt;
    return out;
}

struct Row {
    const char *container, *read;
};

void check(std::initializer_list<Row> rows) {
    for (const Row& row : rows) {
        INFO(row.container);
        CHECK(shown(read(row.container)) == row.read);
    }
}

}  // namespace

TEST_CASE("vLLM in every spelling") {
    check({
        {R"({"image":"vllm/vllm-openai:v0.8","args":["--model","org/m","--max-model-len","8192"]})",
         "vLLM: org/m len=8192"},
        {R"({"image":"vllm/vllm-openai:v0.8","args":["--model=org/m","--max_model_len=8k","--max-num-seqs=16"]})",
         "vLLM: org/m len=8000 seqs=16"},
        {R"({"image":"x","command":["vllm","serve","org/m"],"args":["-tp","2","-pp=2","--dtype","bfloat16"]})",
         "vLLM: org/m tp=2 pp=2 dtype=bfloat16"},
        {R"({"image":"vllm/vllm-openai:latest","args":["org/m","--enforce-eager","--max-model-len=1K"]})",
         "vLLM: org/m len=1024"},
        {R"({"command":["python3","-m","vllm.entrypoints.openai.api_server"],"args":["--model","org/m","--kv-cache-dtype=fp8"]})",
         "vLLM: org/m kv=fp8"},
        {R"({"command":["/bin/sh","-c"],"args":["exec vllm serve 'org/m' \\\n  --gpu-memory-utilization 0.95 \\\n --quantization AWQ"]})",
         "vLLM: org/m f=0.95 q=awq"},
        {R"({"command":["bash","-c","pip install x && python -m vllm.entrypoints.openai.api_server --model $M"],"env":[{"name":"M","value":"org/m"}]})",
         "vLLM: org/m"},
        {R"J({"image":"vllm/vllm-openai","args":["--model=$(M)"],"env":[{"name":"M","value":"org/m"}]})J",
         "vLLM: org/m"},
        {R"({"image":"team/llm:3","args":["--model","org/m","--gpu-memory-utilization=0.9"]})",
         "vLLM: org/m f=0.9 ?its program is only known by its options"},
        {R"({"command":["python","llama-2-7b.py","--mem-fraction-static","0.5"]})",
         "SGLang: (its arguments name no model) f=0.5 ?its program is only known by its options"},
        {R"({"image":"vllm/vllm-openai","args":["--model","/models/m","--max-model-len","-1"]})",
         "vLLM: /models/m (path)"},
        {R"({"image":"vllm/vllm-openai","args":["--model","org/m","--model","org/n"]})", "vLLM: org/n"},
        {R"({"image":"vllm/vllm-openai","args":["--served-model-name","x","--model","org/m"]})",
         "vLLM: org/m"},
        {R"({"command":["vllm","serve","org/m","--max-num-batched-tokens","2048"]})",
         "vLLM: org/m batch=2048"},
        {R"({"command":["vllm","serve","hf://org/m:main"]})", "vLLM: org/m"},
        {R"({"command":["vllm","serve","s3://bucket/m"]})", "vLLM: s3://bucket/m (path)"},
    });
}

TEST_CASE("what cannot be read of vLLM is unknown, with the reason") {
    check({
        {R"({"image":"vllm/vllm-openai"})", "vLLM: (its arguments name no model)"},
        {R"({"command":["sh","-c","vllm serve $MODEL"]})",
         "vLLM: (the model is named by a variable that the manifest does not set)"},
        {R"({"command":["sh","-c","vllm serve org/m $EXTRA"]})",
         "vLLM: org/m ?some of its arguments come from variables that the manifest does not set"},
        {R"({"command":["sh","-c","vllm serve org/m --max-model-len $LEN --port $PORT"]})",
         "vLLM: org/m ?some of its arguments come from variables that the manifest does not set"},
        {R"({"command":["sh","-c","vllm serve org/m --port $PORT"]})", "vLLM: org/m"},
        {R"({"command":["vllm","serve","org/m","--max-model-len","long"]})",
         "vLLM: org/m ?an argument that says how much it keeps in memory could not be read"},
        {R"({"command":["vllm","serve","org/m","--gpu-memory-utilization","1.5"]})",
         "vLLM: org/m ?an argument that says how much it keeps in memory could not be read"},
        {R"({"command":["vllm","serve","org/m","--config","c.yaml"]})",
         "vLLM: org/m ?some of its options are in a file"},
        {R"({"command":["vllm","serve","org/m"],"env":[{"name":"VLLM_ATTENTION_BACKEND","value":"X"}]})",
         "vLLM: org/m ?its kernels are chosen by hand, and may be for some GPUs alone"},
        {R"({"command":["vllm","serve","org/m","--enable-lora"]})", "vLLM: org/m ?adapters take memory too"},
        {R"({"command":["vllm","serve","org/m","--speculative-config={}"]})",
         "vLLM: org/m ?a second model that drafts takes memory too"},
        {R"({"command":["sh","-c","vllm serve org/m & vllm serve org/n; wait"]})",
         "vLLM: org/n ?it starts more than one server"},
        {R"({"image":"vllm/vllm-openai","command":["./start.sh"]})",
         "vLLM: (its arguments name no model) ?its command line could not be followed to its end"},
        {R"({"command":["sh","-c","vllm serve 'org/m"]})",
         "vLLM: org/m ?its command line could not be followed to its end"},
    });
}

TEST_CASE("SGLang, TGI, KServe and TensorRT-LLM") {
    check({
        {R"({"command":["python3","-m","sglang.launch_server","--model-path","org/m","--context-length","4096","--tp","2","--mem-fraction-static","0.8"]})",
         "SGLang: org/m len=4096 tp=2 f=0.8"},
        {R"({"image":"lmsysorg/sglang:v0.5","command":["sglang","serve","org/m"],"args":["--max-total-tokens=65536","--max-running-requests","8"]})",
         "SGLang: org/m seqs=8 total=65536"},
        {R"({"image":"lmsysorg/sglang","command":["python","-m","sglang.launch_server"],"args":["--model","org/m","--disaggregation-mode","decode"]})",
         "SGLang: org/m ?it keeps buffers for the caches of other servers"},
        {R"({"command":["python","-m","sglang_router.launch_router"]})", "-"},
        {R"({"image":"ghcr.io/huggingface/text-generation-inference:3","args":["--model-id","org/m","--max-total-tokens","4096","--quantize","awq","--num-shard","2"]})",
         "Text Generation Inference: org/m len=4096 tp=2 q=awq"},
        {R"({"image":"ghcr.io/huggingface/text-generation-inference:3","env":[{"name":"MODEL_ID","value":"org/m"},{"name":"MAX_TOTAL_TOKENS","value":"2048"},{"name":"CUDA_MEMORY_FRACTION","value":"0.5"}]})",
         "Text Generation Inference: org/m len=2048 f=0.5"},
        {R"({"command":["text-generation-launcher"],"env":[{"name":"HF_MODEL_ID","value":"org/m"}]})",
         "Text Generation Inference: org/m"},
        {R"({"command":["text-generation-launcher"],"env":[{"name":"MODEL_ID","valueFrom":{"configMapKeyRef":{"name":"c","key":"k"}}}]})",
         "Text Generation Inference: (the model is named by a variable that the manifest does not set)"},
        {R"({"modelFormat":{"name":"huggingface"},"storageUri":"hf://org/m","args":["--max_model_len=2048","--model_name=x"]})",
         "KServe's Hugging Face server: org/m len=2048"},
        {R"({"modelFormat":{"name":"huggingface"},"args":["--model_id=org/m","--dtype=float16","--backend=huggingface"]})",
         "KServe's Hugging Face server: org/m dtype=float16 ?another backend than vLLM runs the model"},
        {R"({"modelFormat":{"name":"huggingface"},"storageUri":"pvc://models/m"})",
         "KServe's Hugging Face server: pvc://models/m (path)"},
        {R"({"image":"kserve/huggingfaceserver:latest","args":["--model_id=org/m"]})",
         "KServe's Hugging Face server: org/m"},
        {R"({"modelFormat":{"name":"sklearn"},"storageUri":"hf://org/m"})", "-"},
        {R"({"command":["trtllm-serve","org/m","--max_seq_len","4096","--tp_size","2"]})",
         "TensorRT-LLM: org/m len=4096 tp=2 ?its engines are built for one kind of GPU"},
    });
}

TEST_CASE("NIM, Triton, Ollama and llama.cpp") {
    check({
        {R"({"image":"nvcr.io/nim/meta/llama-3.1-8b-instruct:1.8.0","env":[{"name":"NIM_MAX_MODEL_LEN","value":"8192"}]})",
         "NVIDIA NIM: meta/llama-3.1-8b-instruct len=8192 ?it chooses an engine by the GPU that it finds"},
        {R"({"image":"nvcr.io/nim/nvidia/llm-nim:1","env":[{"name":"NIM_MODEL_NAME","value":"hf://org/m"},{"name":"NIM_KVCACHE_PERCENT","value":"0.7"}]})",
         "NVIDIA NIM: org/m f=0.7 ?it chooses an engine by the GPU that it finds"},
        {R"({"image":"nvcr.io/nvidia/tritonserver:24.01-py3","args":["tritonserver","--model-repository=/models"]})",
         "Triton: (its models stand in a repository that the manifest does not show) ?its engines are built "
         "for one kind of GPU"},
        {R"({"image":"ollama/ollama","env":[{"name":"OLLAMA_CONTEXT_LENGTH","value":"8192"},{"name":"OLLAMA_NUM_PARALLEL","value":"4"}]})",
         "Ollama: (its arguments name no model) len=8192 seqs=4 ?it leaves to the CPU what does not fit, and "
         "sizes its context by the GPU"},
        {R"({"command":["sh","-c","ollama serve & sleep 5; ollama pull llama3.1:8b; wait"]})",
         "Ollama: llama3.1:8b ?it leaves to the CPU what does not fit, and sizes its context by the GPU"},
        {R"({"image":"ghcr.io/ggml-org/llama.cpp:server-cuda","args":["-hf","org/m-GGUF:Q4_K_M","-c","8192","-ctk","q8_0"]})",
         "llama.cpp: org/m-GGUF:Q4_K_M total=8192 kv=q8_0"},
        {R"({"command":["/app/llama-server","-m","/models/m.Q4_K_M.gguf","--ctx-size","0"]})",
         "llama.cpp: /models/m.Q4_K_M.gguf (path)"},
        {R"({"command":["llama-server"],"env":[{"name":"LLAMA_ARG_HF_REPO","value":"org/m"},{"name":"LLAMA_ARG_CTX_SIZE","value":"4096"}]})",
         "llama.cpp: org/m total=4096"},
        {R"({"image":"ollama/ollama","envFrom":[{"configMapRef":{"name":"c"}}]})",
         "Ollama: (its arguments name no model, and part of its environment stands in a ConfigMap or Secret) "
         "?it leaves to the CPU what does not fit, and sizes its context by the GPU"},
        {R"({"command":["llama-server","-hf","org/m"],"envFrom":[{"configMapRef":{"name":"c"}}]})",
         "llama.cpp: org/m ?part of its environment stands in a ConfigMap or Secret"},
        {R"({"command":["vllm","serve","org/m"],"envFrom":[{"configMapRef":{"name":"c"}}]})", "vLLM: org/m"},
        {R"({"image":"nginx","args":["--model","org/m"]})", "-"},
        {R"({"image":"pytorch/pytorch","command":["python","train.py"]})", "-"},
        {R"({})", "-"},
    });
}

}  // namespace tollgate::workload
