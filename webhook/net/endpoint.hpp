// SPDX-License-Identifier: Apache-2.0
// "ADDRESS:PORT" as flags give it.
#pragma once

#include "engine/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tollgate::net {

struct Endpoint {
    std::string address;  // an IP address, without brackets
    std::uint16_t port = 0;
};

/// "0.0.0.0:8443", "[::]:8443" or ":8443" (all IPv4 addresses). Names are not resolved.
Result<Endpoint> parse_endpoint(std::string_view text);
std::string to_string(const Endpoint& endpoint);

}  // namespace tollgate::net
