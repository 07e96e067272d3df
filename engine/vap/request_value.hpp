// SPDX-License-Identifier: Apache-2.0
// The variable `request`, of admission policies and of cost policies alike: the fields of an
// AdmissionRequest, those that are empty left out as the API server leaves them out. Source:
// k8s.io/api/admission/v1 AdmissionRequest, k8s.io/apiserver pkg/admission/plugin/cel/activation.go. Thread
// rule: pure function.
#pragma once

#include "engine/cel/arena.hpp"
#include "engine/vap/input.hpp"

namespace tollgate::vap {

/// A view of what the input views, and of the arena.
cel::Value request_value(const Input& input, cel::Arena& arena);

}  // namespace tollgate::vap
