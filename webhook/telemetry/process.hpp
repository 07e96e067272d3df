// SPDX-License-Identifier: Apache-2.0
// process_*: what Prometheus' client libraries agree to say of a process, read from /proc at each scrape.
// Source: prometheus.io/docs/instrumenting/writing_clientlibs, "Standard and runtime collectors"; proc(5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tollgate::telemetry {

struct ProcessFacts {
    std::int64_t cpu_milliseconds;
    std::int64_t resident_bytes;
    std::int64_t virtual_bytes;
    std::int64_t threads;
    std::int64_t open_fds;
    std::int64_t max_fds;
    std::int64_t start_unix_seconds;
};

/// Nothing where /proc is not mounted.
std::optional<ProcessFacts> read_process_facts();
void append_process_metrics(std::string& out);

}  // namespace tollgate::telemetry
