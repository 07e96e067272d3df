// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/interactive.hpp"

#include "engine/base/limits.hpp"
#include "engine/workload/purpose.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <string>

namespace tollgate::workload {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::int64_t kLongSleepSeconds = 3600;

constexpr std::string_view kEndlessSleep = "sleeps without end";
constexpr std::string_view kLongSleep = "sleeps for an hour or more";
constexpr std::string_view kTail = "runs tail -f /dev/null";
constexpr std::string_view kJupyter = "runs Jupyter";
constexpr std::string_view kCodeServer = "runs an editor for the browser";
constexpr std::string_view kSshd = "runs an SSH server";
constexpr std::string_view kLoop = "runs an endless loop that only waits";
constexpr std::string_view kShell = "is a shell on a terminal";

/// Commands that prepare or wait, and compute nothing.
constexpr std::array kPreparing{".",     "[",       "apk",    "apt",    "apt-get",    "cat",      "cd",
                                "chmod", "chown",   "conda",  "cp",     "curl",       "date",     "dnf",
                                "echo",  "exit",    "export", "false",  "git",        "kill",     "ln",
                                "ls",    "mkdir",   "mv",     "pip",    "pip3",       "printf",   "rm",
                                "sed",   "service", "set",    "source", "ssh-keygen", "test",     "touch",
                                "trap",  "true",    "ulimit", "umask",  "useradd",    "usermod",  "wait",
                                "wget",  "whoami",  "yum",    ":",      "nvidia-smi", "hostname", "env"};

std::string_view base_name(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool contains(Words words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// "3600", "90m", "1d", "infinity" of coreutils' sleep; -1 for without end, empty when it is none.
std::optional<std::int64_t> sleep_seconds(std::string_view text) {
    if (text == "infinity" || text == "inf") return -1;
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (stopped == text.data() || number < 0) return std::nullopt;
    if (error == std::errc::result_out_of_range) return kLongSleepSeconds;
    const std::string_view unit(stopped, static_cast<std::size_t>(end - stopped));
    std::int64_t factor = 1;
    if (unit == "m") {
        factor = 60;
    } else if (unit == "h") {
        factor = 3600;
    } else if (unit == "d") {
        factor = 86400;
    } else if (!unit.empty() && unit != "s") {
        return std::nullopt;
    }
    return std::min(number, kLongSleepSeconds) * factor;
}

std::string_view judge_sleep(Words arguments) {
    std::int64_t total = 0;
    for (const std::string_view argument : arguments) {
        const std::optional<std::int64_t> seconds = sleep_seconds(argument);
        if (!seconds.has_value()) return {};
        if (*seconds < 0) return kEndlessSleep;
        total = std::min(total + *seconds, kLongSleepSeconds);
    }
    return total >= kLongSleepSeconds ? kLongSleep : std::string_view{};
}

std::string_view first_plain(Words words) {
    for (const std::string_view word : words) {
        if (!word.starts_with('-')) return word;
    }
    return {};
}

std::string_view judge_jupyter(std::string_view program, Words arguments) {
    if (program == "start-notebook.sh" || program == "start-notebook.py" ||
        program == "start-singleuser.sh" || program == "jupyterhub-singleuser" || program == "jupyter-lab" ||
        program == "jupyter-notebook" || program == "jupyter-server" || program == "jupyterlab" ||
        program == "notebook") {
        return kJupyter;
    }
    if (program != "jupyter") return {};
    // jupyter nbconvert --execute is a batch job.
    const std::string_view mode = first_plain(arguments);
    return mode == "lab" || mode == "notebook" || mode == "server" ? kJupyter : std::string_view{};
}

bool is_shell(std::string_view program) {
    return program == "sh" || program == "bash" || program == "zsh" || program == "ash" || program == "dash";
}

bool is_python(std::string_view program) {
    return program.starts_with("python");
}

/// Programs that only start another one: `env A=b`, `exec`, `tini --`.
Words without_wrappers(Words words) {
    while (!words.empty()) {
        const std::string_view program = base_name(words.front());
        const bool wrapper = program == "env" || program == "exec" || program == "nohup" ||
                             program == "tini" || program == "dumb-init" || program == "sudo" ||
                             program == "command";
        const bool assignment = words.front().find('=') != std::string_view::npos && words.size() > 1;
        if (!(wrapper && words.size() > 1) && !assignment) return words;
        words = words.subspan(1);
        while (wrapper && words.size() > 1 && words.front().starts_with('-')) words = words.subspan(1);
    }
    return words;
}

/// One command without shell syntax.
std::string_view judge_simple(Words words) {
    words = without_wrappers(words);
    if (words.empty()) return {};
    const std::string_view program = base_name(words.front());
    const Words arguments = words.subspan(1);
    if (program == "sleep") return judge_sleep(arguments);
    if (program == "tail") {
        const bool follows =
            contains(arguments, "-f") || contains(arguments, "-F") || contains(arguments, "-fn0");
        return follows && contains(arguments, "/dev/null") ? kTail : std::string_view{};
    }
    if (program == "code-server" || program == "openvscode-server") return kCodeServer;
    if (program == "sshd") {
        const bool stays = std::any_of(arguments.begin(), arguments.end(),
                                       [](std::string_view argument) { return argument.starts_with("-D"); });
        return stays ? kSshd : std::string_view{};
    }
    if (is_python(program) && arguments.size() >= 2 && arguments[0] == "-m") {
        return judge_jupyter(arguments[1], arguments.subspan(2));
    }
    return judge_jupyter(program, arguments);
}

/// A script taken apart far enough to judge it: commands, each a list of words. Quotes are taken off words;
/// expansions and here-documents are left as text, so that what is not understood is never "preparing".
class Script {
  public:
    std::string_view judge(std::string_view text) {
        std::string_view found;
        bool endless = false;
        bool waits = false;
        bool ok = for_each_command(text, [&](Words words) {
            while (!words.empty() && is_keyword(words.front())) {
                if (words.size() > 1 && (words.front() == "while" || words.front() == "until")) {
                    const std::string_view condition = words[1];
                    endless = endless || (words.front() == "while" ? condition == "true" || condition == ":"
                                                                   : condition == "false");
                }
                words = words.subspan(1);
            }
            if (words.empty()) return true;
            if (std::any_of(words.begin(), words.end(), runs_another)) return false;
            const std::string_view answer = judge_simple(words);
            if (!answer.empty()) {
                found = answer;
                return true;
            }
            const Words command = without_wrappers(words);
            if (command.empty()) return true;
            const std::string_view program = base_name(command.front());
            if (program == "sleep") waits = true;
            return program == "sleep" || program.find('=') != std::string_view::npos ||
                   std::find(kPreparing.begin(), kPreparing.end(), program) != kPreparing.end();
        });
        if (!ok) return {};
        if (!found.empty()) return found;
        return endless && waits ? kLoop : std::string_view{};
    }

  private:
    static bool is_keyword(std::string_view word) {
        return word == "while" || word == "until" || word == "do" || word == "done" || word == "then" ||
               word == "if" || word == "else" || word == "elif" || word == "fi" || word == "{" ||
               word == "}" || word == "(" || word == ")" || word == "!";
    }

    /// Command substitutions and here-documents can hold anything.
    static bool runs_another(std::string_view word) {
        return word.find("$(") != std::string_view::npos || word.find('`') != std::string_view::npos ||
               word.find("<(") != std::string_view::npos || word.starts_with("<<");
    }

    template <class Visit>
    static bool for_each_command(std::string_view text, Visit visit) {
        std::vector<std::string_view> words;
        const auto flush = [&] {
            const bool go_on = words.empty() || visit(Words(words));
            words.clear();
            return go_on;
        };
        std::size_t i = 0;
        while (i < text.size()) {
            const char c = text[i];
            if (c == ';' || c == '&' || c == '|' || c == '\n') {
                if (!flush()) return false;
                ++i;
            } else if (c == ' ' || c == '\t' || c == '\r' || c == '\\') {
                // A backslash mostly ends a line here; elsewhere it only splits a word that is not judged.
                i += c == '\\' && i + 1 < text.size() && text[i + 1] == '\n' ? 2U : 1U;
            } else if (c == '#') {
                i = std::min(text.find('\n', i), text.size());
            } else if (c == '"' || c == '\'') {
                const std::size_t close = text.find(c, i + 1);
                if (close == std::string_view::npos) return false;
                words.push_back(text.substr(i + 1, close - i - 1));
                i = close + 1;
            } else {
                const std::size_t end = std::min(text.find_first_of(" \t\r\n;&|\"'\\", i), text.size());
                words.push_back(text.substr(i, end - i));
                i = end;
            }
        }
        return flush();
    }
};

/// `bash -lc SCRIPT`: the script; empty when none is given so.
std::optional<std::string_view> script_of(Words arguments) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view argument = arguments[i];
        if (!argument.starts_with('-') || argument.starts_with("--")) return std::nullopt;
        if (argument.ends_with('o')) ++i;  // bash -eo pipefail -c SCRIPT
        if (argument.find('c') == std::string_view::npos) continue;
        // `sh -ec -- SCRIPT`
        if (i + 1 < arguments.size() && arguments[i + 1] == "--") ++i;
        return i + 1 < arguments.size() ? std::optional(arguments[i + 1]) : std::nullopt;
    }
    return std::nullopt;
}

bool only_options(Words words) {
    return std::all_of(words.begin(), words.end(),
                       [](std::string_view word) { return word.starts_with('-'); });
}

/// The first main container that runs an interactive command, among those that ask for accelerators when any
/// does.
const Container* find_interactive(const Workload& workload, std::string_view& answer) {
    for (const Pod& pod : workload.pods) {
        const bool any_asks = pod.asks_for_accelerator();
        for (std::uint32_t i = 0; i < pod.containers.size(); ++i) {
            const Container& container = pod.containers[i];
            if (container.role != ContainerRole::Main) continue;
            const bool asks = std::any_of(pod.demands.begin(), pod.demands.end(),
                                          [i](const Demand& demand) { return demand.container == i; });
            if (any_asks && !asks) continue;
            answer = interactive_command(container.node);
            if (!answer.empty()) return &container;
        }
    }
    return nullptr;
}

/// Workers of MPI, Ray and such idle, or serve SSH, because their operator starts the work in them: only
/// where Kubernetes' own controllers are in charge does an idle command mean that a person is.
bool made_by_kubernetes(std::string_view group) {
    return group.empty() || group == "apps" || group == "batch";
}

}  // namespace

std::vector<std::string_view> command_line(json::Node container) {
    const json::Node command = container["command"];
    const json::Node args = container["args"];
    std::vector<std::string_view> words;
    words.reserve((command.is_array() ? command.size() : 0) + (args.is_array() ? args.size() : 0));
    for (const json::Node word : command.elements()) words.push_back(word.string());
    for (const json::Node word : args.elements()) words.push_back(word.string());
    return words;
}

std::string_view interactive_command(json::Node container) {
    if (!container["command"].is_array() && !container["args"].is_array()) return {};
    const std::vector<std::string_view> line = command_line(container);
    const Words words = without_wrappers(line);
    if (words.empty()) return {};
    if (!is_shell(base_name(words.front()))) return judge_simple(words);
    const Words arguments = words.subspan(1);
    if (const std::optional<std::string_view> script = script_of(arguments); script.has_value()) {
        return script->size() > limits::kMaxCommandBytes ? std::string_view{} : Script().judge(*script);
    }
    const bool terminal = container["stdin"].boolean() && container["tty"].boolean();
    return terminal && only_options(arguments) ? kShell : std::string_view{};
}

namespace {

bool find_session(Workload& workload) {
    if (!made_by_kubernetes(workload.ref.gvk.group) || !made_by_kubernetes(workload.owner.root_group))
        return false;
    std::string_view answer;
    const Container* container = find_interactive(workload, answer);
    if (container == nullptr) return false;
    workload.interactive = true;
    workload.interactive_reason =
        container->name.empty() ? "its container " : "container " + std::string(container->name) + " ";
    workload.interactive_reason += answer;
    return true;
}

}  // namespace

void classify(Workload& workload) {
    workload.cls = workload.kind->cls;
    if (workload.cls != Class::Unclassified) workload.cls_reason = "kind " + workload.kind->kind;
    const bool session = find_session(workload);
    // A kind made for training says more than an idle command: a suspended trainer is no session.
    if (workload.cls == Class::Training) return;
    if (session) {
        workload.cls = Class::Interactive;
        workload.cls_reason = workload.interactive_reason;
        return;
    }
    // Training in a Deployment is training; what serves in a Job is still a batch.
    Purpose purpose = purpose_of(workload);
    workload.trains = purpose.cls == Class::Training;
    if (!workload.trains && (workload.cls != Class::Unclassified || purpose.cls == Class::Unclassified))
        return;
    workload.cls = purpose.cls;
    workload.cls_reason = std::move(purpose.reason);
}

}  // namespace tollgate::workload
