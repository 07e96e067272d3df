// SPDX-License-Identifier: Apache-2.0
// Which places of a pod Tollgate may ever patch: accelerator resources and claims, placement of the chosen
// pool (nodeSelector, node affinity, tolerations), the scheduler, its queue and topology, the sharing
// annotations of KAI and Run:ai, and Tollgate's own annotations. Never images, env, commands, security
// settings, priority or runtime class. The list is closed: what no row names is refused.
#pragma once

#include <span>
#include <string_view>

namespace tollgate::patch {

/// `pointer`: RFC 6901 below the pod (template), "/spec/..." or "/metadata/...". `is_accelerator` judges
/// names of resources (may be null: then no resource is allowed). `extra`: further exact pointers, such as
/// lifetime fields.
bool is_allowed(std::string_view pointer, bool (*is_accelerator)(std::string_view resource),
                std::span<const std::string_view> extra = {});

}  // namespace tollgate::patch
