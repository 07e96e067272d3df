// SPDX-License-Identifier: Apache-2.0
#include "certs/schedule.hpp"

#include <algorithm>

namespace tollgate::certs {

RenewalPlan plan_renewal(const Validity& authority, const Validity& leaf, std::int64_t now_unix) {
    const std::int64_t leaf_life = leaf.not_after_unix - leaf.not_before_unix;
    const std::int64_t authority_life = authority.not_after_unix - authority.not_before_unix;
    const std::int64_t leaf_at = leaf.not_before_unix + leaf_life - leaf_life / 3;
    // An authority that lives hardly longer than its leaves is renewed with a third of its life left, too.
    const std::int64_t margin = std::min(leaf_life, authority_life / 3);
    const std::int64_t authority_at = authority.not_after_unix - margin;

    RenewalPlan plan;
    const bool authority_first = authority_at <= leaf_at || authority_at <= now_unix;
    plan.what = authority_first ? Renewal::Authority : Renewal::Leaf;
    plan.at_unix = authority_first ? authority_at : leaf_at;
    plan.expires_at_unix = std::min(authority.not_after_unix, leaf.not_after_unix);
    plan.is_due = plan.at_unix <= now_unix;
    if (plan.expires_at_unix <= now_unix) {
        plan.reason = authority.not_after_unix <= now_unix ? "the CA has expired" : "the leaf has expired";
    } else if (authority_first) {
        plan.reason = "the CA could no longer sign a leaf of full length";
    } else {
        plan.reason = "two thirds of the leaf's life are over";
    }
    return plan;
}

}  // namespace tollgate::certs
