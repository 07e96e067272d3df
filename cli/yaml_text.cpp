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

/// A literal block keeps the text byte for byte: printable lines, none of which begins the text with a space.
bool is_block(std::string_view text) {
    if (text.find('\n') == std::string_view::npos || text.front() == '\n' || text.front() == ' ')
        return false;
    if (text.ends_with("\n\n")) return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return c == '\n' || (byte >= 0x20 && byte != 0x7F);
    });
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
        json::append_json_string(out, text);
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
        json::append_json_string(out, key);
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

std::string to_yaml(json::Node node) {
    std::string out;
    append_node(out, node, 0, false);
    return out;
}

}  // namespace tollgate::cli
