// SPDX-License-Identifier: Apache-2.0
// What the transport alone costs: the server of webhook/net with a handler that always sends the same
// allowing reply.
//   static_reply CERTIFICATE KEY   serves on a free port of 127.0.0.1, prints it, ends when standard input
//   closes
#include "webhook/net/server.hpp"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

namespace {

std::string read(const char* name) {
    std::ifstream file(name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

int serve(const char* certificate, const char* key) {
    using namespace tollgate;
    net::TlsOptions tls;
    tls.certificate_pem = read(certificate);
    tls.key_pem = read(key);
    const auto context = net::TlsContext::make(tls);
    if (!context) {
        std::cerr << context.error().message << "\n";
        return 1;
    }
    net::ServerOptions options;
    options.listen = {"127.0.0.1", 0};
    options.tls = *context;
    options.handler = [](const net::Request&) {
        net::Response response;
        response.body =
            R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"705ab4f5-6393-11e8-b7cc-42010a800002","allowed":true}})";
        return response;
    };
    auto server = net::Server::start(std::move(options));
    if (!server) {
        std::cerr << server.error().message << "\n";
        return 1;
    }
    std::cout << (*server)->endpoint().port << std::endl;
    while (std::getchar() != EOF) {
    }
    (*server)->stop(std::chrono::milliseconds(100));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: static_reply CERTIFICATE KEY\n";
        return 2;
    }
    return serve(argv[1], argv[2]);
}
