// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/floor.hpp"

#include <algorithm>

namespace tollgate::workload {
namespace {

constexpr std::int64_t kMiB = 1LL << 20, kGiB = 1LL << 30;
constexpr std::int64_t kStep = 1024;  // of lengths that are proposed
constexpr std::int64_t kLeastOverhead = 2 * kGiB;
/// The CUDA context and captured graphs stand beside what a server may use.
constexpr std::int64_t kOutside = 768 * kMiB;
/// Tokens of one forward pass where nobody says: what servers take by default, and what older ones take to
/// measure with, up to where they cut prompts into chunks.
constexpr std::int64_t kBatchedTokens = 8192, kMostBatchedTokens = 32768;
/// Sixteen vectors of the hidden size at 16 bits live at once while a layer runs.
constexpr std::int64_t kActivationBytes = 32;

constexpr std::string_view kUnverified = "its figures were not compared with a public source";
constexpr std::string_view kVision = "its image encoder comes on top";
constexpr std::string_view kOtherPublisher = "it only has the name of a known model";
constexpr std::string_view kFolder = "only the name of its folder says what it is";
constexpr std::string_view kSize = "only its size is known, from its name";
constexpr std::string_view kFourBits = "which GPUs have kernels for its 4-bit numbers is not known";
constexpr std::string_view kUnknownServer = "what serves it is not known";

std::string grouped(std::int64_t number) {
    const std::string digits = std::to_string(number);
    std::string out;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
        out += digits[i];
    }
    return out;
}

std::string gib(const Ratio& bytes) {
    return (bytes / Ratio(kGiB)).to_decimal(1, 1) + " GiB";
}

std::int64_t divided_up(std::int64_t number, std::int64_t by) {
    return (number + by - 1) / by;
}

bool takes_own_precision(const Server* server) {
    return server != nullptr && (server->kind == ServerKind::Vllm || server->kind == ServerKind::Sglang ||
                                 server->kind == ServerKind::KServe);
}

/// As they are loaded: what is quantised while it loads stands there at 16 bits first.
WeightFormat weights_of(const FloorQuestion& question) {
    if (question.match.format) return *question.match.format;
    const NumberFormat published = question.match.model->format;
    const bool wide = published == NumberFormat::Bf16 || published == NumberFormat::Fp16;
    const std::string& dtype = question.served.dtype;
    const std::string& quantization = question.served.quantization;
    if (!wide) return weight_format(published);
    // An annotation names the model, and the arguments say how the copy at hand is stored.
    if (question.declared_name && quantization.starts_with("awq")) return weight_format(NumberFormat::Int4);
    if (question.declared_name && quantization.starts_with("gptq")) return weight_format(NumberFormat::Int8);
    if (dtype == "float" || dtype == "float32") return weight_format(NumberFormat::Fp32);
    if (dtype == "half" || dtype == "float16") return weight_format(NumberFormat::Fp16);
    if (dtype == "bfloat16" || dtype == "bf16") return weight_format(NumberFormat::Bf16);
    return weight_format(published);
}

Ratio cache_bytes(const ServedModel& served) {
    const std::string& type = served.kv_dtype;
    const bool eight_bits = type.starts_with("fp8") || type == "int8";
    const ServerKind kind = served.server != nullptr ? served.server->kind : ServerKind::Vllm;
    if (kind == ServerKind::Ollama && type == "q8_0") return Ratio::of(34, 32);
    if (kind == ServerKind::Ollama && type == "q4_0") return Ratio::of(18, 32);
    if (kind != ServerKind::LlamaCpp && eight_bits) return 1;
    const bool wide =
        served.dtype == "float" || served.dtype == "float32" || type == "f32" || type == "float32";
    return wide ? 4 : 2;
}

std::string_view doubt_of(const FloorQuestion& question, const WeightFormat& weights) {
    const ModelMatch& match = question.match;
    if (question.served.server == nullptr) return kUnknownServer;
    if (!question.served.doubt.empty()) return question.served.doubt;
    if (match.size_in_name) return kSize;
    if (!match.exact) return question.served.is_path && !question.declared_name ? kFolder : kOtherPublisher;
    if (!match.model->verified) return kUnverified;
    if (match.model->vision) return kVision;
    const bool four_bits =
        weights.format == NumberFormat::Fp4 || question.served.quantization.find("fp4") != std::string::npos;
    return four_bits ? kFourBits : std::string_view{};
}

std::string_view length_option(const ServedModel& served) {
    if (served.server == nullptr || served.total_tokens) return "";
    switch (served.server->kind) {
        case ServerKind::Vllm:
        case ServerKind::KServe:
            return "--max-model-len";
        case ServerKind::Sglang:
            return "--context-length";
        case ServerKind::Tgi:
            return "--max-total-tokens";
        case ServerKind::Nim:
            return "NIM_MAX_MODEL_LEN";
        default:
            return "";
    }
}

/// How the model is cut: layers over stages, and each layer over the GPUs of a stage.
struct Cut {
    std::int64_t tensor = 1, stages = 1;
};

Cut cut_of(const FloorQuestion& question) {
    const ServedModel& served = question.served;
    Cut cut{served.tensor_parallel, served.pipeline_parallel};
    if (!served.splits_over_all) return cut;
    const bool by_layers =
        served.server->kind == ServerKind::LlamaCpp || served.server->kind == ServerKind::Ollama;
    (by_layers ? cut.stages : cut.tensor) = std::max<std::int64_t>(1, served.devices);
    return cut;
}

void fill_sizes(const FloorQuestion& question, const WeightFormat& weights, Cut cut, ModelFloor& out) {
    const Model& model = *question.match.model;
    const std::int64_t parameters = question.match.size_in_name.value_or(model.parameters);
    const std::int64_t embedding = std::min(model.embedding, parameters / 2);
    const std::int64_t layers = divided_up(model.layers, cut.stages);
    const Ratio part = Ratio::of(layers, model.layers);
    out.weights =
        (Ratio(parameters - embedding) * weights.bytes * part + Ratio(embedding) * weights.embedding_bytes) /
        Ratio(cut.tensor);
    const std::int64_t of_a_head = model.kv_elements / model.kv_heads;
    const std::int64_t elements =
        model.mla ? model.kv_elements : divided_up(model.kv_heads, cut.tensor) * of_a_head;
    out.cache_of_a_token = Ratio(elements) * Ratio(layers) * cache_bytes(question.served);
    out.activations_of_a_token = Ratio(model.hidden) * Ratio(kActivationBytes);
}

void fill_server(const ServedModel& served, ModelFloor& out) {
    const Server* server = served.server;
    out.fraction = served.fraction.value_or(server != nullptr ? server->fraction : Ratio::of(9, 10));
    // Its own fraction is of what it leaves a margin on.
    if (server != nullptr && server->kind == ServerKind::Tgi && served.fraction)
        out.fraction *= server->fraction;
    out.overhead_inside = server == nullptr || server->overhead_inside;
    out.leaves_room = server != nullptr && server->preallocates && server->kind != ServerKind::Tgi;
    out.total_tokens = served.total_tokens;
    out.batched_tokens = served.batched_tokens;
    out.sequences = served.sequences.value_or(1);
    out.length_option = length_option(served);
}

void say(const FloorQuestion& question, const WeightFormat& weights, Cut cut, ModelFloor& out) {
    const ModelMatch& match = question.match;
    std::string text = match.size_in_name
                           ? "a model of " +
                                 (Ratio(*match.size_in_name) / Ratio(1'000'000'000)).to_decimal(2) +
                                 "B parameters"
                           : std::string(match.model->name);
    text += " " + std::string(weights.name) + ": " + gib(out.weights) + " of weights + " +
            gib(out.cache(out.tokens)) + " of KV cache for ";
    if (out.total_tokens) {
        text += grouped(*out.total_tokens) + " tokens in all";
    } else {
        if (out.sequences > 1) text += grouped(out.sequences) + " sequences of ";
        text += grouped(out.tokens) + " tokens";
    }
    text += " + " + gib(out.overhead(out.tokens)) + " of overhead";
    if (!out.overhead_inside) text += " beside";
    if (cut.tensor * cut.stages > 1)
        text += " on each of " + std::to_string(cut.tensor * cut.stages) + " GPUs";
    text += ", in " + (out.fraction * Ratio(100)).to_decimal(1) + "% of the device";
    out.text = std::move(text);
}

}  // namespace

Ratio ModelFloor::cache(std::int64_t tokens_of_one) const {
    return cache_of_a_token * (total_tokens ? Ratio(*total_tokens) : Ratio(tokens_of_one) * Ratio(sequences));
}

Ratio ModelFloor::overhead(std::int64_t tokens_of_one) const {
    const std::int64_t batch =
        batched_tokens.value_or(std::max(kBatchedTokens, std::min(tokens_of_one, kMostBatchedTokens)));
    const Ratio activations = Ratio(kGiB) + activations_of_a_token * Ratio(batch);
    return max(max(Ratio(kLeastOverhead), weights / Ratio(5)), activations);
}

std::optional<std::int64_t> ModelFloor::needed_mib(std::int64_t tokens_of_one) const {
    const Ratio over = overhead(tokens_of_one);
    const Ratio inside = weights + cache(tokens_of_one) + (overhead_inside ? over : Ratio(0));
    Ratio outside = leaves_room ? Ratio(kOutside) : Ratio(0);
    if (!overhead_inside) outside = over;
    const Ratio rest = Ratio(1) - fraction;
    Ratio bytes = inside / fraction;
    if (!outside.is_zero()) bytes = max(bytes, outside / rest);  // a share of 1 leaves nothing: unknown
    if (!bytes.is_known() || (!outside.is_zero() && rest.is_zero())) return std::nullopt;
    return (bytes / Ratio(kMiB)).ceil();
}

std::optional<std::int64_t> ModelFloor::tokens_in(std::int64_t device_mib) const {
    if (length_option.empty()) return std::nullopt;
    const auto fits = [&](std::int64_t steps) {
        const std::optional<std::int64_t> needed = needed_mib(steps * kStep);
        return needed && *needed <= device_mib;
    };
    std::int64_t low = 0, high = (tokens - 1) / kStep;
    while (low < high) {
        const std::int64_t middle = low + (high - low + 1) / 2;
        if (fits(middle)) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low > 0 && fits(low) ? std::optional(low * kStep) : std::nullopt;
}

FloorAnswer model_floor(const FloorQuestion& question) {
    const ServedModel& served = question.served;
    const Model& model = *question.match.model;
    const Cut cut = cut_of(question);
    if (!served.parallel_known) return {{}, "over how many GPUs it spreads stands in a variable"};
    if (cut.tensor > served.devices || cut.stages > served.devices ||
        cut.tensor * cut.stages > served.devices) {
        return {{}, "it spreads over more GPUs than its container asks for"};
    }
    if (question.match.size_in_name && !served.max_length && !served.total_tokens) {
        return {{}, "only the size of its model is known, and nothing says how long its sequences are"};
    }
    const WeightFormat weights = weights_of(question);
    ModelFloor floor;
    floor.tokens = served.max_length.value_or(model.context);
    if (served.total_tokens) floor.tokens = std::min(floor.tokens, *served.total_tokens);
    fill_server(served, floor);
    fill_sizes(question, weights, cut, floor);
    const std::optional<std::int64_t> needed = floor.needed_mib(floor.tokens);
    if (!needed) return {{}, "it may use so much of a device that nothing is left for the rest"};
    floor.memory_mib = *needed;
    floor.doubt = std::string(doubt_of(question, weights));
    const bool quantised =
        served.quantization.find("fp8") != std::string::npos || served.kv_dtype.starts_with("fp8");
    floor.needs_fp8 = weights.format == NumberFormat::Fp8 || quantised;
    floor.needs_bf16 = (takes_own_precision(served.server) && weights.format == NumberFormat::Bf16) ||
                       served.quantization.ends_with("_marlin");
    say(question, weights, cut, floor);
    return {std::move(floor), ""};
}

}  // namespace tollgate::workload
