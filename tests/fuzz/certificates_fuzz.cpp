// SPDX-License-Identifier: Apache-2.0
// A mounted Secret may hold anything: what is no certificate or key gives a reason, what is one is described.
#include "certs/inspect.hpp"
#include "certs/openssl_handles.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace certs = tollgate::certs;
    const std::string pem(static_cast<const char*>(static_cast<const void*>(data)), size);
    const auto facts = certs::inspect(pem);
    const auto certificates = certs::read_certificates(pem);
    const auto key = certs::read_key(pem);
    TOLLGATE_ASSERT(certificates.has_value() || !facts.has_value());  // a date may make no sense
    if (facts) {
        TOLLGATE_ASSERT(!facts->empty() && facts->size() == certificates->size());
        for (const certs::CertificateFacts& each : *facts) TOLLGATE_ASSERT(each.sha256_hex.size() == 64);
    } else {
        TOLLGATE_ASSERT(!facts.error().message.empty());
    }
    TOLLGATE_ASSERT(key.has_value() || !key.error().message.empty());
    (void)certs::check_pair({pem, pem});
    (void)certs::verify_server(pem, pem, "tollgate.tollgate-system.svc", 1'795'305'600);
    return 0;
}
