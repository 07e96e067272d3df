// SPDX-License-Identifier: Apache-2.0
// Small functions on text that every room needs: globs, the nearest right name, ASCII folding.
#pragma once

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
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(std::span<const std::string> parts, std::string_view separator);

}  // namespace tollgate
