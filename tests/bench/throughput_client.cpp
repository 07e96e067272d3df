// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/throughput_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <thread>

namespace tollgate::bench {
namespace {

using Clock = std::chrono::steady_clock;

class Connection {
  public:
    explicit Connection(SSL_CTX* context, std::uint16_t port) {
        descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int on = 1;
        ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const auto* raw = static_cast<const sockaddr*>(static_cast<const void*>(&address));
        if (::connect(descriptor_, raw, sizeof(address)) != 0) return;
        tls_ = SSL_new(context);
        SSL_set_fd(tls_, descriptor_);
        open_ = SSL_connect(tls_) == 1;
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() {
        SSL_free(tls_);
        ::close(descriptor_);
    }

    /// Sends one request and reads its reply to the end; false when it is not 200 or not as expected.
    bool exchange(const std::string& request, const std::string& expected) {
        if (!open_ || SSL_write(tls_, request.data(), static_cast<int>(request.size())) <= 0) return false;
        reply_.clear();
        for (;;) {
            const std::size_t head = reply_.find("\r\n\r\n");
            if (head != std::string::npos && reply_.size() >= head + 4 + body_length(head)) {
                return reply_.compare(0, 12, "HTTP/1.1 200") == 0 &&
                       reply_.find(expected, head) != std::string::npos;
            }
            std::array<char, 16384> buffer;
            const int got = SSL_read(tls_, buffer.data(), static_cast<int>(buffer.size()));
            if (got <= 0) return open_ = false;
            reply_.append(buffer.data(), static_cast<std::size_t>(got));
        }
    }

  private:
    std::size_t body_length(std::size_t head) const {
        const std::size_t at = reply_.find("Content-Length: ");
        if (at == std::string::npos || at > head) return 0;
        return std::strtoul(reply_.c_str() + at + 16, nullptr, 10);
    }

    int descriptor_ = -1;
    SSL* tls_ = nullptr;
    bool open_ = false;
    std::string reply_;
};

void drive(SSL_CTX* context, const Load& load, const std::string& request, Clock::time_point end,
           Measured& out) {
    Connection connection(context, load.port);
    while (Clock::now() < end) {
        const auto start = Clock::now();
        if (!connection.exchange(request, load.expected)) {
            ++out.failures;
            return;
        }
        out.nanoseconds.push_back((Clock::now() - start).count());
    }
}

}  // namespace

Measured run_load(const Load& load) {
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());  // measures, does not judge: no verification
    const std::string request =
        "POST " + load.path +
        " HTTP/1.1\r\nHost: tollgate.tollgate-system.svc:443\r\nUser-Agent: kube-apiserver-admission\r\n"
        "Content-Type: application/json\r\nAccept: application/json, */*\r\nContent-Length: " +
        std::to_string(load.body.size()) + "\r\n\r\n" + load.body;
    const auto start = Clock::now();
    const auto end =
        start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(load.seconds));
    std::vector<Measured> parts(static_cast<std::size_t>(load.connections));
    std::vector<std::thread> threads;
    for (Measured& part : parts) {
        threads.emplace_back([&, end] { drive(context, load, request, end, part); });
    }
    for (std::thread& thread : threads) thread.join();
    Measured all;
    all.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    for (Measured& part : parts) {
        all.failures += part.failures;
        std::copy(part.nanoseconds.begin(), part.nanoseconds.end(), std::back_inserter(all.nanoseconds));
    }
    std::sort(all.nanoseconds.begin(), all.nanoseconds.end());
    SSL_CTX_free(context);
    return all;
}

}  // namespace tollgate::bench
