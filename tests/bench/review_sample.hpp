// SPDX-License-Identifier: Apache-2.0
// One AdmissionReview of about 4 KB as an API server sends it: a served model with probes, volumes and
// managed fields.
#pragma once

#include <string>

namespace tollgate::bench {

/// `gpus` 0: the same pod without an accelerator.
std::string sample_review(int gpus);

}  // namespace tollgate::bench
