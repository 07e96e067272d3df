// SPDX-License-Identifier: Apache-2.0
// The load of the throughput bench: connections that each send the same review over TLS keep-alive as fast as
// it is answered. One thread a connection; plain blocking OpenSSL, so that the client owes nothing to the
// code it measures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tollgate::bench {

struct Load {
    std::uint16_t port = 0;
    std::string path;  // "/validate?timeout=10s"
    std::string body;
    std::string expected;  // what every reply has to hold, so that no other case is measured than is named
    int connections = 4;
    double seconds = 2;
};

struct Measured {
    std::vector<std::int64_t> nanoseconds;  // of each request, ascending
    std::size_t failures = 0;
    double seconds = 0;
};

Measured run_load(const Load& load);

}  // namespace tollgate::bench
