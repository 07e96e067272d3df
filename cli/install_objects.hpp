// SPDX-License-Identifier: Apache-2.0
// The objects that `install` prints, as JSON trees; install.cpp says which of them.
#pragma once

#include "cli/key_material.hpp"
#include "cli/options.hpp"
#include "engine/base/result.hpp"
#include "policies/load.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace tollgate::cli {

inline constexpr std::string_view kSecretName = "tollgate-tls";

/// The Secret that all replicas share: certificate, key, and the CA for those who look.
nlohmann::ordered_json certificate_secret(const KeyMaterial& keys, const std::string& namespace_name);

/// Two ConfigMaps: documents, and the one among them that holds the Fleet (the sample one where none does).
/// Neither is empty: `serve` takes no directory without documents.
Result<std::vector<nlohmann::ordered_json>> policy_config_maps(
    const std::vector<policies::SourceFile>& sources, const std::string& fleet_file,
    const std::string& namespace_name);

/// The container image of the Deployment: as given, else "tollgate:VERSION".
std::string image_of(const InstallOptions& options);

/// manifests/base with namespace, image and mode filled in.
std::vector<nlohmann::ordered_json> base_objects(const InstallOptions& options);

/// A part of a webhook configuration that says nothing but its caBundle: for kustomize's `patches`, and for
/// `kubectl apply --server-side` on a configuration that is there.
nlohmann::ordered_json ca_bundle_patch(const nlohmann::ordered_json& configuration,
                                       const std::string& ca_pem);

std::string to_yaml_stream(const std::vector<nlohmann::ordered_json>& objects);

}  // namespace tollgate::cli
