// SPDX-License-Identifier: Apache-2.0
// Whatever is YAML is JSON too: each document's tree written as JSON reads back equal, both by the JSON
// reader and as YAML; every place lies in the text; whatever is not YAML has a reason with a place.
#include "engine/base/limits.hpp"
#include "policies/manifest.hpp"
#include "policies/yaml_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

namespace json = tollgate::json;
using tollgate::Diagnostic;
using tollgate::Span;
using tollgate::policies::SourceText;
using tollgate::policies::YamlDocument;

void check_place(const SourceText& source, const Span& span) {
    TOLLGATE_ASSERT(span.line <= source.line_count());
    if (span.line == 0) return;
    TOLLGATE_ASSERT(span.column >= 1);
    TOLLGATE_ASSERT(span.column <= source.line(span.line).size() + 1);
    TOLLGATE_ASSERT(span.length >= 1);
}

void check_places(const SourceText& source, const YamlDocument& document, json::Node node) {
    check_place(source, document.span_of(node).key);
    check_place(source, document.span_of(node).value);
    TOLLGATE_ASSERT(document.span_of(node).value.line >= 1);
    for (const json::Node element : node.elements()) check_places(source, document, element);
    for (const auto [key, value] : node.members()) check_places(source, document, value);
}

void check_diagnostic(const SourceText& source, const Diagnostic& diagnostic) {
    check_place(source, diagnostic.span);
    TOLLGATE_ASSERT(!diagnostic.message.empty());
    TOLLGATE_ASSERT(!render(diagnostic).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(static_cast<const char*>(static_cast<const void*>(data)), size);
    const SourceText source("fuzz.yaml", text);
    const auto stream = read_yaml(source);
    for (const Diagnostic& diagnostic : stream.diagnostics) check_diagnostic(source, diagnostic);
    for (const YamlDocument& document : stream.documents) {
        for (const Diagnostic& diagnostic : document.diagnostics) check_diagnostic(source, diagnostic);
        const json::Node root = document.doc.root();
        TOLLGATE_ASSERT(root.exists() || has_errors(document.diagnostics));
        if (!root.exists()) continue;
        check_places(source, document, root);
        const std::string written = json::to_json(root);
        const auto again = json::parse(written);
        TOLLGATE_ASSERT(again.has_value());
        TOLLGATE_ASSERT(json::equal(root, again->root()));
    }
    (void)tollgate::policies::load_manifests("fuzz.yaml", text);
    return 0;
}
