// SPDX-License-Identifier: Apache-2.0
// A Usage document as text, with what its reader must know in comments.
#pragma once

#include "engine/workload/measure/gather.hpp"

#include <string>

namespace tollgate::cli {

struct UsageOrigin {
    std::string server;  // "http://127.0.0.1:9090", without credentials
    std::int64_t now_unix_ms = 0, window_seconds = 0;
};

std::string usage_text(const workload::Gathered& gathered, const UsageOrigin& origin);

}  // namespace tollgate::cli
