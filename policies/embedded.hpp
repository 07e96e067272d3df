// SPDX-License-Identifier: Apache-2.0
// The documents compiled into the binary: the library, the built-in kinds and the sample fleets, as they
// stand in policies/ (cmake/embed.cmake makes the .cpp in the build folder).
// Thread rule: constant data.
#pragma once

#include <span>
#include <string_view>

namespace tollgate::policies {

struct EmbeddedFile {
    std::string_view path;  // "policies/library/bounded-jobs.yaml"
    std::string_view bytes;
};

std::span<const EmbeddedFile> embedded_files();

/// "policies/fleets/aws.yaml" for "aws"; empty when there is no such sample.
std::string_view embedded_fleet(std::string_view name);
/// "aws", "gke", ...
std::span<const std::string_view> embedded_fleet_names();

}  // namespace tollgate::policies
