// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/server.hpp"

#include <array>

namespace tollgate::workload {
namespace {

constexpr std::string_view kByGpu = "it chooses an engine by the GPU that it finds";
constexpr std::string_view kEngines = "its engines are built for one kind of GPU";
constexpr std::string_view kGraph = "what its program keeps in memory is not known";
constexpr std::string_view kSpills =
    "it leaves to the CPU what does not fit, and sizes its context by the GPU";

const Server* all_servers() {
    static const Server kServers[] = {
        {ServerKind::Vllm, "vLLM", true, Ratio::of(9, 10), true, ""},
        {ServerKind::Sglang, "SGLang", true, Ratio::of(4, 5), false, ""},
        {ServerKind::Tgi, "Text Generation Inference", true, Ratio::of(9, 10), true, ""},
        {ServerKind::Triton, "Triton", false, Ratio::of(9, 10), true, kEngines},
        {ServerKind::Nim, "NVIDIA NIM", true, Ratio::of(9, 10), true, kByGpu},
        {ServerKind::Ollama, "Ollama", false, Ratio::of(9, 10), true, kSpills},
        {ServerKind::LlamaCpp, "llama.cpp", false, Ratio::of(9, 10), true, ""},
        {ServerKind::KServe, "KServe's Hugging Face server", true, Ratio::of(9, 10), true, ""},
        {ServerKind::TensorRtLlm, "TensorRT-LLM", true, Ratio::of(9, 10), true, kEngines},
        {ServerKind::TensorFlow, "TensorFlow", true, Ratio::of(9, 10), true, kGraph},
        {ServerKind::Jax, "JAX", true, Ratio::of(9, 10), true, kGraph},
    };
    return kServers;
}

struct Named {
    std::string_view word;
    ServerKind kind;
};

/// Parts of an image's name that may themselves hold what separates words. First that fits.
constexpr std::array kImageParts{
    Named{"text-generation-inference", ServerKind::Tgi},
    Named{"nvcr.io/nim/", ServerKind::Nim},
    Named{"ggml-org/llama.cpp", ServerKind::LlamaCpp},
    Named{"ggerganov/llama.cpp", ServerKind::LlamaCpp},
    Named{"llama-cpp", ServerKind::LlamaCpp},
};
/// Words of an image's repository and tag.
constexpr std::array kImageWords{
    Named{"vllm", ServerKind::Vllm},
    Named{"sglang", ServerKind::Sglang},
    Named{"jax", ServerKind::Jax},
    Named{"tensorflow", ServerKind::TensorFlow},
    Named{"huggingfaceserver", ServerKind::KServe},
    Named{"tritonserver", ServerKind::Triton},
    Named{"ollama", ServerKind::Ollama},
};
/// What stands behind `python -m`.
constexpr std::array kModules{
    Named{"vllm", ServerKind::Vllm},
    Named{"sglang", ServerKind::Sglang},
    Named{"huggingfaceserver", ServerKind::KServe},
};
constexpr std::array kPrograms{
    Named{"text-generation-launcher", ServerKind::Tgi},
    Named{"text-generation-server", ServerKind::Tgi},
    Named{"tensorflow_model_server", ServerKind::TensorFlow},
    Named{"tritonserver", ServerKind::Triton},
    Named{"llama-server", ServerKind::LlamaCpp},
    Named{"trtllm-serve", ServerKind::TensorRtLlm},
    Named{"ollama", ServerKind::Ollama},
};

std::string_view base_name(std::string_view word) {
    const std::size_t slash = word.rfind('/');
    return slash == std::string_view::npos ? word : word.substr(slash + 1);
}

/// Calls visit(word) for what stands between / - _ . : in an image's repository and tag, without its digest.
/// Tags count: "tritonserver:24.01-vllm-python-py3".
template <class Visit>
void for_each_image_word(std::string_view image, Visit visit) {
    const auto ends = [](char c) { return c == '/' || c == '-' || c == '_' || c == '.' || c == ':'; };
    std::size_t start = 0;
    for (std::size_t at = 0; at <= image.size(); ++at) {
        if (at < image.size() && image[at] != '@' && !ends(image[at])) continue;
        if (at > start) visit(image.substr(start, at - start));
        if (at == image.size() || image[at] == '@') return;
        start = at + 1;
    }
}

}  // namespace

const Server& server_of(ServerKind kind) {
    return all_servers()[static_cast<std::size_t>(kind)];
}

const Server* server_of_image(std::string_view image) {
    const std::string_view name = image.substr(0, image.find('@'));
    for (const Named& part : kImageParts)
        if (name.find(part.word) != std::string_view::npos) return &server_of(part.kind);
    const Server* found = nullptr;
    for_each_image_word(image, [&](std::string_view word) {
        for (const Named& each : kImageWords) {
            // "tritonserver:24.01-vllm": what Triton runs says how it treats the device.
            const bool better = found == nullptr || found->kind == ServerKind::Triton;
            if (better && word == each.word) found = &server_of(each.kind);
        }
    });
    return found;
}

const Server* server_of_command(const CommandWords& words, std::size_t& first) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string_view program = base_name(words[i].text);
        const std::string_view next = i + 1 < words.size() ? std::string_view(words[i + 1].text) : "";
        if ((program == "vllm" || program == "sglang") && next == "serve") {
            first = i + 2;
            return &server_of(program == "vllm" ? ServerKind::Vllm : ServerKind::Sglang);
        }
        if (words[i].text == "-m" && i > 0) {
            for (const Named& module : kModules) {
                const bool within =
                    next.starts_with(module.word) && next.substr(module.word.size()).starts_with('.');
                if (next != module.word && !within) continue;
                first = i + 2;
                return &server_of(module.kind);
            }
        }
        for (const Named& each : kPrograms) {
            if (program != each.word) continue;
            first = i + 1;
            return &server_of(each.kind);
        }
    }
    return nullptr;
}

const Server* server_of_options(const CommandWords& words) {
    for (const Word& word : words) {
        const std::string_view name = std::string_view(word.text).substr(0, word.text.find('='));
        if (name == "--gpu-memory-utilization") return &server_of(ServerKind::Vllm);
        if (name == "--mem-fraction-static") return &server_of(ServerKind::Sglang);
    }
    return nullptr;
}

}  // namespace tollgate::workload
