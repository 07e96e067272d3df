// SPDX-License-Identifier: Apache-2.0
// Fixes of one message must not contradict each other.
#include "engine/decide/state.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

namespace tollgate::decide {

namespace {

/// "spec.replicas: 8" -> its field and number; nothing for fixes of any other form.
std::optional<std::pair<std::string_view, std::int64_t>> whole_number_fix(std::string_view fix) {
    const std::size_t colon = fix.rfind(": ");
    if (colon == std::string_view::npos || fix.find('\n') != std::string_view::npos) return std::nullopt;
    const std::string_view text = fix.substr(colon + 2);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return std::pair(fix.substr(0, colon), number);
}

}  // namespace

void agree_on_fixes(std::vector<Finding>& findings) {
    using Number = std::pair<Action, std::int64_t>;
    std::map<std::string, std::vector<Number>, std::less<>> asked;
    for (const Finding& finding : findings)
        if (const auto fix = whole_number_fix(finding.fix); fix.has_value())
            asked[std::string(fix->first)].emplace_back(finding.action, fix->second);
    for (Finding& finding : findings) {
        const auto fix = whole_number_fix(finding.fix);
        if (!fix.has_value()) continue;
        std::int64_t least = fix->second;
        for (const auto& [action, number] : asked.find(fix->first)->second)
            if (action >= finding.action) least = std::min(least, number);
        if (least != fix->second) finding.fix = rules::fix_line(fix->first, std::to_string(least));
    }
}

}  // namespace tollgate::decide
