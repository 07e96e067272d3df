// SPDX-License-Identifier: Apache-2.0
#include "engine/base/text.hpp"

#include "tests/support/catch.hpp"

#include <chrono>
#include <random>
#include <string>
#include <vector>

using tollgate::glob_match;
using tollgate::nearest;

namespace {

// The meaning of a glob, written down directly; exponential, for short texts only.
bool glob_oracle(std::string_view pattern, std::string_view text) {
    if (pattern.empty()) return text.empty();
    if (pattern[0] == '*') {
        for (std::size_t i = 0; i <= text.size(); ++i) {
            if (glob_oracle(pattern.substr(1), text.substr(i))) return true;
        }
        return false;
    }
    return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) &&
           glob_oracle(pattern.substr(1), text.substr(1));
}

}  // namespace

TEST_CASE("globs are anchored") {
    CHECK(glob_match("", ""));
    CHECK_FALSE(glob_match("", "a"));
    CHECK(glob_match("*", ""));
    CHECK(glob_match("team-*", "team-a"));
    CHECK_FALSE(glob_match("team-*", "my-team-a"));
    CHECK(glob_match("*gpu*", "nvidia.com/gpu.shared"));
    CHECK(glob_match("a?c", "abc"));
    CHECK_FALSE(glob_match("a?c", "ac"));
    CHECK(glob_match("a?c",
                     "a\xC3\xA9"
                     "c"));
    CHECK_FALSE(glob_match("a??c",
                           "a\xC3\xA9"
                           "c"));
    CHECK(glob_match("nvidia.com/mig-*", "nvidia.com/mig-1g.10gb"));
    CHECK_FALSE(glob_match("nvidia.com/mig-*", "nvidiaXcom/mig-1g.10gb"));
}

TEST_CASE("globs agree with their definition") {
    std::mt19937 random(11);
    const auto pick = [&random](std::string_view alphabet, std::size_t longest) {
        std::string text(random() % (longest + 1), ' ');
        for (char& c : text) c = alphabet[random() % alphabet.size()];
        return text;
    };
    for (int i = 0; i < 50'000; ++i) {
        const std::string pattern = pick("ab*?", 7);
        const std::string text = pick("ab", 8);
        INFO(pattern << " on " << text);
        REQUIRE(glob_match(pattern, text) == glob_oracle(pattern, text));
    }
}

TEST_CASE("a hostile glob costs no more than text times pattern") {
    std::string pattern;
    for (int i = 0; i < 1'000; ++i) pattern += "*a";
    pattern += "*b";
    const std::string text(20'000, 'a');
    const auto start = std::chrono::steady_clock::now();
    CHECK_FALSE(glob_match(pattern, text));
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("the nearest name") {
    const std::string_view names[] = {"tolerations", "nodeSelector", "affinity", "schedulerName", "max"};
    CHECK(nearest("tolerationz", names) == "tolerations");
    CHECK(nearest("nodeselector", names) == "nodeSelector");
    CHECK(nearest("afifnity", names) == "affinity");
    CHECK(nearest("scheduler", names).empty());
    CHECK(nearest("mx", names) == "max");
    CHECK(nearest("ab", names).empty());
    CHECK(nearest("", names).empty());
    CHECK(nearest("completely different", names).empty());
    CHECK(nearest(std::string(100'000, 'x'), names).empty());
    const std::string_view both[] = {"limit", "limits"};
    CHECK(nearest("limts", both) == "limits");
    CHECK(nearest("limits", both) == "limits");
}

TEST_CASE("cutting and cleaning") {
    CHECK(tollgate::truncated("h\xC3\xA9llo", 2) == "h");
    CHECK(tollgate::truncated("h\xC3\xA9llo", 3) == "h\xC3\xA9");
    CHECK(tollgate::truncated("abc", 10) == "abc");
    CHECK(tollgate::truncated("\xE2\x82\xAC", 2).empty());
    CHECK(tollgate::to_ascii("a\xC3\xA9\n\x7F~") == "a????~");
    CHECK(tollgate::split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
    CHECK(tollgate::split("", ',') == std::vector<std::string_view>{""});
    const std::vector<std::string> parts = {"a", "b", ""};
    CHECK(tollgate::join(parts, ", ") == "a, b, ");
    CHECK(tollgate::join({}, ", ").empty());
}

TEST_CASE("text for terminals: what moves their cursor or turns the order of letters is not printed") {
    using tollgate::printable;
    CHECK(printable("plain \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x8D\x8E") ==
          "plain \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x8D\x8E");
    CHECK(printable("a\tb\nc\rd") == "a b c d");
    CHECK(printable("\x1B[2K\x7F\x01") == "?[2K??");
    CHECK(printable("\xC2\x9B"
                    "2J|\xC2\x80|\xC2\x9F|\xC2\xA0") == "?2J|?|?|\xC2\xA0");  // C1, and what follows it
    CHECK(printable("\xE2\x80\xAA\xE2\x80\xAE\xE2\x81\xA6\xE2\x81\xA9\xE2\x80\x8F\xD8\x9C") == "??????");
    CHECK(printable("\xE2\x80\xAF\xE2\x81\xA5\xE2\x80\x90") == "\xE2\x80\xAF\xE2\x81\xA5\xE2\x80\x90");
    CHECK(printable("\xE2\x80\xA8") == "?");  // a line separator
    // Bytes that are no UTF-8: one of them is CSI to a terminal of eight bits.
    CHECK(printable("\x9B"
                    "2J \xC2 \xE2\x80 \xF5\x80\x80\x80 \xC0\x9B \xE0\x82\x9B \xED\xA0\x80") ==
          "?2J ? ?? ???? ?? ??? ???");
    CHECK(printable("").empty());
}
