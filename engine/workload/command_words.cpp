// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/command_words.hpp"

#include "engine/base/limits.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace tollgate::workload {
namespace {

constexpr std::array<std::string_view, 15> kKeywords{
    "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "{", "}", "!"};
constexpr std::array<std::string_view, 6> kOpening{"if", "for", "while", "until", "case", "{"};
constexpr std::array<std::string_view, 4> kClosing{"fi", "done", "esac", "}"};

template <class List>
bool is_one_of(const List& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

constexpr bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

constexpr bool is_name(char c) {
    return is_name_start(c) || (c >= '0' && c <= '9');
}

std::size_t name_length(std::string_view text) {
    if (text.empty() || !is_name_start(text[0])) return 0;
    std::size_t at = 1;
    while (at < text.size() && is_name(text[at])) ++at;
    return at;
}

constexpr bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

/// Reads one script; see read_script().
class ScriptReader {
  public:
    ScriptReader(std::string_view text, const Environment& environment)
        : text_(text.substr(0, limits::kMaxCommandBytes)), environment_(environment) {
        line_.complete = text_.size() == text.size();
    }

    CommandLine read() {
        while (at_ < text_.size() && !full_) step();
        end_command();
        if (full_) line_.complete = false;
        return std::move(line_);
    }

  private:
    void step() {
        const char c = text_[at_];
        if (c == '\n' || c == ';' || c == '&' || c == '|' || c == '(' || c == ')') {
            ++at_;
            end_command();
        } else if (is_space(c)) {
            ++at_;
            end_word();
        } else if (c == '#' && !in_word_) {
            at_ = std::min(text_.find('\n', at_), text_.size());
        } else if (c == '<' || c == '>') {
            redirect();
        } else if (c == '\\') {
            escape();
        } else if (c == '\'') {
            const std::size_t close = std::min(text_.find('\'', at_ + 1), text_.size());
            if (close == text_.size()) line_.complete = false;
            append(text_.substr(at_ + 1, close - at_ - 1));
            in_word_ = true;
            at_ = std::min(close + 1, text_.size());
        } else if (c == '"') {
            double_quoted();
        } else if (c == '$' || c == '`') {
            expand(false);
        } else {
            append(text_.substr(at_++, 1));
            in_word_ = true;
        }
    }

    void escape() {
        ++at_;
        if (at_ == text_.size()) return;
        if (text_[at_] != '\n') {
            append(text_.substr(at_, 1));
            in_word_ = true;
        }
        ++at_;
    }

    void double_quoted() {
        in_word_ = true;
        ++at_;
        while (at_ < text_.size() && text_[at_] != '"') {
            const char c = text_[at_];
            if (c == '\\' && at_ + 1 < text_.size()) {
                const char next = text_[at_ + 1];
                const bool special = next == '"' || next == '\\' || next == '$' || next == '`';
                if (next != '\n') append(special ? text_.substr(at_ + 1, 1) : text_.substr(at_, 2));
                at_ += 2;
            } else if (c == '$' || c == '`') {
                expand(true);
            } else {
                append(text_.substr(at_++, 1));
            }
        }
        if (at_ == text_.size()) line_.complete = false;
        ++at_;
    }

    /// `>file`, `2>&1`: the number before and the word behind are no arguments.
    void redirect() {
        const bool number =
            in_word_ && std::all_of(word_.begin(), word_.end(), [](char c) { return c >= '0' && c <= '9'; });
        if (number) word_.clear(), in_word_ = false;
        end_word();
        if (text_.substr(at_, 2) == "<<")
            line_.complete = false;  // a here-document is not told from commands
        while (at_ < text_.size() && (text_[at_] == '<' || text_[at_] == '>' || text_[at_] == '&' ||
                                      text_[at_] == '|' || is_space(text_[at_])))
            ++at_;
        drop_next_ = true;
    }

    void expand(bool quoted) {
        if (text_[at_] == '`') return skip_substitution('`');
        const std::string_view rest = text_.substr(at_ + 1);
        if (rest.starts_with('(')) return skip_substitution(')');
        if (rest.starts_with('{')) return expand_braces(quoted);
        if (const std::size_t length = name_length(rest); length > 0) {
            at_ += 1 + length;
            return put(value_of(rest.substr(0, length)), quoted);
        }
        const bool special =
            !rest.empty() && std::string_view("@*#?$!-0123456789").find(rest[0]) != std::string_view::npos;
        at_ += special ? 2U : 1U;
        put(special ? std::string(1, kUnknown) : "$", quoted);
    }

    /// `${NAME}` and `${NAME:-default}`; the other forms are not known.
    void expand_braces(bool quoted) {
        const std::size_t close = text_.find('}', at_);
        if (close == std::string_view::npos) {
            line_.complete = false;
            at_ = text_.size();
            return put(std::string(1, kUnknown), quoted);
        }
        const std::string_view inside = text_.substr(at_ + 2, close - at_ - 2);
        at_ = close + 1;
        const std::size_t length = name_length(inside);
        const std::string_view name = inside.substr(0, length), rest = inside.substr(length);
        std::string value(1, kUnknown);
        if (length > 0 && rest.empty()) value = value_of(name);
        // What stands behind :- holds only where nothing sets the variable, and envFrom may.
        const std::string* set = length > 0 ? find(name) : nullptr;
        if (rest.starts_with(":-") && set != nullptr && !set->empty()) value = *set;
        put(value, quoted);
    }

    void skip_substitution(char close) {
        append(std::string_view(&kUnknown, 1));
        in_word_ = true;
        int depth = 0;
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] == '(' && close == ')') ++depth;
            if (text_[at_] != close || (close == ')' && --depth > 0)) continue;
            ++at_;
            return;
        }
        line_.complete = false;
    }

    const std::string* find(std::string_view name) const {
        const auto own = assigned_.find(name);
        return own != assigned_.end() ? &own->second : environment_.find(name);
    }

    std::string value_of(std::string_view name) const {
        const std::string* value = find(name);
        return value != nullptr ? *value : std::string(1, kUnknown);
    }

    /// Outside of quotes a value's blanks end words.
    void put(std::string_view value, bool quoted) {
        if (quoted) return append(value);
        for (const char c : value) {
            if (is_space(c) || c == '\n') {
                end_word();
            } else {
                append(std::string_view(&c, 1));
                in_word_ = true;
            }
        }
    }

    void append(std::string_view text) {
        bytes_ += text.size();
        if (bytes_ > limits::kMaxCommandBytes) {
            full_ = true;
        } else {
            word_ += text;
        }
    }

    void end_word() {
        if (!in_word_) return;
        in_word_ = false;
        if (drop_next_) {
            drop_next_ = false;
            word_.clear();
            return;
        }
        if (++words_ > limits::kMaxCommandWords) full_ = true;
        if (!full_) command_.push_back({std::move(word_)});
        word_.clear();
    }

    void end_command() {
        end_word();
        drop_next_ = false;
        if (command_.empty()) return;
        CommandWords words = std::move(command_);
        command_.clear();
        auto first = words.begin();
        while (first != words.end() && is_one_of(kKeywords, first->text)) {
            if (is_one_of(kOpening, first->text)) ++depth_;
            if (is_one_of(kClosing, first->text)) --depth_;
            ++first;
        }
        auto command = first;
        if (command != words.end() && command->text == "export") ++command;
        while (command != words.end() && is_assignment(command->text)) ++command;
        if (command == words.end()) {
            for (; first != words.end(); ++first) assign(first->text);
            return;
        }
        words.erase(words.begin(), command);
        line_.commands.push_back(std::move(words));
    }

    static bool is_assignment(std::string_view word) {
        const std::size_t length = name_length(word);
        return length > 0 && word.substr(length).starts_with('=');
    }

    /// A value that is set twice, or only on some way through the script, is not known.
    void assign(std::string_view word) {
        if (!is_assignment(word)) return;
        const std::size_t equals = word.find('=');
        const bool sure = depth_ == 0 && !assigned_.contains(word.substr(0, equals));
        assigned_.insert_or_assign(std::string(word.substr(0, equals)),
                                   sure ? std::string(word.substr(equals + 1)) : std::string(1, kUnknown));
    }

    std::string_view text_;
    const Environment& environment_;
    CommandLine line_;
    CommandWords command_;
    std::string word_;
    std::map<std::string, std::string, std::less<>> assigned_;
    std::size_t at_ = 0, bytes_ = 0, words_ = 0;
    int depth_ = 0;
    bool in_word_ = false, drop_next_ = false, full_ = false;
};

std::string_view base_name(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool is_shell(std::string_view word) {
    const std::string_view program = base_name(word);
    return program == "sh" || program == "bash" || program == "zsh" || program == "ash" || program == "dash";
}

/// The place of SCRIPT in `bash -euo pipefail -c SCRIPT`; empty when no script is given so.
std::optional<std::size_t> script_place(const CommandWords& words) {
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::string_view word = words[i].text;
        if (!word.starts_with('-') || word.starts_with("--")) return std::nullopt;
        const bool takes_value = word.ends_with('o');
        if (word.find('c') == std::string_view::npos) {
            if (takes_value) ++i;
            continue;
        }
        if (i + 1 < words.size() && words[i + 1].text == "--") ++i;
        return i + 1 < words.size() ? std::optional(i + 1) : std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

void Environment::read() const {
    is_read_ = true;
    std::size_t bytes = 0, count = 0;
    for (const json::Node variable : env_.elements()) {
        if (++count > limits::kMaxEnvironment) return;
        const std::string_view name = variable["name"].string();
        const json::Node value = variable["value"];
        const bool elsewhere = variable["valueFrom"].exists() || (value.exists() && !value.is_string());
        std::string text = elsewhere ? std::string(1, kUnknown) : expand(value.string());
        bytes += text.size();
        if (bytes > limits::kMaxEnvironmentBytes) text = std::string(1, kUnknown);
        values_.insert_or_assign(std::string(name), std::move(text));
    }
}

const std::string* Environment::find(std::string_view name) const {
    if (!is_read_) read();
    const auto found = values_.find(name);
    return found == values_.end() ? nullptr : &found->second;
}

std::string Environment::expand(std::string_view text) const {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t plain = std::min(text.find('$', at), text.size()) - at;
        out += text.substr(at, plain);
        at += plain;
        const std::string_view rest = text.substr(at);
        if (rest.starts_with("$$")) {
            out += '$';
            at += 2;
            continue;
        }
        const std::size_t close = rest.starts_with("$(") ? rest.find(')') : std::string_view::npos;
        const std::string* value =
            close == std::string_view::npos ? nullptr : find(rest.substr(2, close - 2));
        if (value == nullptr) {
            out += rest.substr(0, 1);
            ++at;
        } else {
            out += *value;
            at += close + 1;
        }
        if (out.size() > limits::kMaxCommandBytes) return std::string(1, kUnknown);
    }
    return out;
}

CommandLine read_script(std::string_view text, const Environment& environment) {
    return ScriptReader(text, environment).read();
}

ContainerCommand container_command(json::Node command, json::Node args, const Environment& environment) {
    ContainerCommand result;
    CommandWords words;
    words.reserve(std::min(command.size() + args.size(), limits::kMaxCommandWords));
    std::size_t bytes = 0;
    for (const json::Node list : {command, args}) {
        for (const json::Node element : list.elements()) {
            Word word{environment.expand(element.string())};
            bytes += word.text.size();
            if (bytes > limits::kMaxCommandBytes || words.size() == limits::kMaxCommandWords) {
                result.line.complete = false;
                break;
            }
            words.push_back(std::move(word));
        }
    }
    const bool given = command.size() > 0;
    result.entrypoint = !given;
    if (!words.empty() && is_shell(words[0].text)) {
        result.entrypoint = false;
        if (const std::optional<std::size_t> at = script_place(words); at.has_value()) {
            const bool complete = result.line.complete;
            result.line = read_script(words[*at].text, environment);
            result.line.complete = result.line.complete && complete;
            return result;
        }
    }
    // What no `env` sets, envFrom may.
    for (Word& word : words)
        if (word.text.find("$(") != std::string::npos) word.text = std::string(1, kUnknown);
    if (!words.empty()) result.line.commands.push_back(std::move(words));
    return result;
}

}  // namespace tollgate::workload
