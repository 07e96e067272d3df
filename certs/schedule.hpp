// SPDX-License-Identifier: Apache-2.0
// When to renew what, from nothing but the two periods of validity.
//
// A leaf is renewed once two thirds of its life are over, an authority while it can still sign a whole leaf:
// with ten years and one year that is a year before its end, long enough for a caBundle with both to reach
// every webhook configuration. Where both are due, the authority comes first: a leaf of the old one would be
// cut short.
#pragma once

#include <cstdint>
#include <string>

namespace tollgate::certs {

struct Validity {
    std::int64_t not_before_unix = 0;
    std::int64_t not_after_unix = 0;
};

enum class Renewal : std::uint8_t { Leaf, Authority };

struct RenewalPlan {
    Renewal what = Renewal::Leaf;
    std::int64_t at_unix = 0;          // when that renewal is due
    std::int64_t expires_at_unix = 0;  // when clients stop accepting the leaf: the earlier of both ends
    bool is_due = false;
    std::string reason;
};

RenewalPlan plan_renewal(const Validity& authority, const Validity& leaf, std::int64_t now_unix);

}  // namespace tollgate::certs
