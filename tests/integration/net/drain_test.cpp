// SPDX-License-Identifier: Apache-2.0
// The end of a server: nobody who was let in is turned away halfway.
#include "tests/integration/net/lab.hpp"
#include "tests/support/catch.hpp"

#include <chrono>
#include <future>

namespace tollgate::test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("while draining, everybody is served and told to go elsewhere") {
    Lab lab;
    Client before(lab.port());
    REQUIRE(before.send(post("/echo", "one")));
    REQUIRE(before.read_reply().has("Connection: keep-alive"));
    lab.server->begin_drain();
    REQUIRE(before.send(post("/echo", "two")));
    const Reply last = before.read_reply();
    CHECK(last.body == "two");
    CHECK(last.has("Connection: close"));
    CHECK(before.is_closed_by_server());
    Client after(lab.port());
    REQUIRE(after.send(post("/echo", "three")));
    CHECK(after.read_reply().body == "three");
}

TEST_CASE("stop lets a request in flight finish and closes idle connections at once") {
    Lab lab;
    Client idle(lab.port());
    REQUIRE(idle.send(post("/echo", "hello")));
    REQUIRE(idle.read_reply().status == 200);
    Client busy(lab.port());
    REQUIRE(busy.send(post("/gate", "{}")));
    lab.gate.wait_for_arrivals(1);
    auto stopped = std::async(std::launch::async, [&] { return lab.server->stop(kPatience); });
    CHECK(idle.is_closed_by_server());
    lab.gate.open();
    const Reply reply = busy.read_reply();
    CHECK(reply.body == "passed");
    CHECK(reply.has("Connection: close"));
    CHECK(stopped.get());
    CHECK_FALSE(Client(lab.port()).is_connected());
}

TEST_CASE("stop finishes a request whose body was still on its way") {
    Lab lab;
    Client client(lab.port());
    const std::string request = post("/echo", "begun in time", "Expect: 100-continue\r\n");
    REQUIRE(client.send(request.substr(0, request.size() - 13)));
    REQUIRE(client.read_reply().status == 100);
    auto stopped = std::async(std::launch::async, [&] { return lab.server->stop(kPatience); });
    REQUIRE(client.send("begun in time"));
    CHECK(client.read_reply().body == "begun in time");
    CHECK(stopped.get());
}

TEST_CASE("past its patience stop cancels the handlers and cuts the connections") {
    Lab lab;
    Client client(lab.port());
    REQUIRE(client.send(post("/patience?timeout=30m", "{}")));
    lab.gate.pass();  // open once the handler runs
    CHECK_FALSE(lab.server->stop(50ms));
    CHECK(client.is_closed_by_server());
    CHECK(lab.server->connections() == 0);
}

TEST_CASE("a server that was never asked anything stops at once, and stopping twice is harmless") {
    Lab lab;
    Client silent(lab.port());
    REQUIRE(silent.is_connected());
    CHECK(lab.server->stop(kPatience));
    CHECK(lab.server->stop(kPatience));
}

TEST_CASE("a port that is taken is named in the error") {
    Lab lab;
    net::ServerOptions options;
    options.listen = {"127.0.0.1", lab.port()};
    options.handler = [](const net::Request&) { return net::Response{}; };
    const auto second = net::Server::start(std::move(options));
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().message.find("127.0.0.1:" + std::to_string(lab.port())) != std::string::npos);
    CHECK(second.error().message.find("in use") != std::string::npos);
}

}  // namespace
}  // namespace tollgate::test
