// SPDX-License-Identifier: Apache-2.0
#include "engine/base/text.hpp"

#include "engine/base/limits.hpp"

#include <algorithm>
#include <cstddef>

namespace tollgate {
namespace {

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}
char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

unsigned char byte_at(std::string_view text, std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

/// Bytes of the UTF-8 character that a text begins with, one of several bytes; 0 when it is none.
std::size_t character_size(std::string_view text) {
    const auto first = byte_at(text, 0), second = byte_at(text, 1);
    // The shortest form alone, no surrogates, nothing beyond U+10FFFF.
    const unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || second < low || second > high || size > text.size()) return 0;
    for (std::size_t i = 2; i < size; ++i)
        if (!is_continuation(text[i])) return 0;
    return size;
}

// Edit distance with transpositions of neighbours (optimal string alignment); three rows.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> current(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substitution = last[j - 1] + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
            current[j] = std::min({last[j] + 1, current[j - 1] + 1, substitution});
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1])) {
                current[j] = std::min(current[j], before_last[j - 2] + 1);
            }
        }
        std::swap(before_last, last);
        std::swap(last, current);
    }
    return last[b.size()];
}

}  // namespace

// On a mismatch only the last star gives way by one character: earlier stars never need to, since the last
// one can take whatever they would have.
bool glob_match(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t star_text = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            star_text = t;
        } else if (p < pattern.size() && pattern[p] == '?') {
            ++p;
            ++t;
            while (t < text.size() && is_continuation(text[t])) ++t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            ++star_text;
            while (star_text < text.size() && is_continuation(text[star_text])) ++star_text;
            t = star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
    if (word.empty() || word.size() > limits::kMaxTypoBytes) return {};
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const std::string_view candidate : candidates) {
        const std::size_t gap =
            std::max(word.size(), candidate.size()) - std::min(word.size(), candidate.size());
        if (candidate.empty() || gap >= best_distance) continue;
        const std::size_t distance = edit_distance(word, candidate);
        if (distance >= best_distance || distance >= candidate.size()) continue;
        best = candidate;
        best_distance = distance;
    }
    return best;
}

std::string_view truncated(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return text;
    while (limit > 0 && is_continuation(text[limit])) --limit;
    return text.substr(0, limit);
}

std::string to_ascii(std::string_view text) {
    std::string ascii(text);
    std::replace_if(
        ascii.begin(), ascii.end(), [](char c) { return c < 0x20 || c > 0x7E; }, '?');
    return ascii;
}

Character first_character(std::string_view text) {
    const auto first = byte_at(text, 0), second = byte_at(text, 1), third = byte_at(text, 2);
    if (first < 0x80) return {1, first < 0x20 || first == 0x7F};
    const std::size_t size = character_size(text);
    if (size == 0) return {1, true};
    const bool is_c1 = first == 0xC2 && second < 0xA0;
    const bool is_letter_mark = first == 0xD8 && second == 0x9C;
    const bool is_punctuation = first == 0xE2 && second == 0x80 &&
                                (third == 0x8E || third == 0x8F || (third >= 0xA8 && third <= 0xAE));
    const bool is_isolate = first == 0xE2 && second == 0x81 && third >= 0xA6 && third <= 0xA9;
    return {size, is_c1 || is_letter_mark || is_punctuation || is_isolate};
}

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Character next = first_character(text);
        const char c = text.front();
        if (!next.is_control)
            out += text.substr(0, next.size);
        else
            out += c == '\n' || c == '\r' || c == '\t' ? ' ' : '?';
        text.remove_prefix(next.size);
    }
    return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
    std::string joined;
    for (const std::string& part : parts) {
        if (&part != parts.data()) joined += separator;
        joined += part;
    }
    return joined;
}

}  // namespace tollgate
