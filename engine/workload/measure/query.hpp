// SPDX-License-Identifier: Apache-2.0
// The questions that Prometheus is asked about a window of time, as text of its language.
//
// Peaks and means are taken over all samples, so that none falls between the steps of a range; `step` only
// says how closely the first and the last sample are looked for. Thread rule: pure.
// Source: Prometheus querying basics and functions; dcgm-exporter etc/default-counters.csv;
// kube-state-metrics docs (pod, replicaset and job metrics).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tollgate::workload {

enum class Query : std::uint8_t {
    MemoryPeak,  // DCGM_FI_DEV_FB_USED, MiB
    Samples,
    First,
    Last,
    EngineMax,  // DCGM_FI_PROF_GR_ENGINE_ACTIVE, 0 to 1
    EngineMean,
    UtilMax,  // DCGM_FI_DEV_GPU_UTIL, percent; not on MIG
    UtilMean,
    TensorMax,  // DCGM_FI_PROF_PIPE_TENSOR_ACTIVE
    TensorMean,
    DramMax,  // DCGM_FI_PROF_DRAM_ACTIVE
    DramMean,
    PodOwners,  // kube_pod_owner, of pods that have a device
    ReplicaSetOwners,
    JobOwners,
};
inline constexpr std::size_t kQueries = 15;

inline constexpr std::string_view kMemoryMetric = "DCGM_FI_DEV_FB_USED";

std::string query_text(Query query, std::int64_t window_seconds, std::int64_t step_seconds);

}  // namespace tollgate::workload
