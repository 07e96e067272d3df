// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/command_words.hpp"

#include "engine/base/json/document.hpp"
#include "engine/base/limits.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>

namespace tollgate::workload {
namespace {

json::Document document(std::string_view text) {
    auto parsed = json::parse(text);
    REQUIRE(parsed.has_value());
    return std::move(*parsed);
}

/// Words between brackets, commands one after the other; ? for what is not known.
std::string shown(const CommandLine& line) {
    std::string out;
    for (const CommandWords& words : line.commands) {
        out += out.empty() ? "" : " ";
        for (const Word& word : words) {
            std::string text = word.text;
            std::replace(text.begin(), text.end(), kUnknown, '?');
            out += "[" + text + "]";
        }
    }
    return out + (line.complete ? "" : " ...");
}

std::string script(std::string_view text) {
    const json::Document env = document(R"([{"name":"M","value":"org/name"},{"name":"ARGS","value":"--a 1"},
        {"name":"SECRET","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}},{"name":"EMPTY","value":""}])");
    return shown(read_script(text, Environment(env.root())));
}

}  // namespace

TEST_CASE("a script becomes the words that a shell would run") {
    struct Row {
        const char *text, *words;
    };
    const Row rows[] = {
        {"vllm serve m --dtype half", "[vllm][serve][m][--dtype][half]"},
        {"vllm serve m \\\n  --dtype half", "[vllm][serve][m][--dtype][half]"},
        {"a 'b c' \"d e\" f\\ g", "[a][b c][d e][f g]"},
        {"a; b && c || d | e & f\ng", "[a] [b] [c] [d] [e] [f] [g]"},
        {"a # not this\nb", "[a] [b]"},
        {"a b#c", "[a][b#c]"},
        {"serve $M \"${M}\" '$M'", "[serve][org/name][org/name][$M]"},
        {"serve $ARGS \"$ARGS\"", "[serve][--a][1][--a 1]"},
        {"serve ${M:-other} ${NONE:-other}", "[serve][org/name][?]"},
        {"serve $SECRET x$NONE ${M%/*} $1 \"$@\" $(cat f) `cat f` $((1+(2)))",
         "[serve][?][x?][?][?][?][?][?][?]"},
        {"X=1 Y=2 serve", "[serve]"},
        {"X=new; serve $X", "[serve][new]"},
        {"export X=new\nserve $X", "[serve][new]"},
        {"X=1; X=2; serve $X", "[serve][?]"},
        {"if true; then X=1; fi; serve $X", "[true] [serve][?]"},
        {"serve >/dev/null 2>&1 < in --last", "[serve][--last]"},
        {"while true; do sleep 1; done", "[true] [sleep][1]"},
        {"a $", "[a][$]"},
        {"", ""},
        {"a 'b", "[a][b] ..."},
        {"a \"b", "[a][b] ..."},
        {"a ${b", "[a][?] ..."},
        {"cat <<EOF\nvllm serve x\nEOF", "[cat] [vllm][serve][x] [EOF] ..."},
    };
    for (const Row& row : rows) {
        INFO(row.text);
        CHECK(script(row.text) == row.words);
    }
}

TEST_CASE("what a container runs is told from its command and its arguments") {
    const auto run = [](std::string_view container) {
        const json::Document read = document(container);
        const json::Node root = read.root();
        const ContainerCommand command =
            container_command(root["command"], root["args"], Environment(root["env"]));
        return (command.entrypoint ? "image: " : "") + shown(command.line);
    };
    CHECK(run(R"({"args":["--model","m"]})") == "image: [--model][m]");
    CHECK(run(R"({"command":["a"],"args":["b c"]})") == "[a][b c]");
    CHECK(run(R"({"command":["/bin/bash","-euo","pipefail","-c"],"args":["a b; c"]})") == "[a][b] [c]");
    CHECK(run(R"({"args":["sh","-lc","a b"]})") == "[a][b]");
    CHECK(run(R"({"command":["sh","-c","--","a b"]})") == "[a][b]");
    CHECK(run(R"({"command":["sh","run.sh"]})") == "[sh][run.sh]");
    CHECK(
        run(R"J({"args":["$(A)$(B)","$$(A)"],"env":[{"name":"A","value":"1"},{"name":"B","value":"$(A)2"}]})J") ==
        "image: [112][?]");
    CHECK(run(R"J({"args":["--model=$(FROM_A_CONFIGMAP)"]})J") == "image: [?]");
    CHECK(run(R"J({"command":["sh","-c","serve $(A)"],"env":[{"name":"A","value":"m"}]})J") == "[serve][m]");
    CHECK(run("{}") == "image: ");
}

TEST_CASE("texts without end are cut, and said to be") {
    const Environment none;
    CHECK_FALSE(read_script(std::string(limits::kMaxCommandBytes + 1, 'a'), none).complete);
    CHECK_FALSE(
        read_script(
            std::string(limits::kMaxCommandBytes / 2, ' ') + std::string(limits::kMaxCommandBytes, 'a'), none)
            .complete);
    std::string many;
    while (many.size() < 2 * (limits::kMaxCommandWords + 1)) many += "a ";
    const CommandLine cut = read_script(many, none);
    CHECK_FALSE(cut.complete);
    REQUIRE(cut.commands.size() == 1);
    CHECK(cut.commands[0].size() == limits::kMaxCommandWords);
    // Each variable holds the one before it twice.
    std::string env = R"([{"name":"A0","value":"xxxxxxxxxxxxxxxx"})";
    for (int i = 1; i < 60; ++i) {
        const std::string before = "$(A" + std::to_string(i - 1) + ")";
        env += R"(,{"name":"A)" + std::to_string(i) + R"(","value":")" + before + before + "\"}";
    }
    const json::Document read = document(env + "]");
    const Environment environment(read.root());
    REQUIRE(environment.find("A59") != nullptr);
    CHECK(environment.find("A59")->size() <= limits::kMaxCommandBytes);
}

}  // namespace tollgate::workload
