// SPDX-License-Identifier: Apache-2.0
#include "webhook/net/http_client.hpp"

#include "engine/base/limits.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace tollgate::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct ContextFree {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct ConnectionFree {
    void operator()(SSL* connection) const { SSL_free(connection); }
};
struct AddressFree {
    void operator()(addrinfo* address) const { freeaddrinfo(address); }
};
struct Socket {
    int descriptor = -1;
    Socket() = default;
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() {
        if (descriptor >= 0) ::close(descriptor);
    }
};

std::string tls_error() {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) return "the connection was closed";
    const char* reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : "TLS error " + std::to_string(code);
}

Result<std::unique_ptr<SSL_CTX, ContextFree>> make_context(const std::string& ca_bundle_pem) {
    std::unique_ptr<SSL_CTX, ContextFree> context(SSL_CTX_new(TLS_client_method()));
    const std::unique_ptr<BIO, decltype(&BIO_free)> pem(
        BIO_new_mem_buf(ca_bundle_pem.data(), static_cast<int>(ca_bundle_pem.size())), &BIO_free);
    if (!context || !pem) return fail("no TLS context: " + tls_error());
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    if (ca_bundle_pem.empty()) {
        if (SSL_CTX_set_default_verify_paths(context.get()) != 1) return fail("no CAs of the system");
        return context;
    }
    X509_STORE* store = SSL_CTX_get_cert_store(context.get());
    int count = 0;
    while (X509* certificate = PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr)) {
        count += X509_STORE_add_cert(store, certificate);
        X509_free(certificate);
    }
    ERR_clear_error();  // the end of the PEM text is reported as an error
    if (count == 0) return fail("the CA bundle holds no certificate");
    return context;
}

/// Waits for the socket as TLS asks; false when the time is over.
bool wait_for(int descriptor, short events, steady_clock::time_point deadline) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now()).count();
    pollfd poll_set{descriptor, events, 0};
    return left > 0 && ::poll(&poll_set, 1, static_cast<int>(left)) > 0;
}

Result<void> connect_to(const HttpRequest& request, Socket& socket, steady_clock::time_point deadline) {
    const std::string where = request.host + ":" + request.port;
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int code = ::getaddrinfo(request.host.c_str(), request.port.c_str(), &hints, &found);
        code != 0) {
        return fail(where + ": " + ::gai_strerror(code));
    }
    const std::unique_ptr<addrinfo, AddressFree> addresses(found);
    std::string reason = "no address";
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
        Socket tried;
        tried.descriptor =
            ::socket(at->ai_family, at->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at->ai_protocol);
        if (tried.descriptor < 0) continue;
        int error = ::connect(tried.descriptor, at->ai_addr, at->ai_addrlen) == 0 ? 0 : errno;
        if (error == EINPROGRESS) {
            socklen_t size = sizeof(error);
            error = ETIMEDOUT;
            if (wait_for(tried.descriptor, POLLOUT, deadline)) {
                ::getsockopt(tried.descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
            }
        }
        if (error == 0) {
            std::swap(socket.descriptor, tried.descriptor);
            return {};
        }
        reason = std::strerror(error);
    }
    return fail(where + ": " + reason);
}

/// SSL_set_tlsext_host_name is a macro with a C cast in it.
bool set_server_name(SSL* connection, const std::string& name) {
    std::string copy = name;
    return SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, copy.data()) == 1;
}

/// Runs one TLS step until it is done; `step` returns what SSL_connect, SSL_write_ex or SSL_read_ex return.
template <class Step>
Result<bool> run_step(SSL* connection, int descriptor, steady_clock::time_point deadline, Step step) {
    for (;;) {
        const int got = step();
        if (got > 0) return true;
        const int why = SSL_get_error(connection, got);
        if (why == SSL_ERROR_ZERO_RETURN) return false;
        if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
            const long verdict = SSL_get_verify_result(connection);
            if (verdict != X509_V_OK) return fail(X509_verify_cert_error_string(verdict));
            return fail(tls_error());
        }
        if (!wait_for(descriptor, why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline))
            return fail("no answer in time");
    }
}

std::string http_text(const HttpRequest& request) {
    std::string text = "POST " + request.path + " HTTP/1.1\r\nHost: " +
                       (request.host_header.empty() ? request.server_name : request.host_header) +
                       "\r\nContent-Type: " + request.content_type + "\r\nConnection: close\r\n";
    if (!request.authorization.empty()) text += "Authorization: " + request.authorization + "\r\n";
    return text + "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n" + request.body;
}

/// What moves the bytes: a socket, or TLS on it.
class Stream {
  public:
    virtual ~Stream() = default;
    virtual Result<void> write(std::string_view text) = 0;
    /// 0 at the end of what is sent.
    virtual Result<std::size_t> read(char* to, std::size_t size) = 0;
};

class PlainStream final : public Stream {
  public:
    PlainStream(int descriptor, steady_clock::time_point deadline)
        : descriptor_(descriptor), deadline_(deadline) {}

    Result<void> write(std::string_view text) override {
        while (!text.empty()) {
            const ssize_t sent = ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent >= 0) {
                text.remove_prefix(static_cast<std::size_t>(sent));
            } else if (auto ready = wait(POLLOUT); !ready) {
                return ready;
            }
        }
        return {};
    }

    Result<std::size_t> read(char* to, std::size_t size) override {
        for (;;) {
            const ssize_t got = ::recv(descriptor_, to, size, 0);
            if (got >= 0) return static_cast<std::size_t>(got);
            if (auto ready = wait(POLLIN); !ready) return tl::unexpected(ready.error());
        }
    }

  private:
    /// After an operation that did not work: until the socket is ready for it.
    Result<void> wait(short events) const {
        if (errno != EAGAIN && errno != EINTR) return fail(std::strerror(errno));
        if (!wait_for(descriptor_, events, deadline_)) return fail("no answer in time");
        return {};
    }

    int descriptor_;
    steady_clock::time_point deadline_;
};

class TlsStream final : public Stream {
  public:
    TlsStream(int descriptor, steady_clock::time_point deadline)
        : descriptor_(descriptor), deadline_(deadline) {}

    Result<void> connect(const HttpRequest& request) {
        TOLLGATE_TRY(context_, make_context(request.ca_bundle_pem));
        tls_.reset(SSL_new(context_.get()));
        if (!tls_ || SSL_set1_host(tls_.get(), request.server_name.c_str()) != 1 ||
            !set_server_name(tls_.get(), request.server_name) || SSL_set_fd(tls_.get(), descriptor_) != 1) {
            return fail("no TLS connection: " + tls_error());
        }
        const auto done = step([this] { return SSL_connect(tls_.get()); });
        if (!done) return tl::unexpected(done.error());
        return {};
    }

    Result<void> write(std::string_view text) override {
        std::size_t moved = 0;
        const auto sent = step([&] { return SSL_write_ex(tls_.get(), text.data(), text.size(), &moved); });
        if (!sent) return tl::unexpected(sent.error());
        return {};
    }

    Result<std::size_t> read(char* to, std::size_t size) override {
        std::size_t moved = 0;
        const auto more = step([&] { return SSL_read_ex(tls_.get(), to, size, &moved); });
        if (!more) return tl::unexpected(more.error());
        return *more ? moved : 0;
    }

  private:
    template <class Step>
    Result<bool> step(Step call) {
        return run_step(tls_.get(), descriptor_, deadline_, call);
    }

    int descriptor_;
    steady_clock::time_point deadline_;
    std::unique_ptr<SSL_CTX, ContextFree> context_;
    std::unique_ptr<SSL, ConnectionFree> tls_;
};

/// Reads one reply, in whatever way its end is told.
Result<HttpReply> read_reply(Stream& stream, const HttpRequest& request) {
    namespace http = boost::beast::http;
    http::response_parser<http::string_body> parser;
    parser.body_limit(request.max_reply_bytes);
    parser.header_limit(static_cast<std::uint32_t>(limits::kMaxHeaderBytes));
    parser.eager(true);
    std::string pending;
    std::array<char, 16384> buffer;
    while (!parser.is_done()) {
        TOLLGATE_TRY(const std::size_t got, stream.read(buffer.data(), buffer.size()));
        boost::system::error_code error;
        if (got == 0) {
            parser.put_eof(error);
            if (error || !parser.is_done()) return fail("the connection was closed before the reply's end");
            break;
        }
        pending.append(buffer.data(), got);
        const std::size_t used = parser.put(boost::asio::buffer(pending), error);
        pending.erase(0, used);
        if (error == http::error::body_limit) {
            return fail("the reply is longer than " + std::to_string(request.max_reply_bytes) + " bytes");
        }
        if (error && error != http::error::need_more) return fail("the reply is not HTTP");
    }
    HttpReply reply;
    reply.status = parser.get().result_int();
    reply.body = std::move(parser.get().body());
    return reply;
}

}  // namespace

Result<HttpReply> post_once(const HttpRequest& request) {
    const auto deadline = steady_clock::now() + request.timeout;
    Socket socket;
    if (auto connected = connect_to(request, socket, deadline); !connected)
        return tl::unexpected(connected.error());
    std::unique_ptr<Stream> stream;
    if (request.tls) {
        auto tls = std::make_unique<TlsStream>(socket.descriptor, deadline);
        if (auto done = tls->connect(request); !done) return tl::unexpected(done.error());
        stream = std::move(tls);
    } else {
        stream = std::make_unique<PlainStream>(socket.descriptor, deadline);
    }
    if (auto sent = stream->write(http_text(request)); !sent) return tl::unexpected(sent.error());
    return read_reply(*stream, request);
}

}  // namespace tollgate::net
