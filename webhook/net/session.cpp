// SPDX-License-Identifier: Apache-2.0
#include "webhook/net/session.hpp"

#include "webhook/net/query.hpp"
#include "webhook/net/response_writer.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstring>
#include <exception>
#include <span>
#include <utility>

namespace tollgate::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Beside the largest head: room to read on while a head or a chunk header is incomplete.
constexpr std::size_t kReadAhead = 8 * 1024;
// An output buffer larger than this is not kept for the next answer.
constexpr std::size_t kKeptOutputCapacity = 256 * 1024;
constexpr std::chrono::milliseconds kMaxLinger{2'000};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

ServerState::ServerState(ServerOptions given)
    : options(std::move(given)),
      registry(options.limits.max_connections),
      bodies(options.limits.max_buffered_body_bytes) {
    if (options.metrics != nullptr)
        open_connections = &options.metrics->series(telemetry::Metric::Connections);
}

void ServerState::shed(std::string_view reason) const {
    if (options.metrics != nullptr) options.metrics->add(telemetry::Metric::RequestsShed, {reason});
}

bool ServerState::enter_flight() {
    if (in_flight.fetch_add(1, std::memory_order_relaxed) < options.limits.max_in_flight) return true;
    leave_flight();
    return false;
}

Session::Session(tcp::socket socket, ServerState& state, std::shared_ptr<const TlsContext> tls)
    : socket_(std::move(socket)),
      state_(state),
      control_(socket_.native_handle()),
      transport_(socket_.native_handle(), std::move(tls)),
      reader_({state.options.limits.max_header_bytes, state.options.limits.max_body_bytes}, state.bodies),
      capacity_(state.options.limits.max_header_bytes + kReadAhead) {}

Session::~Session() {
    end_request();
    if (!enlisted_) return;
    if (state_.open_connections != nullptr) state_.open_connections->add(-1);
    // The descriptor is closed by socket_, after this: see the registry's invariant.
    state_.registry.remove(control_);
}

bool Session::enlist() {
    enlisted_ = state_.registry.add(control_);
    if (enlisted_ && state_.open_connections != nullptr) state_.open_connections->add(1);
    return enlisted_;
}

asio::awaitable<bool> Session::wait(IoStatus wanted) {
    error_code error;
    const auto direction = wanted == IoStatus::WantWrite ? tcp::socket::wait_write : tcp::socket::wait_read;
    co_await socket_.async_wait(direction, asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
}

asio::awaitable<bool> Session::handshake() {
    control_.enter(Phase::Handshake, Clock::now() + state_.options.limits.request_timeout);
    for (;;) {
        const IoResult step = transport_.handshake();
        state_.make_progress(Clock::now());
        if (step.status == IoStatus::Done) co_return true;
        if (step.status == IoStatus::Closed) break;
        const bool ready = co_await wait(step.status);
        if (!ready) break;
    }
    if (state_.options.metrics != nullptr) state_.options.metrics->add(telemetry::Metric::TlsHandshakeErrors);
    co_return false;
}

/// Space in the buffer behind the unread input; false if a head fills all of it.
bool Session::make_room() {
    if (!buffer_) {
        buffer_ = std::make_unique_for_overwrite<char[]>(capacity_);
        input_ = {buffer_.get(), 0};
    }
    if (input_.empty()) {
        input_ = {buffer_.get(), 0};
    } else if (input_.data() + input_.size() == buffer_.get() + capacity_) {
        std::memmove(buffer_.get(), input_.data(), input_.size());
        input_ = {buffer_.get(), input_.size()};
    }
    return input_.size() < capacity_;
}

/// Reads once, waiting if there is nothing; false when the peer is gone or the time is up.
asio::awaitable<bool> Session::fill() {
    if (!make_room()) co_return false;
    const auto used = static_cast<std::size_t>(input_.data() + input_.size() - buffer_.get());
    const std::span<char> room(buffer_.get() + used, capacity_ - used);
    for (;;) {
        const IoResult result = transport_.read(room);
        if (result.status == IoStatus::Done) {
            input_ = {input_.data(), input_.size() + result.bytes};
            received_any_ = true;
            co_return true;
        }
        if (result.status == IoStatus::Closed) co_return false;
        const bool ready = co_await wait(result.status);
        if (!ready) co_return false;
    }
}

/// Whether the socket has to be waited for before the next request can be read.
bool Session::await_next_request() {
    received_any_ = !input_.empty();
    if (received_any_ || transport_.has_buffered()) return false;
    control_.enter(Phase::Idle, Clock::now() + state_.options.limits.idle_timeout);
    return true;
}

Request Session::request_view() const {
    const RequestHead& head = reader_.head();
    const std::string_view target = head.target;
    const std::size_t mark = std::min(target.find('?'), target.size());
    Request request;
    request.method = head.method;
    request.path = target.substr(0, mark);
    request.query = target.substr(std::min(mark + 1, target.size()));
    request.content_type = head.content_type;
    request.body = reader_.body();
    if (const auto timeout = query_value(request.query, "timeout")) {
        request.timeout_ms = parse_go_duration_ms(*timeout);
    }
    request.deadline = begun_ + handling_time(request.timeout_ms.value_or(limits::kDefaultReviewTimeoutMs));
    request.cancelled = &control_.cancelled();
    return request;
}

/// Refuses the request: its body is read over and forgotten, then this is the answer.
void Session::refuse(Response response) {
    refusal_ = std::move(response);
    reader_.skip_body();
    // The peer waits to be told to send the body; it will not be, and what follows could be either.
    if (reader_.head().expects_continue && reader_.head().has_body) must_close_ = true;
}

/// The head is here, nothing of the body has been looked at.
void Session::judge_head() {
    if (!state_.enter_flight()) {
        state_.shed("in_flight");
        Response busy = plain_response(429, "too many requests in flight; try again");
        busy.headers.emplace_back("Retry-After", "1");
        refuse(std::move(busy));
        return;
    }
    in_flight_ = true;
    if (reader_.head().content_encoded) {
        refuse(plain_response(415, "Content-Encoding is not accepted; send the body as it is"));
    } else if (state_.options.screen) {
        if (std::optional<Response> answer = state_.options.screen(request_view()))
            refuse(std::move(*answer));
    }
}

asio::awaitable<Session::Received> Session::receive() {
    if (await_next_request()) {
        // After the phase is visible: either this sees the stop, or the stop sees an idle connection.
        if (state_.stopping.load()) co_return Received::Closed;
        const bool ready = co_await wait(IoStatus::WantRead);
        if (!ready) co_return Received::Closed;
    }
    begun_ = Clock::now();
    state_.make_progress(begun_);
    control_.enter(Phase::Receiving, begun_ + state_.options.limits.request_timeout);
    for (;;) {
        const RequestReader::Progress progress = reader_.feed(input_);
        if (progress == RequestReader::Progress::Failed) co_return Received::Failure;
        if (progress == RequestReader::Progress::Complete) co_return Received::Request;
        if (progress == RequestReader::Progress::Head) {
            judge_head();
            if (must_close_) co_return Received::Request;
            const bool continue_wanted = reader_.head().expects_continue && reader_.head().has_body;
            if (continue_wanted && input_.empty()) {
                const bool sent = co_await send(kContinue);
                if (!sent) co_return Received::Closed;
            }
            continue;
        }
        const bool filled = co_await fill();
        if (!filled) co_return Received::Closed;
    }
}

Response Session::handle() {
    const Request request = request_view();
    control_.begin_handling(request.deadline);
    control_.enter(Phase::Handling, Clock::time_point::max());
    Response response;
    std::string trouble;
    try {
        response = state_.options.handler(request);
    } catch (const std::exception& error) {
        trouble = error.what();
    } catch (...) {
        trouble = "unknown exception";
    }
    control_.end_handling();
    if (trouble.empty()) return response;
    if (state_.options.log != nullptr) {
        state_.options.log->error("a request handler failed", {{"path", request.path}, {"error", trouble}});
    }
    return plain_response(500, "internal error; the log of the server says more");
}

void Session::compose(const Response& response, bool keep_alive) {
    if (output_.capacity() > kKeptOutputCapacity) std::string().swap(output_);
    const ResponseFraming framing{.keep_alive = keep_alive, .head_only = reader_.head().method == "HEAD"};
    write_response(output_, response, framing);
}

asio::awaitable<bool> Session::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const IoResult result = transport_.write(bytes);
        if (result.status == IoStatus::Closed) co_return false;
        if (result.status == IoStatus::Done) {
            bytes.remove_prefix(result.bytes);
            continue;
        }
        const bool ready = co_await wait(result.status);
        if (!ready) co_return false;
    }
    co_return true;
}

/// Lets the peer read the last answer: closing a socket with unread input would reset the connection under
/// it.
asio::awaitable<void> Session::linger() {
    const auto patience =
        std::min<std::chrono::milliseconds>(kMaxLinger, state_.options.limits.request_timeout);
    control_.enter(Phase::Lingering, Clock::now() + patience);
    transport_.finish_sending();
    if (!make_room()) input_ = {buffer_.get(), 0};
    const std::span<char> scratch(buffer_.get(), capacity_);
    std::size_t left = 2 * state_.options.limits.max_body_bytes + capacity_;
    while (left > 0) {
        const IoResult result = transport_.discard(scratch);
        if (result.status == IoStatus::Closed) co_return;
        left -= std::min(left, result.bytes);
        if (result.status == IoStatus::Done) continue;
        const bool ready = co_await wait(IoStatus::WantRead);
        if (!ready) co_return;
    }
}

/// The request never became whole in time: says so if the socket takes it at once.
void Session::answer_timeout() {
    state_.shed("slow_request");
    compose(plain_response(408, "the request did not arrive in time"), false);
    transport_.write(output_);
}

void Session::end_request() {
    if (std::exchange(in_flight_, false)) state_.leave_flight();
}

/// One request and its answer; false when the connection is to end.
asio::awaitable<bool> Session::serve_one() {
    reader_.reset();
    refusal_.reset();
    const Received received = co_await receive();
    if (received == Received::Closed) {
        if (control_.timed_out() && received_any_) answer_timeout();
        co_return false;
    }
    Response response;
    if (received == Received::Failure) {
        must_close_ = true;
        response = plain_response(reader_.failure().status, reader_.failure().reason);
    } else if (refusal_) {
        response = std::move(*refusal_);
    } else if (reader_.is_over_budget()) {
        state_.shed("memory");
        response = plain_response(429, "too much in flight; try again");
        response.headers.emplace_back("Retry-After", "1");
    } else {
        response = handle();
    }
    const bool keep_alive = !must_close_ && reader_.head().keep_alive && !state_.draining.load();
    compose(response, keep_alive);
    const Clock::time_point now = Clock::now();
    state_.make_progress(now);
    control_.enter(Phase::Sending, now + state_.options.limits.request_timeout);
    const bool sent = co_await send(output_);
    end_request();
    co_return sent&& keep_alive;
}

asio::awaitable<void> Session::run(std::shared_ptr<Session> self) {
    error_code ignored;
    self->socket_.set_option(tcp::no_delay(true), ignored);
    const bool shaken = co_await self->handshake();
    if (!shaken) co_return;
    for (;;) {
        const bool more = co_await self->serve_one();
        if (!more) break;
        // A peer that pipelines without end must not keep this thread to itself.
        if (!self->input_.empty()) co_await asio::post(asio::use_awaitable);
    }
    if (self->must_close_) {
        co_await self->linger();
    } else {
        self->transport_.finish_sending();
    }
}

}  // namespace tollgate::net
