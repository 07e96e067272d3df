// SPDX-License-Identifier: Apache-2.0
#include "webhook/net/endpoint.hpp"

#include <arpa/inet.h>

#include <array>
#include <charconv>

namespace tollgate::net {
namespace {

bool is_ip_address(const std::string& text) {
    std::array<unsigned char, 16> bytes{};
    return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
           ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
    const std::string quoted = "\"" + std::string(text) + "\"";
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return fail(quoted + ": expected ADDRESS:PORT, for example 0.0.0.0:8443");
    }
    std::string_view address = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size()) {
        return fail(quoted + ": the port must be a number from 0 to 65535");
    }
    const bool bracketed = address.size() > 2 && address.front() == '[' && address.back() == ']';
    if (bracketed) address = address.substr(1, address.size() - 2);
    if (!bracketed && address.find(':') != std::string_view::npos) {
        return fail(quoted + ": write an IPv6 address in brackets, for example [::]:8443");
    }
    Endpoint endpoint{address.empty() ? "0.0.0.0" : std::string(address), port};
    if (!is_ip_address(endpoint.address)) {
        return fail(quoted + ": " + endpoint.address + " is not an IP address; names are not resolved");
    }
    return endpoint;
}

std::string to_string(const Endpoint& endpoint) {
    const bool is_v6 = endpoint.address.find(':') != std::string::npos;
    return (is_v6 ? "[" + endpoint.address + "]" : endpoint.address) + ":" + std::to_string(endpoint.port);
}

}  // namespace tollgate::net
