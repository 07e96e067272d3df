// SPDX-License-Identifier: Apache-2.0
// Diagnostics: mistakes in documents people write, collected and never thrown, so that one run shows them
// all. Rendered as `file:line:column: error[CODE]: message`, the source line, a caret, and a hint.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

/// 1-based; columns count code points. line 0 means the whole file.
struct Span {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::uint32_t length = 1;  // code points to underline
};

enum class Severity : std::uint8_t { Error, Warning };

struct Diagnostic {
    Severity severity = Severity::Error;
    std::string code;  // "TG0102"; the table of codes is policies/codes.hpp
    std::string file;
    Span span;
    std::string message;  // lower case, no full stop
    std::string hint;     // "did you mean 'tolerations'?"; may be empty
    std::string source;   // text of the line, for the caret; may be empty
};

using Diagnostics = std::vector<Diagnostic>;

bool has_errors(const Diagnostics& diagnostics);
/// One diagnostic as text, several lines, ending in a newline; tabs of the source line become one space.
std::string render(const Diagnostic& diagnostic);

}  // namespace tollgate
