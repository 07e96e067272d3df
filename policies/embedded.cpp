// SPDX-License-Identifier: Apache-2.0
#include "policies/embedded.hpp"

#include <string>
#include <vector>

namespace tollgate::policies {
namespace {

constexpr std::string_view kFleets = "policies/fleets/";
constexpr std::string_view kSuffix = ".yaml";

}  // namespace

std::string_view embedded_fleet(std::string_view name) {
    const std::string path = std::string(kFleets) + std::string(name) + std::string(kSuffix);
    for (const EmbeddedFile& file : embedded_files()) {
        if (file.path == path) return file.bytes;
    }
    return {};
}

std::span<const std::string_view> embedded_fleet_names() {
    static const std::vector<std::string_view> names = [] {
        std::vector<std::string_view> out;
        for (const EmbeddedFile& file : embedded_files()) {
            if (file.path.substr(0, kFleets.size()) != kFleets) continue;
            const std::string_view base = file.path.substr(kFleets.size());
            out.push_back(base.substr(0, base.size() - kSuffix.size()));
        }
        return out;
    }();
    return names;
}

}  // namespace tollgate::policies
