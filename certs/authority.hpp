// SPDX-License-Identifier: Apache-2.0
// The certificate authority behind the webhook: its certificate is the caBundle of the webhook
// configurations.
//
// ECDSA P-256 with SHA-256; CA:TRUE with path length 0 (it signs leaves, never another CA), keyCertSign and
// cRLSign, subject and authority key identifiers. Valid from five minutes before `now`, for clocks that
// differ. Source: RFC 5280 section 4.2.
#pragma once

#include "certs/key_pair.hpp"
#include "engine/base/result.hpp"

#include <cstdint>
#include <string>

namespace tollgate::certs {

inline constexpr std::int64_t kDaySeconds = 24 * 60 * 60;
inline constexpr std::int64_t kAuthorityDays = 3650;
inline constexpr std::int64_t kBackdateSeconds = 5 * 60;

struct AuthorityRequest {
    std::string common_name = "tollgate-ca";
    std::int64_t days = kAuthorityDays;
    std::int64_t now_unix = 0;  // seconds; the caller owns the clock
};

/// Fails only on a name or a validity that X.509 cannot hold, or when OpenSSL has no randomness.
Result<KeyPair> make_authority(const AuthorityRequest& request);

}  // namespace tollgate::certs
