// SPDX-License-Identifier: Apache-2.0
// A CA and one leaf of it: made new, or read from a folder that `certs init` wrote.
#pragma once

#include "certs/key_pair.hpp"
#include "engine/base/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tollgate::cli {

struct KeyRequest {
    std::vector<std::string> dns_names, ip_addresses;
    std::int64_t days = 365;
};

struct KeyMaterial {
    certs::KeyPair ca;  // the key is empty when read from a folder
    certs::KeyPair leaf;
};

Result<KeyMaterial> make_keys(const KeyRequest& request, std::int64_t now_unix);
/// ca.crt, tls.crt and tls.key of `folder`; fails when they do not belong together.
Result<KeyMaterial> read_keys(const std::string& folder);

}  // namespace tollgate::cli
