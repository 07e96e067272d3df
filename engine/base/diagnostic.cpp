// SPDX-License-Identifier: Apache-2.0
#include "engine/base/diagnostic.hpp"

#include <algorithm>
#include <cstddef>

namespace tollgate {
namespace {

constexpr std::size_t kShownCodePoints = 100;  // of a source line
constexpr std::size_t kContextBefore = 40;     // kept before the caret of a longer one
constexpr std::string_view kCut = "...";

// One entry per code point. Control characters are never printed: the terminal of whoever runs lint obeys
// them.
std::vector<std::string> code_points(std::string_view line) {
    std::vector<std::string> points;
    for (const char c : line) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xC0U) == 0x80U && !points.empty()) {
            points.back() += c;
        } else if (c == '\t') {
            points.emplace_back(" ");
        } else if (byte < 0x20 || byte == 0x7F) {
            points.emplace_back("?");
        } else {
            points.emplace_back(1, c);
        }
    }
    return points;
}

// The source line with a caret line below it, clipped around the caret.
std::string excerpt(const Span& span, std::string_view source) {
    while (!source.empty() && (source.back() == '\n' || source.back() == '\r')) source.remove_suffix(1);
    const std::vector<std::string> points = code_points(source);
    const std::size_t caret = std::min<std::size_t>(span.column == 0 ? 0 : span.column - 1, points.size());

    std::size_t first = 0;
    std::size_t last = points.size();
    if (points.size() > kShownCodePoints) {
        first = caret > kContextBefore ? caret - kContextBefore : 0;
        last = std::min(points.size(), first + kShownCodePoints);
        first = std::min(first, last - kShownCodePoints);
    }
    const std::string_view lead = first > 0 ? kCut : "";
    const std::size_t longest = std::max<std::size_t>(1, last - caret);
    const std::size_t underlined = std::clamp<std::size_t>(span.length, 1, longest);

    const std::string number = std::to_string(span.line);
    std::string text = "  " + number + " | ";
    text += lead;
    for (std::size_t i = first; i < last; ++i) text += points[i];
    if (last < points.size()) text += kCut;
    text += "\n  " + std::string(number.size(), ' ') + " | ";
    text.append(lead.size() + caret - first, ' ');
    text += '^';
    text.append(underlined - 1, '~');
    text += '\n';
    return text;
}

}  // namespace

bool has_errors(const Diagnostics& diagnostics) {
    return std::any_of(diagnostics.begin(), diagnostics.end(),
                       [](const Diagnostic& diagnostic) { return diagnostic.severity == Severity::Error; });
}

std::string render(const Diagnostic& diagnostic) {
    std::string text;
    if (!diagnostic.file.empty()) {
        text += diagnostic.file;
        if (diagnostic.span.line > 0) text += ':' + std::to_string(diagnostic.span.line);
        if (diagnostic.span.line > 0 && diagnostic.span.column > 0) {
            text += ':' + std::to_string(diagnostic.span.column);
        }
        text += ": ";
    }
    text += diagnostic.severity == Severity::Error ? "error" : "warning";
    if (!diagnostic.code.empty()) text += '[' + diagnostic.code + ']';
    text += ": " + diagnostic.message + '\n';
    if (diagnostic.span.line > 0 && !diagnostic.source.empty()) {
        text += excerpt(diagnostic.span, diagnostic.source);
    }
    if (!diagnostic.hint.empty()) text += "  help: " + diagnostic.hint + '\n';
    return text;
}

}  // namespace tollgate
