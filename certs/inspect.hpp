// SPDX-License-Identifier: Apache-2.0
// What a certificate says, and whether a client would accept it.
#pragma once

#include "certs/key_pair.hpp"
#include "engine/base/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tollgate::certs {

struct CertificateFacts {
    std::string subject;  // RFC 2253
    std::string issuer;
    std::string serial_hex;
    std::string sha256_hex;  // of the DER encoding
    std::int64_t not_before_unix = 0;
    std::int64_t not_after_unix = 0;
    bool is_authority = false;
    std::vector<std::string> dns_names;
    std::vector<std::string> ip_addresses;
};

/// The certificates of a PEM text, in order; fails when there is none or one cannot be read.
Result<std::vector<CertificateFacts>> inspect(const std::string& pem);

/// Fails unless the key belongs to the first certificate.
Result<void> check_pair(const KeyPair& pair);

/// Judges as a TLS client does that trusts `ca_bundle_pem` and calls `host` (a DNS name or an IP address) at
/// `at_unix`; intermediates may follow the leaf in `chain_pem`. The error says why not and names the
/// certificate.
Result<void> verify_server(const std::string& chain_pem, const std::string& ca_bundle_pem,
                           const std::string& host, std::int64_t at_unix);

}  // namespace tollgate::certs
