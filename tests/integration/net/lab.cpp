// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/net/lab.hpp"

#include "certs/authority.hpp"
#include "tests/support/catch.hpp"

#include <ctime>
#include <stdexcept>
#include <thread>
#include <utility>

namespace tollgate::test {
namespace {

net::Response answer(std::string text) {
    net::Response response;
    response.content_type = "text/plain";
    response.body = std::move(text);
    return response;
}

std::vector<net::Route> routes_of(Gate& gate) {
    return {
        {"POST", "/echo", true,
         [](const net::Request& request) { return answer(std::string(request.body)); }},
        {"POST", "/raw", false,
         [](const net::Request& request) { return answer(std::to_string(request.body.size())); }},
        {"POST", "/throw", false,
         [](const net::Request&) -> net::Response { throw std::runtime_error("broken on purpose"); }},
        {"POST", "/gate", false,
         [&gate](const net::Request&) {
             gate.pass();
             return answer("passed");
         }},
        {"POST", "/patience", false,
         [&gate](const net::Request& request) {
             gate.open();
             while (!request.cancelled->load()) std::this_thread::yield();
             return answer("cancelled");
         }},
        {"POST", "/hurried", false,
         [](const net::Request& request) { return answer(request.cancelled->load() ? "yes" : "no"); }},
        {"GET", "/page", false, [](const net::Request&) { return answer("page"); }},
    };
}

std::int64_t now_unix() {
    return static_cast<std::int64_t>(std::time(nullptr));
}

}  // namespace

void Gate::pass() {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait_for(lock, kPatience, [this] { return open_; });
}

void Gate::open() {
    const std::scoped_lock lock(mutex_);
    open_ = true;
    changed_.notify_all();
}

void Gate::wait_for_arrivals(int count) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, kPatience, [this, count] { return arrived_ >= count; }));
}

const certs::KeyPair& authority() {
    static const certs::KeyPair pair =
        *certs::make_authority({.common_name = "test-ca", .now_unix = now_unix()});
    return pair;
}

certs::KeyPair server_pair() {
    certs::LeafRequest request;
    request.dns_names = {"localhost"};
    request.ip_addresses = {"127.0.0.1"};
    request.now_unix = now_unix();
    return *certs::issue_leaf(authority(), request);
}

certs::KeyPair client_pair(const std::string& common_name, const std::string& dns_name) {
    certs::LeafRequest request;
    request.common_name = common_name;
    if (!dns_name.empty()) request.dns_names = {dns_name};
    request.usage = certs::Usage::Client;
    request.now_unix = now_unix();
    return *certs::issue_leaf(authority(), request);
}

net::TlsOptions server_tls(const certs::KeyPair& pair) {
    net::TlsOptions options;
    options.certificate_pem = pair.certificate_pem;
    options.key_pem = pair.key_pem;
    return options;
}

std::shared_ptr<const net::TlsContext> make_tls(const net::TlsOptions& options) {
    auto context = net::TlsContext::make(options);
    INFO((context ? "" : context.error().message));
    REQUIRE(context.has_value());
    return *context;
}

Lab::Lab(net::ServerOptions options) {
    router = std::make_unique<net::Router>(routes_of(gate));
    options.listen = {"127.0.0.1", 0};
    options.handler = [this](const net::Request& request) { return router->handle(request); };
    options.screen = [this](const net::Request& request) { return router->screen(request); };
    options.metrics = &metrics;
    if (options.threads == 0) options.threads = 2;
    auto started = net::Server::start(std::move(options));
    INFO((started ? "" : started.error().message));
    REQUIRE(started.has_value());
    server = std::move(*started);
}

std::string Lab::metric(const std::string& series) {
    const std::string page = metrics.render();
    const std::string start = "\n" + series + " ";
    const std::size_t at = page.find(start);
    if (at == std::string::npos) return "";
    const std::size_t value = at + start.size();
    return page.substr(value, page.find('\n', value) - value);
}

}  // namespace tollgate::test
