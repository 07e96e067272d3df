// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/model.hpp"

#include "engine/base/limits.hpp"

#include <algorithm>
#include <array>

namespace tollgate::workload {
namespace {

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(std::string_view a, std::string_view b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

bool ends_with(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && same(text.substr(text.size() - end.size()), end);
}

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr bool is_alnum(char c) {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}

std::string_view last_part(std::string_view name) {
    while (name.ends_with('/')) name.remove_suffix(1);
    const std::size_t slash = name.rfind('/');
    return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

/// What quantised copies add to the name of what they were made from. Longer ones first.
struct Suffix {
    std::string_view text;
    NumberFormat format;
};
constexpr std::array kSuffixes{
    Suffix{"-awq-int4", NumberFormat::Int4},
    Suffix{"-gptq-int4", NumberFormat::Int4},
    Suffix{"-gptq-int8", NumberFormat::Int8},
    Suffix{"-fp8-dynamic", NumberFormat::Fp8},
    Suffix{"-quantized.w4a16", NumberFormat::Int4},
    Suffix{"-quantized.w8a16", NumberFormat::Int8},
    Suffix{"-quantized.w8a8", NumberFormat::Int8},
    Suffix{"-awq", NumberFormat::Int4},
    Suffix{"-int4", NumberFormat::Int4},
    Suffix{"-int8", NumberFormat::Int8},
    Suffix{"-gptq", NumberFormat::Int8},
    Suffix{"-fp8", NumberFormat::Fp8},
    Suffix{"-nvfp4", NumberFormat::Fp4},
    Suffix{"-fp4", NumberFormat::Fp4},
    Suffix{"-gguf", NumberFormat::Gguf},
};

const Suffix* find_suffix(std::string_view name) {
    for (const Suffix& suffix : kSuffixes)
        if (ends_with(name, suffix.text)) return &suffix;
    return nullptr;
}

const Model* find_id(std::string_view id) {
    for (const Model& model : models())
        for (const std::string_view each : model.ids)
            if (same(each, id)) return &model;
    return nullptr;
}

const Model* find_last_part(std::string_view part) {
    for (const Model& model : models()) {
        if (same(model.name, part)) return &model;
        for (const std::string_view each : model.ids)
            if (same(last_part(each), part)) return &model;
    }
    return nullptr;
}

/// "7b", "1.5B", "360m", "8x7b": parameters, in a name's parts between what is no letter, digit or point.
std::optional<std::int64_t> size_of(std::string_view word) {
    constexpr std::int64_t kMostExperts = 1024, kMostBillions = 10'000;
    std::int64_t experts = 1;
    const std::size_t times = word.find_first_of("xX");
    if (times != std::string_view::npos) {
        const std::optional<Ratio> count = parse_decimal(word.substr(0, times));
        if (times == 0 || !is_digit(word[0]) || !count || !count->is_integer()) return std::nullopt;
        experts = count->floor().value_or(0);
        word.remove_prefix(times + 1);
    }
    if (word.size() < 2 || !is_digit(word[0])) return std::nullopt;
    const char unit = lower(word.back());
    if (unit != 'b' && unit != 'm') return std::nullopt;
    word.remove_suffix(1);
    if (!std::all_of(word.begin(), word.end(), [](char c) { return is_digit(c) || c == '.'; }))
        return std::nullopt;
    const std::optional<Ratio> number = parse_decimal(word);
    if (!number || experts < 1 || experts > kMostExperts || !(*number < Ratio(kMostBillions)))
        return std::nullopt;
    const std::int64_t scale = unit == 'b' ? 1'000'000'000 : 1'000'000;
    const std::optional<std::int64_t> size = (*number * Ratio(scale) * Ratio(experts)).ceil();
    return size && *size > 0 ? size : std::nullopt;
}

/// The first size in a name. "A3B" of a mixture of experts is what one token runs through, and comes after.
std::optional<std::int64_t> size_in(std::string_view name) {
    std::size_t start = 0;
    for (std::size_t at = 0; at <= name.size(); ++at) {
        if (at < name.size() && (is_alnum(name[at]) || name[at] == '.')) continue;
        if (const auto size = size_of(name.substr(start, at - start)); size.has_value()) return size;
        start = at + 1;
    }
    return std::nullopt;
}

/// Of the known models of about this size the one with the largest cache, so that a guess is rather too high.
const Model* like(std::int64_t parameters) {
    const Model* most = nullptr;
    for (const Model& model : models()) {
        const Ratio times = Ratio::of(model.parameters, parameters);
        if (times < Ratio::of(3, 4) || times > Ratio::of(3, 2)) continue;
        if (most == nullptr || most->layers * most->kv_elements < model.layers * model.kv_elements)
            most = &model;
    }
    return most;
}

WeightFormat integer_format(NumberFormat format, std::string_view name, Ratio bytes) {
    return {format, name, bytes, Ratio(2)};
}

/// llama.cpp's types, in hundredths of a bit per weight, rounded up over the models they were measured on.
struct GgufType {
    std::string_view name, shown;
    std::int64_t hundredths;
};
constexpr std::array kGgufTypes{
    GgufType{"BF16", "GGUF BF16", 1600},    GgufType{"F16", "GGUF F16", 1600},
    GgufType{"F32", "GGUF F32", 3200},      GgufType{"IQ2_M", "GGUF IQ2_M", 300},
    GgufType{"IQ3_M", "GGUF IQ3_M", 390},   GgufType{"IQ3_XS", "GGUF IQ3_XS", 360},
    GgufType{"IQ4_NL", "GGUF IQ4_NL", 470}, GgufType{"IQ4_XS", "GGUF IQ4_XS", 450},
    GgufType{"Q2_K", "GGUF Q2_K", 340},     GgufType{"Q3_K_L", "GGUF Q3_K_L", 440},
    GgufType{"Q3_K_M", "GGUF Q3_K_M", 410}, GgufType{"Q3_K_S", "GGUF Q3_K_S", 370},
    GgufType{"Q4_0", "GGUF Q4_0", 475},     GgufType{"Q4_1", "GGUF Q4_1", 520},
    GgufType{"Q4_K_M", "GGUF Q4_K_M", 500}, GgufType{"Q4_K_S", "GGUF Q4_K_S", 480},
    GgufType{"Q5_0", "GGUF Q5_0", 570},     GgufType{"Q5_1", "GGUF Q5_1", 620},
    GgufType{"Q5_K_M", "GGUF Q5_K_M", 590}, GgufType{"Q5_K_S", "GGUF Q5_K_S", 570},
    GgufType{"Q6_K", "GGUF Q6_K", 670},     GgufType{"Q8_0", "GGUF Q8_0", 860},
};

/// A GGUF type at the end of a name or file: "model-Q4_K_M.gguf", "org/name-GGUF:Q5_K_M", "x:8b-q4_0".
std::optional<WeightFormat> take_gguf_type(std::string_view& name) {
    if (ends_with(name, ".gguf")) name.remove_suffix(5);
    for (const GgufType& type : kGgufTypes) {
        if (!ends_with(name, type.name) || name.size() == type.name.size()) continue;
        const char before = name[name.size() - type.name.size() - 1];
        if (before != '-' && before != ':' && before != '.' && before != '_') continue;
        name.remove_suffix(type.name.size() + 1);
        return gguf_format(type.name);
    }
    return std::nullopt;
}

}  // namespace

WeightFormat weight_format(NumberFormat format) {
    switch (format) {
        case NumberFormat::Fp32:
            return {format, "FP32", Ratio(4), Ratio(4)};
        case NumberFormat::Bf16:
            return {format, "BF16", Ratio(2), Ratio(2)};
        case NumberFormat::Fp16:
            return {format, "FP16", Ratio(2), Ratio(2)};
        case NumberFormat::Fp8:
            return integer_format(format, "FP8", Ratio::of(33, 32));
        case NumberFormat::Int8:
            return integer_format(format, "INT8", Ratio::of(33, 32));
        case NumberFormat::Int4:
            return integer_format(format, "INT4", Ratio::of(17, 32));
        case NumberFormat::Fp4:
            return integer_format(format, "FP4", Ratio::of(9, 16));
        case NumberFormat::Gguf:
            break;
    }
    return *gguf_format("Q8_0");  // the largest that is common
}

std::optional<WeightFormat> gguf_format(std::string_view type) {
    for (const GgufType& each : kGgufTypes) {
        if (!same(each.name, type)) continue;
        const Ratio bytes = Ratio::of(each.hundredths, 800);
        // The output matrix is kept finer than the rest.
        return WeightFormat{NumberFormat::Gguf, each.shown, bytes, max(bytes, Ratio::of(860, 800))};
    }
    return std::nullopt;
}

std::optional<ModelMatch> find_model(std::string_view name, bool is_path) {
    if (name.empty() || name.size() > limits::kMaxModelNameBytes) return std::nullopt;
    ModelMatch match;
    if (!is_path) {
        match.model = find_id(name);
        match.exact = match.model != nullptr;
        if (match.exact) return match;
    }
    std::string_view bare = name;
    match.format = take_gguf_type(bare);
    const Suffix* suffix = find_suffix(bare);
    if (suffix != nullptr) {
        bare.remove_suffix(suffix->text.size());
        if (!match.format) match.format = weight_format(suffix->format);
    }
    if (!is_path) match.model = find_id(bare);
    match.exact = match.model != nullptr;
    if (!match.exact) match.model = find_last_part(last_part(bare));
    if (match.model != nullptr) return match;
    match.size_in_name = size_in(last_part(bare));
    if (!match.size_in_name) return std::nullopt;
    match.model = like(*match.size_in_name);
    return match.model != nullptr ? std::optional(match) : std::nullopt;
}

}  // namespace tollgate::workload
