// SPDX-License-Identifier: Apache-2.0
#include "policies/source_text.hpp"

#include "engine/base/limits.hpp"

#include <algorithm>
#include <utility>

namespace tollgate::policies {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

constexpr std::size_t kCheckpoint = 256;
constexpr std::size_t kMaxShownLine = 4096;  // longer lines are not carried along for the caret

bool continues(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

std::string with_plain_line_ends(std::string_view text) {
    if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) text.remove_prefix(kByteOrderMark.size());
    if (text.find('\r') == std::string_view::npos) return std::string(text);
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\r') {
            out.push_back(text[i]);
        } else if (i + 1 >= text.size() || text[i + 1] != '\n') {
            out.push_back('\n');
        }
    }
    return out;
}

}  // namespace

SourceText::SourceText(std::string file, std::string_view text)
    : file_(std::move(file)), text_(with_plain_line_ends(text)) {
    starts_.push_back(0);
    for (std::size_t at = text_.find('\n'); at != std::string::npos; at = text_.find('\n', at + 1)) {
        starts_.push_back(at + 1);
    }
    std::uint32_t continuations = 0;
    checkpoints_.reserve(text_.size() / kCheckpoint + 1);
    for (std::size_t at = 0; at < text_.size(); ++at) {
        if (at % kCheckpoint == 0) checkpoints_.push_back(continuations);
        if (continues(text_[at])) ++continuations;
    }
}

/// Constant time whatever the distance: a document may be one line of megabytes.
std::size_t SourceText::code_points(std::size_t begin, std::size_t end) const {
    const auto continuations_before = [&](std::size_t offset) -> std::size_t {
        if (checkpoints_.empty()) return 0;
        const std::size_t block = std::min(offset / kCheckpoint, checkpoints_.size() - 1);
        std::size_t count = checkpoints_[block];
        for (std::size_t at = block * kCheckpoint; at < offset; ++at) count += continues(text_[at]) ? 1U : 0U;
        return count;
    };
    return end - begin - (continuations_before(end) - continuations_before(begin));
}

std::size_t SourceText::line_start(std::size_t line) const {
    return line >= 1 && line <= starts_.size() ? starts_[line - 1] : text_.size();
}

std::string_view SourceText::line(std::size_t line) const {
    const std::size_t begin = line_start(line);
    std::size_t end = line_start(line + 1);
    if (end > begin && text_[end - 1] == '\n') --end;
    return std::string_view(text_).substr(begin, end - begin);
}

Span SourceText::span(std::size_t line, std::size_t byte_column, std::size_t bytes) const {
    const std::string_view whole = this->line(line);
    const std::size_t start = line_start(line);
    const std::size_t begin = start + std::min(byte_column, whole.size());
    const std::size_t end = std::min(begin + std::min(bytes, whole.size()), start + whole.size());
    const std::size_t length = code_points(begin, end);
    return {static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(code_points(start, begin) + 1),
            static_cast<std::uint32_t>(std::max<std::size_t>(length, 1))};
}

std::size_t SourceText::offset(const Span& span) const {
    const std::string_view whole = line(span.line);
    std::size_t at = 0;
    for (std::uint32_t column = 1; column < span.column && at < whole.size(); ++column) {
        do ++at;
        while (at < whole.size() && continues(whole[at]));
    }
    return line_start(span.line) + at;
}

Span SourceText::span_at_offset(std::size_t offset, std::size_t bytes) const {
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
    const auto line = static_cast<std::size_t>(after - starts_.begin());
    return span(line, offset - starts_[line - 1], bytes);
}

Diagnostic SourceText::diagnostic(DocCode code, Span span, std::string message, std::string hint,
                                  Severity severity) const {
    Diagnostic out;
    out.severity = severity;
    out.code = std::string(row(code).id);
    out.file = file_;
    out.span = span;
    out.message = std::move(message);
    out.hint = std::move(hint);
    const std::string_view shown = span.line == 0 ? std::string_view{} : line(span.line);
    if (shown.size() <= kMaxShownLine) out.source = std::string(shown);
    return out;
}

void append_bounded(Diagnostics& out, Diagnostic diagnostic) {
    const bool first_error = diagnostic.severity == Severity::Error && is_full(out) && !has_errors(out);
    if (!is_full(out) || first_error) out.push_back(std::move(diagnostic));
}

bool is_full(const Diagnostics& diagnostics) {
    return diagnostics.size() >= limits::kMaxDiagnostics;
}

}  // namespace tollgate::policies
