// SPDX-License-Identifier: Apache-2.0
// YAML text into json::Documents with the place of every key and value: the one door through which YAML
// comes in, and (with its .cpp) the only place that knows yaml-cpp.
//
// A file is cut at its `---` and `...` lines first, as kubectl does, and each document is parsed by itself: a
// broken document hides none of its neighbours. Parsing goes through events into a small tree of references,
// so that depth, nodes, aliases and bytes are bounded before anything grows; aliases and merge keys are
// expanded only while the json::Document is built, against the same bound. Meaning of scalars:
// yaml_scalar.hpp. A merge key acts where it stands, as in Kubernetes: what follows it overrides, and it
// overrides what precedes. Limits: limits::kMaxYaml*, limits::kMaxDocumentsPerFile. Thread rule: pure
// functions.
#pragma once

#include "engine/base/diagnostic.hpp"
#include "engine/base/json/document.hpp"
#include "policies/source_text.hpp"

#include <cstdint>
#include <vector>

namespace tollgate::policies {

struct NodeSpan {
    Span key;    // of the member this value belongs to; line 0 for elements and roots
    Span value;  // an empty value has the place of its key
};

struct YamlDocument {
    json::Document doc;
    std::uint32_t index = 0;       // among the documents of the file that are not empty
    std::uint32_t start_line = 1;  // of its first line that says something
    /// By json::Node::tag(); entry 0 is the whole document. Only with YamlOptions::spans.
    std::vector<NodeSpan> spans;
    /// Whatever is wrong with this document alone. With an error the document has no root.
    Diagnostics diagnostics;

    NodeSpan span_of(json::Node node) const {
        return node.tag() < spans.size() ? spans[node.tag()] : NodeSpan{};
    }
};

struct YamlOptions {
    bool spans = true;
    /// In documents of ours a duplicate key is an error; a manifest with one is what kubectl makes of it: the
    /// last one counts, with a warning.
    Severity duplicate_keys = Severity::Error;
};

struct YamlStream {
    std::vector<YamlDocument> documents;
    Diagnostics diagnostics;  // about the file as a whole (too large, not UTF-8)
};

YamlStream read_yaml(const SourceText& source, const YamlOptions& options = {});

}  // namespace tollgate::policies
