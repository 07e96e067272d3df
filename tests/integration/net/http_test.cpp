// SPDX-License-Identifier: Apache-2.0
// The HTTP that a well-behaved client may speak, and what it gets.
#include "tests/integration/net/lab.hpp"
#include "tests/support/catch.hpp"

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace tollgate::test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a connection serves one request after another") {
    Lab lab;
    Client client(lab.port());
    for (const std::string body : {"one", "two", "three"}) {
        REQUIRE(client.send(post("/echo", body)));
        const Reply reply = client.read_reply();
        CHECK(reply.status == 200);
        CHECK(reply.body == body);
        CHECK(reply.has("Connection: keep-alive"));
    }
    CHECK(lab.server->connections() == 1);
    CHECK(lab.metric("tollgate_connections") == "1");
}

TEST_CASE("a request may arrive byte by byte") {
    Lab lab;
    Client client(lab.port());
    const std::string request = post("/echo", "slow but sure");
    for (const char byte : request) REQUIRE(client.send({&byte, 1}));
    CHECK(client.read_reply().body == "slow but sure");
}

TEST_CASE("a chunked body is put together") {
    Lab lab;
    Client client(lab.port());
    REQUIRE(
        client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n"
                    "4\r\nWiki\r\n6;note=\"x\"\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n"
                    "0\r\nContent-Type: text/evil\r\n\r\n"));
    const Reply reply = client.read_reply();
    CHECK(reply.status == 200);
    CHECK(reply.body == "Wikipedia in \r\n\r\nchunks.");
    REQUIRE(client.send(post("/echo", "next")));
    CHECK(client.read_reply().body == "next");
}

TEST_CASE("pipelined requests are answered in order") {
    Lab lab;
    Client client(lab.port());
    std::string all;
    for (int i = 0; i < 50; ++i) all += post("/echo", std::to_string(i));
    REQUIRE(client.send(all));
    for (int i = 0; i < 50; ++i) CHECK(client.read_reply().body == std::to_string(i));
}

TEST_CASE("Expect: 100-continue is answered before the body is sent") {
    Lab lab;
    Client client(lab.port());
    const std::string request = post("/echo", "body", "Expect: 100-continue\r\n");
    const std::size_t body_at = request.size() - 4;
    REQUIRE(client.send(request.substr(0, body_at)));
    CHECK(client.read_reply().status == 100);
    REQUIRE(client.send(request.substr(body_at)));
    CHECK(client.read_reply().body == "body");

    SECTION("and a refusal comes instead of it") {
        REQUIRE(client.send(
            "POST /none HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
        const Reply reply = client.read_reply();
        CHECK(reply.status == 404);
        CHECK(reply.has("Connection: close"));
        CHECK(client.is_closed_by_server());
    }
    SECTION("other expectations are refused") {
        REQUIRE(client.send(post("/echo", "body", "Expect: a-pony\r\n")));
        CHECK(client.read_reply().status == 417);
    }
}

TEST_CASE("HTTP/1.0 gets its answer and the end") {
    Lab lab;
    Client client(lab.port());
    REQUIRE(client.send("GET /page HTTP/1.0\r\n\r\n"));
    const Reply reply = client.read_reply();
    CHECK(reply.body == "page");
    CHECK(reply.has("Connection: close"));
    CHECK(client.is_closed_by_server());

    Client keeping(lab.port());
    REQUIRE(keeping.send("GET /page HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    CHECK(keeping.read_reply().has("Connection: keep-alive"));
    REQUIRE(keeping.send(get("/page")));
    CHECK(keeping.read_reply().status == 200);
}

TEST_CASE("Connection: close is honoured") {
    Lab lab;
    Client client(lab.port());
    REQUIRE(client.send(post("/echo", "last", "Connection: close\r\n")));
    CHECK(client.read_reply().has("Connection: close"));
    CHECK(client.is_closed_by_server());
}

TEST_CASE("HEAD has the length of GET and no body") {
    Lab lab;
    Client client(lab.port());
    REQUIRE(client.send("HEAD /page HTTP/1.1\r\nHost: x\r\n\r\n"));
    const Reply head = client.read_reply(true);
    CHECK(head.status == 200);
    CHECK(head.has("Content-Length: 4"));
    REQUIRE(client.send(get("/page")));
    CHECK(client.read_reply().body == "page");
}

TEST_CASE("wrong path, method and content type are told apart, and the connection lives") {
    Lab lab;
    Client client(lab.port());
    REQUIRE(client.send(get("/nowhere")));
    CHECK(client.read_reply().status == 404);
    REQUIRE(client.send(get("/echo")));
    const Reply wrong_method = client.read_reply();
    CHECK(wrong_method.status == 405);
    CHECK(wrong_method.has("Allow: POST"));
    REQUIRE(client.send(
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/yaml\r\nContent-Length: 3\r\n\r\na: "));
    CHECK(client.read_reply().status == 415);
    REQUIRE(client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"));
    CHECK(client.read_reply().status == 415);
    REQUIRE(client.send(post("/echo", "fine")));
    CHECK(client.read_reply().body == "fine");
}

TEST_CASE("an exception in a handler is answered with 500, and the connection lives") {
    Lab lab;
    Client client(lab.port());
    REQUIRE(client.send(post("/throw", "{}")));
    const Reply reply = client.read_reply();
    CHECK(reply.status == 500);
    CHECK(reply.body.find("on purpose") == std::string::npos);
    REQUIRE(client.send(post("/echo", "still here")));
    CHECK(client.read_reply().body == "still here");
}

TEST_CASE("the handler is told to stop when the caller's time is up") {
    Lab lab;
    Client client(lab.port());
    REQUIRE(client.send(post("/patience?timeout=200ms", "{}")));
    CHECK(client.read_reply().body == "cancelled");
    REQUIRE(client.send(post("/gate?timeout=200ms", "{}")));
    CHECK(client.read_reply().body == "passed");
    REQUIRE(client.send(post("/hurried", "{}")));
    CHECK(client.read_reply().body == "no");
}

/// Waits until the server has (not) made progress for that long.
bool becomes(const Lab& lab, bool still, std::chrono::milliseconds bound) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while ((lab.server->since_progress() > bound) != still) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(10ms);
    }
    return true;
}

TEST_CASE("threads that are all stuck are seen to be, and are seen to be free again") {
    Lab lab;  // two threads
    Client one(lab.port());
    Client two(lab.port());
    REQUIRE(one.send(post("/gate", "{}")));
    REQUIRE(two.send(post("/gate", "{}")));
    lab.gate.wait_for_arrivals(2);
    CHECK(becomes(lab, true, 2'500ms));
    lab.gate.open();
    CHECK(one.read_reply().body == "passed");
    CHECK(two.read_reply().body == "passed");
    CHECK(becomes(lab, false, 500ms));
}

TEST_CASE("one free thread is enough, with nothing to do as well") {
    Lab lab;
    Client stuck(lab.port());
    REQUIRE(stuck.send(post("/gate", "{}")));
    lab.gate.wait_for_arrivals(1);
    for (int beats = 0; beats < 2; ++beats) {
        CHECK(becomes(lab, true, 500ms));
        CHECK(becomes(lab, false, 500ms));
    }
    lab.gate.open();
    CHECK(stuck.read_reply().body == "passed");
}

TEST_CASE("large answers arrive whole at a slow reader") {
    Lab lab;
    Client client(lab.port());
    const std::string body(3 * 1024 * 1024, 'x');
    std::thread sender([&] { client.send(post("/echo", body)); });
    const Reply reply = client.read_reply();
    sender.join();
    CHECK(reply.status == 200);
    CHECK(reply.body == body);
}

void talk(std::uint16_t port, int number, int& good) {
    Client client(port, TlsClientOptions{.ca_pem = authority().certificate_pem});
    for (int round = 0; round < 5; ++round) {
        const std::string body = std::to_string(number) + "/" + std::to_string(round);
        if (client.send(post("/echo", body)) && client.read_reply().body == body) ++good;
    }
}

TEST_CASE("a hundred TLS connections at once each get their own answers") {
    net::ServerOptions options;
    options.tls = make_tls(server_tls(server_pair()));
    options.threads = 4;
    Lab lab(std::move(options));
    std::vector<int> good(100, 0);
    std::vector<std::thread> clients;
    for (int i = 0; i < 100; ++i) {
        clients.emplace_back([&, i] { talk(lab.port(), i, good[static_cast<std::size_t>(i)]); });
    }
    for (std::thread& client : clients) client.join();
    CHECK(good == std::vector<int>(100, 5));
    CHECK(lab.server->stop(kPatience));
    CHECK(lab.server->connections() == 0);
    CHECK(lab.metric("tollgate_connections") == "0");
}

}  // namespace
}  // namespace tollgate::test
