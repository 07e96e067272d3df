// SPDX-License-Identifier: Apache-2.0
// Language models: what their weights and their cache take, found by the name a server is given.
//
// The data is compiled in: engine/workload/data/models.yaml -> scripts/generate_models.py -> model_data.cpp
// (generated, committed). A row nobody compared with a public source says so, and only advises. Names are
// matched without regard to case; a copy of a model under another organisation, or a size in the name, is a
// guess. Limits: names are looked at up to kMaxModelNameBytes. Thread rule: constant data, any thread.
#pragma once

#include "engine/base/ratio.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tollgate::workload {

/// How numbers are stored: of weights, or of the cache.
enum class NumberFormat : std::uint8_t { Fp32, Bf16, Fp16, Fp8, Int8, Int4, Fp4, Gguf };

struct Model {
    std::string_view name;                  // "Llama-3.1-8B"
    std::span<const std::string_view> ids;  // "meta-llama/Llama-3.1-8B-Instruct"
    std::int64_t parameters;                // all of them, experts too
    std::int64_t embedding;                 // of these; quantised checkpoints keep them at 16 bits
    std::int64_t layers, hidden, kv_heads;
    std::int64_t kv_elements;  // of one token in one layer: keys and values, or what MLA keeps of them
    bool mla;                  // compressed attention: each GPU of a tensor parallel group keeps it whole
    std::int64_t context;
    NumberFormat format;  // of the published checkpoint
    bool verified;
    bool vision;  // an image encoder comes on top
};
std::span<const Model> models();  // generated

/// How a checkpoint's weights are stored, as its name says.
struct WeightFormat {
    NumberFormat format = NumberFormat::Bf16;
    std::string_view name = "BF16";    // "AWQ", "GGUF Q4_K_M"
    Ratio bytes = Ratio(2);            // per parameter
    Ratio embedding_bytes = Ratio(2);  // per parameter of the embedding
    friend bool operator==(const WeightFormat&, const WeightFormat&) = default;
};
/// As a format is stored without more being said of it: scales and zero points are counted.
WeightFormat weight_format(NumberFormat format);
/// "Q4_K_M", "IQ4_XS", "Q8_0": a GGUF file's type; empty when it is none.
std::optional<WeightFormat> gguf_format(std::string_view type);

struct ModelMatch {
    const Model* model = nullptr;
    std::optional<WeightFormat> format;  // the name says it: "...-AWQ", "...:Q4_K_M"; empty: as published
    bool exact = false;  // published under this very name, or as its publisher's quantised copy
    /// Only a size was read in the name; `model` is then the known one of about that size with the largest
    /// cache, and this its parameters.
    std::optional<std::int64_t> size_in_name;
};

/// "meta-llama/Llama-3.1-8B-Instruct", "llama-3.1-8b-instruct", "Qwen/Qwen3-8B-FP8", "org/my-tune-8b". The
/// last part of a path counts when `is_path`, and is never exact. Empty: nothing is known by that name.
std::optional<ModelMatch> find_model(std::string_view name, bool is_path = false);

}  // namespace tollgate::workload
