// SPDX-License-Identifier: Apache-2.0
#include "certs/authority.hpp"

#include "certs/issue.hpp"

#include <array>
#include <utility>

namespace tollgate::certs {
namespace {

struct ExtensionRow {
    int nid;
    const char* value;
};
// The subject key identifier comes first: the authority key identifier is copied from it.
constexpr std::array kExtensions = {
    ExtensionRow{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
    ExtensionRow{NID_key_usage, "critical,keyCertSign,cRLSign"},
    ExtensionRow{NID_subject_key_identifier, "hash"},
    ExtensionRow{NID_authority_key_identifier, "keyid:always"},
};

}  // namespace

Result<KeyPair> make_authority(const AuthorityRequest& request) {
    if (request.days <= 0) return fail("CA: must be valid for at least one day");
    TOLLGATE_TRY(const PkeyPtr key, generate_key());
    const Draft draft{.common_name = request.common_name,
                      .not_before_unix = request.now_unix - kBackdateSeconds,
                      .not_after_unix = request.now_unix + request.days * kDaySeconds,
                      .key = key.get(),
                      .issuer = nullptr};
    TOLLGATE_TRY(const X509Ptr certificate, start_certificate(draft));
    for (const ExtensionRow& row : kExtensions) {
        Result<void> added = add_extension(certificate.get(), certificate.get(), row.nid, row.value);
        if (!added) return tl::unexpected(std::move(added.error()));
    }
    if (Result<void> done = sign(certificate.get(), key.get()); !done) return tl::unexpected(done.error());
    TOLLGATE_TRY(std::string certificate_pem, write_certificate(certificate.get()));
    TOLLGATE_TRY(std::string key_pem, write_key(key.get()));
    return KeyPair{std::move(certificate_pem), std::move(key_pem)};
}

}  // namespace tollgate::certs
