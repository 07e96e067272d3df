// SPDX-License-Identifier: Apache-2.0
// The model's floor: the memory a GPU must have for a server to start with its model and to hold what it
// promises, weights + KV cache + overhead, within the share of the device that the server may use.
//
// The cache is that of one sequence at its longest (the model's full context where nothing shorter is given),
// or of as many as run at once where that is known. The overhead (activations, kernels' own memory) is
// customary, not measured: a fifth of the weights, at least 2 GiB; more where one forward pass takes many
// tokens. It is meant to be too high rather than too low,
// and covers that CUDA sees up to 2% less of a device than its driver tells. Limits: all exact; what
// overflows is no floor. Thread rule: pure.
#pragma once

#include "engine/base/ratio.hpp"
#include "engine/workload/server.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tollgate::workload {

struct ModelFloor {
    std::int64_t memory_mib = 0;  // per GPU asked for
    /// "Llama-3.1-8B BF16: 15.0 GiB of weights + 1.0 GiB of KV cache for 8,192 tokens + 3.0 GiB of overhead,
    /// in 90% of the device"
    std::string text;
    /// Why it is only a guess; "" when it was computed from what plainly stands there.
    std::string doubt;
    bool needs_bf16 = false, needs_fp8 = false;

    std::int64_t tokens = 0;         // of one sequence, as counted
    std::string_view length_option;  // "--max-model-len"; "" where it is not what would have to give

    /// With sequences of that length; empty when no device would do.
    std::optional<std::int64_t> needed_mib(std::int64_t tokens_of_one) const;
    /// The longest sequence, in steps of 1,024 tokens and below `tokens`, for which a device of that memory
    /// would do; empty when there is none.
    std::optional<std::int64_t> tokens_in(std::int64_t device_mib) const;

    // What the sum is made of, in bytes per GPU.
    Ratio weights, cache_of_a_token, activations_of_a_token;
    std::optional<std::int64_t> total_tokens, batched_tokens;
    std::int64_t sequences = 1;
    Ratio fraction;
    bool overhead_inside = true, leaves_room = true;
    Ratio cache(std::int64_t tokens_of_one) const;
    Ratio overhead(std::int64_t tokens_of_one) const;
};

struct FloorQuestion {
    const ServedModel& served;
    ModelMatch match;
    bool declared_name = false;  // tollgate.dev/model names it, not the server's own arguments
};

/// The floor, or why there is none.
struct FloorAnswer {
    std::optional<ModelFloor> floor;
    std::string why_not;
};
FloorAnswer model_floor(const FloorQuestion& question);

}  // namespace tollgate::workload
