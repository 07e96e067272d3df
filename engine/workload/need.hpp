// SPDX-License-Identifier: Apache-2.0
// What a pod needs per GPU, with the source of each number and how far it is to be trusted.
#pragma once

#include "engine/base/ratio.hpp"
#include "engine/workload/floor.hpp"
#include "engine/workload/usage.hpp"
#include "engine/workload/workload.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::workload {

enum class Confidence : std::uint8_t { Guessed, Computed, Declared, Measured };
enum class Isolation : std::uint8_t { None, Memory, Hardware };  // ordered: more isolation is greater
std::string_view to_string(Confidence confidence);
std::string_view to_string(Isolation isolation);

template <class T>
struct Sourced {
    T value;
    Confidence confidence = Confidence::Declared;
    std::string source;  // "annotation tollgate.dev/gpu-memory", "the rule's default"
};

struct Need {
    std::optional<Sourced<std::int64_t>> memory_mib;  // per GPU asked for
    std::optional<Sourced<Ratio>> compute;            // share of the compute of the GPU asked for now
    std::optional<std::string> profile;               // default: {profile: 1g.10gb}: this MIG profile or more
    std::optional<Isolation> isolation;               // tollgate.dev/isolation
    bool bf16 = false, fp8 = false;                   // from args that plainly say so (--dtype bfloat16)
    /// A server that takes the model's own precision, today nearly always BF16, unless it is told another:
    /// "vLLM". Never moved from a GPU that has BF16 to one that has not. "" for none.
    std::string_view bf16_by_default;
    std::optional<std::int32_t> cuda_major;  // of the image, as its name or tag plainly says
    bool preallocates = false;  // vLLM, SGLang, JAX, TensorFlow: never a device without memory isolation
    std::string preallocates_reason;
    std::int64_t communicating_gpus = 1;  // GPUs of one pod that talk to each other: its GPU count
    std::optional<std::string> model;     // tollgate.dev/model
    /// The model by name, for who asks what is served: the one a server is told to load, before an
    /// annotation.
    std::optional<std::string> serves;
    /// What follows from the models served. Apart from what is declared: a rule says which of them counts.
    std::optional<ModelFloor> floor;
    std::string why_no_floor;  // of a server: what could not be read; "" for what is no known server
    /// By the Usage documents; filled in by the rule that asks for it.
    std::optional<Measured> measured;
    std::optional<std::string> keep_reason;  // tollgate.dev/keep; "" when given without a reason
    std::vector<std::string> problems;  // annotations that could not be read: "tollgate.dev/gpu-memory: ..."
};

/// Reads the developer's annotations: the pod template's first, then the workload's.
Need read_declared_need(const Workload& workload, const Pod& pod);
/// The same of what the pod itself shows, without its workload's annotations.
Need read_need_of_pod(const Pod& pod);

}  // namespace tollgate::workload
