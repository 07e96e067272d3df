// SPDX-License-Identifier: Apache-2.0
// Where a byte of a YAML scalar's value stands in the file: plain, quoted and block scalars, folded or not.
// White space is what folding and indentation change, so the value and its text are held against each other
// by everything else. Thread rule: pure function.
// Source: YAML 1.1, chapters 5.7 (escapes), 9 (scalar styles).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tollgate::policies {

/// `text` is the whole file, `start` the byte at which the scalar (or its tag or anchor) begins, `value` what
/// it says, `offset` a byte of that, at most its size. Empty when the text there does not say `value` (an
/// alias).
std::optional<std::size_t> scalar_offset(std::string_view text, std::size_t start, std::string_view value,
                                         std::size_t offset);

}  // namespace tollgate::policies
