// SPDX-License-Identifier: Apache-2.0
// AdmissionReviews of about 4 KB as an API server sends them: a served model with probes, volumes and managed
// fields, once for each thing that can become of it under the shipped policies and the sample fleet.
#pragma once

#include <cstdint>
#include <string>

namespace tollgate::bench {

enum class Sample : std::uint8_t {
    NoGpu,      // a replica without an accelerator
    Kept,       // a replica on the GPU it needs: judged by every policy, allowed
    Rewritten,  // a replica on an H100 that needs 6 GiB: goes to a slice (/mutate)
    Denied,     // somebody's own Pod with half a node's CPUs beside one GPU (/validate)
};

std::string sample_review(Sample sample);

}  // namespace tollgate::bench
