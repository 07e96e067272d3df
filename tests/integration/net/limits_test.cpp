// SPDX-License-Identifier: Apache-2.0
// What a hostile or broken client gets, and that the others do not notice.
#include "tests/integration/net/lab.hpp"
#include "tests/support/catch.hpp"

#include <chrono>
#include <string>
#include <thread>

namespace tollgate::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMebibyte = 1024 * 1024;

void check_alive(Lab& lab) {
    Client other(lab.port());
    REQUIRE(other.send(post("/echo", "alive")));
    CHECK(other.read_reply().body == "alive");
}

TEST_CASE("a body over 7 MiB is refused by its Content-Length, and the sender can read why") {
    Lab lab;
    Client client(lab.port());
    // Sends all before it reads: a server that closed at once would reset the connection and lose its answer.
    CHECK(client.send(post("/raw", std::string(8 * kMebibyte, 'a'))));
    const Reply reply = client.read_reply();
    CHECK(reply.status == 413);
    CHECK(reply.has("Connection: close"));
    CHECK(reply.body.find("7340032") != std::string::npos);
    CHECK(client.is_closed_by_server());
    check_alive(lab);
}

TEST_CASE("a body of exactly 7 MiB is served") {
    Lab lab;
    Client client(lab.port());
    REQUIRE(client.send(post("/raw", std::string(7 * kMebibyte, 'a'))));
    CHECK(client.read_reply().body == std::to_string(7 * kMebibyte));
}

TEST_CASE("a chunked body is refused as soon as it is over 7 MiB") {
    Lab lab;
    Client client(lab.port());
    const std::string chunk = "100000\r\n" + std::string(kMebibyte, 'a') + "\r\n";
    std::thread sender([&] {
        bool open = client.send("POST /raw HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; open && i < 9; ++i) open = client.send(chunk);
    });
    const Reply reply = client.read_reply();
    sender.join();
    CHECK(reply.status == 413);
    check_alive(lab);
}

TEST_CASE("a Content-Length that promises more than comes never reaches the handler") {
    Lab lab;
    Client client(lab.port());
    REQUIRE(client.send("POST /throw HTTP/1.1\r\nHost: x\r\nContent-Length: 7000000\r\n\r\nshort"));
    client.finish_sending();
    CHECK(client.is_closed_by_server());
    check_alive(lab);
}

TEST_CASE("a Content-Length that promises less leaves a next request that is refused") {
    Lab lab;
    Client client(lab.port());
    REQUIRE(client.send("POST /raw HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc\x01garbage\r\n\r\n"));
    CHECK(client.read_reply().body == "3");
    CHECK(client.read_reply().status == 400);
    CHECK(client.is_closed_by_server());
}

TEST_CASE("contradictory and malformed framing is refused and the connection closed") {
    const std::string request = GENERATE(
        "POST /raw HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
        "POST /raw HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        "POST /raw HTTP/1.1\r\nHost: x\r\nContent-Length: -3\r\n\r\nabc",
        "POST /raw HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\nabc",
        "POST /raw HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
        "POST /raw HTTP/1.1\r\nHost x\r\n\r\n", "POST /raw\r\n\r\n",
        "\x16\x03\x01\x02\x0b\x01\x0c\x0d\x0e\x0f");
    Lab lab;
    Client client(lab.port());
    REQUIRE(client.send(request));
    const Reply reply = client.read_reply();
    INFO(request);
    CHECK(reply.status == 400);
    CHECK(reply.has("Connection: close"));
    CHECK(client.is_closed_by_server());
}

TEST_CASE("transfer codings and versions that are not spoken get their own answer") {
    Lab lab;
    Client gzip(lab.port());
    REQUIRE(gzip.send("POST /raw HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"));
    CHECK(gzip.read_reply().status == 501);
    Client http2(lab.port());
    REQUIRE(http2.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    CHECK(http2.read_reply().status == 505);
}

TEST_CASE("a compressed body is refused unread, and the connection lives") {
    Lab lab;
    Client client(lab.port());
    REQUIRE(client.send(post("/echo", "\x1f\x8b\x08", "Content-Encoding: gzip\r\n")));
    CHECK(client.read_reply().status == 415);
    REQUIRE(client.send(post("/echo", "plain", "Content-Encoding: identity\r\n")));
    CHECK(client.read_reply().body == "plain");
}

TEST_CASE("headers over 16 KiB are refused, in one field or in many") {
    Lab lab;
    Client one(lab.port());
    one.send("GET /page HTTP/1.1\r\nX-Long: " + std::string(17 * 1024, 'a'));
    CHECK(one.read_reply().status == 431);
    CHECK(one.is_closed_by_server());
    Client many(lab.port());
    std::string request = "GET /page HTTP/1.1\r\n";
    for (int i = 0; i < 2000; ++i) request += "X-Short: 12\r\n";
    many.send(request + "\r\n");
    CHECK(many.read_reply().status == 431);
    Client target(lab.port());
    target.send("GET /" + std::string(20 * 1024, 'a') + " HTTP/1.1\r\n\r\n");
    CHECK(target.read_reply().status == 431);
    check_alive(lab);
}

net::ServerOptions with_times(std::chrono::milliseconds request, std::chrono::milliseconds idle) {
    net::ServerOptions options;
    options.limits.request_timeout = request;
    options.limits.idle_timeout = idle;
    return options;
}

TEST_CASE("a request that is not sent in time is cut, however it trickles") {
    Lab lab(with_times(300ms, 60s));
    const auto begun = std::chrono::steady_clock::now();
    Client client(lab.port());
    REQUIRE(client.send("POST /echo HTTP/1.1\r\n"));
    while (!client.is_readable(10ms) && client.send("X: y\r\n")) {
        REQUIRE(std::chrono::steady_clock::now() - begun < kPatience);
    }
    CHECK(client.read_reply().status == 408);
    CHECK(client.is_closed_by_server());
    CHECK(lab.metric("tollgate_requests_shed_total{reason=\"slow_request\"}") == "1");
}

TEST_CASE("a body that is not sent in time is cut") {
    Lab lab(with_times(300ms, 60s));
    Client client(lab.port());
    REQUIRE(
        client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    "Content-Length: 100\r\n\r\nabc"));
    CHECK(client.read_reply().status == 408);
}

TEST_CASE("an idle connection is closed without an answer, a busy one is not idle") {
    Lab lab(with_times(60s, 300ms));
    Client client(lab.port());
    REQUIRE(client.send(post("/echo", "first")));
    CHECK(client.read_reply().body == "first");
    CHECK(client.is_closed_by_server());
}

TEST_CASE("a TLS handshake that does not go on is cut") {
    net::ServerOptions options = with_times(300ms, 60s);
    options.tls = make_tls(server_tls(server_pair()));
    Lab lab(std::move(options));
    Client client(lab.port());  // speaks no TLS
    CHECK(client.is_closed_by_server());
    CHECK(lab.server->stop(kPatience));
    CHECK(lab.metric("tollgate_tls_handshake_errors_total") == "1");
}

TEST_CASE("past the in-flight cap a request gets 429 and may come again") {
    net::ServerOptions options;
    options.limits.max_in_flight = 1;
    Lab lab(std::move(options));
    Client first(lab.port());
    Client second(lab.port());
    REQUIRE(first.send(post("/gate", "{}")));
    lab.gate.wait_for_arrivals(1);
    REQUIRE(second.send(post("/echo", "me too")));
    const Reply busy = second.read_reply();
    CHECK(busy.status == 429);
    CHECK(busy.has("Retry-After: 1"));
    CHECK(busy.has("Connection: keep-alive"));
    CHECK(lab.metric("tollgate_requests_shed_total{reason=\"in_flight\"}") == "1");
    lab.gate.open();
    CHECK(first.read_reply().body == "passed");
    REQUIRE(second.send(post("/echo", "again")));
    Reply again = second.read_reply();
    // The first one's slot is freed just after its answer is sent.
    const auto begun = std::chrono::steady_clock::now();
    while (again.status == 429 && std::chrono::steady_clock::now() - begun < kPatience) {
        REQUIRE(second.send(post("/echo", "again")));
        again = second.read_reply();
    }
    CHECK(again.body == "again");
}

TEST_CASE("bodies in memory are bounded over all connections") {
    net::ServerOptions options;
    options.limits.max_buffered_body_bytes = 1000;
    Lab lab(std::move(options));
    Client holder(lab.port());
    const std::string request = post("/gate", std::string(900, 'a'));
    REQUIRE(holder.send(request));
    lab.gate.wait_for_arrivals(1);
    Client client(lab.port());
    REQUIRE(client.send(post("/echo", std::string(200, 'b'))));
    CHECK(client.read_reply().status == 429);
    REQUIRE(client.send(post("/echo", "small")));
    CHECK(client.read_reply().body == "small");
    lab.gate.open();
    CHECK(holder.read_reply().body == "passed");
}

TEST_CASE("connections past the cap are closed and counted, the others served") {
    net::ServerOptions options;
    options.limits.max_connections = 2;
    Lab lab(std::move(options));
    Client first(lab.port());
    Client second(lab.port());
    for (Client* client : {&first, &second}) {
        REQUIRE(client->send(post("/echo", "in")));
        REQUIRE(client->read_reply().body == "in");
    }
    Client third(lab.port());
    CHECK(third.is_closed_by_server());
    CHECK(lab.metric("tollgate_requests_shed_total{reason=\"connections\"}") == "1");
    REQUIRE(first.send(post("/echo", "still in")));
    CHECK(first.read_reply().body == "still in");
}

}  // namespace
}  // namespace tollgate::test
