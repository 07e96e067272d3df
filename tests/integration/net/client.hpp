// SPDX-License-Identifier: Apache-2.0
// A blocking HTTP client for tests: sends exactly the bytes it is told to, over TCP or TLS, and reads one
// reply.
//
// Independent of webhook/net on purpose. Every wait ends after kPatience, so a hanging server fails a test
// instead of stopping it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace tollgate::test {

inline constexpr std::chrono::seconds kPatience{30};

struct TlsClientOptions {
    std::string ca_pem = {};           // the server's CA; empty: not verified
    std::string certificate_pem = {};  // the client's own, with its key; may be empty
    std::string key_pem = {};
    int max_version = 0;  // TLS1_2_VERSION and so on; 0: the newest
    std::string tls12_suites = {};
    std::string alpn = {};  // wire format: length byte and name, repeated
};

struct Reply {
    unsigned status = 0;
    std::string head;  // status line and headers
    std::string body;

    [[nodiscard]] bool has(std::string_view header_line) const {
        return head.find("\r\n" + std::string(header_line) + "\r\n") != std::string::npos;
    }
};

class Client {
  public:
    /// Connects and, given options, shakes hands; is_connected() says whether that worked.
    explicit Client(std::uint16_t port, std::optional<TlsClientOptions> tls = std::nullopt);
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client();

    [[nodiscard]] bool is_connected() const { return connected_; }
    /// False when the server no longer takes bytes.
    bool send(std::string_view bytes);
    /// The next reply; status 0 when the connection ends before it is whole.
    Reply read_reply(bool to_head = false);
    /// True when the server closes without sending another byte.
    bool is_closed_by_server();
    /// True once bytes (or the end) are there to read, false after `patience`.
    bool is_readable(std::chrono::milliseconds patience) const;
    void finish_sending();

    [[nodiscard]] std::string alpn() const;
    [[nodiscard]] std::string tls_version() const;
    /// Serial number of the server's certificate, hexadecimal.
    [[nodiscard]] std::string server_serial() const;

  private:
    long receive(char* into, std::size_t size);
    bool fill();

    int socket_ = -1;
    ssl_ctx_st* context_ = nullptr;
    ssl_st* ssl_ = nullptr;
    bool connected_ = false;
    std::string input_;
};

/// "POST /echo HTTP/1.1" with a JSON content type and `body`.
std::string post(std::string_view path, std::string_view body, std::string_view more_headers = "");
std::string get(std::string_view path);

}  // namespace tollgate::test
