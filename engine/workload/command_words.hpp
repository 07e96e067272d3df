// SPDX-License-Identifier: Apache-2.0
// A container's command line taken apart: which programs it runs with which words, through `sh -c` scripts
// with their quotes, line continuations and variables.
//
// The idea: what Kubernetes and the shell would surely make of a text becomes words; what nobody can know
// from the manifest (a variable from a ConfigMap, the output of a command) stays in a word as kUnknown, and
// such a word is not known. Nothing is run. Limits: kMaxCommandBytes of a text, kMaxCommandWords,
// kMaxEnvironment; what is past them makes the result incomplete. Thread rule: pure.
// Source: Kubernetes, "Define a Command and Arguments"; POSIX.1-2017, Shell Command Language, 2.2 to 2.10.
#pragma once

#include "engine/base/json/node.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::workload {

/// Stands in a word for what the manifest does not say.
inline constexpr char kUnknown = '\x01';

struct Word {
    std::string text;
    bool known() const { return text.find(kUnknown) == std::string::npos; }
};
using CommandWords = std::vector<Word>;

/// The variables of a container's `env`, with `$(NAME)` of earlier ones filled in; a value that comes from
/// elsewhere is kUnknown. They are read when the first of them is asked for: few commands name any.
class Environment {
  public:
    Environment() = default;
    explicit Environment(json::Node env) : env_(env) {}
    /// Null when no such variable stands in `env`; envFrom may still set it.
    const std::string* find(std::string_view name) const;
    /// `$(NAME)` filled in, `$$` taken for `$`, as Kubernetes does in command, args and env.
    std::string expand(std::string_view text) const;

  private:
    void read() const;

    json::Node env_;
    mutable bool is_read_ = false;
    mutable std::map<std::string, std::string, std::less<>> values_;
};

struct CommandLine {
    std::vector<CommandWords>
        commands;          // in the order they are written; assignments before a command left out
    bool complete = true;  // false: something could not be followed to its end
};

/// What a container runs. Without `command` its arguments go to the image's own program: `entrypoint` is
/// then true of the one command there is.
struct ContainerCommand {
    CommandLine line;
    bool entrypoint = false;
};
ContainerCommand container_command(json::Node command, json::Node args, const Environment& environment);

/// The commands of a shell script.
CommandLine read_script(std::string_view text, const Environment& environment);

}  // namespace tollgate::workload
