// SPDX-License-Identifier: Apache-2.0
// Small functions on text that every room needs: globs, the nearest right name, ASCII folding.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

/// Anchored glob with `*` (any run) and `?` (one character); linear in text x stars, no backtracking blow-up.
bool glob_match(std::string_view pattern, std::string_view text);

/// The candidate nearest to `word` by edit distance (transpositions count one), if near enough to be a likely
/// typo (distance at most a third of the length, at least 1, ignoring case); else "".
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

/// At most `limit` bytes, cut at a UTF-8 boundary.
std::string_view truncated(std::string_view text, std::size_t limit);
/// Printable ASCII only: other bytes become '?'. For kubectl warnings (RFC 7234 warning text).
std::string to_ascii(std::string_view text);

struct Character {
    std::size_t size = 1;  // in bytes
    bool is_control = false;
};
/// The UTF-8 character that a text, not empty, begins with. Control characters are those that move a
/// terminal's cursor or change its state (C0, DEL, C1), those that change the order in which text is shown
/// (bidirectional marks, embeddings, overrides and isolates), line and paragraph separators, and bytes that
/// are no UTF-8, which some terminals take for C1. Source: Unicode Standard Annex #9, ECMA-48.
Character first_character(std::string_view text);
/// On one line, for terminals: '?' for each control character, a space for a tab or a line break.
std::string printable(std::string_view text);

std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(std::span<const std::string> parts, std::string_view separator);

}  // namespace tollgate
