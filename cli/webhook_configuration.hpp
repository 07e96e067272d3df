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
#include "engine/decide/exempt.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace tollgate::cli {

inline constexpr std::string_view kMutatingName = "zz-tollgate-mutate";
inline constexpr std::string_view kValidatingName = "zz-tollgate-validate";

struct WebhookOptions {
    bool enforce = false;  // validating entries fail closed
    std::string service_namespace = std::string(decide::kOwnNamespace);
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

/// The plural in the API: what the WorkloadKind says, else what English makes of the kind.
std::string resource_of(const workload::KindSpec& kind);
/// "pytorchjobs" for PyTorchJob, "gateways" for Gateway, "policies" for Policy.
std::string plural_of(std::string_view kind);
/// Each kind whose resource is a guess, for those who install to look at: "PyTorchJob.kubeflow.org:
/// pytorchjobs".
std::vector<std::string> guessed_resources(const decide::Snapshot& snapshot);

}  // namespace tollgate::cli
