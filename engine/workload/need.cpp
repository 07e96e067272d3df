// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/need.hpp"

#include "engine/base/limits.hpp"
#include "engine/base/quantity.hpp"
#include "engine/base/ratio.hpp"
#include "engine/workload/amount.hpp"
#include "engine/workload/need_model.hpp"

#include <algorithm>
#include <array>

namespace tollgate::workload {
namespace {

constexpr std::string_view kGpuMemory = "tollgate.dev/gpu-memory";
constexpr std::string_view kGpuCompute = "tollgate.dev/gpu-compute";
constexpr std::string_view kIsolation = "tollgate.dev/isolation";
constexpr std::string_view kKeep = "tollgate.dev/keep";
constexpr std::string_view kModel = "tollgate.dev/model";

std::string source_of(std::string_view annotation) {
    return "annotation " + std::string(annotation);
}

/// Annotations of the pod template count before those of the workload.
struct Annotations {
    json::Node pod, workload;
    json::Node operator[](std::string_view key) const {
        const json::Node own = pod[key];
        return own.exists() ? own : workload[key];
    }
};

void add_problem(Need& need, std::string_view annotation, std::string_view what) {
    need.problems.push_back(std::string(annotation) + ": " + std::string(what));
}

void read_memory(Need& need, json::Node node) {
    const Result<Ratio> bytes = read_quantity(node);
    if (!bytes.has_value() || !bytes->is_known()) {
        return add_problem(need, kGpuMemory, "not a quantity; write it as 18Gi or 9856Mi");
    }
    const Ratio mib = *bytes / Ratio(1LL << 20);
    // "18" is 18 bytes, which nobody means.
    if (mib < Ratio(1)) return add_problem(need, kGpuMemory, "less than 1Mi; is a unit such as Gi missing?");
    const std::optional<std::int64_t> rounded_up = mib.ceil();
    if (!rounded_up.has_value()) return add_problem(need, kGpuMemory, "too large");
    need.memory_mib = Sourced<std::int64_t>{
        .value = *rounded_up, .confidence = Confidence::Declared, .source = source_of(kGpuMemory)};
}

void read_compute(Need& need, json::Node node) {
    const std::optional<Ratio> share = parse_decimal(node.text());
    if (!share.has_value() || !(*share > Ratio(0)) || *share > Ratio(1)) {
        return add_problem(need, kGpuCompute, "not a share above 0 and at most 1; write it as \"0.3\"");
    }
    need.compute =
        Sourced<Ratio>{.value = *share, .confidence = Confidence::Declared, .source = source_of(kGpuCompute)};
}

void read_isolation(Need& need, json::Node node) {
    for (const Isolation isolation : {Isolation::None, Isolation::Memory, Isolation::Hardware}) {
        if (node.string() == to_string(isolation)) need.isolation = isolation;
    }
    if (!need.isolation.has_value()) add_problem(need, kIsolation, "not one of Hardware, Memory, None");
}

/// A blank of ours or of a template (`<why>`) that was pasted and not filled in gives no reason.
std::string reason_in(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return "";
    const std::string_view bare = text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
    const bool unfilled = bare.starts_with('<') && bare.find('>') == bare.size() - 1;
    return unfilled ? "" : std::string(bare);
}

void read_annotations(Need& need, const Annotations& given) {
    if (!given.workload.exists() && !given.pod.exists()) return;
    if (const json::Node node = given[kGpuMemory]; node.exists()) read_memory(need, node);
    if (const json::Node node = given[kGpuCompute]; node.exists()) read_compute(need, node);
    if (const json::Node node = given[kIsolation]; node.exists()) read_isolation(need, node);
    if (const json::Node node = given[kKeep]; node.exists()) need.keep_reason = reason_in(node.string());
    if (const json::Node node = given[kModel]; node.exists()) need.model = std::string(node.string());
}

constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\\' || c == '"' || c == '\'';
}

/// Calls visit(word) for the words of a command line; words of shell scripts are visited one by one.
template <class Visit>
void for_each_word(json::Node container, Visit visit) {
    for (const std::string_view list : {"command", "args"}) {
        for (const json::Node element : container[list].elements()) {
            const std::string_view text = element.string().substr(0, limits::kMaxCommandBytes);
            std::size_t at = 0;
            while (true) {
                while (at < text.size() && is_blank(text[at])) ++at;
                if (at == text.size()) break;
                const std::size_t start = at;
                while (at < text.size() && !is_blank(text[at])) ++at;
                visit(text.substr(start, at - start));
            }
        }
    }
}

/// "12.4.1-runtime" -> 12, "124" after "cu" -> 12; versions of CUDA have two digits before the dot since 10.
std::optional<std::int32_t> take_cuda_major(std::string_view text) {
    const auto digit = [&](std::size_t at) {
        return at < text.size() && text[at] >= '0' && text[at] <= '9' ? text[at] - '0' : -1;
    };
    const int first = digit(0), second = digit(1);
    if (first != 1 || second < 0) return std::nullopt;
    const bool ends = text.size() == 2 || text[2] == '.' || text[2] == '-' || text[2] == '_';
    const bool packed = digit(2) >= 0 && digit(3) < 0;  // "cu124"
    if (!ends && !packed) return std::nullopt;
    return first * 10 + second;
}

/// The CUDA an image says it holds: "nvidia/cuda:12.4.1-base", "x/y:2.4-cuda12.1-cudnn9", "x/y:v1-cu124".
std::optional<std::int32_t> cuda_of_image(std::string_view image) {
    image = image.substr(0, image.find('@'));
    const std::size_t slash = image.rfind('/');
    const std::size_t name = slash == std::string_view::npos ? 0 : slash + 1;
    const std::size_t colon = image.find(':', name);
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view repository = image.substr(name, colon - name);
    const std::string_view tag = image.substr(colon + 1);
    if (repository == "cuda") return take_cuda_major(tag);
    for (const std::string_view mark : {"cuda", "cu"}) {
        for (std::size_t at = tag.find(mark); at != std::string_view::npos; at = tag.find(mark, at + 1)) {
            const bool starts = at == 0 || tag[at - 1] == '-' || tag[at - 1] == '_' || tag[at - 1] == '.';
            std::string_view rest = tag.substr(at + mark.size());
            if (rest.starts_with('-') || rest.starts_with('_')) rest.remove_prefix(1);
            if (!starts) continue;
            if (const auto major = take_cuda_major(rest); major.has_value()) return major;
        }
    }
    return std::nullopt;
}

/// What one container's command line says, read word by word.
struct CommandFacts {
    bool bf16 = false, fp8 = false;
    bool other_precision = false;  // --dtype names one that is not BF16

    void take(std::string_view word) {
        std::string_view option = previous_;
        std::string_view value = word;
        if (word.starts_with("--")) {
            const std::size_t equals = word.find('=');
            option = word.substr(0, equals);
            value = equals == std::string_view::npos ? std::string_view{} : word.substr(equals + 1);
        }
        if (option == "--dtype") {
            bf16 = bf16 || value == "bfloat16" || value == "bf16";
            other_precision = other_precision || value == "half" || value == "float16" || value == "float" ||
                              value == "float32";
        }
        if (option == "--quantization" || option == "-q") fp8 = fp8 || value == "fp8";
        if (option == "--kv-cache-dtype") fp8 = fp8 || value.starts_with("fp8");
        words.push_back({std::string(word)});
        previous_ = word;
    }

    CommandWords words;  // however they are quoted

  private:
    std::string_view previous_;
};

/// A server by its command, in whatever it is wrapped, else by its image.
const Server* find_server(const CommandFacts& facts, const ServedModel& served, bool& by_command) {
    std::size_t first = 0;
    by_command = true;
    if (served.by_command) return served.server;
    if (const Server* server = server_of_command(facts.words, first); server != nullptr) return server;
    by_command = false;
    return served.server;
}

void read_habits(Need& need, const Container& container, const CommandFacts& facts,
                 const ServedModel& served) {
    bool by_command = false;
    const Server* server = find_server(facts, served, by_command);
    if (server == nullptr) return;
    const bool own_precision = server->kind == ServerKind::Vllm || server->kind == ServerKind::Sglang ||
                               server->kind == ServerKind::KServe;
    if (own_precision && !facts.other_precision) need.bf16_by_default = server->name;
    if (need.preallocates || !server->preallocates) return;
    need.preallocates = true;
    need.preallocates_reason =
        container.name.empty() ? "its container" : "container " + std::string(container.name);
    need.preallocates_reason += " runs " + std::string(server->name) + " (by its " +
                                (by_command ? "command" : "image") +
                                "), which takes the memory of the whole device at start";
}

void read_container(Need& need, const Container& container, const ServedModel& served) {
    CommandFacts facts;
    for_each_word(container.node, [&](std::string_view word) { facts.take(word); });
    need.bf16 = need.bf16 || facts.bf16;
    need.fp8 = need.fp8 || facts.fp8;
    const std::string_view image = container.node["image"].string();
    if (const auto cuda = cuda_of_image(image); cuda.has_value()) {
        need.cuda_major = std::max(need.cuda_major.value_or(0), *cuda);
    }
    read_habits(need, container, facts, served);
}

}  // namespace

std::string_view to_string(Confidence confidence) {
    switch (confidence) {
        case Confidence::Guessed:
            return "Guessed";
        case Confidence::Computed:
            return "Computed";
        case Confidence::Declared:
            return "Declared";
        case Confidence::Measured:
            return "Measured";
    }
    return "";
}

std::string_view to_string(Isolation isolation) {
    switch (isolation) {
        case Isolation::None:
            return "None";
        case Isolation::Memory:
            return "Memory";
        case Isolation::Hardware:
            return "Hardware";
    }
    return "";
}

namespace {

std::int64_t devices_of(const Pod& pod, std::uint32_t container) {
    std::int64_t devices = 0;
    bool exact = true;
    for (const Demand& demand : pod.demands) {
        const bool counts =
            demand.container == container && demand.known && demand.cls != gpu::ResourceClass::DeviceAspect;
        if (counts) devices = saturating_add(devices, demand.count, exact);
    }
    return std::max<std::int64_t>(1, devices);
}

Need read_need(const Pod& pod, const Annotations& annotations, const Workload* workload) {
    Need need;
    read_annotations(need, annotations);
    std::vector<ServedModel> served;
    for (std::uint32_t i = 0; i < pod.containers.size(); ++i) {
        const bool asks = std::any_of(pod.demands.begin(), pod.demands.end(),
                                      [i](const Demand& demand) { return demand.container == i; });
        const ContainerRole role = pod.containers[i].role;
        // The pod level asks for all of them.
        const bool runs =
            role == ContainerRole::Main || role == ContainerRole::Sidecar || role == ContainerRole::Init;
        const bool pod_asks =
            !pod.containers.empty() && pod.containers.back().role == ContainerRole::PodLevel &&
            std::any_of(pod.demands.begin(), pod.demands.end(),
                        [&](const Demand& demand) { return demand.container + 1 == pod.containers.size(); });
        if (!runs || !(asks || pod_asks)) continue;
        ServedModel here = served_by(pod.containers[i], workload != nullptr ? workload->kind : nullptr,
                                     workload != nullptr ? workload->object : json::Node{});
        here.devices = asks ? devices_of(pod, i) : pod.devices();
        read_container(need, pod.containers[i], here);
        if (role != ContainerRole::Init) served.push_back(std::move(here));
    }
    need.communicating_gpus = std::max<std::int64_t>(1, pod.devices());
    read_model_need(need, served);
    return need;
}

}  // namespace

Need read_declared_need(const Workload& workload, const Pod& pod) {
    return read_need(pod, {pod.annotations(), workload.annotations}, &workload);
}

Need read_need_of_pod(const Pod& pod) {
    return read_need(pod, {pod.annotations(), {}}, nullptr);
}

}  // namespace tollgate::workload
