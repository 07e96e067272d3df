// SPDX-License-Identifier: Apache-2.0
// The two webhook configurations, computed from a snapshot: which kinds, under which conditions, failing how.
//
// One entry per group of kinds whose pods lie at the same paths, because the condition names these paths.
// Mutating entries fail open (a missed rewrite is caught by the validator). Validating entries for objects
// that ask for accelerators fail closed once enforced; a second entry of the same group, for pods that only
// aim at GPU nodes, always fails open, so that a broken gate never blocks a pod without accelerators. Source:
// kubernetes.io "Dynamic Admission Control" and "Admission Webhook Good Practices".
#pragma once

#include "engine/decide/decide.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace tollgate::cli {

inline constexpr std::string_view kMutatingName = "zz-tollgate-mutate";
inline constexpr std::string_view kValidatingName = "zz-tollgate-validate";

struct WebhookOptions {
    bool enforce = false;  // validating entries fail closed
    std::string service_namespace = "tollgate-system";
    std::string service_name = "tollgate";
    std::string ca_bundle;                       // PEM; "" leaves clientConfig.caBundle out
    std::vector<std::string> exempt_namespaces;  // beside the defaults and service_namespace
};

/// Namespaces whose objects never reach the webhooks; `install` prints them.
std::vector<std::string> exempt_namespaces(const WebhookOptions& options);

nlohmann::ordered_json mutating_configuration(const decide::Snapshot& snapshot,
                                              const WebhookOptions& options);
nlohmann::ordered_json validating_configuration(const decide::Snapshot& snapshot,
                                                const WebhookOptions& options);

/// "pytorchjobs" for PyTorchJob, by the rule of the API server for resource names that follow their kind.
std::string resource_of_kind(std::string_view kind);

}  // namespace tollgate::cli
