// SPDX-License-Identifier: Apache-2.0
// Base64 (RFC 4648 section 4, with padding): how a patch travels in a reply, and a certificate in a manifest.
#pragma once

#include <string>
#include <string_view>

namespace tollgate::admission {

void append_base64(std::string& out, std::string_view bytes);

inline std::string base64(std::string_view bytes) {
    std::string out;
    append_base64(out, bytes);
    return out;
}

}  // namespace tollgate::admission
