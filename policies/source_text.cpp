// SPDX-License-Identifier: Apache-2.0
#include "policies/source_text.hpp"

#include <algorithm>
#include <utility>

namespace tollgate::policies {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
    }));
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
    const std::size_t column = std::min(byte_column, whole.size());
    const std::size_t length = code_points(whole.substr(column, bytes));
    return {static_cast<std::uint32_t>(line),
            static_cast<std::uint32_t>(code_points(whole.substr(0, column)) + 1),
            static_cast<std::uint32_t>(std::max<std::size_t>(length, 1))};
}

Span SourceText::span_at_offset(std::size_t offset) const {
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
    const auto line = static_cast<std::size_t>(after - starts_.begin());
    return span(line, offset - starts_[line - 1]);
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
    if (span.line != 0) out.source = std::string(line(span.line));
    return out;
}

}  // namespace tollgate::policies
