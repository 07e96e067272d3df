// SPDX-License-Identifier: Apache-2.0
// The X.509 work that an authority and a leaf share. Internal to certs.
#pragma once

#include "certs/openssl_handles.hpp"

#include <cstdint>
#include <string>

namespace tollgate::certs {

/// A new P-256 key.
Result<PkeyPtr> generate_key();

struct Draft {
    std::string common_name;
    std::int64_t not_before_unix;
    std::int64_t not_after_unix;
    EVP_PKEY* key;  // the subject's
    X509* issuer;   // null: the certificate is its own issuer
};

/// A certificate with version, random serial, names, validity and key; extensions and signature are to
/// follow.
Result<X509Ptr> start_certificate(const Draft& draft);

/// One extension in OpenSSL's configuration syntax; never with text from outside.
Result<void> add_extension(X509* certificate, X509* issuer, int nid, const char* value);

Result<void> sign(X509* certificate, EVP_PKEY* key);

}  // namespace tollgate::certs
