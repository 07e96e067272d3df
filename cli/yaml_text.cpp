// SPDX-License-Identifier: Apache-2.0
#include "cli/yaml_text.hpp"

#include "engine/base/json/document.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace tollgate::cli {
namespace {

// Words that YAML 1.1 reads as booleans or null (case aside).
constexpr std::array<std::string_view, 13> kReserved = {"y",   "n",    "yes", "no", "true", "false", "on",
                                                        "off", "null", "~",   "",   "<<",   "="};

bool is_word_start(char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '/';
}

/// May stand without quotes: starts like a word or a path, and nothing in it means anything to YAML.
bool is_plain(std::string_view text) {
    if (text.empty() || !is_word_start(text.front()) || text.back() == ' ' || text.back() == ':')
        return false;
    std::string lower;
    for (const char c : text) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (std::find(kReserved.begin(), kReserved.end(), lower) != kReserved.end()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F || static_cast<unsigned char>(c) >= 0x80)
            return false;
        if (c == ':' && i + 1 < text.size() && text[i + 1] == ' ') return false;
        if (c == '#' && i > 0 && text[i - 1] == ' ') return false;
    }
    return true;
}

/// Bytes from `at` that YAML 1.2 does not print: DEL, C1 controls, line and paragraph separators, the byte
/// order mark, noncharacters, and surrogates, which a JSON text can smuggle in. 0 when the character is
/// printable.
std::size_t unprintable_length(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned>(static_cast<unsigned char>(text[i])) : 0U;
    };
    if (byte(at) == 0x7F) return 1;
    if (byte(at) == 0xC2 && byte(at + 1) >= 0x80 && byte(at + 1) <= 0x9F) return 2;
    const bool separator =
        byte(at) == 0xE2 && byte(at + 1) == 0x80 && (byte(at + 2) == 0xA8 || byte(at + 2) == 0xA9);
    const bool mark = byte(at) == 0xEF && byte(at + 1) == 0xBB && byte(at + 2) == 0xBF;
    const bool noncharacter = byte(at) == 0xEF && byte(at + 1) == 0xBF && byte(at + 2) >= 0xBE;
    const bool surrogate = byte(at) == 0xED && byte(at + 1) >= 0xA0;
    return separator || mark || noncharacter || surrogate ? 3 : 0;
}

bool is_printable(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (unprintable_length(text, i) > 0) return false;
    }
    return true;
}

/// A JSON string literal is one of YAML too, but for the characters it may leave as they are.
void append_quoted(std::string& out, std::string_view text) {
    std::string json;
    json::append_json_string(json, text);
    for (std::size_t i = 0; i < json.size();) {
        const std::size_t length = unprintable_length(json, i);
        if (length == 0) {
            out += json[i++];
            continue;
        }
        unsigned code = static_cast<unsigned char>(json[i]);
        if (length == 2) code &= 0x1FU;
        if (length == 3) code &= 0x0FU;
        for (std::size_t next = 1; next < length; ++next) {
            code = (code << 6U) | (static_cast<unsigned char>(json[i + next]) & 0x3FU);
        }
        out += "\\u";
        for (const unsigned shift : {12U, 8U, 4U, 0U}) out += "0123456789abcdef"[(code >> shift) & 15U];
        i += length;
    }
}

/// A literal block keeps the text byte for byte: printable lines, none of which begins the text with a space.
bool is_block(std::string_view text) {
    if (text.find('\n') == std::string_view::npos || text.front() == '\n' || text.front() == ' ')
        return false;
    if (text.ends_with("\n\n") || !is_printable(text)) return false;
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return c == '\n' || static_cast<unsigned char>(c) >= 0x20; });
}

void append_scalar(std::string& out, json::Node node, int indent) {
    if (!node.is_string()) {
        json::append_json(out, node);
        return;
    }
    const std::string_view text = node.string();
    if (is_plain(text)) {
        out += text;
    } else if (!text.empty() && is_block(text)) {
        const bool ends_with_newline = text.back() == '\n';
        out += ends_with_newline ? "|" : "|-";
        std::size_t at = 0;
        while (at < text.size()) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            out += '\n';
            if (end > at) out.append(static_cast<std::size_t>(indent), ' ').append(text.substr(at, end - at));
            at = end + 1;
        }
    } else {
        append_quoted(out, text);
    }
}

bool is_inline(json::Node node) {
    return (!node.is_array() && !node.is_object()) || node.size() == 0;
}

void append_node(std::string& out, json::Node node, int indent, bool first_line_open);

void append_key(std::string& out, std::string_view key) {
    if (is_plain(key)) {
        out += key;
    } else {
        append_quoted(out, key);
    }
    out += ':';
}

void append_inline(std::string& out, json::Node node, int indent) {
    if (node.is_array()) {
        out += "[]";
    } else if (node.is_object()) {
        out += "{}";
    } else {
        append_scalar(out, node, indent);
    }
    out += '\n';
}

void append_object(std::string& out, json::Node node, int indent, bool first_line_open) {
    bool open = first_line_open;
    for (const auto& [key, value] : node.members()) {
        if (!open) out.append(static_cast<std::size_t>(indent), ' ');
        open = false;
        append_key(out, key);
        if (is_inline(value)) {
            out += ' ';
            append_inline(out, value, indent + 2);
        } else {
            out += '\n';
            append_node(out, value, value.is_array() ? indent : indent + 2, false);
        }
    }
}

void append_node(std::string& out, json::Node node, int indent, bool first_line_open) {
    if (is_inline(node)) {
        append_inline(out, node, indent);
    } else if (node.is_object()) {
        append_object(out, node, indent, first_line_open);
    } else {
        bool open = first_line_open;
        for (const json::Node element : node.elements()) {
            if (!open) out.append(static_cast<std::size_t>(indent), ' ');
            open = false;
            out += "- ";
            append_node(out, element, indent + 2, true);
        }
    }
}

}  // namespace

std::string yaml_scalar(std::string_view text) {
    if (is_plain(text) && text.find_first_of(",[]{}#&*!|>'\"%@`:") == std::string_view::npos)
        return std::string(text);
    std::string out;
    append_quoted(out, text);
    return out;
}

std::string to_yaml(json::Node node) {
    std::string out;
    append_node(out, node, 0, false);
    return out;
}

}  // namespace tollgate::cli
