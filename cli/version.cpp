// SPDX-License-Identifier: Apache-2.0
#include "cli/version.hpp"

#include "cli/commands.hpp"
#include "engine/gpu/catalog.hpp"

#include <iostream>

#ifndef TOLLGATE_VERSION
#error "TOLLGATE_VERSION comes from cli/CMakeLists.txt"
#endif

namespace tollgate::cli {

std::string_view version() {
    return TOLLGATE_VERSION;
}
std::string_view revision() {
    return TOLLGATE_REVISION;
}

std::string version_text() {
    return "tollgate " + std::string(version()) + " (" + std::string(revision()) + ", " + TOLLGATE_BUILD +
           ")\ncatalog of " + std::string(gpu::Catalog::builtin().as_of());
}

Exit run_version(const Terminal& terminal) {
    terminal.out << version_text() << "\n";
    return Exit::Fine;
}

}  // namespace tollgate::cli
