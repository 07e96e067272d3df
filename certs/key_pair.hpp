// SPDX-License-Identifier: Apache-2.0
// A certificate and the private key that belongs to it, as PEM text: the only form in which either leaves
// certs.
#pragma once

#include <string>

namespace tollgate::certs {

struct KeyPair {
    std::string certificate_pem;
    std::string key_pem;  // PKCS #8, unencrypted: to be kept in a Secret or a file of mode 0600
};

}  // namespace tollgate::certs
