// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/net/client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstring>

namespace tollgate::test {
namespace {

void load_pem(SSL_CTX* context, const TlsClientOptions& options) {
    if (!options.ca_pem.empty()) {
        BIO* const bio = BIO_new_mem_buf(options.ca_pem.data(), static_cast<int>(options.ca_pem.size()));
        X509* const authority = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
        X509_free(authority);
        BIO_free(bio);
    }
    if (options.certificate_pem.empty()) return;
    BIO* bio =
        BIO_new_mem_buf(options.certificate_pem.data(), static_cast<int>(options.certificate_pem.size()));
    X509* const certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    SSL_CTX_use_certificate(context, certificate);
    X509_free(certificate);
    BIO_free(bio);
    bio = BIO_new_mem_buf(options.key_pem.data(), static_cast<int>(options.key_pem.size()));
    EVP_PKEY* const key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    SSL_CTX_use_PrivateKey(context, key);
    EVP_PKEY_free(key);
    BIO_free(bio);
}

SSL_CTX* make_context(const TlsClientOptions& options) {
    SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    if (options.max_version != 0) SSL_CTX_set_max_proto_version(context, options.max_version);
    if (!options.tls12_suites.empty()) SSL_CTX_set_cipher_list(context, options.tls12_suites.c_str());
    if (!options.alpn.empty()) {
        SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(options.alpn.data()),
                                static_cast<unsigned>(options.alpn.size()));
    }
    load_pem(context, options);
    return context;
}

}  // namespace

Client::Client(std::uint16_t port, std::optional<TlsClientOptions> tls) {
    std::signal(SIGPIPE, SIG_IGN);
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    const timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    if (!connected_ || !tls) return;
    context_ = make_context(*tls);
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, socket_);
    if (!tls->ca_pem.empty()) SSL_set1_host(ssl_, "localhost");
    connected_ = SSL_connect(ssl_) == 1;
    ERR_clear_error();
}

Client::~Client() {
    if (ssl_ != nullptr && connected_) SSL_shutdown(ssl_);
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    ::close(socket_);
    ERR_clear_error();
}

bool Client::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const long sent = ssl_ != nullptr ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                                          : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

long Client::receive(char* into, std::size_t size) {
    if (ssl_ != nullptr) return SSL_read(ssl_, into, static_cast<int>(size));
    return ::recv(socket_, into, size, 0);
}

bool Client::fill() {
    std::array<char, 16 * 1024> chunk{};
    const long got = receive(chunk.data(), chunk.size());
    if (got <= 0) return false;
    input_.append(chunk.data(), static_cast<std::size_t>(got));
    return true;
}

Reply Client::read_reply(bool to_head) {
    Reply reply;
    std::size_t end = 0;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
        if (!fill()) return reply;
    }
    reply.head = input_.substr(0, end + 4);
    input_.erase(0, end + 4);
    std::size_t length = 0;
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    if (const std::size_t at = reply.head.find(kLength); at != std::string::npos) {
        const char* const digits = reply.head.data() + at + kLength.size();
        std::from_chars(digits, reply.head.data() + reply.head.size(), length);
    }
    if (to_head) length = 0;
    while (input_.size() < length) {
        if (!fill()) return reply;
    }
    reply.body = input_.substr(0, length);
    input_.erase(0, length);
    std::from_chars(reply.head.data() + 9, reply.head.data() + 12, reply.status);
    return reply;
}

bool Client::is_closed_by_server() {
    if (!input_.empty()) return false;
    char byte = 0;
    const long got = receive(&byte, 1);
    if (ssl_ == nullptr) return got == 0 || (got < 0 && errno == ECONNRESET);
    if (got > 0) return false;
    const int reason = SSL_get_error(ssl_, static_cast<int>(got));
    ERR_clear_error();
    return reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE;
}

bool Client::is_readable(std::chrono::milliseconds patience) const {
    pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, static_cast<int>(patience.count())) == 1;
}

void Client::finish_sending() {
    ::shutdown(socket_, SHUT_WR);
}

std::string Client::alpn() const {
    const unsigned char* name = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(ssl_, &name, &length);
    return {reinterpret_cast<const char*>(name), length};
}

std::string Client::tls_version() const {
    return SSL_get_version(ssl_);
}

std::string Client::server_serial() const {
    X509* const certificate = SSL_get1_peer_certificate(ssl_);
    BIGNUM* const number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr);
    char* const text = BN_bn2hex(number);
    std::string serial = text;
    OPENSSL_free(text);
    BN_free(number);
    X509_free(certificate);
    return serial;
}

std::string post(std::string_view path, std::string_view body, std::string_view more_headers) {
    std::string request = "POST " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n";
    request += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    request.append(more_headers).append("\r\n").append(body);
    return request;
}

std::string get(std::string_view path) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

}  // namespace tollgate::test
