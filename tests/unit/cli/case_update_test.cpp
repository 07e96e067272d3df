// SPDX-License-Identifier: Apache-2.0
#include "cli/case_update.hpp"

#include "tests/support/catch.hpp"

#include <string>

using namespace tollgate;

namespace {

/// The text after every case was said to have failed with an empty decision.
Result<std::string> updated(const std::string& text) {
    const policies::CaseFile file = policies::read_case_file("x.case.yaml", text);
    INFO(text);
    REQUIRE(!has_errors(file.diagnostics));
    cli::CaseFileResult result;
    for (const policies::Case& each : file.cases) {
        cli::CaseResult one;
        one.name = each.name;
        one.mismatches = {"something"};
        result.cases.push_back(std::move(one));
    }
    return cli::updated_text(text, file, result);
}

const char* const kHead = "policies: [p.yaml]\ncases:\n";

}  // namespace

TEST_CASE("update: flow, block, several lines and comments") {
    CHECK(
        *updated(std::string(kHead) +
                 "- name: a\n  manifest: m.yaml\n  expect: {verdict: Denied}  # why\n- name: b\n"
                 "  manifest: m.yaml\n  expect:\n    verdict: Denied\n    # lost\n    findings: []\n\n"
                 "# kept\n- name: c\n  expect: {verdict: Denied,\n    findings: []}\n  manifest: m.yaml\n") ==
        std::string(kHead) +
            "- name: a\n  manifest: m.yaml\n  expect:\n    verdict: Allowed  # why\n- name: b\n"
            "  manifest: m.yaml\n  expect:\n    verdict: Allowed\n    findings: []\n\n"
            "# kept\n- name: c\n  expect:\n    verdict: Allowed\n    findings: []\n  manifest: m.yaml\n");
}

TEST_CASE("update: brackets in quotes do not end a block") {
    const std::string text = std::string(kHead) +
                             "- name: a\n  manifest: m.yaml\n"
                             "  expect: {verdict: Denied, findings: [{rule: a/b, message: \"}]\\\"}\"}]}\n";
    CHECK(*updated(text) ==
          std::string(kHead) +
              "- name: a\n  manifest: m.yaml\n  expect:\n    verdict: Allowed\n    findings: []\n");
}

TEST_CASE("update: what it cannot find it leaves, and says so") {
    const std::string text = std::string(kHead) +
                             "- name: a\n  manifest: m.yaml\n  expect: &e {verdict: Denied}\n"
                             "- name: b\n  manifest: m.yaml\n  expect: *e\n";
    const auto result = updated(text);
    REQUIRE(!result.has_value());
    CHECK(result.error().message.find("by hand") != std::string::npos);
}
