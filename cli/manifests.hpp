// SPDX-License-Identifier: Apache-2.0
// The objects of manifests/base as they are compiled into the binary, so that `install` prints what kustomize
// builds. The .cpp is made by cli/embed_manifests.cmake in the build folder.
#pragma once

#include <span>
#include <string_view>

namespace tollgate::cli {

struct EmbeddedManifest {
    std::string_view name;  // "deployment.yaml"
    std::string_view text;
};

/// In the order in which they are to be applied.
std::span<const EmbeddedManifest> embedded_manifests();

}  // namespace tollgate::cli
