// SPDX-License-Identifier: Apache-2.0
// Servers and certificates for the tests of webhook/net.
#pragma once

#include "certs/leaf.hpp"
#include "tests/integration/net/client.hpp"
#include "webhook/net/router.hpp"
#include "webhook/net/server.hpp"
#include "webhook/telemetry/metrics.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

namespace tollgate::test {

/// A gate that handlers stop at until it is opened; tells when one has arrived.
class Gate {
  public:
    void pass();
    void open();
    void wait_for_arrivals(int count);

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
    int arrived_ = 0;
};

/// The authority of all tests in a process, made once.
const certs::KeyPair& authority();
/// A server certificate for localhost and 127.0.0.1.
certs::KeyPair server_pair();
certs::KeyPair client_pair(const std::string& common_name, const std::string& dns_name = "");
net::TlsOptions server_tls(const certs::KeyPair& pair);
std::shared_ptr<const net::TlsContext> make_tls(const net::TlsOptions& options);

/// A server on a free port of 127.0.0.1 with these routes:
///   POST /echo      JSON only; answers with the body
///   POST /raw       any content type; answers with the body's length
///   POST /throw     throws
///   POST /gate      waits at `gate`, then answers "passed"
///   POST /patience  waits for `cancelled`, then answers "cancelled"
///   POST /hurried   answers whether it was `cancelled` from the start
///   GET  /page      answers "page"
struct Lab {
    explicit Lab(net::ServerOptions options = {});

    [[nodiscard]] std::uint16_t port() const { return server->endpoint().port; }
    /// The value of a series in the exposition, "" if it is not there.
    std::string metric(const std::string& series);

    telemetry::Metrics metrics;
    Gate gate;
    std::unique_ptr<net::Router> router;
    std::unique_ptr<net::Server> server;  // ends before what its handlers use
};

}  // namespace tollgate::test
