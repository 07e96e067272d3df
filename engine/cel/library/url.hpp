// SPDX-License-Identifier: Apache-2.0
// What url() and the named format "uri" have in common.
#pragma once

#include <string>
#include <string_view>

namespace tollgate::cel {

/// Why this is no URL of a request, as Go says it: `parse "a": invalid URI for request`; "" when it is one.
std::string url_error(std::string_view text);

}  // namespace tollgate::cel
