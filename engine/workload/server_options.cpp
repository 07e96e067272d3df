// SPDX-License-Identifier: Apache-2.0
// The arguments and variables of each server, as tables: one row per spelling.
#include "engine/workload/server.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace tollgate::workload {
namespace {

constexpr std::string_view kVariables =
    "some of its arguments come from variables that the manifest does not set";
constexpr std::string_view kUnclear = "its command line could not be followed to its end";
constexpr std::string_view kByOptions = "its program is only known by its options";
constexpr std::string_view kSeveral = "it starts more than one server";
constexpr std::string_view kUnreadable =
    "an argument that says how much it keeps in memory could not be read";
constexpr std::string_view kFile = "some of its options are in a file";
constexpr std::string_view kDraft = "a second model that drafts takes memory too";
constexpr std::string_view kAdapters = "adapters take memory too";
constexpr std::string_view kTransfer = "it keeps buffers for the caches of other servers";
constexpr std::string_view kOverrides = "its model's own configuration is overridden";
constexpr std::string_view kLoader = "how its weights are loaded is not the usual way";
constexpr std::string_view kImages = "an image encoder takes memory too";
constexpr std::string_view kSizedByHand = "the size of its cache is set by hand";
constexpr std::string_view kBackend = "another backend than vLLM runs the model";
constexpr std::string_view kKernels = "its kernels are chosen by hand, and may be for some GPUs alone";
constexpr std::string_view kGraphs = "its CUDA graphs are sized by hand";
constexpr std::string_view kElsewhere = "part of its environment stands in a ConfigMap or Secret";
constexpr std::string_view kPinned = "its engine is chosen by hand, for one kind of GPU";

enum class Field : std::uint8_t {
    Model,
    Path,
    MaxLength,
    Sequences,
    TotalTokens,
    BatchedTokens,
    Tensor,
    Pipeline,
    Fraction,
    Dtype,
    Quantization,
    KvDtype,
    Doubt
};

struct Option {
    std::string_view name;
    Field field;
    std::string_view doubt = "";  // of Field::Doubt
};

constexpr Option kVllm[] = {
    {"--model", Field::Model},
    {"--model-tag", Field::Model},
    {"--max-model-len", Field::MaxLength},
    {"--max-num-seqs", Field::Sequences},
    {"--max-num-batched-tokens", Field::BatchedTokens},
    {"--tensor-parallel-size", Field::Tensor},
    {"-tp", Field::Tensor},
    {"--pipeline-parallel-size", Field::Pipeline},
    {"-pp", Field::Pipeline},
    {"--gpu-memory-utilization", Field::Fraction},
    {"--dtype", Field::Dtype},
    {"--quantization", Field::Quantization},
    {"-q", Field::Quantization},
    {"--kv-cache-dtype", Field::KvDtype},
    {"--config", Field::Doubt, kFile},
    {"--speculative-config", Field::Doubt, kDraft},
    {"--speculative-model", Field::Doubt, kDraft},
    {"--enable-lora", Field::Doubt, kAdapters},
    {"--lora-modules", Field::Doubt, kAdapters},
    {"--kv-transfer-config", Field::Doubt, kTransfer},
    {"--hf-overrides", Field::Doubt, kOverrides},
    {"--hf-config-path", Field::Doubt, kOverrides},
    {"--rope-scaling", Field::Doubt, kOverrides},
    {"--load-format", Field::Doubt, kLoader},
    {"--cpu-offload-gb", Field::Doubt, kLoader},
    {"--kv-cache-memory-bytes", Field::Doubt, kSizedByHand},
    {"--num-gpu-blocks-override", Field::Doubt, kSizedByHand},
    {"--attention-backend", Field::Doubt, kKernels},
    {"--compilation-config", Field::Doubt, kGraphs},
    {"--cuda-graph-sizes", Field::Doubt, kGraphs},
};
constexpr Option kVllmVariables[] = {
    {"VLLM_ATTENTION_BACKEND", Field::Doubt, kKernels},
};
constexpr Option kKServe[] = {
    {"--model-id", Field::Model},
    {"--model-dir", Field::Path},
    {"--max-length", Field::MaxLength},
    {"--backend", Field::Doubt, kBackend},
};
constexpr Option kSglang[] = {
    {"--model-path", Field::Model},
    {"--model", Field::Model},
    {"--context-length", Field::MaxLength},
    {"--max-running-requests", Field::Sequences},
    {"--max-total-tokens", Field::TotalTokens},
    {"--chunked-prefill-size", Field::BatchedTokens},
    {"--tp-size", Field::Tensor},
    {"--tp", Field::Tensor},
    {"--tensor-parallel-size", Field::Tensor},
    {"--pp-size", Field::Pipeline},
    {"--pipeline-parallel-size", Field::Pipeline},
    {"--mem-fraction-static", Field::Fraction},
    {"--dtype", Field::Dtype},
    {"--quantization", Field::Quantization},
    {"--kv-cache-dtype", Field::KvDtype},
    {"--config", Field::Doubt, kFile},
    {"--speculative-algorithm", Field::Doubt, kDraft},
    {"--speculative-draft-model-path", Field::Doubt, kDraft},
    {"--enable-lora", Field::Doubt, kAdapters},
    {"--lora-paths", Field::Doubt, kAdapters},
    {"--json-model-override-args", Field::Doubt, kOverrides},
    {"--disaggregation-mode", Field::Doubt, kTransfer},
    {"--enable-dp-attention", Field::Doubt, kLoader},
    {"--cpu-offload-gb", Field::Doubt, kLoader},
    {"--load-format", Field::Doubt, kLoader},
    {"--attention-backend", Field::Doubt, kKernels},
    {"--moe-runner-backend", Field::Doubt, kKernels},
    {"--cuda-graph-max-bs", Field::Doubt, kGraphs},
    {"--cuda-graph-bs", Field::Doubt, kGraphs},
};
constexpr Option kTgi[] = {
    {"--model-id", Field::Model},
    {"--max-total-tokens", Field::MaxLength},
    {"--max-batch-total-tokens", Field::TotalTokens},
    {"--max-batch-prefill-tokens", Field::BatchedTokens},
    {"--num-shard", Field::Tensor},
    {"--cuda-memory-fraction", Field::Fraction},
    {"--dtype", Field::Dtype},
    {"--quantize", Field::Quantization},
    {"--kv-cache-dtype", Field::KvDtype},
    {"--speculate", Field::Doubt, kDraft},
    {"--lora-adapters", Field::Doubt, kAdapters},
    {"--rope-scaling", Field::Doubt, kOverrides},
};
constexpr Option kTgiVariables[] = {
    {"MODEL_ID", Field::Model},
    {"HF_MODEL_ID", Field::Model},
    {"MAX_TOTAL_TOKENS", Field::MaxLength},
    {"MAX_BATCH_TOTAL_TOKENS", Field::TotalTokens},
    {"MAX_BATCH_PREFILL_TOKENS", Field::BatchedTokens},
    {"NUM_SHARD", Field::Tensor},
    {"CUDA_MEMORY_FRACTION", Field::Fraction},
    {"DTYPE", Field::Dtype},
    {"QUANTIZE", Field::Quantization},
    {"KV_CACHE_DTYPE", Field::KvDtype},
    {"SPECULATE", Field::Doubt, kDraft},
    {"LORA_ADAPTERS", Field::Doubt, kAdapters},
    {"ROPE_SCALING", Field::Doubt, kOverrides},
};
constexpr Option kNimVariables[] = {
    {"NIM_MODEL_NAME", Field::Model},
    {"NIM_MAX_MODEL_LEN", Field::MaxLength},
    {"NIM_MAX_NUM_SEQS", Field::Sequences},
    {"NIM_TENSOR_PARALLEL_SIZE", Field::Tensor},
    {"NIM_PIPELINE_PARALLEL_SIZE", Field::Pipeline},
    {"NIM_KVCACHE_PERCENT", Field::Fraction},
    {"NIM_KV_CACHE_PERCENT", Field::Fraction},
    {"NIM_MODEL_PROFILE", Field::Doubt, kPinned},
    {"NIM_PEFT_SOURCE", Field::Doubt, kAdapters},
};
constexpr Option kOllamaVariables[] = {
    {"OLLAMA_MODEL", Field::Model},
    {"OLLAMA_CONTEXT_LENGTH", Field::MaxLength},
    {"OLLAMA_NUM_PARALLEL", Field::Sequences},
    {"OLLAMA_KV_CACHE_TYPE", Field::KvDtype},
};
constexpr Option kLlamaCpp[] = {
    {"--model", Field::Path},
    {"-m", Field::Path},
    {"--hf-repo", Field::Model},
    {"-hf", Field::Model},
    {"-hfr", Field::Model},
    {"--hf-file", Field::Doubt, kLoader},
    {"-hff", Field::Doubt, kLoader},
    {"--ctx-size", Field::TotalTokens},
    {"-c", Field::TotalTokens},
    {"--cache-type-k", Field::KvDtype},
    {"-ctk", Field::KvDtype},
    {"--mmproj", Field::Doubt, kImages},
    {"--model-draft", Field::Doubt, kDraft},
    {"-md", Field::Doubt, kDraft},
    {"--lora", Field::Doubt, kAdapters},
};
constexpr Option kLlamaCppVariables[] = {
    {"LLAMA_ARG_MODEL", Field::Path},
    {"LLAMA_ARG_HF_REPO", Field::Model},
    {"LLAMA_ARG_CTX_SIZE", Field::TotalTokens},
    {"LLAMA_ARG_CACHE_TYPE_K", Field::KvDtype},
};
constexpr Option kTensorRtLlm[] = {
    {"--max-seq-len", Field::MaxLength},
    {"--max-batch-size", Field::Sequences},
    {"--max-num-tokens", Field::BatchedTokens},
    {"--tp-size", Field::Tensor},
    {"--pp-size", Field::Pipeline},
    {"--kv-cache-free-gpu-memory-fraction", Field::Fraction},
    {"--extra-llm-api-options", Field::Doubt, kFile},
};

struct OptionSet {
    ServerKind kind;
    const Option* options;
    std::size_t size;
    bool variables;
};
template <std::size_t N>
constexpr OptionSet set(ServerKind kind, const Option (&options)[N], bool variables = false) {
    return {kind, options, N, variables};
}
constexpr OptionSet kSets[] = {
    set(ServerKind::Vllm, kVllm),
    set(ServerKind::Vllm, kVllmVariables, true),
    set(ServerKind::KServe, kVllm),
    set(ServerKind::KServe, kKServe),
    set(ServerKind::Sglang, kSglang),
    set(ServerKind::Tgi, kTgi),
    set(ServerKind::Tgi, kTgiVariables, true),
    set(ServerKind::Nim, kNimVariables, true),
    set(ServerKind::Ollama, kOllamaVariables, true),
    set(ServerKind::LlamaCpp, kLlamaCpp),
    set(ServerKind::LlamaCpp, kLlamaCppVariables, true),
    set(ServerKind::TensorRtLlm, kTensorRtLlm),
};

std::string lowered(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

/// "8192", "8k" (8,000), "8K" (8,192), "1.5m"; 0 for what means "as the model has it" ("auto", "-1", "0").
/// Empty when it is no number of tokens.
std::optional<std::int64_t> read_count(std::string_view value) {
    if (value == "auto" || value == "-1") return 0;
    constexpr std::int64_t kThousand = 1000, kKibi = 1024, kMost = 1'000'000'000;
    std::int64_t scale = 1;
    if (!value.empty()) {
        const char unit = value.back();
        if (unit == 'k') scale = kThousand;
        if (unit == 'K') scale = kKibi;
        if (unit == 'm') scale = kThousand * kThousand;
        if (unit == 'M') scale = kKibi * kKibi;
        if (scale > 1) value.remove_suffix(1);
    }
    const std::optional<Ratio> number = parse_decimal(value);
    if (!number || number->is_negative()) return std::nullopt;
    const std::optional<std::int64_t> count = (*number * Ratio(scale)).ceil();
    return count && *count <= kMost ? count : std::nullopt;
}

/// Fills a ServedModel option by option.
class OptionReader {
  public:
    explicit OptionReader(ServedModel& out) : out_(out) {}

    void doubt(std::string_view why) {
        if (out_.doubt.empty()) out_.doubt = why;
    }

    void take(const Option& option, const Word& value) {
        switch (option.field) {
            case Field::Model:
                return name_model(value, false);
            case Field::Path:
                return name_model(value, true);
            case Field::MaxLength:
                return count(out_.max_length, value);
            case Field::Sequences:
                return count(out_.sequences, value);
            case Field::TotalTokens:
                return count(out_.total_tokens, value);
            case Field::BatchedTokens:
                return count(out_.batched_tokens, value);
            case Field::Tensor:
                return degree(out_.tensor_parallel, value);
            case Field::Pipeline:
                return degree(out_.pipeline_parallel, value);
            case Field::Fraction:
                return fraction(value);
            case Field::Dtype:
                return text(out_.dtype, value);
            case Field::Quantization:
                return text(out_.quantization, value);
            case Field::KvDtype:
                return text(out_.kv_dtype, value);
            case Field::Doubt:
                return doubt(option.doubt);
        }
    }

    /// "hf://org/name" is a name, "s3://..." and "/mnt/..." are places.
    void name_model(const Word& value, bool is_path) {
        std::string_view text = value.text;
        if (!value.known()) {
            out_.model.reset();
            out_.why_no_model = "the model is named by a variable that the manifest does not set";
            return;
        }
        constexpr std::string_view kHub = "hf://";
        const bool hub = text.starts_with(kHub);
        if (hub) text = text.substr(kHub.size(), text.find(':', kHub.size()) - kHub.size());
        if (text.empty()) return;
        out_.model = std::string(text);
        out_.is_path = !hub && (is_path || text.starts_with('/') || text.starts_with('.') ||
                                text.starts_with('~') || text.find("://") != std::string_view::npos);
        out_.why_no_model.clear();
    }

  private:
    void count(std::optional<std::int64_t>& into, const Word& value) {
        const std::optional<std::int64_t> read = value.known() ? read_count(value.text) : std::nullopt;
        if (!read) return doubt(value.known() ? kUnreadable : kVariables);
        into = *read > 0 ? read : std::nullopt;
    }

    void degree(std::int64_t& into, const Word& value) {
        constexpr std::int64_t kMostDevices = 1'000'000;
        const std::optional<std::int64_t> read = value.known() ? read_count(value.text) : std::nullopt;
        out_.splits_over_all = false;
        if (read && *read >= 1 && *read <= kMostDevices) {
            into = *read;
        } else {
            out_.parallel_known = false;
            doubt(kVariables);
        }
    }

    void fraction(const Word& value) {
        const std::optional<Ratio> read = value.known() ? parse_decimal(value.text) : std::nullopt;
        if (!read || !(*read > Ratio(0)) || *read > Ratio(1))
            return doubt(value.known() ? kUnreadable : kVariables);
        out_.fraction = read;
    }

    void text(std::string& into, const Word& value) {
        if (!value.known()) return doubt(kVariables);
        into = lowered(value.text);
    }

    ServedModel& out_;
};

const Option* find_option(ServerKind kind, std::string_view name, bool variables) {
    for (const OptionSet& each : kSets) {
        if (each.kind != kind || each.variables != variables) continue;
        const Option* end = each.options + each.size;
        const Option* found =
            std::find_if(each.options, end, [&](const Option& option) { return option.name == name; });
        if (found != end) return found;
    }
    return nullptr;
}

/// `--max_model_len` is taken for `--max-model-len` by all of them.
std::string normal_name(std::string_view word) {
    std::string name(word.substr(0, word.find('=')));
    if (name.starts_with("--")) std::replace(name.begin(), name.end(), '_', '-');
    return name;
}

/// Options that take no value, whatever stands behind them.
bool is_switch(std::string_view name) {
    return name.starts_with("--enable-") || name.starts_with("--disable-") || name.starts_with("--no-") ||
           name == "--enforce-eager" || name == "--trust-remote-code";
}

/// What it keeps in memory may be said by variables, as well as by arguments.
bool takes_variables(ServerKind kind) {
    return kind == ServerKind::Tgi || kind == ServerKind::Nim || kind == ServerKind::Ollama ||
           kind == ServerKind::LlamaCpp;
}

bool takes_positional(ServerKind kind) {
    return kind == ServerKind::Vllm || kind == ServerKind::Sglang || kind == ServerKind::TensorRtLlm;
}

void read_words(const CommandWords& words, std::size_t at, OptionReader& reader, ServerKind kind) {
    if (at < words.size() && words[at].text == "serve") ++at;  // the image's program is the server's own
    const auto is_option = [](const Word& word) {
        return word.text.starts_with('-') && word.text.size() > 1;
    };
    if (takes_positional(kind) && at < words.size() && !is_option(words[at]))
        reader.name_model(words[at++], false);
    for (; at < words.size(); ++at) {
        const Word& word = words[at];
        if (!is_option(word)) {
            if (!word.known()) reader.doubt(kVariables);
            continue;
        }
        const std::string name = normal_name(word.text);
        const std::size_t equals = word.text.find('=');
        Word value;
        if (equals != std::string::npos) {
            value.text = word.text.substr(equals + 1);
        } else if (at + 1 < words.size() && !is_switch(name) &&
                   (!is_option(words[at + 1]) || words[at + 1].text == "-1")) {
            value = words[++at];
        }
        if (const Option* option = find_option(kind, name, false); option != nullptr)
            reader.take(*option, value);
    }
}

void read_variables(const Environment& environment, json::Node env, OptionReader& reader, ServerKind kind) {
    for (const json::Node variable : env.elements()) {
        const std::string_view name = variable["name"].string();
        const Option* option = find_option(kind, name, true);
        const std::string* value = option == nullptr ? nullptr : environment.find(name);
        if (value != nullptr && !value->empty()) reader.take(*option, {*value});
    }
}

/// "nvcr.io/nim/meta/llama-3.1-8b-instruct:1.8" serves what it is named after.
std::string_view model_of_nim(std::string_view image) {
    constexpr std::string_view kNim = "/nim/";
    image = image.substr(0, image.find('@'));
    const std::size_t at = image.find(kNim);
    if (at == std::string_view::npos) return {};
    image.remove_prefix(at + kNim.size());
    return image.substr(0, image.find(':'));
}

/// `ollama run NAME` and `ollama pull NAME`, wherever they stand.
void read_ollama(const CommandLine& line, OptionReader& reader) {
    for (const CommandWords& words : line.commands)
        for (std::size_t i = 0; i + 2 < words.size(); ++i)
            if (words[i].text.ends_with("ollama") &&
                (words[i + 1].text == "run" || words[i + 1].text == "pull"))
                reader.name_model(words[i + 2], false);
}

/// The one command that starts a server; null when there is none. `count` says how many do.
const CommandWords* find_server(const CommandLine& line, const Server*& server, std::size_t& first,
                                int& count) {
    const CommandWords* found = nullptr;
    for (const CommandWords& words : line.commands) {
        std::size_t at = 0;
        const Server* here = server_of_command(words, at);
        if (here == nullptr) continue;
        ++count;
        server = here;
        first = at;
        found = &words;
    }
    return found;
}

/// A command whose options give its server away; the first of them is where they begin.
const CommandWords* find_options(const CommandLine& line, const Server*& server, std::size_t& first) {
    for (const CommandWords& words : line.commands) {
        server = server_of_options(words);
        if (server == nullptr) continue;
        first = 0;
        while (first < words.size() && !words[first].text.starts_with('-')) ++first;
        return &words;
    }
    return nullptr;
}

std::string why_no_model(ServerKind kind, const ServerPlace& place) {
    if (kind == ServerKind::Triton) return "its models stand in a repository that the manifest does not show";
    if (place.env_from.size() > 0)
        return "its arguments name no model, and part of its environment stands in a ConfigMap or Secret";
    return "its arguments name no model";
}

bool is_kserve_format(std::string_view format) {
    return format == "huggingface" || format == "vLLM" || format == "vllm";
}

}  // namespace

ServedModel read_server(const ServerPlace& place) {
    ServedModel out;
    const Environment environment(place.env);
    const ContainerCommand command = container_command(place.command, place.args, environment);
    std::size_t first = 0;
    int count = 0;
    const CommandWords* words = find_server(command.line, out.server, first, count);
    const bool by_options =
        words == nullptr && (words = find_options(command.line, out.server, first)) != nullptr;
    out.by_command = words != nullptr;
    if (out.server == nullptr) out.server = server_of_image(place.image);
    if (out.server == nullptr && is_kserve_format(place.model_format))
        out.server = &server_of(ServerKind::KServe);
    if (out.server == nullptr) return out;
    const ServerKind kind = out.server->kind;
    out.splits_over_all = kind == ServerKind::Tgi || kind == ServerKind::Nim ||
                          kind == ServerKind::LlamaCpp || kind == ServerKind::Ollama;
    OptionReader reader(out);
    reader.doubt(out.server->doubt);
    if (by_options) reader.doubt(kByOptions);
    if (kind == ServerKind::Nim) reader.name_model({std::string(model_of_nim(place.image))}, false);
    if (!place.storage_uri.empty()) reader.name_model({environment.expand(place.storage_uri)}, false);
    read_variables(environment, place.env, reader, kind);
    if (takes_variables(kind) && place.env_from.size() > 0) reader.doubt(kElsewhere);
    if (words == nullptr && command.entrypoint && !command.line.commands.empty())
        words = &command.line.commands[0];
    if (words != nullptr) read_words(*words, first, reader, kind);
    if (kind == ServerKind::Ollama) read_ollama(command.line, reader);
    if (!command.line.complete) reader.doubt(kUnclear);
    if (count > 1 && kind != ServerKind::Ollama) reader.doubt(kSeveral);
    const bool own_program = place.command.size() > 0 && words == nullptr;
    if (own_program) reader.doubt(kUnclear);
    if (!out.model && out.why_no_model.empty()) out.why_no_model = why_no_model(kind, place);
    return out;
}

}  // namespace tollgate::workload
