// SPDX-License-Identifier: Apache-2.0
#include "webhook/net/transport.hpp"

#include "engine/base/result.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace tollgate::net {
namespace {

IoResult plain_result(ssize_t outcome, IoStatus when_blocked) {
    if (outcome > 0) return {IoStatus::Done, static_cast<std::size_t>(outcome)};
    if (outcome < 0 && errno == EAGAIN) return {when_blocked};
    return {IoStatus::Closed};
}

template <class Call>
ssize_t retried(Call call) {
    for (;;) {
        const ssize_t outcome = call();
        if (outcome >= 0 || errno != EINTR) return outcome;
    }
}

}  // namespace

Transport::Transport(int descriptor, std::shared_ptr<const TlsContext> context)
    : descriptor_(descriptor), context_(std::move(context)) {
    if (!context_) return;
    ssl_ = SSL_new(context_->native());
    TOLLGATE_ASSERT(ssl_ != nullptr);  // only ever fails without memory
    TOLLGATE_ASSERT(SSL_set_fd(ssl_, descriptor_) == 1);
    SSL_set_accept_state(ssl_);
}

Transport::~Transport() {
    SSL_free(ssl_);
}

IoResult Transport::tls_result(int outcome, std::size_t bytes) const {
    if (outcome == 1) return {IoStatus::Done, bytes};
    switch (SSL_get_error(ssl_, outcome)) {
        case SSL_ERROR_WANT_READ:
            return {IoStatus::WantRead};
        case SSL_ERROR_WANT_WRITE:
            return {IoStatus::WantWrite};
        default:
            return {IoStatus::Closed};
    }
}

IoResult Transport::handshake() {
    if (ssl_ == nullptr) return {IoStatus::Done};
    ERR_clear_error();
    const IoResult result = tls_result(SSL_do_handshake(ssl_), 0);
    failed_ = result.status == IoStatus::Closed;
    return result;
}

IoResult Transport::read(std::span<char> into) {
    if (ssl_ == nullptr) {
        const auto call = [&] { return ::recv(descriptor_, into.data(), into.size(), 0); };
        return plain_result(retried(call), IoStatus::WantRead);
    }
    ERR_clear_error();
    std::size_t bytes = 0;
    const int outcome = SSL_read_ex(ssl_, into.data(), into.size(), &bytes);
    const IoResult result = tls_result(outcome, bytes);
    if (result.status == IoStatus::Closed) {
        failed_ = SSL_get_shutdown(ssl_) == 0;  // a close_notify is no failure
    }
    return result;
}

IoResult Transport::write(std::string_view bytes) {
    if (ssl_ == nullptr) {
        const auto call = [&] { return ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL); };
        return plain_result(retried(call), IoStatus::WantWrite);
    }
    ERR_clear_error();
    std::size_t written = 0;
    const int outcome = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &written);
    const IoResult result = tls_result(outcome, written);
    if (result.status == IoStatus::Closed) failed_ = true;
    return result;
}

bool Transport::has_buffered() const {
    return ssl_ != nullptr && SSL_has_pending(ssl_) == 1;
}

void Transport::finish_sending() {
    if (ssl_ != nullptr && !failed_) {
        ERR_clear_error();
        SSL_shutdown(ssl_);
    }
    ::shutdown(descriptor_, SHUT_WR);
}

IoResult Transport::discard(std::span<char> scratch) const {
    const auto call = [&] { return ::recv(descriptor_, scratch.data(), scratch.size(), 0); };
    return plain_result(retried(call), IoStatus::WantRead);
}

}  // namespace tollgate::net
