// SPDX-License-Identifier: Apache-2.0
#include "webhook/net/https_client.hpp"

#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <string_view>

namespace tollgate::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kMaxReplyBytes = 1024 * 1024;

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

Result<void> connect_to(const HttpsPost& request, Socket& socket, steady_clock::time_point deadline) {
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

Result<HttpsReply> parse_reply(std::string_view text) {
    const std::size_t head_end = text.find("\r\n\r\n");
    if (!text.starts_with("HTTP/1.1 ") || head_end == std::string_view::npos)
        return fail("the reply is not HTTP/1.1");
    HttpsReply reply;
    const std::string_view status = text.substr(9, 3);
    std::from_chars(status.data(), status.data() + status.size(), reply.status);
    reply.body = text.substr(head_end + 4);
    return reply;
}

std::string http_text(const HttpsPost& request) {
    return "POST " + request.path + " HTTP/1.1\r\nHost: " + request.server_name +
           "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " +
           std::to_string(request.body.size()) + "\r\n\r\n" + request.body;
}

}  // namespace

Result<HttpsReply> post_once(const HttpsPost& request) {
    const auto deadline = steady_clock::now() + request.timeout;
    TOLLGATE_TRY(const auto context, make_context(request.ca_bundle_pem));
    Socket socket;
    if (auto connected = connect_to(request, socket, deadline); !connected)
        return tl::unexpected(connected.error());
    const std::unique_ptr<SSL, ConnectionFree> connection(SSL_new(context.get()));
    if (!connection || SSL_set1_host(connection.get(), request.server_name.c_str()) != 1 ||
        !set_server_name(connection.get(), request.server_name) ||
        SSL_set_fd(connection.get(), socket.descriptor) != 1) {
        return fail("no TLS connection: " + tls_error());
    }
    SSL* tls = connection.get();
    const auto step = [&](auto call) { return run_step(tls, socket.descriptor, deadline, call); };
    if (auto done = step([tls] { return SSL_connect(tls); }); !done) return tl::unexpected(done.error());
    const std::string text = http_text(request);
    std::size_t moved = 0;
    const auto sent = step([&] { return SSL_write_ex(tls, text.data(), text.size(), &moved); });
    if (!sent) return tl::unexpected(sent.error());
    std::string reply;
    std::array<char, 16384> buffer;
    for (;;) {
        const auto more = step([&] { return SSL_read_ex(tls, buffer.data(), buffer.size(), &moved); });
        if (!more) return tl::unexpected(more.error());
        if (!*more) return parse_reply(reply);
        reply.append(buffer.data(), moved);
        if (reply.size() > kMaxReplyBytes) return fail("the reply is too long");
    }
}

}  // namespace tollgate::net
