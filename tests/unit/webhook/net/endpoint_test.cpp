// SPDX-License-Identifier: Apache-2.0
#include "webhook/net/endpoint.hpp"

#include "tests/support/catch.hpp"

namespace tollgate::net {
namespace {

TEST_CASE("addresses and ports, there and back") {
    for (const char* text : {"0.0.0.0:8443", "127.0.0.1:0", "[::]:8443", "[fd00::1]:65535"}) {
        const auto endpoint = parse_endpoint(text);
        INFO(text);
        REQUIRE(endpoint.has_value());
        CHECK(to_string(*endpoint) == text);
    }
    CHECK(to_string(*parse_endpoint(":80")) == "0.0.0.0:80");
}

TEST_CASE("what is no address and port is refused with the way to mend it") {
    struct Row {
        const char* text;
        const char* hint;
    };
    for (const Row& row : {Row{"8443", "expected ADDRESS:PORT"}, Row{"127.0.0.1:", "from 0 to 65535"},
                           Row{"127.0.0.1:65536", "from 0 to 65535"}, Row{"127.0.0.1:80x", "from 0 to 65535"},
                           Row{"::1:80", "in brackets"}, Row{"localhost:80", "names are not resolved"},
                           Row{"[::1:80", "in brackets"}, Row{"256.0.0.1:80", "not an IP address"}}) {
        const auto endpoint = parse_endpoint(row.text);
        INFO(row.text);
        REQUIRE_FALSE(endpoint.has_value());
        CHECK(endpoint.error().message.find(row.hint) != std::string::npos);
        CHECK(endpoint.error().message.find(row.text) != std::string::npos);
    }
}

}  // namespace
}  // namespace tollgate::net
