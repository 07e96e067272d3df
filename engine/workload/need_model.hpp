// SPDX-License-Identifier: Apache-2.0
// What a pod needs for the models it serves: each container that asks for a GPU is read as a server, and the
// one that needs most counts. Limits and thread rule: those of server.hpp and floor.hpp.
#pragma once

#include "engine/workload/need.hpp"
#include "engine/workload/server.hpp"

#include <span>

namespace tollgate::workload {

/// `object` is the workload's own, where it may be looked at; else missing.
ServedModel served_by(const Container& container, const KindSpec* kind, json::Node object);

/// Fills floor, why_no_floor, serves, and the features that the models need. `served` is what each container
/// that asks for a GPU was read as; need.model is the name that an annotation gives.
void read_model_need(Need& need, std::span<const ServedModel> served);

}  // namespace tollgate::workload
