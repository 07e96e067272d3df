// SPDX-License-Identifier: Apache-2.0
// SourceText: the text of one file and where its lines are, so that a mistake can be shown with its line.
// A byte order mark is dropped and CRLF becomes LF once, here, so that nothing above has to know of either.
// Thread rule: constant once made.
#pragma once

#include "engine/base/diagnostic.hpp"
#include "policies/codes.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::policies {

class SourceText {
  public:
    SourceText(std::string file, std::string_view text);

    const std::string& file() const { return file_; }
    std::string_view text() const { return text_; }
    std::size_t line_count() const { return starts_.size(); }
    /// The line without its end; `line` counts from 1. Empty when there is no such line.
    std::string_view line(std::size_t line) const;
    /// Byte offset at which a line (from 1) begins; the text's size when there is no such line.
    std::size_t line_start(std::size_t line) const;
    /// A place given as line from 1 and bytes into it, as a span of `bytes` bytes cut at the line's end.
    Span span(std::size_t line, std::size_t byte_column, std::size_t bytes = 1) const;
    Span span_at_offset(std::size_t offset, std::size_t bytes = 1) const;
    /// Byte offset of a span's first code point.
    std::size_t offset(const Span& span) const;

    /// A diagnostic about a place here; the line's text comes along for the caret.
    Diagnostic diagnostic(DocCode code, Span span, std::string message, std::string hint = {},
                          Severity severity = Severity::Error) const;

  private:
    std::size_t code_points(std::size_t begin, std::size_t end) const;

    std::string file_;
    std::string text_;
    std::vector<std::size_t> starts_;
    std::vector<std::uint32_t> checkpoints_;  // bytes that begin no code point, before every 256th byte
};

/// Adds a diagnostic unless there are limits::kMaxDiagnostics already; a first error is always added.
/// A hostile document can be wrong in half a million places.
void append_bounded(Diagnostics& out, Diagnostic diagnostic);
bool is_full(const Diagnostics& diagnostics);

}  // namespace tollgate::policies
