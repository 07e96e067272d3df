// SPDX-License-Identifier: Apache-2.0
// Before a validator is made to fail closed, the running webhook is asked what the API server will ask it,
// over TLS, under the CA bundle that the API server will trust, by the name it will use.
#pragma once

#include "engine/base/result.hpp"

#include <string>

namespace tollgate::cli {

struct Probe {
    std::string address;      // HOST:PORT
    std::string server_name;  // "tollgate.tollgate-system.svc"
    std::string ca_bundle_pem;
};

/// Sends dry runs to /mutate and /validate: a pod without accelerators must be allowed, one with a GPU must
/// be answered, and something that is no review must be refused with 400.
Result<void> probe_webhook(const Probe& probe);

}  // namespace tollgate::cli
