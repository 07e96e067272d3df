// SPDX-License-Identifier: Apache-2.0
// A Response as the bytes of HTTP/1.1, in one buffer so that it leaves in one write.
#pragma once

#include "webhook/net/http_types.hpp"

#include <string>

namespace tollgate::net {

struct ResponseFraming {
    bool keep_alive = true;
    bool head_only = false;  // answer to HEAD: the length is told, the body left out
};

/// Replaces `out`.
void write_response(std::string& out, const Response& response, ResponseFraming framing);

}  // namespace tollgate::net
