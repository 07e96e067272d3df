// SPDX-License-Identifier: Apache-2.0
// Where the documents of a YAML file begin and end, and what keeps a file from being read at all.
// `---` and `...` at the start of a line end a document wherever they stand (YAML 1.2, section 9.1.2), so
// that this needs no parser. Thread rule: pure functions.
#pragma once

#include "policies/source_text.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::policies {

struct YamlChunk {
    std::string_view text;
    std::size_t first_line = 1;  // of the text, in the file
    std::size_t says_line = 1;   // first line that is neither blank nor a comment nor a marker
};

/// Chunks that say something; blank ones, comments and directives alone are left out.
std::vector<YamlChunk> split_documents(const SourceText& source);

bool is_utf8(std::string_view text);

/// What yaml-cpp makes of a scalar, in UTF-8: of the escapes \N (U+0085) and \_ (U+00A0) it writes the last
/// byte alone (yaml-cpp 0.7).
std::string with_whole_characters(const std::string& scalar);

/// Why the file is not read: too large, not UTF-8, control characters (which yaml-cpp would take for the
/// end).
std::optional<Diagnostic> refuse_text(const SourceText& source);

}  // namespace tollgate::policies
