// SPDX-License-Identifier: Apache-2.0
// The plain listener as kubelet and Prometheus see it.
#include "tests/integration/net/client.hpp"
#include "tests/support/catch.hpp"
#include "webhook/admin/admin_server.hpp"
#include "webhook/telemetry/metrics.hpp"

#include <atomic>
#include <string>

namespace tollgate::test {
namespace {

struct Admin {
    Admin() {
        admin::AdminOptions options;
        options.listen = {"127.0.0.1", 0};
        options.metrics = &metrics;
        options.readiness = [this] {
            return std::vector<admin::Check>{{"serving", !draining.load(), draining.load() ? "draining" : ""},
                                             {"snapshot", true, "digest abc"}};
        };
        options.liveness = [this] {
            return std::vector<admin::Check>{{"progress", !stuck.load(), stuck.load() ? "for 12 s" : ""}};
        };
        options.overview = [] { return std::string("3 policies\n"); };
        auto started = admin::AdminServer::start(std::move(options));
        REQUIRE(started.has_value());
        server = std::move(*started);
    }
    Reply ask(const std::string& path) {
        Client client(server->endpoint().port);
        REQUIRE(client.send(get(path)));
        return client.read_reply();
    }

    std::atomic<bool> draining{false};
    std::atomic<bool> stuck{false};
    telemetry::Metrics metrics;
    std::unique_ptr<admin::AdminServer> server;
};

TEST_CASE("liveness never depends on readiness") {
    Admin admin;
    CHECK(admin.ask("/healthz").status == 200);
    CHECK(admin.ask("/readyz").body == "ok\n");
    CHECK(admin.ask("/readyz?verbose").body == "[+] serving\n[+] snapshot: digest abc\nok\n");
    admin.draining.store(true);
    CHECK(admin.ask("/healthz").status == 200);
    const Reply draining = admin.ask("/readyz");
    CHECK(draining.status == 503);
    CHECK(draining.body == "[-] serving: draining\nnot ready\n");
}

TEST_CASE("liveness fails for what a restart mends, and comes back") {
    Admin admin;
    CHECK(admin.ask("/healthz").body == "ok\n");
    CHECK(admin.ask("/healthz?verbose").body == "[+] progress\nok\n");
    admin.stuck.store(true);
    const Reply stuck = admin.ask("/healthz");
    CHECK(stuck.status == 503);
    CHECK(stuck.body == "[-] progress: for 12 s\nnot alive\n");
    CHECK(admin.ask("/readyz").status == 200);
    admin.stuck.store(false);
    CHECK(admin.ask("/healthz").status == 200);
}

TEST_CASE("metrics are served as Prometheus asks for them, without counting themselves") {
    Admin admin;
    admin.metrics.add(telemetry::Metric::RequestsShed, {"in_flight"}, 7);
    const Reply page = admin.ask("/metrics");
    CHECK(page.status == 200);
    CHECK(page.has("Content-Type: text/plain; version=0.0.4; charset=utf-8"));
    CHECK(page.body.find("\ntollgate_requests_shed_total{reason=\"in_flight\"} 7\n") != std::string::npos);
    CHECK(page.body.find("tollgate_connections") == std::string::npos);
}

TEST_CASE("the page at / lists the others, and nothing else is served") {
    Admin admin;
    const Reply page = admin.ask("/");
    CHECK(page.body.find("/readyz?verbose") != std::string::npos);
    CHECK(page.body.find("3 policies") != std::string::npos);
    CHECK(page.has("X-Content-Type-Options: nosniff"));
    CHECK(admin.ask("/mutate").status == 404);
    Client client(admin.server->endpoint().port);
    REQUIRE(client.send(post("/healthz", "{}")));
    CHECK(client.read_reply().status == 405);
}

}  // namespace
}  // namespace tollgate::test
