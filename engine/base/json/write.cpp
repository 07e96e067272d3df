// SPDX-License-Identifier: Apache-2.0
// The tree as compact JSON text. The output is always valid JSON in valid UTF-8: lone surrogates go back to
// their escapes, bytes that are no UTF-8 at all (only Builder can bring them) become U+FFFD.
#include "engine/base/json/document.hpp"
#include "engine/base/json/string_scan.hpp"
#include "engine/base/json/utf8.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace tollgate::json {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void append_unicode_escape(std::string& out, std::uint32_t unit) {
    out += "\\u";
    for (const std::uint32_t shift : {12U, 8U, 4U, 0U}) out += kHex[(unit >> shift) & 15U];
}

void append_control(std::string& out, unsigned char byte) {
    switch (byte) {
        case '\b':
            out += "\\b";
            break;
        case '\f':
            out += "\\f";
            break;
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        default:
            append_unicode_escape(out, byte);
    }
}

// Appends what begins with a byte above 0x7F and returns how many bytes it took.
std::size_t append_wide(std::string& out, std::string_view rest) {
    unsigned char bytes[5] = {};  // ends in zero, which utf8_length stops at
    for (std::size_t i = 0; i < 4 && i < rest.size(); ++i) bytes[i] = static_cast<unsigned char>(rest[i]);
    const std::size_t length = utf8_length(bytes);
    if (length > 0) {
        out += rest.substr(0, length);
        return length;
    }
    const bool surrogate =
        bytes[0] == 0xED && bytes[1] >= 0xA0 && bytes[1] <= 0xBF && (bytes[2] & 0xC0U) == 0x80U;
    if (surrogate) {
        append_unicode_escape(out, 0xD000U | ((bytes[1] & 0x3FU) << 6U) | (bytes[2] & 0x3FU));
        return 3;
    }
    out += "\xEF\xBF\xBD";
    return 1;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    const char* at = text.data();
    const char* end = at + text.size();
    while (at != end) {
        const char* stop = skip_plain(at, end);
        out.append(at, stop);
        at = stop;
        if (at == end) break;
        const auto byte = static_cast<unsigned char>(*at);
        if (byte >= 0x80) {
            at += append_wide(out, std::string_view(at, static_cast<std::size_t>(end - at)));
            continue;
        }
        if (byte < 0x20) {
            append_control(out, byte);
        } else {
            out += '\\';
            out += *at;
        }
        ++at;
    }
    out += '"';
}

// Recursive: trees are at most as deep as their reader allows (limits::kMaxJsonDepthCeiling).
void append_json(std::string& out, Node node) {
    switch (node.kind()) {
        case Kind::Missing:
        case Kind::Null:
            out += "null";
            break;
        case Kind::Bool:
            out += node.boolean() ? "true" : "false";
            break;
        case Kind::Number:
            out += node.text();
            break;
        case Kind::String:
            append_json_string(out, node.text());
            break;
        case Kind::Array: {
            char separator = '[';
            for (const Node element : node.elements()) {
                out += std::exchange(separator, ',');
                append_json(out, element);
            }
            out += separator == '[' ? "[]" : "]";
            break;
        }
        case Kind::Object: {
            char separator = '{';
            for (const auto [name, value] : node.members()) {
                out += std::exchange(separator, ',');
                append_json_string(out, name);
                out += ':';
                append_json(out, value);
            }
            out += separator == '{' ? "{}" : "}";
            break;
        }
    }
}

std::string to_json(Node node) {
    std::string out;
    append_json(out, node);
    return out;
}

}  // namespace tollgate::json
