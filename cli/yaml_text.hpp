// SPDX-License-Identifier: Apache-2.0
// YAML as people write it, from a JSON tree: block style, plain scalars where no reader of YAML 1.1 or 1.2
// could take them for anything but a string, literal blocks for several lines. Numbers keep their source
// text.
#pragma once

#include "engine/base/json/node.hpp"

#include <string>
#include <string_view>

namespace tollgate::cli {

/// One document without "---", ending in a line feed.
std::string to_yaml(json::Node node);

/// One text as a key or value, in block or flow style: in quotes unless it can be nothing but a text.
std::string yaml_scalar(std::string_view text);

}  // namespace tollgate::cli
