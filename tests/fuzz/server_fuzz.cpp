// SPDX-License-Identifier: Apache-2.0
// Any text as a script, as the one argument of each server, and as a model's name: reading must end within
// its bounds, what is cut is said to be, and every floor is above its weights.
#include "engine/base/json/document.hpp"
#include "engine/base/limits.hpp"
#include "engine/base/result.hpp"
#include "engine/workload/floor.hpp"
#include "engine/workload/server.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

namespace limits = tollgate::limits;
namespace json = tollgate::json;
using namespace tollgate::workload;

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) < 0x20) {
            constexpr char kDigits[] = "0123456789abcdef";
            out += "\\u00";
            out += kDigits[(c >> 4) & 1];
            out += kDigits[c & 15];
        } else {
            out += c;
        }
    }
    return out;
}

void check_script(std::string_view text, const Environment& environment) {
    const CommandLine line = read_script(text, environment);
    std::size_t words = 0, bytes = 0;
    for (const CommandWords& command : line.commands) {
        TOLLGATE_ASSERT(!command.empty());
        words += command.size();
        for (const Word& word : command) bytes += word.text.size();
    }
    TOLLGATE_ASSERT(words <= limits::kMaxCommandWords);
    TOLLGATE_ASSERT(bytes <= limits::kMaxCommandBytes);
    TOLLGATE_ASSERT(text.size() <= limits::kMaxCommandBytes || !line.complete);
}

void check_server(json::Node container) {
    ServedModel served = read_server(
        {container["image"].string(), container["command"], container["args"], container["env"],
         container["envFrom"], container["storageUri"].string(), container["modelFormat"]["name"].string()});
    if (served.server == nullptr) return;
    served.devices = 8;
    TOLLGATE_ASSERT(served.model.has_value() == served.why_no_model.empty());
    if (!served.model) return;
    const auto match = find_model(*served.model, served.is_path);
    if (!match) return;
    const FloorAnswer answer = model_floor({served, *match, false});
    TOLLGATE_ASSERT(answer.floor.has_value() == answer.why_not.empty());
    if (!answer.floor) return;
    TOLLGATE_ASSERT(tollgate::Ratio(answer.floor->memory_mib) * tollgate::Ratio(1LL << 20) >
                    answer.floor->weights);
    TOLLGATE_ASSERT(answer.floor->text.size() < 512);
    if (const auto tokens = answer.floor->tokens_in(24'000); tokens.has_value()) {
        TOLLGATE_ASSERT(*tokens < answer.floor->tokens);
        TOLLGATE_ASSERT(*answer.floor->needed_mib(*tokens) <= 24'000);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(static_cast<const char*>(static_cast<const void*>(data)), size);
    static const auto kEnv = json::parse(
        R"J([{"name":"A","value":"x y"},{"name":"B","value":"$(A)$(A)"},{"name":"C","valueFrom":{}}])J");
    static const Environment kEnvironment(kEnv->root());
    check_script(text, kEnvironment);
    (void)kEnvironment.expand(text);
    if (const auto match = find_model(text); match.has_value()) TOLLGATE_ASSERT(match->model != nullptr);
    const std::string quoted = "\"" + escaped(text) + "\"";
    const auto script = json::parse(R"({"command":["sh","-c"],"args":[)" + quoted + "]}", {.max_depth = 64});
    if (script.has_value()) check_server(script->root());
    for (const char* image : {"vllm/vllm-openai", "lmsysorg/sglang", "ollama/ollama", "ggml-org/llama.cpp",
                              "text-generation-inference"}) {
        const auto container = json::parse(R"({"image":")" + std::string(image) + R"(","args":["--model",)" +
                                               quoted + R"(,"--max-model-len",)" + quoted + "]}",
                                           {.max_depth = 64});
        if (container.has_value()) check_server(container->root());
    }
    const auto document = json::parse(text, {.max_depth = 64});
    if (document.has_value()) check_server(document->root());
    return 0;
}
