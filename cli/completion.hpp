// SPDX-License-Identifier: Apache-2.0
// Completion scripts for three shells, from the commands and options that the command line really has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tollgate::cli {

struct CommandWords {
    std::string name, description;
    std::vector<std::string> words;  // options and inner commands
};

/// `shell`: "bash", "zsh" or "fish". File names are offered wherever no option is being typed.
std::string completion_script(std::string_view shell, const std::vector<CommandWords>& commands);

}  // namespace tollgate::cli
