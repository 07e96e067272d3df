// SPDX-License-Identifier: Apache-2.0
// One HTTP request, with or without TLS: TLS 1.2 or later, the server's name checked against a CA bundle, a
// deadline over everything, a bound on the reply. Blocking; for the command line, never on the path of a
// review. Redirects are not followed. Thread rule: any thread.
#pragma once

#include "engine/base/result.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace tollgate::net {

struct HttpRequest {
    bool tls = true;
    std::string host, port;     // where to connect: a name or an address
    std::string server_name;    // what the certificate must be for
    std::string ca_bundle_pem;  // the only authorities trusted; "": those of the system
    std::string host_header;    // "": the server's name
    std::string path;           // "/validate?timeout=3s"
    std::string content_type = "application/json";
    std::string authorization;  // "Bearer ..."; "" for none
    std::string body;           // sent by POST
    std::chrono::milliseconds timeout{3000};
    std::size_t max_reply_bytes = std::size_t{1024} * 1024;
};

struct HttpReply {
    unsigned status = 0;
    std::string body;
};

/// Errors say what failed: the name, the connection, the certificate, the reply.
Result<HttpReply> post_once(const HttpRequest& request);

}  // namespace tollgate::net
