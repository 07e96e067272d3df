// SPDX-License-Identifier: Apache-2.0
// One immutable TLS configuration of a listener: certificate, key, versions, who may call.
//
// A reload builds a new context and hands it to the server; connections made before keep the old one alive.
// TLS 1.3, or also 1.2 with AEAD suites and forward secrecy; no tickets or session caches (each handshake is
// judged anew), no renegotiation, no compression; ALPN answers http/1.1 whatever else is offered.
// Thread rule: immutable, shared by all threads.
// Sources: RFC 8446, RFC 7301, RFC 9325.
#pragma once

#include "engine/base/result.hpp"

#include <memory>
#include <string>
#include <vector>

struct ssl_ctx_st;

namespace tollgate::net {

struct TlsOptions {
    std::string certificate_pem;  // leaf first, then what is between it and the CA
    std::string key_pem;
    std::string client_ca_pem;  // empty: clients are not asked for a certificate
    std::vector<std::string>
        client_names;  // CN or DNS SAN, compared exactly; empty: any certificate of the CA
    bool allow_tls12 = false;
};

class TlsContext {
  public:
    /// Fails, naming the part, when a PEM cannot be read or key and certificate do not belong together.
    static Result<std::shared_ptr<const TlsContext>> make(const TlsOptions& options);
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;
    ~TlsContext();

    [[nodiscard]] ssl_ctx_st* native() const { return context_; }
    [[nodiscard]] const std::vector<std::string>& client_names() const { return client_names_; }

  private:
    explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
    Result<void> load(const TlsOptions& options);

    ssl_ctx_st* context_;
    std::vector<std::string> client_names_;
};

}  // namespace tollgate::net
