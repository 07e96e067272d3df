// SPDX-License-Identifier: Apache-2.0
// From what Prometheus recorded of devices to what workloads use: each device's samples go to the container
// that had it, the container's pod to its workload, and what was seen of all pods of a workload is put
// together.
//
// Caveats: a device that two pods had at once tells of neither alone (`shared`); where a metric is not
// recorded for one of the devices, the workload has none; no GPU_UTIL of a MIG instance is believed, as there
// is none. Limits: those of the answers. Thread rule: pure.
#pragma once

#include "engine/workload/measure/prometheus_answer.hpp"
#include "engine/workload/measure/query.hpp"
#include "engine/workload/usage.hpp"

#include <array>
#include <cstddef>
#include <vector>

namespace tollgate::workload {

/// The answers to all questions.
struct Recording {
    std::array<std::vector<Series>, kQueries> answers;
    std::vector<Series>& of(Query query) { return answers.at(static_cast<std::size_t>(query)); }
    const std::vector<Series>& of(Query query) const { return answers.at(static_cast<std::size_t>(query)); }
};

struct Gathered {
    std::vector<UsageEntry> entries;  // by namespace, name, kind and container
    std::size_t devices = 0;          // that pods had, one for each container and device
    std::size_t nobodys = 0;          // series that name no pod
    std::size_t by_name = 0;          // pods whose owner is guessed by their name
};

Gathered gather(const Recording& recording);

}  // namespace tollgate::workload
