// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/floor.hpp"

#include "engine/workload/need.hpp"
#include "tests/unit/engine/workload/kinds.hpp"

namespace tollgate::workload {
using namespace test;

namespace {

Need need_of(const std::string& container, const std::string& annotations = "", int gpus = 1) {
    const Read read =
        read_pod(R"({"containers":[{"name":"m",)" + container +
                     R"(,"resources":{"limits":{"nvidia.com/gpu":)" + std::to_string(gpus) + "}}}]}",
                 R"({"annotations":{)" + annotations + "}}");
    return read_declared_need(read.workload, read.pod());
}

std::string vllm(const std::string& words) {
    return R"("image":"vllm/vllm-openai:v0.9","command":["sh","-c","vllm serve )" + words + R"("])";
}

std::int64_t mib(const std::string& container, int gpus = 1) {
    const Need need = need_of(container, "", gpus);
    INFO(container);
    INFO(need.why_no_floor);
    REQUIRE(need.floor.has_value());
    return need.floor->memory_mib;
}

const std::string kLlama = "meta-llama/Llama-3.1-8B-Instruct";

}  // namespace

TEST_CASE("the floor of an 8B model adds up to numbers that can be checked by hand") {
    const Need need = need_of(vllm(kLlama + " --max-model-len 8192"));
    REQUIRE(need.floor.has_value());
    const ModelFloor& floor = *need.floor;
    // 8,030,261,248 parameters at 2 bytes; 32 layers x 2 x 8 heads x 128 x 2 bytes a token.
    CHECK(floor.weights == Ratio(16'060'522'496));
    CHECK(floor.cache_of_a_token == Ratio(131'072));
    CHECK(floor.cache(8192) == Ratio(1LL << 30));
    CHECK(floor.overhead(8192) == Ratio::of(16'060'522'496, 5));
    // (15,316.5 + 1,024 + 3,063.3) MiB / 0.9, rounded up.
    CHECK(floor.memory_mib == 21'560);
    CHECK(floor.doubt.empty());
    CHECK(floor.text ==
          "Llama-3.1-8B BF16: 15.0 GiB of weights + 1.0 GiB of KV cache for 8,192 tokens + 3.0 GiB of "
          "overhead, in 90% of the device");
    CHECK(need.bf16);
    CHECK_FALSE(need.fp8);
    // It fits an L4 (22,888 MiB) and no slice of 20 GB.
    CHECK(floor.memory_mib < 22'888);
    CHECK(floor.memory_mib > 20'096);
    CHECK_FALSE(need.memory_mib.has_value());
}

TEST_CASE(
    "at its full context the same model needs the cache of 131,072 tokens, and the floor knows what fits") {
    const ModelFloor floor = *need_of(vllm(kLlama)).floor;
    CHECK(floor.tokens == 131'072);
    CHECK(floor.cache(floor.tokens) == Ratio(16LL << 30));
    CHECK(floor.memory_mib > 40'000);
    CHECK(floor.length_option == "--max-model-len");
    const std::optional<std::int64_t> tokens = floor.tokens_in(22'888);
    REQUIRE(tokens.has_value());
    CHECK(*floor.needed_mib(*tokens) <= 22'888);
    CHECK(*floor.needed_mib(*tokens + 1024) > 22'888);
    CHECK_FALSE(floor.tokens_in(16'000).has_value());
    // Never longer than what it asks for.
    CHECK(*floor.tokens_in(1'000'000) == 131'072 - 1024);
}

TEST_CASE("every argument moves the floor the way it must") {
    const std::int64_t base = mib(vllm(kLlama + " --max-model-len 8192"));
    CHECK(mib(vllm(kLlama + " --max-model-len 16384")) > base);
    CHECK(mib(vllm(kLlama + " --max-model-len 8192 --max-num-seqs 4")) > base + 3 * 1024);
    CHECK(mib(vllm(kLlama + " --max-model-len 8192 --gpu-memory-utilization 0.8")) > base);
    CHECK(mib(vllm(kLlama + " --max-model-len 8192 --dtype float32")) > 2 * base - 4096);
    CHECK(mib(vllm(kLlama + " --max-model-len 8192 --kv-cache-dtype fp8")) < base);
    CHECK(mib(vllm(kLlama + " --max-model-len 8192 --max-num-batched-tokens 65536")) > base);
    // What is quantised while it is loaded stands there at 16 bits first.
    CHECK(mib(vllm(kLlama + " --max-model-len 8192 --quantization fp8")) == base);
    CHECK(need_of(vllm(kLlama + " --quantization fp8")).fp8);
    // Half the device leaves room only on a large one.
    CHECK(mib(vllm("Qwen/Qwen2.5-0.5B-Instruct --max-model-len 1024 --gpu-memory-utilization 0.99")) ==
          76'800);
    CHECK(need_of(vllm(kLlama + " --gpu-memory-utilization 1")).why_no_floor ==
          "it may use so much of a device that nothing is left for the rest");
}

TEST_CASE("a model cut over GPUs needs its part on each") {
    const std::string large = "meta-llama/Llama-3.3-70B-Instruct --max-model-len 8192";
    const std::int64_t four = mib(vllm(large + " --tensor-parallel-size 4"), 4);
    // 131.4 GiB of weights over four, 2 of 8 KV heads each.
    CHECK(four > 33 * 1024);
    CHECK(four < 48 * 1024);
    const std::int64_t stages = mib(vllm(large + " --pipeline-parallel-size 4"), 4);
    CHECK(stages > 33 * 1024);
    CHECK(need_of(vllm(large + " --tensor-parallel-size 4"), "", 4).floor->text.find("on each of 4 GPUs") !=
          std::string::npos);
    CHECK(need_of(vllm(large + " --tensor-parallel-size 4")).why_no_floor ==
          "it spreads over more GPUs than its container asks for");
    CHECK(need_of(vllm(large + " --tensor-parallel-size $TP"), "", 4).why_no_floor ==
          "over how many GPUs it spreads stands in a variable");
    // Compressed attention is kept whole on every GPU.
    const auto cache = [](const std::string& size) {
        return need_of(vllm("deepseek-ai/DeepSeek-V2-Lite --max-model-len 8192 -tp " + size), "", 4)
            .floor->cache_of_a_token;
    };
    CHECK(cache("1") == cache("4"));
    // TGI takes the GPUs there are.
    CHECK(mib(R"("image":"ghcr.io/huggingface/text-generation-inference:3","args":["--model-id",")" + kLlama +
                  R"(","--max-total-tokens","8192"])",
              2) < 13 * 1024);
}

TEST_CASE("a guess says why it is one") {
    struct Row {
        std::string words;
        const char* doubt;
    };
    const Row rows[] = {
        {"/models/Qwen3-8B", "only the name of its folder says what it is"},
        {"other/Qwen3-8B", "it only has the name of a known model"},
        {"org/tune-8b --max-model-len 4096", "only its size is known, from its name"},
        {"google/gemma-3-4b-it", "its image encoder comes on top"},
        {"Qwen/Qwen2-7B", "its figures were not compared with a public source"},
        {"openai/gpt-oss-20b", "which GPUs have kernels for its 4-bit numbers is not known"},
        {kLlama + " --quantization modelopt_fp4",
         "which GPUs have kernels for its 4-bit numbers is not known"},
        {kLlama + " --enable-lora", "adapters take memory too"},
    };
    for (const Row& row : rows) {
        INFO(row.words);
        const Need need = need_of(vllm(row.words));
        REQUIRE(need.floor.has_value());
        CHECK(need.floor->doubt == row.doubt);
    }
    CHECK(need_of(vllm("org/tune-8b")).why_no_floor ==
          "only the size of its model is known, and nothing says how long its sequences are");
    CHECK(need_of(vllm("org/secret")).why_no_floor == "its model is not known");
    CHECK(need_of(vllm("/mnt/m")).why_no_floor ==
          "its model is loaded from a place that does not say what it is");
    CHECK(need_of(vllm("$MODEL")).why_no_floor ==
          "the model is named by a variable that the manifest does not set");
    CHECK(need_of(R"("image":"pytorch/pytorch")").why_no_floor == "");
    CHECK_FALSE(need_of(R"("image":"pytorch/pytorch")").floor.has_value());
}

TEST_CASE("an annotation names the model where the arguments do not") {
    const std::string model = R"("tollgate.dev/model":"meta-llama/Llama-3.1-8B-Instruct")";
    const Need named = need_of(vllm("/mnt/models --max-model-len 8192"), model);
    REQUIRE(named.floor.has_value());
    CHECK(named.floor->doubt == "");
    CHECK(named.floor->memory_mib == 21'560);
    // The copy at hand is quantised, as the arguments say.
    const Need quantised = need_of(vllm("/mnt/models --max-model-len 8192 --quantization awq"), model);
    CHECK(quantised.floor->memory_mib < 12'000);
    // Arguments that name a model count.
    CHECK(need_of(vllm("Qwen/Qwen3-0.6B"), model).floor->text.starts_with("Qwen3-0.6B"));
    CHECK(need_of(R"("image":"team/own-server:1")", model).floor->doubt == "what serves it is not known");
    CHECK(need_of(vllm("/mnt/models"), R"("tollgate.dev/model":"org/none")").why_no_floor ==
          "the model that tollgate.dev/model names is not known");
}

TEST_CASE("SGLang keeps its activations beside its share, llama.cpp counts tokens in all") {
    const Need sglang = need_of(R"("command":["python","-m","sglang.launch_server","--model-path",")" +
                                kLlama + R"(","--context-length","8192"])");
    REQUIRE(sglang.floor.has_value());
    // (15,316.5 + 1,024) MiB / 0.8, rounded up.
    CHECK(sglang.floor->memory_mib == 20'426);
    CHECK(sglang.bf16);
    const Need llama = need_of(
        R"("image":"ghcr.io/ggml-org/llama.cpp:server-cuda","args":["-hf","Qwen/Qwen2.5-7B-Instruct-GGUF:Q4_K_M","-c","8192"])");
    REQUIRE(llama.floor.has_value());
    CHECK(llama.floor->doubt == "");
    CHECK(llama.floor->memory_mib < 9'856);
    CHECK_FALSE(llama.preallocates);
    CHECK_FALSE(llama.bf16);
}

TEST_CASE("features follow from what is published, and from the copy's name") {
    CHECK(need_of(vllm("Qwen/Qwen3-8B-FP8")).fp8);
    CHECK_FALSE(need_of(vllm("Qwen/Qwen3-8B-FP8")).bf16);
    CHECK(need_of(vllm("deepseek-ai/DeepSeek-R1 -tp 8"), "", 8).fp8);
    CHECK_FALSE(need_of(vllm(kLlama + " --dtype half")).bf16);
    CHECK_FALSE(need_of(vllm("meta-llama/Llama-2-7b-hf")).bf16);
    CHECK_FALSE(need_of(vllm("Qwen/Qwen2.5-7B-Instruct-AWQ")).bf16);
}

TEST_CASE("of several containers with a GPU each is read, and all must be known") {
    const auto container = [](const std::string& name, const std::string& fields) {
        return R"({"name":")" + name + "\"," + fields + R"(,"resources":{"limits":{"nvidia.com/gpu":1}}})";
    };
    const auto need = [](const std::string& containers) {
        const Read read = read_pod(R"({"containers":[)" + containers + "]}");
        return read_declared_need(read.workload, read.pod());
    };
    const std::string small = container("a", vllm("Qwen/Qwen3-0.6B --max-model-len 4096"));
    const std::string large = container("b", vllm(kLlama + " --max-model-len 8192"));
    CHECK(need(small + "," + large).floor->memory_mib == 21'560);
    CHECK(need(large + "," + small).floor->memory_mib == 21'560);
    const Need other = need(large + "," + container("c", R"("image":"team/app:1")"));
    CHECK_FALSE(other.floor.has_value());
    CHECK(other.why_no_floor == "another of its containers asks for a GPU, and what that needs is not known");
    CHECK(other.bf16);
    // A guess in one of them makes the whole a guess, whichever is larger.
    CHECK_FALSE(need(large + "," + container("d", vllm("/m/Qwen3-0.6B"))).floor->doubt.empty());
    // TGI splits over the GPUs of its own container, not of the pod.
    const std::string tgi =
        R"("image":"ghcr.io/huggingface/text-generation-inference:3","args":["--model-id",")" + kLlama +
        R"(","--max-total-tokens","8192"])";
    CHECK(need(container("a", tgi) + "," + container("b", tgi)).floor->memory_mib > 20'000);
}

}  // namespace tollgate::workload
