// SPDX-License-Identifier: Apache-2.0
#include "cli/cel_text.hpp"

#include "engine/base/text.hpp"

#include <algorithm>

namespace tollgate::cli {
namespace {

constexpr std::size_t kLineWidth = 96;

void append_escaped(std::string& out, char c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
        out += "\\x";
        out += kHex[byte >> 4U];
        out += kHex[byte & 15U];
        return;
    }
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
}

std::string or_nothing(const std::string& optional, std::string_view nothing) {
    std::string out = "optional.ofNonZeroValue(" + optional + ".orValue(";
    out.append(nothing).append(")).orValue(").append(nothing).append(")");
    return out;
}

bool is_literal(std::string_view glob) {
    return glob.find_first_of("*?") == std::string_view::npos;
}

}  // namespace

std::string cel_string(std::string_view text) {
    std::string out = "'";
    for (const char c : text) append_escaped(out, c);
    return out + "'";
}

std::string cel_list(const std::vector<std::string>& items, std::string_view indent) {
    std::string out = "[";
    std::size_t line = indent.size();
    for (std::size_t i = 0; i < items.size(); ++i) {
        const std::string item = cel_string(items[i]);
        if (i > 0) out += ',';
        if (i > 0 && line + item.size() > kLineWidth) {
            out.append("\n").append(indent);
            line = indent.size();
        } else if (i > 0) {
            out += ' ';
        }
        out += item;
        line += item.size() + 2;
    }
    return out + "]";
}

std::string cel_select(std::string_view key) {
    const bool plain = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    }) && !(key.front() >= '0' && key.front() <= '9');
    return plain ? ".?" + std::string(key) : "[?" + cel_string(key) + "]";
}

std::string cel_list_at(const std::string& optional) {
    return or_nothing(optional, "[]");
}
std::string cel_map_at(const std::string& optional) {
    return or_nothing(optional, "{}");
}
std::string cel_text_at(const std::string& optional) {
    return or_nothing(optional, "''");
}

std::string pattern_of_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (std::string_view(".+*?()|[]{}^$\\").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

std::string pattern_of_glob(std::string_view glob) {
    std::string out = "(?s)^";
    for (const char c : glob) {
        if (c == '*' || c == '?') {
            out += c == '*' ? ".*" : ".";
        } else {
            out += pattern_of_text(std::string_view(&c, 1));
        }
    }
    return out + "$";
}

std::string cel_any_glob(const std::vector<std::string>& globs, const std::string& text) {
    std::vector<std::string> literals, tests;
    for (const std::string& glob : globs) {
        if (is_literal(glob))
            literals.push_back(glob);
        else
            tests.push_back(text + ".matches(" + cel_string(pattern_of_glob(glob)) + ")");
    }
    if (!literals.empty()) tests.insert(tests.begin(), text + " in " + cel_list(literals, "  "));
    return tests.size() == 1 ? tests.front() : "(" + join(tests, " || ") + ")";
}

}  // namespace tollgate::cli
