// SPDX-License-Identifier: Apache-2.0
#include "certs/issue.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>

#include <ctime>

namespace tollgate::certs {
namespace {

// RFC 5280 4.1.2.2: positive, at most 20 octets, and unguessable.
constexpr int kSerialBits = 127;
constexpr std::size_t kMaxCommonName = 64;  // RFC 5280 ub-common-name

Result<void> set_serial(X509* certificate) {
    const std::unique_ptr<BIGNUM, Freeing<BN_free>> serial(BN_new());
    if (!serial || BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) != 1 ||
        BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) == nullptr) {
        return openssl_fail("certificate: no random serial number");
    }
    return {};
}

Result<void> set_time(ASN1_TIME* field, std::int64_t unix_seconds) {
    if (ASN1_TIME_set(field, static_cast<std::time_t>(unix_seconds)) == nullptr) {
        return openssl_fail("certificate: " + std::to_string(unix_seconds) + " is not a time X.509 can hold");
    }
    return {};
}

Result<void> set_common_name(X509* certificate, const std::string& name) {
    // A DNS name may be longer than a common name; clients read the alternative names alone.
    const std::string cut = name.substr(0, kMaxCommonName);
    X509_NAME* const subject = X509_get_subject_name(certificate);
    const auto* const bytes = reinterpret_cast<const unsigned char*>(cut.data());
    if (X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, bytes,
                                   static_cast<int>(cut.size()), -1, 0) != 1) {
        return openssl_fail("certificate: \"" + cut + "\" is not usable as a common name");
    }
    return {};
}

}  // namespace

Result<PkeyPtr> generate_key() {
    PkeyPtr key(EVP_EC_gen("P-256"));
    if (!key) return openssl_fail("private key: cannot be generated");
    return key;
}

Result<X509Ptr> start_certificate(const Draft& draft) {
    X509Ptr certificate(X509_new());
    if (!certificate || X509_set_version(certificate.get(), X509_VERSION_3) != 1) {
        return openssl_fail("certificate: cannot be created");
    }
    X509* const raw = certificate.get();
    if (Result<void> done = set_serial(raw); !done) return tl::unexpected(done.error());
    if (Result<void> done = set_time(X509_getm_notBefore(raw), draft.not_before_unix); !done) {
        return tl::unexpected(done.error());
    }
    if (Result<void> done = set_time(X509_getm_notAfter(raw), draft.not_after_unix); !done) {
        return tl::unexpected(done.error());
    }
    if (Result<void> done = set_common_name(raw, draft.common_name); !done)
        return tl::unexpected(done.error());
    X509* const issuer = draft.issuer != nullptr ? draft.issuer : raw;
    if (X509_set_issuer_name(raw, X509_get_subject_name(issuer)) != 1 ||
        X509_set_pubkey(raw, draft.key) != 1) {
        return openssl_fail("certificate: issuer or key cannot be set");
    }
    return certificate;
}

Result<void> add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509V3_set_ctx_nodb(&context);
    const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
    if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) {
        return openssl_fail(std::string("certificate: extension ") + OBJ_nid2sn(nid) + " cannot be added");
    }
    return {};
}

Result<void> sign(X509* certificate, EVP_PKEY* key) {
    if (X509_sign(certificate, key, EVP_sha256()) == 0) return openssl_fail("certificate: cannot be signed");
    return {};
}

}  // namespace tollgate::certs
