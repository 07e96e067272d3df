// SPDX-License-Identifier: Apache-2.0
#include "engine/base/diagnostic.hpp"

#include "engine/base/text.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using tollgate::Diagnostic;
using tollgate::Severity;
using tollgate::Span;

namespace {

Diagnostic sample(Span span, std::string source) {
    Diagnostic diagnostic;
    diagnostic.code = "TG0102";
    diagnostic.file = "p.yaml";
    diagnostic.span = span;
    diagnostic.message = "unknown field 'x'";
    diagnostic.source = std::move(source);
    return diagnostic;
}

std::vector<std::string> lines_of(const Diagnostic& diagnostic) {
    const std::string text = tollgate::render(diagnostic);
    std::vector<std::string> lines;
    for (const std::string_view line : tollgate::split(text, '\n')) lines.emplace_back(line);
    return lines;
}

}  // namespace

TEST_CASE("a diagnostic shows place, line, caret and hint") {
    Diagnostic diagnostic = sample({3, 5, 4}, "    tolz: 1");
    diagnostic.hint = "did you mean 'tolerations'?";
    CHECK(tollgate::render(diagnostic) ==
          "p.yaml:3:5: error[TG0102]: unknown field 'x'\n"
          "  3 |     tolz: 1\n"
          "    |     ^~~~\n"
          "  help: did you mean 'tolerations'?\n");
}

TEST_CASE("a diagnostic without a place is one line") {
    Diagnostic diagnostic = sample({}, "never shown");
    diagnostic.severity = Severity::Warning;
    CHECK(tollgate::render(diagnostic) == "p.yaml: warning[TG0102]: unknown field 'x'\n");
    diagnostic.file.clear();
    diagnostic.code.clear();
    CHECK(tollgate::render(diagnostic) == "warning: unknown field 'x'\n");
}

TEST_CASE("the caret counts code points, and a tab is one space") {
    const auto lines = lines_of(sample({12, 4, 1}, "\t\xC3\xA9\xE2\x82\xACx\r\n"));
    CHECK(lines[1] == "  12 |  \xC3\xA9\xE2\x82\xACx");
    CHECK(lines[2] == "     |    ^");
}

TEST_CASE("a long line is clipped around the caret") {
    std::string source(500, 'a');
    source[299] = 'X';
    const auto lines = lines_of(sample({1, 300, 1}, source));
    CHECK(lines[1].size() < 120);
    CHECK(lines[1].find("...") == std::string("  1 | ").size());
    CHECK(lines[1].substr(lines[1].size() - 3) == "...");
    CHECK(lines[1][lines[2].find('^')] == 'X');

    source.back() = 'X';
    const auto at_end = lines_of(sample({1, 500, 9}, source));
    CHECK(at_end[1][at_end[2].find('^')] == 'X');
    CHECK(at_end[2].back() == '^');
}

TEST_CASE("carets outside the line and control characters do no harm") {
    const auto beyond = lines_of(sample({1, 4'000'000'000U, 4'000'000'000U}, "ab"));
    CHECK(beyond[2] == "    |   ^");
    const auto zero = lines_of(sample({1, 0, 0}, "ab"));
    CHECK(zero[0] == "p.yaml:1: error[TG0102]: unknown field 'x'");
    CHECK(zero[2] == "    | ^");
    CHECK(lines_of(sample({1, 1, 1}, "a\x1B[31mb"))[1] == "  1 | a?[31mb");
}

TEST_CASE("only errors are errors") {
    Diagnostic warning = sample({}, "");
    warning.severity = Severity::Warning;
    CHECK_FALSE(tollgate::has_errors({warning}));
    CHECK(tollgate::has_errors({warning, sample({}, "")}));
    CHECK_FALSE(tollgate::has_errors({}));
}
