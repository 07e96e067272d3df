// SPDX-License-Identifier: Apache-2.0
#include "webhook/admin/admin_server.hpp"

#include "webhook/net/query.hpp"
#include "webhook/net/router.hpp"
#include "webhook/telemetry/metrics.hpp"

#include <utility>

namespace tollgate::admin {
namespace {

// Probes, a Prometheus pair and a few people; nothing here takes a body.
constexpr std::size_t kMaxAdminConnections = 128;
constexpr std::size_t kMaxAdminBodyBytes = 4 * 1024;

constexpr const char* kExposition = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* kPlain = "text/plain; charset=utf-8";

net::Response text_response(unsigned status, std::string body, const char* type = kPlain) {
    net::Response response;
    response.status = status;
    response.content_type = type;
    response.body = std::move(body);
    response.headers = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
    return response;
}

std::vector<net::Route> routes_of(const AdminOptions& options) {
    const auto healthz = [liveness = options.liveness](const net::Request& request) {
        if (!liveness) return text_response(200, "ok\n");
        Readiness judged = judge(liveness(), net::has_query_flag(request.query, "verbose"), "not alive");
        return text_response(judged.ready ? 200 : 503, std::move(judged.text));
    };
    const auto readyz = [readiness = options.readiness](const net::Request& request) {
        Readiness judged = judge(readiness(), net::has_query_flag(request.query, "verbose"));
        return text_response(judged.ready ? 200 : 503, std::move(judged.text));
    };
    const auto metrics = [registry = options.metrics](const net::Request&) {
        return text_response(200, registry->render(), kExposition);
    };
    const auto overview = [lines = options.overview](const net::Request&) {
        std::string text =
            "Tollgate\n\n"
            "/healthz          the process answers, and its threads move\n"
            "/readyz?verbose   whether reviews may be sent here, and why not\n"
            "/metrics          Prometheus metrics\n";
        if (lines) text += "\n" + lines();
        return text_response(200, std::move(text));
    };
    return {{"GET", "/healthz", false, healthz},
            {"GET", "/readyz", false, readyz},
            {"GET", "/metrics", false, metrics},
            {"GET", "/", false, overview}};
}

}  // namespace

Readiness judge(const std::vector<Check>& checks, bool verbose, std::string_view refusal) {
    Readiness result{.ready = true, .text = ""};
    for (const Check& check : checks) {
        result.ready = result.ready && check.ok;
        if (check.ok && !verbose) continue;
        result.text += check.ok ? "[+] " : "[-] ";
        result.text += check.name;
        if (!check.detail.empty()) result.text += ": " + check.detail;
        result.text += '\n';
    }
    result.text.append(result.ready ? "ok" : refusal) += '\n';
    return result;
}

Result<std::unique_ptr<AdminServer>> AdminServer::start(const AdminOptions& options) {
    TOLLGATE_ASSERT(options.readiness != nullptr && options.metrics != nullptr);
    const auto router = std::make_shared<const net::Router>(routes_of(options));
    net::ServerOptions server;
    server.listen = options.listen;
    server.threads = 1;
    server.limits.max_connections = kMaxAdminConnections;
    server.limits.max_body_bytes = kMaxAdminBodyBytes;
    server.handler = [router](const net::Request& request) { return router->handle(request); };
    server.screen = [router](const net::Request& request) { return router->screen(request); };
    server.log = options.log;
    std::unique_ptr<AdminServer> admin(new AdminServer());
    TOLLGATE_TRY(admin->server_, net::Server::start(std::move(server)));
    return admin;
}

}  // namespace tollgate::admin
