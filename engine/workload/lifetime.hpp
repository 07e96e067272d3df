// SPDX-License-Identifier: Apache-2.0
// What bounds how long an object's pods run: the kind's own deadline field, Kueue's label, Tollgate's
// annotation for kinds without a field. The smallest that can be read holds; what cannot be read is told.
// Source: Kubernetes activeDeadlineSeconds; Kueue kueue.x-k8s.io/max-exec-time-seconds.
#pragma once

#include "engine/workload/workload.hpp"

#include <cstdint>
#include <optional>

namespace tollgate::workload {

inline constexpr std::string_view kLifetimeAnnotation = "tollgate.dev/lifetime";
inline constexpr std::string_view kKueueMaxExecTime = "kueue.x-k8s.io/max-exec-time-seconds";

/// Needs kind, object, labels, annotations, kueue_managed and pods; fills lifetime.
void read_lifetime(Workload& workload);

/// How many runs of a CronJob can be there at once: 1 where its policy forbids more; else how many start
/// within one run's deadline; empty when that is without bound or unknown. 1 for kinds without a schedule.
std::optional<std::int64_t> overlapping_runs(json::Node object, const KindSpec& kind,
                                             const std::optional<std::int64_t>& deadline_seconds);

}  // namespace tollgate::workload
