// SPDX-License-Identifier: Apache-2.0
#include "cli/zone_files.hpp"

#include "engine/cel/library/time_zone.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace tollgate::cli {
namespace {

constexpr const char* kDatabase = "/usr/share/zoneinfo";

Result<std::string> read_zone(std::string_view name) {
    std::error_code error;
    if (!std::filesystem::is_directory(kDatabase, error))
        return fail(std::string("no time zones are known but UTC and offsets: there is no ") + kDatabase +
                    " (package tzdata)");
    // No device and no pipe; a link is the system's own. The name has no dots, so nothing leads out of the
    // folder.
    const std::filesystem::path path = std::filesystem::path(kDatabase) / name;
    if (!std::filesystem::is_regular_file(path, error)) return fail("unknown time zone " + std::string(name));
    std::ifstream file(path, std::ios::binary);
    std::string bytes(cel::kMaxZoneBytes + 1, '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(file.gcount()));
    return bytes;
}

}  // namespace

void use_zone_files() {
    cel::set_zone_reader(read_zone);
}

}  // namespace tollgate::cli
