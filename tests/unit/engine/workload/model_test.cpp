// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/model.hpp"

#include "engine/base/limits.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <string>

namespace tollgate::workload {

namespace {

std::string found(std::string_view name, bool is_path = false) {
    const auto match = find_model(name, is_path);
    if (!match) return "-";
    if (match->size_in_name) return "about " + std::to_string(*match->size_in_name);
    return std::string(match->model->name) + (match->format ? " " + std::string(match->format->name) : "") +
           (match->exact ? "" : " ?");
}

}  // namespace

TEST_CASE("models are known by the names they are published under, and guessed by others") {
    struct Row {
        const char *name, *model;
    };
    const Row rows[] = {
        {"meta-llama/Llama-3.1-8B-Instruct", "Llama-3.1-8B"},
        {"META-LLAMA/meta-llama-3.1-8b-INSTRUCT", "Llama-3.1-8B"},
        {"Qwen/Qwen2.5-7B-Instruct-AWQ", "Qwen2.5-7B INT4"},
        {"Qwen/Qwen2.5-7B-Instruct-GPTQ-Int4", "Qwen2.5-7B INT4"},
        {"Qwen/Qwen2.5-7B-Instruct-GPTQ-Int8", "Qwen2.5-7B INT8"},
        {"Qwen/Qwen3-8B-FP8", "Qwen3-8B FP8"},
        {"Qwen/Qwen2.5-7B-Instruct-GGUF:Q4_K_M", "Qwen2.5-7B GGUF Q4_K_M"},
        {"Qwen/Qwen2.5-7B-Instruct-GGUF", "Qwen2.5-7B GGUF Q8_0"},
        {"deepseek-ai/DeepSeek-R1", "DeepSeek-R1"},
        // Copies by others may hold anything.
        {"hugging-quants/Meta-Llama-3.1-8B-Instruct-AWQ-INT4", "Llama-3.1-8B INT4 ?"},
        {"bartowski/Meta-Llama-3.1-8B-Instruct-GGUF:Q5_K_M", "Llama-3.1-8B GGUF Q5_K_M ?"},
        {"meta/llama-3.1-8b-instruct", "Llama-3.1-8B ?"},
        {"llama-3.1-8b", "Llama-3.1-8B ?"},
        {"org/my-tune-7b", "about 7000000000"},
        {"org/moe-8x7b-v2", "about 56000000000"},
        {"llama3.1:8b-instruct-q4_K_M", "about 8000000000"},
        {"org/small-1.5B", "about 1500000000"},
        {"org/tiny-360m", "about 360000000"},
        {"gpt2", "-"},
        {"org/v2b3", "-"},
        {"org/x-99999999999999999999b", "-"},
        {"", "-"},
    };
    for (const Row& row : rows) {
        INFO(row.name);
        CHECK(found(row.name) == row.model);
    }
    CHECK(found("/models/Qwen3-8B", true) == "Qwen3-8B ?");
    CHECK(found("/models/Qwen3-8B/", true) == "Qwen3-8B ?");
    CHECK(found("/models/llama-2-7b-chat.Q4_K_M.gguf", true) == "Llama-2-7B GGUF Q4_K_M ?");
    CHECK(found("/mnt/models", true) == "-");
    // A path is never the published one, whatever it is called.
    CHECK(found("Qwen/Qwen3-8B", true) == "Qwen3-8B ?");
    CHECK(found(std::string(limits::kMaxModelNameBytes + 1, '7')) == "-");
}

TEST_CASE("the table's figures give the numbers that are known") {
    CHECK(models().size() >= 60);
    const Model& model = *find_model("meta-llama/Llama-3.1-8B")->model;
    CHECK(model.parameters == 8'030'261'248);
    CHECK(model.layers == 32);
    CHECK(model.kv_heads == 8);
    CHECK(model.kv_elements == 2 * 8 * 128);
    CHECK(model.context == 131'072);
    // 16 GiB of cache at the full context, 15.0 of weights.
    CHECK(model.kv_elements * model.layers * 2 * model.context == 16LL << 30);
    CHECK((Ratio(2 * model.parameters) / Ratio(1LL << 30)).to_decimal(1) == "15");
    // 576 of 32,768 numbers are kept by DeepSeek's attention.
    CHECK(find_model("deepseek-ai/DeepSeek-V3")->model->kv_elements == 576);
    CHECK(find_model("mistralai/Mixtral-8x7B-v0.1")->model->parameters == 46'702'792'704);
    const auto published =
        std::count_if(models().begin(), models().end(), [](const Model& m) { return m.verified; });
    CHECK(published >= 60);
}

TEST_CASE("a quantised copy keeps its embedding at 16 bits, a GGUF file at eight and a half") {
    CHECK(weight_format(NumberFormat::Int4).bytes == Ratio::of(17, 32));
    CHECK(weight_format(NumberFormat::Int4).embedding_bytes == Ratio(2));
    const auto gguf = gguf_format("q4_k_m");
    REQUIRE(gguf.has_value());
    CHECK(gguf->bytes == Ratio::of(5, 8));
    CHECK(gguf->embedding_bytes > Ratio(1));
    CHECK_FALSE(gguf_format("Q9").has_value());
}

}  // namespace tollgate::workload
