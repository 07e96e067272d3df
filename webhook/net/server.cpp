// SPDX-License-Identifier: Apache-2.0
#include "webhook/net/server.hpp"

#include "webhook/net/session.hpp"
#include "webhook/net/session_registry.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace tollgate::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// How late a time limit may be enforced; shorter limits than the defaults are swept more often.
constexpr std::chrono::milliseconds kLongestSweep{50};
// After accept() failed for want of descriptors or memory.
constexpr std::chrono::milliseconds kAcceptPause{100};
// Between heartbeats.
constexpr std::chrono::milliseconds kHeartbeat{1'000};

/// The process's signals belong to the thread that waits for them; SIGPIPE must never be delivered at all.
void block_all_signals() {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

struct Server::Impl {
    explicit Impl(ServerOptions options)
        : state(std::move(options)),
          tls(state.options.tls),
          thread_count(thread_count_of(state.options)),
          io(static_cast<int>(thread_count)),
          acceptor(asio::make_strand(io)) {}

    static unsigned thread_count_of(const ServerOptions& options) {
        if (options.threads > 0) return options.threads;
        return std::max(1U, std::thread::hardware_concurrency());
    }

    Result<void> listen();
    void run();
    void serve(unsigned index);
    void watch();
    void beat(Clock::time_point now);
    void admit(tcp::socket socket);
    static asio::awaitable<void> accept_all(Impl& self);

    // Declared first, destroyed last: suspended sessions die with `io` and still leave the registry.
    ServerState state;
    std::mutex tls_mutex;
    std::shared_ptr<const TlsContext> tls;
    const unsigned thread_count;
    asio::io_context io;
    tcp::acceptor acceptor;  // after start() only touched on its strand
    Endpoint endpoint;
    std::vector<std::thread> threads;
    std::mutex watch_mutex;
    std::condition_variable watch_wake;
    bool watch_ended = false;
    Clock::time_point next_beat{};         // the watcher's
    std::atomic<bool> beat_is_due{false};  // posted, and not yet run
    std::thread watcher;
    bool stopped = false;
};

Result<void> Server::Impl::listen() {
    const Endpoint& wanted = state.options.listen;
    error_code error;
    const asio::ip::address address = asio::ip::make_address(wanted.address, error);
    if (error) return fail("cannot listen on " + to_string(wanted) + ": not an IP address");
    const tcp::endpoint local(address, wanted.port);
    acceptor.open(local.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(local, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return fail("cannot listen on " + to_string(wanted) + ": " + error.message());
    endpoint = Endpoint{wanted.address, acceptor.local_endpoint().port()};
    return {};
}

void Server::Impl::admit(tcp::socket socket) {
    std::shared_ptr<const TlsContext> context;
    {
        const std::scoped_lock lock(tls_mutex);
        context = tls;
    }
    error_code error;
    socket.non_blocking(true, error);
    if (error) return;
    auto session = std::make_shared<Session>(std::move(socket), state, std::move(context));
    if (!session->enlist()) {
        state.shed("connections");
        return;
    }
    const telemetry::Logger* const log = state.options.log;
    asio::co_spawn(io, Session::run(std::move(session)), [log](const std::exception_ptr& thrown) {
        if (!thrown || log == nullptr) return;
        try {
            std::rethrow_exception(thrown);
        } catch (const std::exception& trouble) {
            log->error("a connection was dropped", {{"error", trouble.what()}});
        }
    });
}

asio::awaitable<void> Server::Impl::accept_all(Impl& self) {
    asio::steady_timer pause(self.acceptor.get_executor());
    while (!self.state.stopping.load()) {
        error_code error;
        tcp::socket socket(self.io);
        co_await self.acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
        if (!error && !self.state.stopping.load()) {
            self.admit(std::move(socket));
            continue;
        }
        if (error == asio::error::operation_aborted || self.state.stopping.load()) break;
        // Out of descriptors or memory: others will finish. Trying again at once would only burn the CPU they
        // need.
        self.state.shed("accept");
        error_code ignored;
        pause.expires_after(kAcceptPause);
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

void Server::Impl::serve(unsigned index) {
    block_all_signals();
    ::pthread_setname_np(::pthread_self(), ("tollgate-io-" + std::to_string(index)).substr(0, 15).c_str());
    for (;;) {
        try {
            io.run();
            return;
        } catch (const std::exception& trouble) {
            // Only a failing completion gets here (no memory for a new connection); the other connections go
            // on.
            if (state.options.log != nullptr) {
                state.options.log->error("a connection could not be served", {{"error", trouble.what()}});
            }
        }
    }
}

void Server::Impl::watch() {
    block_all_signals();
    ::pthread_setname_np(::pthread_self(), "tollgate-watch");
    const auto shortest = std::min(state.options.limits.idle_timeout, state.options.limits.request_timeout);
    const auto period =
        std::clamp<std::chrono::milliseconds>(shortest / 4, std::chrono::milliseconds(1), kLongestSweep);
    std::unique_lock lock(watch_mutex);
    while (!watch_wake.wait_for(lock, period, [this] { return watch_ended; })) {
        const Clock::time_point now = Clock::now();
        state.registry.sweep(now);
        beat(now);
    }
}

/// Has one of the threads that serve say that it does; at most one such question is open.
void Server::Impl::beat(Clock::time_point now) {
    if (now < next_beat || beat_is_due.exchange(true)) return;
    next_beat = now + kHeartbeat;
    asio::post(io, [this] {
        state.make_progress(Clock::now());
        beat_is_due.store(false);
    });
}

void Server::Impl::run() {
    asio::co_spawn(acceptor.get_executor(), accept_all(*this), [](const std::exception_ptr& thrown) {
        if (thrown) std::rethrow_exception(thrown);
    });
    watcher = std::thread([this] { watch(); });
    for (unsigned i = 0; i < thread_count; ++i) {
        threads.emplace_back([this, i] { serve(i); });
    }
}

Result<std::unique_ptr<Server>> Server::start(ServerOptions options) {
    TOLLGATE_ASSERT(options.handler != nullptr);
    auto impl = std::make_unique<Impl>(std::move(options));
    if (Result<void> listening = impl->listen(); !listening)
        return tl::unexpected(std::move(listening.error()));
    impl->run();
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
    stop(std::chrono::milliseconds(0));
}

Endpoint Server::endpoint() const {
    return impl_->endpoint;
}

void Server::set_tls(std::shared_ptr<const TlsContext> tls) {
    const std::scoped_lock lock(impl_->tls_mutex);
    TOLLGATE_ASSERT(impl_->tls != nullptr && tls != nullptr);
    impl_->tls = std::move(tls);
}

std::size_t Server::connections() const {
    return impl_->state.registry.size();
}

std::chrono::milliseconds Server::since_progress() const {
    const Clock::time_point last{Clock::duration(impl_->state.progress.load(std::memory_order_relaxed))};
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - last);
}

void Server::begin_drain() {
    impl_->state.draining.store(true);
}

bool Server::stop(std::chrono::milliseconds patience) {
    Impl& impl = *impl_;
    if (std::exchange(impl.stopped, true)) return true;
    begin_drain();
    impl.state.stopping.store(true);
    asio::post(impl.acceptor.get_executor(), [&impl] {
        error_code ignored;
        impl.acceptor.close(ignored);
    });
    impl.state.registry.close_idle();
    const bool finished = impl.state.registry.wait_until_empty(Clock::now() + patience);
    if (!finished) impl.state.registry.cut_all();
    // Without connections and acceptor the io_context runs out of work and its threads return.
    for (std::thread& thread : impl.threads) thread.join();
    {
        const std::scoped_lock lock(impl.watch_mutex);
        impl.watch_ended = true;
        impl.watch_wake.notify_all();
    }
    impl.watcher.join();
    return finished;
}

}  // namespace tollgate::net
