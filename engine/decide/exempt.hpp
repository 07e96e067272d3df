// SPDX-License-Identifier: Apache-2.0
// Namespaces that are left alone: the installed webhooks never send their objects, and `check` says so
// offline. The one list of them. Thread rule: constant data.
#pragma once

#include <array>
#include <string_view>

namespace tollgate::decide {

/// gpu-operator's validator and KAI's reservation pods take whole GPUs by design.
inline constexpr std::array<std::string_view, 4> kExemptNamespaces = {
    "kube-system", "kube-node-lease", "gpu-operator", "kai-resource-reservation"};
/// Tollgate's own, where nobody says otherwise.
inline constexpr std::string_view kOwnNamespace = "tollgate-system";

}  // namespace tollgate::decide
