// SPDX-License-Identifier: Apache-2.0
#include "engine/decide/state.hpp"

#include <algorithm>

namespace tollgate::decide {

const rules::Exception* find_exception(Review& review, const State& state, std::string_view policy,
                                       std::string_view rule, const std::optional<Money>& hourly) {
    for (const rules::Exception& exception : review.snapshot.rules->exceptions) {
        if (!exception.covers(policy, rule)) continue;
        if (exception.expires_unix_ms <= review.request.now_unix_ms) continue;
        if (matches(exception.match, review, state, true) != MatchResult::Yes) continue;
        // A ceiling that cannot be compared is not kept: what is not known never waives.
        if (!hourly.has_value() || !(*hourly <= exception.max_hourly_cost)) continue;
        return &exception;
    }
    return nullptr;
}

}  // namespace tollgate::decide
