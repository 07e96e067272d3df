// SPDX-License-Identifier: Apache-2.0
#include "webhook/net/response_writer.hpp"

#include "tests/support/catch.hpp"

namespace tollgate::net {
namespace {

std::string written(const Response& response, ResponseFraming framing) {
    std::string out = "left over";
    write_response(out, response, framing);
    return out;
}

TEST_CASE("a response is one block of HTTP/1.1") {
    Response response = plain_response(429, "busy");
    response.headers.emplace_back("Retry-After", "1");
    const std::string text = written(response, {.keep_alive = true, .head_only = false});
    CHECK(text.starts_with("HTTP/1.1 429 Too Many Requests\r\nDate: "));
    CHECK(text.find(" GMT\r\n") != std::string::npos);
    CHECK(text.find("\r\nContent-Type: text/plain; charset=utf-8\r\n") != std::string::npos);
    CHECK(text.find("\r\nContent-Length: 5\r\n") != std::string::npos);
    CHECK(text.find("\r\nRetry-After: 1\r\n") != std::string::npos);
    CHECK(text.ends_with("\r\nConnection: keep-alive\r\n\r\nbusy\n"));
}

TEST_CASE("the end of the connection is announced, and HEAD gets no body") {
    const Response response = plain_response(200, "page");
    CHECK(written(response, {.keep_alive = false, .head_only = false})
              .ends_with("Connection: close\r\n\r\npage\n"));
    const std::string head = written(response, {.keep_alive = true, .head_only = true});
    CHECK(head.find("Content-Length: 5\r\n") != std::string::npos);
    CHECK(head.ends_with("\r\n\r\n"));
}

TEST_CASE("an unknown status is still well-formed") {
    CHECK(written(plain_response(299, "x"), {}).starts_with("HTTP/1.1 299 Status\r\n"));
}

}  // namespace
}  // namespace tollgate::net
