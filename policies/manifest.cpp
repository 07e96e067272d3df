// SPDX-License-Identifier: Apache-2.0
#include "policies/manifest.hpp"

#include "engine/base/limits.hpp"
#include "policies/yaml_reader.hpp"

#include <optional>
#include <utility>

namespace tollgate::policies {
namespace {

bool looks_like_json(std::string_view text) {
    const std::size_t at = text.find_first_not_of(" \t\r\n");
    return at != std::string_view::npos && (text[at] == '{' || text[at] == '[');
}

std::optional<ManifestDocument> read_json(std::string_view text) {
    auto parsed = json::parse(text);
    if (!parsed) return std::nullopt;
    ManifestDocument out;
    out.doc = std::move(*parsed);
    return out;
}

}  // namespace

std::vector<ManifestDocument> load_manifests(const std::string& file, std::string_view text) {
    std::vector<ManifestDocument> out;
    if (looks_like_json(text)) {
        // kubectl's dumps are JSON and may be far larger than YAML that people write; the fast path has no
        // spans and no YAML bounds, only those of the JSON reader.
        if (auto document = read_json(text)) {
            if (const std::size_t dropped = document->doc.duplicate_keys(); dropped != 0) {
                Diagnostic warning;
                warning.severity = Severity::Warning;
                warning.code = std::string(row(DocCode::DuplicateKeyKept).id);
                warning.file = file;
                warning.message = std::to_string(dropped) + " keys stand twice in one object";
                warning.hint = "the last one counts; remove the other";
                document->diagnostics.push_back(std::move(warning));
            }
            out.push_back(std::move(*document));
            return out;
        }
    }
    const SourceText source(file, text);
    YamlStream stream = read_yaml(source, {.spans = false, .duplicate_keys = Severity::Warning});
    for (YamlDocument& document : stream.documents) {
        out.push_back(
            {std::move(document.doc), document.index, document.start_line, std::move(document.diagnostics)});
    }
    if (!stream.diagnostics.empty()) {
        ManifestDocument refused;
        refused.index = static_cast<std::uint32_t>(out.size());
        refused.diagnostics = std::move(stream.diagnostics);
        out.push_back(std::move(refused));
    }
    return out;
}

}  // namespace tollgate::policies
