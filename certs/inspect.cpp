// SPDX-License-Identifier: Apache-2.0
#include "certs/inspect.hpp"

#include "certs/openssl_handles.hpp"

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/err.h>

#include <array>
#include <ctime>
#include <string_view>
#include <utility>

namespace tollgate::certs {
namespace {

constexpr int kMaxNames = 1000;  // listed of one certificate

struct StackFree {  // the stack alone, not what is on it
    void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};

std::string name_text(const X509_NAME* name) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253);
    return text_of(bio.get());
}

std::string hex_of(const unsigned char* bytes, std::size_t length) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < length; ++i) {
        text += kDigits[bytes[i] >> 4U];
        text += kDigits[bytes[i] & 0xFU];
    }
    return text;
}

Result<std::int64_t> unix_seconds(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return openssl_fail("certificate: its validity is not a time");
    return static_cast<std::int64_t>(::timegm(&parts));
}

std::string address_text(const ASN1_OCTET_STRING* address) {
    const unsigned char* const bytes = ASN1_STRING_get0_data(address);
    const int length = ASN1_STRING_length(address);
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    if (length != 4 && length != 16) return hex_of(bytes, static_cast<std::size_t>(length));
    ::inet_ntop(length == 4 ? AF_INET : AF_INET6, bytes, buffer.data(), buffer.size());
    return buffer.data();
}

void list_names(X509* certificate, CertificateFacts& facts) {
    const NamesPtr names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    if (!names) return;
    const int count = std::min(sk_GENERAL_NAME_num(names.get()), kMaxNames);
    for (int i = 0; i < count; ++i) {
        const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type == GEN_DNS) {
            const ASN1_IA5STRING* const text = name->d.dNSName;
            facts.dns_names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                         static_cast<std::size_t>(ASN1_STRING_length(text)));
        } else if (name->type == GEN_IPADD) {
            facts.ip_addresses.push_back(address_text(name->d.iPAddress));
        }
    }
}

Result<CertificateFacts> facts_of(X509* certificate) {
    CertificateFacts facts;
    facts.subject = name_text(X509_get_subject_name(certificate));
    facts.issuer = name_text(X509_get_issuer_name(certificate));
    TOLLGATE_TRY(facts.not_before_unix, unix_seconds(X509_get0_notBefore(certificate)));
    TOLLGATE_TRY(facts.not_after_unix, unix_seconds(X509_get0_notAfter(certificate)));
    const ASN1_INTEGER* const serial = X509_get0_serialNumber(certificate);
    facts.serial_hex =
        hex_of(ASN1_STRING_get0_data(serial), static_cast<std::size_t>(ASN1_STRING_length(serial)));
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    if (X509_digest(certificate, EVP_sha256(), digest.data(), &length) != 1) {
        return openssl_fail("certificate: no digest");
    }
    facts.sha256_hex = hex_of(digest.data(), length);
    facts.is_authority = X509_check_ca(certificate) == 1;
    list_names(certificate, facts);
    return facts;
}

}  // namespace

Result<std::vector<CertificateFacts>> inspect(const std::string& pem) {
    TOLLGATE_TRY(const std::vector<X509Ptr> certificates, read_certificates(pem));
    std::vector<CertificateFacts> all;
    for (const X509Ptr& certificate : certificates) {
        TOLLGATE_TRY(CertificateFacts facts, facts_of(certificate.get()));
        all.push_back(std::move(facts));
    }
    return all;
}

Result<void> check_pair(const KeyPair& pair) {
    TOLLGATE_TRY(const std::vector<X509Ptr> certificates, read_certificates(pair.certificate_pem));
    TOLLGATE_TRY(const PkeyPtr key, read_key(pair.key_pem));
    if (X509_check_private_key(certificates[0].get(), key.get()) == 1) return {};
    ERR_clear_error();
    return fail("private key: does not belong to the certificate " +
                name_text(X509_get_subject_name(certificates[0].get())));
}

Result<void> verify_server(const std::string& chain_pem, const std::string& ca_bundle_pem,
                           const std::string& host, std::int64_t at_unix) {
    TOLLGATE_TRY(const std::vector<X509Ptr> chain, read_certificates(chain_pem));
    TOLLGATE_TRY(const std::vector<X509Ptr> bundle, read_certificates(ca_bundle_pem));
    const StorePtr store(X509_STORE_new());
    for (const X509Ptr& authority : bundle) X509_STORE_add_cert(store.get(), authority.get());
    const std::unique_ptr<STACK_OF(X509), StackFree> between(sk_X509_new_null());
    for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(between.get(), chain[i].get());

    const StoreContextPtr context(X509_STORE_CTX_new());
    if (!context || X509_STORE_CTX_init(context.get(), store.get(), chain[0].get(), between.get()) != 1) {
        return openssl_fail("certificate: cannot be judged");
    }
    X509_VERIFY_PARAM* const rules = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_time(rules, static_cast<std::time_t>(at_unix));
    X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_SERVER);
    // Like Go: the alternative names alone count, and a name is matched exactly or by a leftmost wildcard.
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    std::array<unsigned char, 16> address{};
    const bool is_address = ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
                            ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
    const int named = is_address ? X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str())
                                 : X509_VERIFY_PARAM_set1_host(rules, host.data(), host.size());
    if (named != 1) return openssl_fail("\"" + host + "\" is not a host name");
    if (X509_verify_cert(context.get()) == 1) return {};
    const int reason = X509_STORE_CTX_get_error(context.get());
    X509* const at = X509_STORE_CTX_get_current_cert(context.get());
    const std::string subject = at == nullptr ? "certificate" : name_text(X509_get_subject_name(at));
    ERR_clear_error();
    return fail(subject + ": " + X509_verify_cert_error_string(reason) + " (asked for " + host + ")");
}

}  // namespace tollgate::certs
