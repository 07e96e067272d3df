// SPDX-License-Identifier: Apache-2.0
// What a handler sees of HTTP: plain structs, so that no room above webhook/net ever compiles Beast.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate::net {

/// Views into the connection's buffers: valid until the handler returns.
struct Request {
    std::string_view method;
    std::string_view path;   // without the query, not percent-decoded
    std::string_view query;  // after '?', may be empty
    std::string_view content_type;
    std::string_view body;
    std::optional<std::uint32_t> timeout_ms;         // of ?timeout=10s, when it was there and well-formed
    std::chrono::steady_clock::time_point deadline;  // when the reply has to be on its way
    const std::atomic<bool>* cancelled =
        nullptr;  // becomes true at the deadline, and when the server must end
};

struct Response {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;  // beside type, length, date and connection
};

/// A one-line answer in plain text; `reason` says what was wrong and how to mend it.
inline Response plain_response(unsigned status, std::string reason) {
    reason += '\n';
    return Response{status, "text/plain; charset=utf-8", std::move(reason), {}};
}

/// Answers a whole request, on one of the server's threads. An exception is answered with 500.
using Handler = std::function<Response(const Request&)>;
/// Sees a request before its body is read (body is empty); an answer here spares reading the body into
/// memory.
using Screen = std::function<std::optional<Response>(const Request&)>;

}  // namespace tollgate::net
