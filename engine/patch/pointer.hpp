// SPDX-License-Identifier: Apache-2.0
// JSON Pointer (RFC 6901): "/metadata/labels/kueue.x-k8s.io~1queue-name", "" for the whole document.
#pragma once

#include "engine/base/json/node.hpp"
#include "engine/base/result.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::patch {

/// One segment as it stands in a pointer: "~" becomes "~0", "/" becomes "~1".
std::string escape(std::string_view segment);
/// And back; empty where "~" is not followed by 0 or 1.
std::optional<std::string> unescape(std::string_view segment);

/// The unescaped segments. An error when the text does not begin with "/", has "~" without 0 or 1 after it,
/// or has more segments than a document may be deep.
Result<std::vector<std::string>> parse_pointer(std::string_view pointer);

/// Whether parse_pointer() would take it, without taking it apart.
bool is_pointer(std::string_view pointer);

/// The pointer of unescaped segments.
std::string build_pointer(std::span<const std::string> segments);

/// The index of an array element: digits without leading zeros. Empty for anything else, "-" included.
std::optional<std::size_t> parse_index(std::string_view segment);

/// The member or element; missing when there is none.
json::Node child(json::Node node, std::string_view segment);

/// What the pointer names; missing when it names nothing or is malformed.
json::Node resolve(json::Node root, std::string_view pointer);

}  // namespace tollgate::patch
