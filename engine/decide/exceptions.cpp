// SPDX-License-Identifier: Apache-2.0
#include "engine/decide/state.hpp"

#include <algorithm>
#include <string>

namespace tollgate::decide {

namespace {

std::string above_ceiling(const rules::Exception& exception, const std::optional<Money>& hourly) {
    const std::string ceiling = format_usd(exception.max_hourly_cost) + "/h";
    const std::string begin = "CostException " + exception.name + " does not apply: ";
    if (!hourly.has_value()) return begin + "what this costs is unknown, and its ceiling is " + ceiling;
    return begin + "this costs " + format_usd(*hourly) + "/h, and its ceiling is " + ceiling;
}

}  // namespace

Waiver find_exception(Review& review, const State& state, std::string_view policy, std::string_view rule,
                      const std::optional<Money>& hourly) {
    Waiver waiver;
    for (const rules::Exception& exception : review.snapshot.rules->exceptions) {
        if (!exception.covers(policy, rule)) continue;
        if (exception.expires_unix_ms <= review.request.now_unix_ms) continue;
        if (matches(exception.match, review, state, true) != MatchResult::Yes) continue;
        // A ceiling that cannot be compared is not kept: what is not known never waives.
        if (!hourly.has_value() || !(*hourly <= exception.max_hourly_cost)) {
            if (waiver.why_not.empty()) waiver.why_not = above_ceiling(exception, hourly);
            continue;
        }
        return {&exception, ""};
    }
    return waiver;
}

}  // namespace tollgate::decide
