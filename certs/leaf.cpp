// SPDX-License-Identifier: Apache-2.0
#include "certs/leaf.hpp"

#include "certs/inspect.hpp"
#include "certs/issue.hpp"

#include <arpa/inet.h>
#include <openssl/asn1.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

namespace tollgate::certs {
namespace {

constexpr std::size_t kMaxNames = 100;
constexpr std::size_t kMaxDnsName = 253;  // RFC 1035
constexpr std::size_t kMaxDnsLabel = 63;

bool is_dns_label(std::string_view label) {
    if (label.empty() || label.size() > kMaxDnsLabel || label.front() == '-' || label.back() == '-')
        return false;
    return std::all_of(label.begin(), label.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    });
}

/// Exact host names only: what has a wildcard in it proves too much.
bool is_dns_name(std::string_view name) {
    if (name.empty() || name.size() > kMaxDnsName) return false;
    while (true) {
        const std::size_t dot = name.find('.');
        if (!is_dns_label(name.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        name.remove_prefix(dot + 1);
    }
}

GENERAL_NAME* new_name(int type, const unsigned char* bytes, std::size_t length) {
    GENERAL_NAME* const name = GENERAL_NAME_new();
    ASN1_STRING* const value = type == GEN_DNS ? ASN1_IA5STRING_new() : ASN1_OCTET_STRING_new();
    if (name == nullptr || value == nullptr || ASN1_STRING_set(value, bytes, static_cast<int>(length)) != 1) {
        GENERAL_NAME_free(name);
        ASN1_STRING_free(value);
        return nullptr;
    }
    GENERAL_NAME_set0_value(name, type, value);
    return name;
}

Result<void> push_name(GENERAL_NAMES* names, GENERAL_NAME* name) {
    if (name != nullptr && sk_GENERAL_NAME_push(names, name) > 0) return {};
    GENERAL_NAME_free(name);
    return openssl_fail("certificate: the names cannot be stored");
}

Result<void> push_address(GENERAL_NAMES* names, const std::string& text) {
    std::array<unsigned char, 16> bytes{};
    std::size_t length = 0;
    if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) {
        length = 4;
    } else if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) {
        length = 16;
    } else {
        return fail("\"" + text + "\" is not an IP address; expected for example 10.0.0.7 or fd00::7");
    }
    return push_name(names, new_name(GEN_IPADD, bytes.data(), length));
}

/// The alternative names as structures, not through OpenSSL's configuration language: nothing to inject into.
Result<void> add_alternative_names(X509* certificate, const LeafRequest& request) {
    const NamesPtr names(sk_GENERAL_NAME_new_null());
    for (const std::string& name : request.dns_names) {
        const auto* const bytes = reinterpret_cast<const unsigned char*>(name.data());
        if (Result<void> done = push_name(names.get(), new_name(GEN_DNS, bytes, name.size())); !done)
            return done;
    }
    for (const std::string& address : request.ip_addresses) {
        if (Result<void> done = push_address(names.get(), address); !done) return done;
    }
    if (X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) != 1) {
        return openssl_fail("certificate: the names cannot be added");
    }
    return {};
}

Result<void> add_leaf_extensions(X509* certificate, X509* issuer, const LeafRequest& request) {
    struct Row {
        int nid;
        const char* value;
    };
    const std::array rows = {
        Row{NID_basic_constraints, "critical,CA:FALSE"},
        Row{NID_key_usage, "critical,digitalSignature"},
        Row{NID_ext_key_usage, request.usage == Usage::Server ? "serverAuth" : "clientAuth"},
        Row{NID_subject_key_identifier, "hash"},
        Row{NID_authority_key_identifier, "keyid:always"},
    };
    for (const Row& row : rows) {
        if (Result<void> done = add_extension(certificate, issuer, row.nid, row.value); !done) return done;
    }
    if (request.dns_names.empty() && request.ip_addresses.empty()) return {};
    return add_alternative_names(certificate, request);
}

std::string common_name_of(const LeafRequest& request) {
    if (!request.common_name.empty()) return request.common_name;
    return request.dns_names.empty() ? request.ip_addresses.front() : request.dns_names.front();
}

Result<void> check_request(const LeafRequest& request) {
    const std::size_t names = request.dns_names.size() + request.ip_addresses.size();
    if (names == 0 && (request.usage == Usage::Server || request.common_name.empty())) {
        return fail(
            "certificate: no name given; a client compares the host it calls with the certificate's names");
    }
    if (names > kMaxNames) return fail("certificate: more than 100 names");
    for (const std::string& name : request.dns_names) {
        if (!is_dns_name(name)) {
            return fail("\"" + name +
                        "\" is not an exact DNS name (letters, digits, '-' and '.'; no wildcards)");
        }
    }
    if (request.days <= 0) return fail("certificate: must be valid for at least one day");
    return {};
}

}  // namespace

Result<KeyPair> issue_leaf(const KeyPair& authority, const LeafRequest& request) {
    if (Result<void> good = check_request(request); !good) return tl::unexpected(good.error());
    TOLLGATE_TRY(const std::vector<CertificateFacts> facts, inspect(authority.certificate_pem));
    if (!facts[0].is_authority) return fail("CA: " + facts[0].subject + " is not a CA certificate");
    if (Result<void> belongs = check_pair(authority); !belongs) return tl::unexpected(belongs.error());
    const std::int64_t end = std::min(request.now_unix + request.days * kDaySeconds, facts[0].not_after_unix);
    if (end <= request.now_unix)
        return fail("CA: " + facts[0].subject + " has expired; make a new one first");

    if (request.now_unix < facts[0].not_before_unix)
        return fail("CA: " + facts[0].subject + " is not valid yet");
    TOLLGATE_TRY(const std::vector<X509Ptr> issuers, read_certificates(authority.certificate_pem));
    TOLLGATE_TRY(const PkeyPtr issuer_key, read_key(authority.key_pem));
    TOLLGATE_TRY(const PkeyPtr key, generate_key());
    X509* const issuer = issuers[0].get();
    const Draft draft{
        .common_name = common_name_of(request),
        .not_before_unix = std::max(request.now_unix - kBackdateSeconds, facts[0].not_before_unix),
        .not_after_unix = end,
        .key = key.get(),
        .issuer = issuer};
    TOLLGATE_TRY(const X509Ptr certificate, start_certificate(draft));
    Result<void> extended = add_leaf_extensions(certificate.get(), issuer, request);
    if (!extended) return tl::unexpected(std::move(extended.error()));
    Result<void> is_signed = sign(certificate.get(), issuer_key.get());
    if (!is_signed) return tl::unexpected(std::move(is_signed.error()));
    TOLLGATE_TRY(std::string certificate_pem, write_certificate(certificate.get()));
    TOLLGATE_TRY(std::string key_pem, write_key(key.get()));
    return KeyPair{std::move(certificate_pem), std::move(key_pem)};
}

std::vector<std::string> service_names(const std::string& service, const std::string& name_space,
                                       const std::string& cluster_domain) {
    const std::string qualified = service + "." + name_space;
    std::vector<std::string> names = {qualified + ".svc", qualified, service};
    if (!cluster_domain.empty()) names.push_back(qualified + ".svc." + cluster_domain);
    return names;
}

Result<SelfSigned> make_self_signed(const LeafRequest& request) {
    AuthorityRequest authority_request;
    authority_request.common_name = "tollgate-self-signed";
    authority_request.days = request.days;
    authority_request.now_unix = request.now_unix;
    TOLLGATE_TRY(const KeyPair authority, make_authority(authority_request));
    TOLLGATE_TRY(KeyPair leaf, issue_leaf(authority, request));
    return SelfSigned{authority.certificate_pem, std::move(leaf)};
}

}  // namespace tollgate::certs
