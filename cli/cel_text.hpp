// SPDX-License-Identifier: Apache-2.0
// Writing CEL: literals, and field selections that bear with what is missing. For all that generates
// expressions: matchConditions of the webhooks, exported policies.
// Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tollgate::cli {

/// "'nvidia.com/gpu'", with what CEL wants escaped.
std::string cel_string(std::string_view text);
/// "['a', 'b']", broken after `indent` where a line would be long.
std::string cel_list(const std::vector<std::string>& items, std::string_view indent);
/// `.?key` for names CEL can select, `[?'key']` for all others.
std::string cel_select(std::string_view key);

// Custom resources may hold `env: null` and the like where a list, a map or a text is meant; that is as good
// as nothing there. `optional` is an expression of optional type.
std::string cel_list_at(const std::string& optional);
std::string cel_map_at(const std::string& optional);
std::string cel_text_at(const std::string& optional);

/// Whether `text`, a string, is one of these globs: literals are compared, others become a pattern.
std::string cel_any_glob(const std::vector<std::string>& globs, const std::string& text);
/// A pattern of RE2 that a text as a whole matches when the glob does.
std::string pattern_of_glob(std::string_view glob);
/// A text as a pattern that matches it alone.
std::string pattern_of_text(std::string_view text);

}  // namespace tollgate::cli
