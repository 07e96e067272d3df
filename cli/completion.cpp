// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.hpp"

#include "engine/base/text.hpp"

namespace tollgate::cli {
namespace {

std::string names_of(const std::vector<CommandWords>& commands) {
    std::string out;
    for (const CommandWords& command : commands) out.append(out.empty() ? "" : " ").append(command.name);
    return out;
}

std::string bash_script(const std::vector<CommandWords>& commands) {
    std::string out =
        "# bash completion for tollgate; load it with: source <(tollgate completion bash)\n"
        "_tollgate() {\n"
        "  local word=${COMP_WORDS[COMP_CWORD]} words=\"\"\n"
        "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
        "    words=\"" +
        names_of(commands) +
        "\"\n"
        "  else\n"
        "    case ${COMP_WORDS[1]} in\n";
    for (const CommandWords& command : commands) {
        out += "      " + command.name + ") words=\"" + join(command.words, " ") + "\" ;;\n";
    }
    out +=
        "    esac\n"
        "  fi\n"
        "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
        "}\n"
        "complete -o default -F _tollgate tollgate\n";
    return out;
}

std::string single_quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

std::string zsh_script(const std::vector<CommandWords>& commands) {
    std::string out =
        "#compdef tollgate\n"
        "# zsh completion for tollgate; load it with: source <(tollgate completion zsh)\n"
        "_tollgate() {\n"
        "  local -a items\n"
        "  if (( CURRENT == 2 )); then\n"
        "    items=(\n";
    for (const CommandWords& command : commands) {
        out += "      " + single_quoted(command.name + ":" + command.description) + "\n";
    }
    out +=
        "    )\n"
        "    _describe command items\n"
        "    return\n"
        "  fi\n"
        "  case ${words[2]} in\n";
    for (const CommandWords& command : commands) {
        out += "    " + command.name + ") items=(" + join(command.words, " ") + ") ;;\n";
    }
    out +=
        "  esac\n"
        "  [[ ${words[CURRENT]} == -* ]] && compadd -a items || { compadd -a items; _files; }\n"
        "}\n"
        "compdef _tollgate tollgate\n";
    return out;
}

std::string fish_script(const std::vector<CommandWords>& commands) {
    std::string out = "# fish completion for tollgate; load it with: tollgate completion fish | source\n";
    for (const CommandWords& command : commands) {
        out += "complete -c tollgate -n __fish_use_subcommand -f -a " + command.name + " -d " +
               single_quoted(command.description) + "\n";
        for (const std::string& word : command.words) {
            out += "complete -c tollgate -n '__fish_seen_subcommand_from " + command.name + "' ";
            out += word.starts_with("--") ? "-l " + word.substr(2) + "\n" : "-a " + word + "\n";
        }
    }
    return out;
}

}  // namespace

std::string completion_script(std::string_view shell, const std::vector<CommandWords>& commands) {
    if (shell == "bash") return bash_script(commands);
    if (shell == "zsh") return zsh_script(commands);
    return fish_script(commands);
}

}  // namespace tollgate::cli
