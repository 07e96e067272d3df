// SPDX-License-Identifier: Apache-2.0
// How many pods stand at a place: the product of the factors that the kind's document names.
//
// Empty where that is not known: a field that holds no whole number, a fan-out that only runs will tell, one
// pod on each node. Never a guess, never nothing.
// Thread rule: pure functions.
#pragma once

#include "engine/workload/walk.hpp"

#include <cstdint>
#include <optional>

namespace tollgate::workload {

/// False where the object says that pods come and go as it runs. Asked once for all places of a path.
bool is_counted(json::Node object, const PodPath& path);

/// `trail` leads to the pod: the wildcards of the factors take its steps.
std::optional<std::int64_t> read_replicas(json::Node object, const PodPath& path, const Trail& trail,
                                          bool counted);

}  // namespace tollgate::workload
