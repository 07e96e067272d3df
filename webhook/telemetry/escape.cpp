// SPDX-License-Identifier: Apache-2.0
#include "webhook/telemetry/escape.hpp"

#include <array>
#include <cstddef>

namespace tollgate::telemetry {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// Bytes of the well-formed multi-byte sequence at the start of `text` (Unicode table 3-7), 0 if there is
/// none.
std::size_t sequence_length(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const auto second = text.size() > 1 ? static_cast<unsigned char>(text[1]) : 0U;
    if (lead >= 0xC2 && lead <= 0xDF) return text.size() > 1 && is_continuation(text[1]) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
        const unsigned high = lead == 0xED ? 0x9F : 0xBF;
        return text.size() > 2 && second >= low && second <= high && is_continuation(text[2]) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
        const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
        const bool ok = text.size() > 3 && second >= low && second <= high && is_continuation(text[2]) &&
                        is_continuation(text[3]);
        return ok ? 4 : 0;
    }
    return 0;
}

/// Appends the multi-byte sequence at `text[at]`, or a replacement; returns how many bytes it stands for.
std::size_t append_multibyte(std::string& out, std::string_view text, std::size_t at) {
    const std::size_t length = sequence_length(text.substr(at));
    if (length == 0) {
        out += kReplacement;
        return 1;
    }
    out += text.substr(at, length);
    return length;
}

void append_json_control(std::string& out, char c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    out += "\\u00";
    out += kHex[byte >> 4U];
    out += kHex[byte & 0xFU];
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80) {
            i += append_multibyte(out, text, i);
            continue;
        }
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte == 0x7F) {
            append_json_control(out, c);
        } else {
            out += c;
        }
        ++i;
    }
    out += '"';
}

void append_label_value(std::string& out, std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        if (static_cast<unsigned char>(c) >= 0x80) {
            i += append_multibyte(out, text, i);
            continue;
        }
        switch (c) {
            case '\\':
                out += "\\\\";
                break;
            case '"':
                out += "\\\"";
                break;
            case '\n':
                out += "\\n";
                break;
            default:
                out += c;
        }
        ++i;
    }
}

}  // namespace tollgate::telemetry
