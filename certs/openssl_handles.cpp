// SPDX-License-Identifier: Apache-2.0
#include "certs/openssl_handles.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

namespace tollgate::certs {
namespace {

// In one PEM text: a chain, or a CA bundle during a rotation.
constexpr std::size_t kMaxCertificates = 100;
constexpr std::size_t kMaxPemBytes = 1024 * 1024;

/// Never asks a person for a passphrase: an encrypted key is an error.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) {
    return -1;
}

BioPtr memory_bio(const std::string& text) {
    return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

}  // namespace

tl::unexpected<Error> openssl_fail(std::string what) {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    if (reason != nullptr) what.append(" (").append(reason).append(")");
    return fail(std::move(what));
}

Result<std::vector<X509Ptr>> read_certificates(const std::string& pem) {
    if (pem.size() > kMaxPemBytes) return fail("certificate: larger than 1 MiB");
    std::vector<X509Ptr> certificates;
    const BioPtr bio = memory_bio(pem);
    for (;;) {
        X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
        if (!certificate) break;
        if (certificates.size() == kMaxCertificates)
            return fail("certificate: more than 100 in one PEM text");
        certificates.push_back(std::move(certificate));
    }
    // The end of the text is reported as "no start line"; anything else is a broken certificate.
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        return openssl_fail("certificate " + std::to_string(certificates.size() + 1) + ": not readable");
    }
    ERR_clear_error();
    if (certificates.empty()) return fail("certificate: no PEM block \"BEGIN CERTIFICATE\" in it");
    return certificates;
}

Result<PkeyPtr> read_key(const std::string& pem) {
    if (pem.size() > kMaxPemBytes) return fail("private key: larger than 1 MiB");
    const BioPtr bio = memory_bio(pem);
    PkeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
    if (!key) return openssl_fail("private key: no unencrypted PEM private key in it");
    return key;
}

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long length = BIO_get_mem_data(bio, &data);
    return length > 0 ? std::string(data, static_cast<std::size_t>(length)) : std::string();
}

Result<std::string> write_certificate(X509* certificate) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    if (PEM_write_bio_X509(bio.get(), certificate) != 1)
        return openssl_fail("certificate: cannot be written");
    return text_of(bio.get());
}

Result<std::string> write_key(EVP_PKEY* key) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
        return openssl_fail("private key: cannot be written");
    }
    return text_of(bio.get());
}

}  // namespace tollgate::certs
