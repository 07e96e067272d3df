// SPDX-License-Identifier: Apache-2.0
// YAML as people write it, from a JSON tree: block style, plain scalars where no reader of YAML 1.1 or 1.2
// could take them for anything but a string, literal blocks for several lines. Numbers keep their source
// text.
#pragma once

#include "engine/base/json/node.hpp"

#include <string>

namespace tollgate::cli {

/// One document without "---", ending in a line feed.
std::string to_yaml(json::Node node);

}  // namespace tollgate::cli
