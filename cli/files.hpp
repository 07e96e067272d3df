// SPDX-License-Identifier: Apache-2.0
// Reading and writing files for commands: paths as given on the command line become texts with names.
// A directory is walked in name order; entries that begin with a dot are left out, as is what has no YAML or
// JSON name. (A ConfigMap mount shows its files through `..data`; the plain names beside it are what is
// read.)
#pragma once

#include "engine/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tollgate::cli {

struct TextFile {
    std::string name;  // as shown to the user
    std::string text;
};

/// Names of the files a path stands for; `-` stays `-`. Fails when the path does not exist, is empty of YAML
/// and JSON files, or holds more than limits::kMaxDocumentFiles.
Result<std::vector<std::string>> expand_path(const std::string& path);
/// The content of a file, or of standard input for `-`. Fails past limits::kMaxYamlBytes * 8.
Result<std::string> read_file(const std::string& name);
/// All files of all paths, in order.
Result<std::vector<TextFile>> read_all(const std::vector<std::string>& paths);

/// Writes a file whole (beside it first, then renamed), with the given permissions.
Result<void> write_file(const std::string& name, std::string_view content, unsigned mode);

}  // namespace tollgate::cli
