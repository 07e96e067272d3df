// SPDX-License-Identifier: Apache-2.0
// Other people's programs as judges: openssl of our certificates and handshakes, curl of our HTTP.
#include "certs/authority.hpp"
#include "tests/integration/net/lab.hpp"
#include "tests/support/catch.hpp"

#include <stdlib.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

namespace tollgate::test {
namespace {

namespace fs = std::filesystem;

struct Outcome {
    int code = -1;
    std::string output;  // both streams
};

Outcome run(const std::string& command) {
    Outcome outcome;
    std::FILE* const pipe = ::popen(("timeout 30 " + command + " 2>&1").c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::array<char, 4096> chunk{};
    for (std::size_t got = 0; (got = std::fread(chunk.data(), 1, chunk.size(), pipe)) > 0;) {
        outcome.output.append(chunk.data(), got);
    }
    const int status = ::pclose(pipe);
    outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return outcome;
}

/// The certificates of a test as files, for programs that want files.
struct Folder {
    Folder() {
        std::string pattern = fs::temp_directory_path() / "tollgate-peers-XXXXXX";
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path = pattern;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { fs::remove_all(path); }

    std::string write(const std::string& name, const std::string& text) const {
        const fs::path file = path / name;
        std::ofstream(file) << text;
        return file;
    }
    fs::path path;
};

bool mentions(const Outcome& outcome, const std::string& text) {
    return outcome.output.find(text) != std::string::npos;
}

TEST_CASE("openssl accepts the chain strictly, for its names and purpose alone") {
    const Folder folder;
    certs::LeafRequest request;
    request.dns_names = certs::service_names("tollgate", "tollgate-system");
    request.now_unix = static_cast<std::int64_t>(std::time(nullptr));
    const certs::KeyPair leaf = *certs::issue_leaf(authority(), request);
    const std::string ca = folder.write("ca.pem", authority().certificate_pem);
    const std::string file = folder.write("leaf.pem", leaf.certificate_pem);
    const std::string verify = "openssl verify -x509_strict -CAfile " + ca;
    const Outcome good =
        run(verify + " -purpose sslserver -verify_hostname tollgate.tollgate-system.svc " + file);
    INFO(good.output);
    CHECK(good.code == 0);
    CHECK(run(verify + " -purpose sslserver -verify_hostname other.svc " + file).code != 0);
    CHECK(run(verify + " -purpose sslclient " + file).code != 0);
    CHECK(run(verify + " -x509_strict " + ca).code == 0);

    const Outcome text = run("openssl x509 -noout -text -in " + file);
    CHECK(mentions(text, "ASN1 OID: prime256v1"));
    CHECK(mentions(text, "DNS:tollgate.tollgate-system.svc, DNS:tollgate.tollgate-system, DNS:tollgate\n"));
    CHECK(mentions(text, "TLS Web Server Authentication\n"));
    CHECK_FALSE(mentions(text, "Client Authentication"));
    const Outcome ca_text = run("openssl x509 -noout -text -in " + ca);
    CHECK(mentions(ca_text, "CA:TRUE, pathlen:0"));
    CHECK(mentions(ca_text, "Certificate Sign, CRL Sign"));
    CHECK(run("openssl ec -noout -check -in " + folder.write("key.pem", leaf.key_pem)).code == 0);
}

TEST_CASE("openssl s_client sees TLS 1.3, http/1.1 and no compression or tickets") {
    const Folder folder;
    const std::string ca = folder.write("ca.pem", authority().certificate_pem);
    net::ServerOptions options;
    options.tls = make_tls(server_tls(server_pair()));
    Lab lab(std::move(options));
    const std::string connect = "openssl s_client -connect 127.0.0.1:" + std::to_string(lab.port()) +
                                " -CAfile " + ca + " -verify_hostname localhost -verify_return_error ";
    const Outcome session = run(connect + "-alpn h2,http/1.1 </dev/null");
    INFO(session.output);
    CHECK(session.code == 0);
    CHECK(mentions(session, "New, TLSv1.3"));
    CHECK(mentions(session, "ALPN protocol: http/1.1"));
    CHECK(mentions(session, "Verify return code: 0 (ok)"));
    CHECK_FALSE(mentions(session, "New Session Ticket"));
    CHECK(run(connect + "-tls1_2 </dev/null").code != 0);
}

TEST_CASE("curl posts over TLS, keeps the connection and waits for 100 Continue") {
    const Folder folder;
    const std::string ca = folder.write("ca.pem", authority().certificate_pem);
    net::ServerOptions options;
    options.tls = make_tls(server_tls(server_pair()));
    Lab lab(std::move(options));
    const std::string url = "https://localhost:" + std::to_string(lab.port());
    const std::string curl = "curl -sS --cacert " + ca +
                             " --resolve localhost:" + std::to_string(lab.port()) +
                             ":127.0.0.1 -H 'Content-Type: application/json' ";
    const Outcome twice = run(curl + "-v -d hello " + url + "/echo -d world " + url + "/echo?timeout=5s");
    INFO(twice.output);
    CHECK(twice.code == 0);
    CHECK(mentions(twice, "Re-using existing connection"));
    const std::string large = folder.write("large", std::string(2 * 1024 * 1024, 'x'));
    const Outcome waited =
        run(curl + "-H 'Expect: 100-continue' -v --data-binary @" + large + " -o /dev/null " + url + "/echo");
    CHECK(waited.code == 0);
    CHECK(mentions(waited, "100 Continue"));
    CHECK(mentions(waited, "200 OK"));
    const std::string too_large = folder.write("too-large", std::string(8 * 1024 * 1024, 'x'));
    const Outcome refused =
        run(curl + "-o /dev/null -w '%{http_code}' --data-binary @" + too_large + " " + url + "/echo");
    CHECK(mentions(refused, "413"));
    CHECK(mentions(run(curl + "--http2 -w '%{http_version}' -d x " + url + "/echo"), "1.1"));
}

}  // namespace
}  // namespace tollgate::test
