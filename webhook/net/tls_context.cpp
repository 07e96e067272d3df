// SPDX-License-Identifier: Apache-2.0
#include "webhook/net/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace tollgate::net {
namespace {

// Forward secrecy and AEAD only, which is all that remains of TLS 1.2 in RFC 9325.
constexpr const char* kTls12Suites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305";
constexpr std::string_view kHttp11 = "http/1.1";
// A client certificate with more names than this is not one that an API server carries.
constexpr int kMaxClientSans = 100;
// Certificates in one PEM of ours: a chain, or a CA bundle during a rotation.
constexpr int kMaxPemCertificates = 100;

struct BioFree {
    void operator()(BIO* bio) const { BIO_free(bio); }
};
using BioPtr = std::unique_ptr<BIO, BioFree>;
struct X509Free {
    void operator()(X509* certificate) const { X509_free(certificate); }
};
using X509Ptr = std::unique_ptr<X509, X509Free>;
struct PkeyFree {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using PkeyPtr = std::unique_ptr<EVP_PKEY, PkeyFree>;

/// The first reason OpenSSL queued, for the end of a message.
std::string openssl_reason() {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason == nullptr ? "" : std::string(" (") + reason + ")";
}

BioPtr memory_bio(const std::string& text) {
    return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// Refuses to ask a person for a passphrase: an encrypted key is an error.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) {
    return -1;
}

/// All certificates of a PEM text, in order.
std::vector<X509Ptr> read_certificates(const std::string& pem) {
    std::vector<X509Ptr> certificates;
    const BioPtr bio = memory_bio(pem);
    for (int i = 0; i < kMaxPemCertificates; ++i) {
        X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
        if (!certificate) break;
        certificates.push_back(std::move(certificate));
    }
    ERR_clear_error();  // the end of the text is reported as an error
    return certificates;
}

int select_http11(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                  unsigned int in_length, void* /*data*/) {
    for (unsigned int at = 0; at < in_length; at += in[at] + 1U) {
        const unsigned int length = in[at];
        if (at + 1 + length > in_length) break;
        const std::string_view offered(reinterpret_cast<const char*>(in + at + 1), length);
        if (offered == kHttp11) {
            *out = in + at + 1;
            *out_length = static_cast<unsigned char>(length);
            return SSL_TLSEXT_ERR_OK;
        }
    }
    // A client that offers h2 alone is not cut off: it goes on without ALPN, and HTTP/1.1 is what it gets.
    return SSL_TLSEXT_ERR_NOACK;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::string_view text_of(const ASN1_STRING* value) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
            static_cast<std::size_t>(ASN1_STRING_length(value))};
}

bool has_allowed_name(X509* certificate, const std::vector<std::string>& allowed) {
    const X509_NAME* const subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at >= 0) {
        const X509_NAME_ENTRY* const entry = X509_NAME_get_entry(subject, at);
        if (contains(allowed, text_of(X509_NAME_ENTRY_get_data(entry)))) return true;
    }
    auto* const sans =
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    if (sans == nullptr) return false;
    bool found = false;
    const int count = std::min(sk_GENERAL_NAME_num(sans), kMaxClientSans);
    for (int i = 0; i < count && !found; ++i) {
        const GENERAL_NAME* const san = sk_GENERAL_NAME_value(sans, i);
        found = san->type == GEN_DNS && contains(allowed, text_of(san->d.dNSName));
    }
    GENERAL_NAMES_free(sans);
    return found;
}

/// The chain is judged by OpenSSL first; the leaf's name then decides.
int verify_client(int chain_ok, X509_STORE_CTX* store) {
    if (chain_ok != 1 || X509_STORE_CTX_get_error_depth(store) != 0) return chain_ok;
    const auto* const ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    const auto* const self = static_cast<const TlsContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    if (self->client_names().empty()) return 1;
    if (has_allowed_name(X509_STORE_CTX_get_current_cert(store), self->client_names())) return 1;
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

Result<void> load_identity(SSL_CTX* context, const TlsOptions& options) {
    const std::vector<X509Ptr> chain = read_certificates(options.certificate_pem);
    if (chain.empty()) return fail("TLS certificate: no PEM certificate in it");
    if (SSL_CTX_use_certificate(context, chain[0].get()) != 1) {
        return fail("TLS certificate: not usable" + openssl_reason());
    }
    for (std::size_t i = 1; i < chain.size(); ++i) {
        if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) {
            return fail("TLS certificate: the chain is not usable" + openssl_reason());
        }
    }
    const BioPtr bio = memory_bio(options.key_pem);
    const PkeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
    if (!key) return fail("TLS key: no unencrypted PEM private key in it" + openssl_reason());
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
        return fail("TLS key: does not belong to the certificate" + openssl_reason());
    }
    return {};
}

Result<void> load_client_ca(SSL_CTX* context, const TlsOptions& options) {
    if (options.client_ca_pem.empty()) {
        if (options.client_names.empty()) return {};
        return fail(
            "client names were given without a client CA: names prove nothing unless a CA signed them");
    }
    const std::vector<X509Ptr> authorities = read_certificates(options.client_ca_pem);
    if (authorities.empty()) return fail("client CA: no PEM certificate in it");
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    for (const X509Ptr& authority : authorities) {
        if (X509_STORE_add_cert(store, authority.get()) != 1 ||
            SSL_CTX_add_client_CA(context, authority.get()) != 1) {
            return fail("client CA: not usable" + openssl_reason());
        }
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, verify_client);
    return {};
}

}  // namespace

TlsContext::~TlsContext() {
    SSL_CTX_free(context_);
}

Result<void> TlsContext::load(const TlsOptions& options) {
    SSL_CTX_set_app_data(context_, this);
    client_names_ = options.client_names;
    SSL_CTX_set_options(context_, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                      SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_num_tickets(context_, 0);
    SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
    // Idle connections hand their 17 KiB buffers back; one read() takes all that is there.
    SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                   SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context_, 1);
    const int lowest = options.allow_tls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
    if (SSL_CTX_set_min_proto_version(context_, lowest) != 1 ||
        SSL_CTX_set_cipher_list(context_, kTls12Suites) != 1) {
        return fail("TLS: versions or cipher suites refused by OpenSSL" + openssl_reason());
    }
    SSL_CTX_set_alpn_select_cb(context_, select_http11, nullptr);
    if (Result<void> loaded = load_identity(context_, options); !loaded) return loaded;
    return load_client_ca(context_, options);
}

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const TlsOptions& options) {
    SSL_CTX* const native = SSL_CTX_new(TLS_server_method());
    if (native == nullptr) return fail("TLS: OpenSSL gives no context" + openssl_reason());
    const std::shared_ptr<TlsContext> context(new TlsContext(native));
    if (Result<void> loaded = context->load(options); !loaded)
        return tl::unexpected(std::move(loaded.error()));
    return std::shared_ptr<const TlsContext>(context);
}

}  // namespace tollgate::net
