// SPDX-License-Identifier: Apache-2.0
#include "policies/yaml_chunks.hpp"

#include "engine/base/limits.hpp"

#include <algorithm>
#include <string>

namespace tollgate::policies {
namespace {

bool is_marker(std::string_view line, std::string_view marker) {
    if (line.substr(0, 3) != marker) return false;
    return line.size() == 3 || line[3] == ' ' || line[3] == '\t';
}

/// Is there anything on this line but space, a comment, a directive or a bare marker?
bool says_something(std::string_view line) {
    if (is_marker(line, "---") || is_marker(line, "...")) line.remove_prefix(3);
    const std::size_t at = line.find_first_not_of(" \t");
    if (at == std::string_view::npos || line[at] == '#') return false;
    return !(at == 0 && line[0] == '%');
}

/// Length of the UTF-8 sequence at `at`, 0 when it is none (overlong forms and surrogates included).
std::size_t sequence_length(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t index) {
        return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
    };
    const auto continues = [&](std::size_t index) { return (byte(index) & 0xC0U) == 0x80U; };
    const unsigned lead = byte(at);
    if (lead < 0x80U) return 1;
    if (lead >= 0xC2U && lead <= 0xDFU) return continues(at + 1) ? 2 : 0;
    if (lead >= 0xE0U && lead <= 0xEFU) {
        if ((lead == 0xE0U && byte(at + 1) < 0xA0U) || (lead == 0xEDU && byte(at + 1) > 0x9FU)) return 0;
        return continues(at + 1) && continues(at + 2) ? 3 : 0;
    }
    if (lead >= 0xF0U && lead <= 0xF4U) {
        if ((lead == 0xF0U && byte(at + 1) < 0x90U) || (lead == 0xF4U && byte(at + 1) > 0x8FU)) return 0;
        return continues(at + 1) && continues(at + 2) && continues(at + 3) ? 4 : 0;
    }
    return 0;
}

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20U && byte != '\t' && byte != '\n') || byte == 0x7FU;
}

}  // namespace

std::vector<YamlChunk> split_documents(const SourceText& source) {
    std::vector<YamlChunk> out;
    std::size_t first = 1;
    std::size_t says = 0;
    const auto flush = [&](std::size_t next) {
        if (says != 0) {
            const std::size_t begin = source.line_start(first);
            const std::size_t end = source.line_start(next);
            out.push_back({source.text().substr(begin, end - begin), first, says});
        }
        first = next;
        says = 0;
    };
    for (std::size_t number = 1; number <= source.line_count(); ++number) {
        const std::string_view line = source.line(number);
        if (is_marker(line, "---")) flush(number);
        if (says == 0 && says_something(line)) says = number;
        if (is_marker(line, "...")) flush(number + 1);
    }
    flush(source.line_count() + 1);
    return out;
}

bool is_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = sequence_length(text, at);
        if (length == 0) return false;
        at += length;
    }
    return true;
}

std::string with_whole_characters(const std::string& scalar) {
    if (is_utf8(scalar)) return scalar;
    std::string out;
    for (std::size_t at = 0; at < scalar.size();) {
        const std::size_t length = sequence_length(scalar, at);
        // The file is UTF-8, so that a byte which belongs to no character is one of these two.
        if (length == 0) out += '\xC2';
        out.append(scalar, at, std::max<std::size_t>(length, 1));
        at += std::max<std::size_t>(length, 1);
    }
    return out;
}

std::optional<Diagnostic> refuse_text(const SourceText& source) {
    const std::string_view text = source.text();
    if (text.size() > limits::kMaxYamlBytes) {
        return source.diagnostic(DocCode::TooLarge, {},
                                 "the file has " + std::to_string(text.size()) + " bytes; at most " +
                                     std::to_string(limits::kMaxYamlBytes) + " are read",
                                 "split it into several files");
    }
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = sequence_length(text, at);
        if (length == 0) {
            return source.diagnostic(DocCode::BadEncoding, source.span_at_offset(at), "not UTF-8",
                                     "save the file as UTF-8");
        }
        if (is_control(text[at])) {
            return source.diagnostic(
                DocCode::BadEncoding, source.span_at_offset(at),
                "control character " + std::to_string(static_cast<unsigned char>(text[at])) + " in the text",
                "YAML allows tabs and line ends only; write \"\\x..\" in double quotes");
        }
        at += length;
    }
    return std::nullopt;
}

}  // namespace tollgate::policies
