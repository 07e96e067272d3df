// SPDX-License-Identifier: Apache-2.0
// The bytes of one connection: TLS or plain, over a non-blocking socket that somebody else owns and waits on.
//
// OpenSSL reads and writes the socket itself, so a byte is copied once and an idle connection holds no
// buffers; with Asio's stream each byte passes through two more buffers and a connection keeps 70 KiB. Every
// call returns at once and says what to wait for. Thread rule: one thread at a time. SIGPIPE must be blocked
// in the calling thread (OpenSSL writes with write()).
#pragma once

#include "webhook/net/tls_context.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

struct ssl_st;

namespace tollgate::net {

enum class IoStatus : std::uint8_t { Done, WantRead, WantWrite, Closed };

struct IoResult {
    IoStatus status;
    std::size_t bytes = 0;  // with Done
};

class Transport {
  public:
    /// Plain without a context.
    Transport(int descriptor, std::shared_ptr<const TlsContext> context);
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;
    ~Transport();

    /// Done when both sides are ready; Closed when the peer left or was refused.
    IoResult handshake();
    IoResult read(std::span<char> into);
    IoResult write(std::string_view bytes);
    /// Whether bytes were read from the socket that read() has not handed out: waiting for the socket would
    /// miss them.
    [[nodiscard]] bool has_buffered() const;
    /// Tells the peer that nothing more is sent (TLS close_notify, then FIN). Best effort.
    void finish_sending();
    /// Reads and forgets, without decrypting; for a peer that still sends what nobody wants.
    IoResult discard(std::span<char> scratch) const;

  private:
    [[nodiscard]] IoResult tls_result(int outcome, std::size_t bytes) const;

    int descriptor_;
    std::shared_ptr<const TlsContext> context_;
    ssl_st* ssl_ = nullptr;
    bool failed_ = false;  // after a TLS error no alert or close_notify may follow
};

}  // namespace tollgate::net
