// SPDX-License-Identifier: Apache-2.0
// Manifests as `tollgate check` and `test` read them: a YAML stream or a JSON text, each object a tree.
// Nothing is demanded of an object here; whether it is a workload is for the engine to say.
// Thread rule: pure functions.
#pragma once

#include "engine/base/diagnostic.hpp"
#include "engine/base/json/document.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::policies {

struct ManifestDocument {
    json::Document doc;            // no root when it could not be read
    std::uint32_t index = 0;       // among the documents of the file that are not empty
    std::uint32_t start_line = 1;  // where it begins
    Diagnostics diagnostics;       // errors: not readable; warnings: duplicate keys
};

/// Every document of the text, good or bad, in order. A text that begins with `{` or `[` is tried as JSON
/// first (a list of objects, `kind: List`, is one document). A text that cannot be read at all (too large,
/// not UTF-8) gives one document with the reason.
std::vector<ManifestDocument> load_manifests(const std::string& file, std::string_view text);

}  // namespace tollgate::policies
