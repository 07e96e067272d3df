// SPDX-License-Identifier: Apache-2.0
// An HTTP/1.1 server over TLS or plain TCP: accepts, bounds, reads, calls the handler, answers, drains.
//
// Handlers run on the server's threads, inline: a review takes well under a millisecond, a hand-over to
// another thread would cost as much. Every bound of ServerLimits holds before a byte of a body is
// interpreted. What is turned away is counted by reason in tollgate_requests_shed_total. Life: start() ->
// (set_tls() at each reload) -> begin_drain() -> stop(). All threads are joined by stop(). Thread rule: every
// member may be called from any thread, but not from a handler.
#pragma once

#include "engine/base/limits.hpp"
#include "engine/base/result.hpp"
#include "webhook/net/endpoint.hpp"
#include "webhook/net/http_types.hpp"
#include "webhook/net/tls_context.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace tollgate::telemetry {
class Logger;
class Metrics;
}  // namespace tollgate::telemetry

namespace tollgate::net {

struct ServerLimits {
    std::size_t max_body_bytes = limits::kMaxBodyBytes;
    std::size_t max_header_bytes = limits::kMaxHeaderBytes;
    std::size_t max_connections = limits::kMaxConnections;
    std::size_t max_in_flight = limits::kMaxInFlight;
    std::size_t max_buffered_body_bytes = limits::kMaxBufferedBodyBytes;
    std::chrono::milliseconds idle_timeout = std::chrono::seconds(limits::kIdleTimeoutSeconds);
    std::chrono::milliseconds request_timeout = std::chrono::seconds(limits::kRequestTimeoutSeconds);
};

struct ServerOptions {
    Endpoint listen;
    unsigned threads = 0;  // 0: one per core
    ServerLimits limits;
    std::shared_ptr<const TlsContext> tls;  // none: plain HTTP
    Handler handler;
    Screen screen;                          // optional
    telemetry::Metrics* metrics = nullptr;  // both outlive the server
    const telemetry::Logger* log = nullptr;
};

class Server {
  public:
    /// Listens and serves when it returns. Fails, naming the address, when it cannot listen there.
    static Result<std::unique_ptr<Server>> start(ServerOptions options);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    /// Stops at once if stop() was not called.
    ~Server();

    /// Where it listens: tells the port that port 0 became.
    [[nodiscard]] Endpoint endpoint() const;
    /// For connections made from now on. Only for a server started with TLS.
    void set_tls(std::shared_ptr<const TlsContext> tls);
    [[nodiscard]] std::size_t connections() const;
    /// How long ago one of its threads last got on with something: a handshake, a request, or the heartbeat
    /// that goes through the same queue every second. Past some seconds all threads are stuck: with many
    /// waiting they are slow, but never still.
    [[nodiscard]] std::chrono::milliseconds since_progress() const;

    /// Goes on serving, but every answer says `Connection: close`, so that clients move elsewhere.
    void begin_drain();
    /// Accepts nothing more, closes idle connections, lets requests that have begun finish within `patience`,
    /// cuts the rest, joins all threads. True if nothing was cut. A handler that ignores `cancelled` delays
    /// the return.
    bool stop(std::chrono::milliseconds patience);

  private:
    struct Impl;
    explicit Server(std::unique_ptr<Impl> impl);

    std::unique_ptr<Impl> impl_;
};

}  // namespace tollgate::net
