// SPDX-License-Identifier: Apache-2.0
// One HTTPS request as the API server would make it: TLS 1.2 or later, the server's name checked against a CA
// bundle, a deadline over everything. Blocking; for probes by the command line, never on the path of a
// review. Thread rule: any thread.
#pragma once

#include "engine/base/result.hpp"

#include <chrono>
#include <string>

namespace tollgate::net {

struct HttpsPost {
    std::string host, port;     // where to connect: a name or an address
    std::string server_name;    // what the certificate must be for
    std::string ca_bundle_pem;  // the only authorities trusted
    std::string path;           // "/validate?timeout=3s"
    std::string body;           // application/json
    std::chrono::milliseconds timeout{3000};
};

struct HttpsReply {
    unsigned status = 0;
    std::string body;
};

/// Errors say what failed: the name, the connection, the certificate, the reply.
Result<HttpsReply> post_once(const HttpsPost& request);

}  // namespace tollgate::net
