// SPDX-License-Identifier: Apache-2.0
// Model servers: which one a container runs, what it serves and how, as its image, command, arguments and
// environment plainly say.
//
// The idea: a fact is read or it is unknown with its reason; nothing is made up. What is read never leaves
// here as text: reasons speak of places, not of values. Limits: those of command_words.hpp and model.hpp.
// Thread rule: pure. Sources: the servers' own documentation of their arguments (vLLM "Engine Arguments",
// SGLang "Server Arguments", TGI "text-generation-launcher arguments", NVIDIA NIM for LLMs "Configure",
// Ollama FAQ, llama.cpp tools/server/README.md, KServe Hugging Face runtime).
#pragma once

#include "engine/base/json/node.hpp"
#include "engine/base/ratio.hpp"
#include "engine/workload/command_words.hpp"
#include "engine/workload/model.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate::workload {

enum class ServerKind : std::uint8_t {
    Vllm,
    Sglang,
    Tgi,
    Triton,
    Nim,
    Ollama,
    LlamaCpp,
    KServe,
    TensorRtLlm,
    TensorFlow,
    Jax
};

/// How a server treats the device it is given.
struct Server {
    ServerKind kind;
    std::string_view name;  // "vLLM"
    /// Takes most of the device's memory at start, whatever it needs.
    bool preallocates;
    /// Share of the device it may use where nobody says.
    Ratio fraction;
    /// Activations come out of that share (vLLM), or beside it (SGLang).
    bool overhead_inside;
    /// What it loads follows from its arguments alone; else its floor is a guess, for the reason given.
    std::string_view doubt;
};
const Server& server_of(ServerKind kind);

/// The server that an image is named after; null for none.
const Server* server_of_image(std::string_view image);
/// The server a command starts, and where its own words begin; null for none.
const Server* server_of_command(const CommandWords& words, std::size_t& first);
/// The server by an option that no other program has, whatever the image is called; null for none.
const Server* server_of_options(const CommandWords& words);

/// Where a container's facts stand; KServe and NIM say some of them beside the container.
struct ServerPlace {
    std::string_view image;
    json::Node command, args, env, env_from;
    std::string_view storage_uri;   // "hf://org/model", of KServe
    std::string_view model_format;  // spec.predictor.model.modelFormat.name
};

struct ServedModel {
    const Server* server = nullptr;
    bool by_command = false;
    std::int64_t devices = 1;  // that its container asks for; filled in by who knows

    std::optional<std::string> model;  // as named; a name, or a path when is_path
    bool is_path = false;
    std::string why_no_model;  // "the model is named by a variable that the manifest does not set"

    std::optional<std::int64_t> max_length;      // of one sequence
    std::optional<std::int64_t> sequences;       // at once
    std::optional<std::int64_t> total_tokens;    // the cache's size, where it is given as such
    std::optional<std::int64_t> batched_tokens;  // of one forward pass
    std::int64_t tensor_parallel = 1, pipeline_parallel = 1;
    bool parallel_known = true;
    bool splits_over_all = false;  // over the GPUs the pod has, where nobody says
    std::optional<Ratio> fraction;
    std::string dtype, quantization, kv_dtype;  // lower case; "" when not given
    /// Why no floor that rewrites can follow: "" when all of it could be read.
    std::string doubt;
};

/// A server with what could be read; `server` is null when none was recognised.
ServedModel read_server(const ServerPlace& place);

}  // namespace tollgate::workload
