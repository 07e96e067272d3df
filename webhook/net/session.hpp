// SPDX-License-Identifier: Apache-2.0
// One connection from handshake to close, as one coroutine. Internal to webhook/net: names Asio.
//
// read a head -> judge it (screen, load) -> read or read over its body -> handler -> answer -> again.
// The transport never blocks; the coroutine suspends only when the socket has nothing, so a request on a warm
// connection is one wait, one read and one write.
// WHY the odd style: g++ 12 destroys aggregates and capturing lambdas twice that are temporaries of a
// co_await expression; arguments are named before, and no co_await stands in a condition.
#pragma once

#include "webhook/net/http_types.hpp"
#include "webhook/net/request_reader.hpp"
#include "webhook/net/server.hpp"
#include "webhook/net/session_registry.hpp"
#include "webhook/net/transport.hpp"
#include "webhook/telemetry/logger.hpp"
#include "webhook/telemetry/metrics.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>

namespace tollgate::net {

/// What the connections of one server share; outlives them.
struct ServerState {
    explicit ServerState(ServerOptions given);

    void shed(std::string_view reason) const;
    bool enter_flight();
    void leave_flight() { in_flight.fetch_sub(1, std::memory_order_relaxed); }
    /// One of the server's threads has just done something.
    void make_progress(Clock::time_point now) {
        progress.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    }

    ServerOptions options;
    SessionRegistry registry;
    BodyBudget bodies;
    std::atomic<std::size_t> in_flight{0};
    std::atomic<bool> draining{false};
    std::atomic<bool> stopping{false};
    std::atomic<Clock::rep> progress{Clock::now().time_since_epoch().count()};
    telemetry::Series* open_connections = nullptr;
};

class Session {
  public:
    Session(boost::asio::ip::tcp::socket socket, ServerState& state, std::shared_ptr<const TlsContext> tls);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session();

    /// False when the server is full.
    bool enlist();
    /// Keeps `self` alive until the connection is over.
    static boost::asio::awaitable<void> run(std::shared_ptr<Session> self);

  private:
    enum class Received : std::uint8_t { Request, Failure, Closed };

    boost::asio::awaitable<bool> wait(IoStatus wanted);
    boost::asio::awaitable<bool> handshake();
    boost::asio::awaitable<Received> receive();
    boost::asio::awaitable<bool> fill();
    boost::asio::awaitable<bool> send(std::string_view bytes);
    boost::asio::awaitable<void> linger();
    boost::asio::awaitable<bool> serve_one();

    bool await_next_request();
    void judge_head();
    bool make_room();
    void refuse(Response response);
    [[nodiscard]] Request request_view() const;
    Response handle();
    void compose(const Response& response, bool keep_alive);
    void answer_timeout();
    void end_request();

    boost::asio::ip::tcp::socket socket_;
    ServerState& state_;
    SessionControl control_;
    Transport transport_;
    RequestReader reader_;
    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_;
    std::string_view input_;  // the unread part of buffer_
    std::string output_;
    std::optional<Response> refusal_;
    Clock::time_point begun_{};
    bool enlisted_ = false;
    bool in_flight_ = false;
    bool received_any_ = false;  // of the request now being read
    bool must_close_ = false;
};

}  // namespace tollgate::net
