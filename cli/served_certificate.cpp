// SPDX-License-Identifier: Apache-2.0
#include "cli/served_certificate.hpp"

#include "certs/inspect.hpp"
#include "certs/leaf.hpp"
#include "cli/files.hpp"
#include "cli/snapshot_source.hpp"
#include "engine/base/quantity.hpp"

#include <utility>

namespace tollgate::cli {
namespace {

using telemetry::Metric;

std::vector<std::string> watched(const ServeOptions& options) {
    std::vector<std::string> files;
    for (const std::string& file : {options.tls_cert, options.tls_key, options.client_ca}) {
        if (!file.empty()) files.push_back(file);
    }
    return files;
}

Result<certs::KeyPair> self_signed() {
    certs::LeafRequest request;
    request.dns_names = certs::service_names("tollgate", "tollgate-system");
    request.dns_names.emplace_back("localhost");
    request.ip_addresses = {"127.0.0.1", "::1"};
    request.now_unix = unix_now_ms() / 1000;
    TOLLGATE_TRY(certs::SelfSigned made, certs::make_self_signed(request));
    // The authority goes along in the chain, so that `openssl s_client -showcerts` can hand it to a client.
    return certs::KeyPair{made.leaf.certificate_pem + made.ca_pem, made.leaf.key_pem};
}

}  // namespace

ServedCertificate::ServedCertificate(const Parts& parts)
    : parts_(parts), watch_(watched(parts.plan.options)) {}

Result<std::unique_ptr<ServedCertificate>> ServedCertificate::start(const Parts& parts) {
    std::unique_ptr<ServedCertificate> made(new ServedCertificate(parts));
    if (const auto loaded = made->load(); !loaded) return tl::unexpected(loaded.error());
    return made;
}

Result<void> ServedCertificate::load() {
    const ServeOptions& options = parts_.plan.options;
    net::TlsOptions tls;
    tls.client_names = options.client_names;
    tls.allow_tls12 = options.tls_min_version == "1.2";
    certs::KeyPair pair;
    if (parts_.plan.has_certificate()) {
        TOLLGATE_TRY(pair.certificate_pem, read_file(options.tls_cert));
        TOLLGATE_TRY(pair.key_pem, read_file(options.tls_key));
        if (const auto fits = certs::check_pair(pair); !fits) {
            return fail(options.tls_cert + ", " + options.tls_key + ": " + fits.error().message);
        }
    } else {
        TOLLGATE_TRY(pair, self_signed());
    }
    if (!options.client_ca.empty()) {
        TOLLGATE_TRY(tls.client_ca_pem, read_file(options.client_ca));
    }
    tls.certificate_pem = pair.certificate_pem;
    tls.key_pem = pair.key_pem;
    TOLLGATE_TRY(context_, net::TlsContext::make(tls));
    describe(tls.certificate_pem, tls.client_ca_pem);
    return {};
}

void ServedCertificate::describe(const std::string& certificate_pem, const std::string& client_ca_pem) {
    const auto facts = certs::inspect(certificate_pem);
    if (!facts || facts->empty()) return;
    const certs::CertificateFacts& leaf = facts->front();
    not_after_unix_ = leaf.not_after_unix;
    parts_.metrics.set(Metric::CertificateNotAfter, {"leaf"}, leaf.not_after_unix);
    if (facts->size() > 1)
        parts_.metrics.set(Metric::CertificateNotAfter, {"ca"}, facts->back().not_after_unix);
    if (const auto client = certs::inspect(client_ca_pem); client && !client->empty()) {
        parts_.metrics.set(Metric::CertificateNotAfter, {"client-ca"}, client->front().not_after_unix);
    }
    const std::lock_guard lock(mutex_);
    note_ = (parts_.plan.has_certificate() ? "" : "self-signed, ") + std::string("sha256 ") +
            leaf.sha256_hex + ", until " + format_time(leaf.not_after_unix * 1000);
}

std::shared_ptr<const net::TlsContext> ServedCertificate::tick(bool force) {
    if (!parts_.plan.has_certificate()) return nullptr;
    if (!watch_.changed() && !force && failed_.empty()) return nullptr;
    if (const auto loaded = load(); !loaded) {
        if (force || failed_ != loaded.error().message)
            parts_.log.error("certificate not reloaded, the old one stays in use",
                             {{"reason", loaded.error().message}});
        failed_ = loaded.error().message;
        return nullptr;
    }
    failed_.clear();
    parts_.log.info("certificate reloaded", {{"certificate", note()}});
    return context_;
}

std::string ServedCertificate::note() const {
    const std::lock_guard lock(mutex_);
    return note_;
}

}  // namespace tollgate::cli
