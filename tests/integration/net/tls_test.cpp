// SPDX-License-Identifier: Apache-2.0
// Who may speak to the server, in which versions, under which certificate.
#include "certs/authority.hpp"
#include "certs/inspect.hpp"
#include "tests/integration/net/lab.hpp"
#include "tests/support/catch.hpp"

#include <openssl/ssl.h>

#include <string>

namespace tollgate::test {
namespace {

net::ServerOptions with_tls(const net::TlsOptions& tls) {
    net::ServerOptions options;
    options.tls = make_tls(tls);
    return options;
}

TlsClientOptions trusting() {
    TlsClientOptions options;
    options.ca_pem = authority().certificate_pem;
    return options;
}

bool is_served(std::uint16_t port, const TlsClientOptions& options) {
    Client client(port, options);
    // A client of TLS 1.3 learns only from its first read that its certificate was refused.
    return client.is_connected() && client.send(post("/echo", "hello")) &&
           client.read_reply().body == "hello";
}

TEST_CASE("TLS 1.3 is spoken, 1.2 only where it was allowed, and then with AEAD suites") {
    const certs::KeyPair pair = server_pair();
    Lab strict(with_tls(server_tls(pair)));
    Client newest(strict.port(), trusting());
    REQUIRE(newest.is_connected());
    CHECK(newest.tls_version() == "TLSv1.3");

    TlsClientOptions old = trusting();
    old.max_version = TLS1_2_VERSION;
    CHECK_FALSE(Client(strict.port(), old).is_connected());

    net::TlsOptions lenient_tls = server_tls(pair);
    lenient_tls.allow_tls12 = true;
    Lab lenient(with_tls(lenient_tls));
    CHECK(is_served(lenient.port(), old));
    old.tls12_suites = "ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA";  // CBC
    CHECK_FALSE(Client(lenient.port(), old).is_connected());
    old.max_version = TLS1_1_VERSION;
    old.tls12_suites = "ALL:@SECLEVEL=0";
    CHECK_FALSE(Client(lenient.port(), old).is_connected());
}

TEST_CASE("ALPN answers http/1.1 whatever else is offered") {
    Lab lab(with_tls(server_tls(server_pair())));
    TlsClientOptions options = trusting();
    SECTION("h2 first") {
        options.alpn = std::string("\x02h2\x08http/1.1", 12);
        Client client(lab.port(), options);
        REQUIRE(client.is_connected());
        CHECK(client.alpn() == "http/1.1");
    }
    SECTION("h2 alone") {
        options.alpn = std::string("\x02h2", 3);
        Client client(lab.port(), options);
        REQUIRE(client.is_connected());
        CHECK(client.alpn().empty());
        REQUIRE(client.send(post("/echo", "in HTTP/1.1")));
        CHECK(client.read_reply().body == "in HTTP/1.1");
    }
    SECTION("nothing") {
        Client client(lab.port(), options);
        CHECK(client.alpn().empty());
    }
}

TEST_CASE("a reloaded certificate is served to new connections while old ones live on") {
    const certs::KeyPair old_pair = server_pair();
    const certs::KeyPair new_pair = server_pair();
    Lab lab(with_tls(server_tls(old_pair)));
    Client early(lab.port(), trusting());
    REQUIRE(early.is_connected());
    lab.server->set_tls(make_tls(server_tls(new_pair)));
    Client late(lab.port(), trusting());
    REQUIRE(late.is_connected());
    CHECK(early.server_serial() != late.server_serial());
    for (Client* client : {&early, &late}) {
        REQUIRE(client->send(post("/echo", "both")));
        CHECK(client->read_reply().body == "both");
    }
}

TEST_CASE("with a client CA only the named clients are served") {
    net::TlsOptions tls = server_tls(server_pair());
    tls.client_ca_pem = authority().certificate_pem;
    tls.client_names = {"kube-apiserver", "apiserver.example"};
    Lab lab(with_tls(tls));
    TlsClientOptions options = trusting();
    const auto use = [&options](const certs::KeyPair& pair) {
        options.certificate_pem = pair.certificate_pem;
        options.key_pem = pair.key_pem;
    };
    SECTION("no certificate") {
        CHECK_FALSE(is_served(lab.port(), options));
    }
    SECTION("right common name") {
        use(client_pair("kube-apiserver"));
        CHECK(is_served(lab.port(), options));
    }
    SECTION("right alternative name") {
        use(client_pair("whoever", "apiserver.example"));
        CHECK(is_served(lab.port(), options));
    }
    SECTION("right CA, wrong name") {
        use(client_pair("some-pod", "some-pod.example"));
        CHECK_FALSE(is_served(lab.port(), options));
        CHECK(lab.server->stop(kPatience));
        CHECK(lab.metric("tollgate_tls_handshake_errors_total") == "1");
    }
    SECTION("a name that only contains the right one") {
        use(client_pair("kube-apiserver.evil", "xapiserver.example"));
        CHECK_FALSE(is_served(lab.port(), options));
    }
    SECTION("right name, wrong CA") {
        certs::LeafRequest request;
        request.common_name = "kube-apiserver";
        request.usage = certs::Usage::Client;
        request.now_unix = 1'750'000'000;
        const certs::KeyPair other = *certs::make_authority({.now_unix = 1'750'000'000});
        use(*certs::issue_leaf(other, request));
        CHECK_FALSE(is_served(lab.port(), options));
    }
    SECTION("right name and CA, but a server's certificate") {
        certs::LeafRequest request;
        request.common_name = "kube-apiserver";
        request.dns_names = {"apiserver.example"};
        request.now_unix = certs::inspect(authority().certificate_pem)->at(0).not_before_unix + 300;
        use(*certs::issue_leaf(authority(), request));
        CHECK_FALSE(is_served(lab.port(), options));
    }
    SECTION("right name and CA, but expired") {
        certs::LeafRequest request;
        request.common_name = "kube-apiserver";
        request.usage = certs::Usage::Client;
        request.days = 1;
        request.now_unix = certs::inspect(authority().certificate_pem)->at(0).not_before_unix + 86'400;
        use(*certs::issue_leaf(authority(), request));
        CHECK_FALSE(is_served(lab.port(), options));
    }
}

TEST_CASE("what cannot be used as TLS configuration is refused by name") {
    const certs::KeyPair pair = server_pair();
    net::TlsOptions options = server_tls(pair);
    const auto error_of = [](const net::TlsOptions& given) {
        const auto made = net::TlsContext::make(given);
        return made ? std::string("made") : made.error().message;
    };
    SECTION("no certificate") {
        options.certificate_pem = "nothing";
        CHECK(error_of(options).find("TLS certificate: no PEM") == 0);
    }
    SECTION("foreign key") {
        options.key_pem = server_pair().key_pem;
        CHECK(error_of(options).find("TLS key: does not belong") == 0);
    }
    SECTION("no key") {
        options.key_pem = pair.certificate_pem;
        CHECK(error_of(options).find("TLS key: no unencrypted PEM private key") == 0);
    }
    SECTION("broken client CA") {
        options.client_ca_pem = "x";
        CHECK(error_of(options).find("client CA: no PEM") == 0);
    }
    SECTION("names without a CA") {
        options.client_names = {"kube-apiserver"};
        CHECK(error_of(options).find("without a client CA") != std::string::npos);
    }
}

}  // namespace
}  // namespace tollgate::test
