// SPDX-License-Identifier: Apache-2.0
// What is written must be read back as the same tree by the product's own reader of YAML.
#include "cli/yaml_text.hpp"

#include "engine/base/json/document.hpp"
#include "policies/manifest.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace tollgate;

namespace {

std::string yaml(const std::string& text) {
    const auto document = json::parse(text);
    REQUIRE(document.has_value());
    return cli::to_yaml(document->root());
}

void check_round_trip(const std::string& text) {
    const auto document = json::parse(text);
    REQUIRE(document.has_value());
    const std::string written = cli::to_yaml(document->root());
    INFO(written);
    const auto read = policies::load_manifests("written.yaml", written);
    REQUIRE(read.size() == 1);
    REQUIRE(!has_errors(read[0].diagnostics));
    CHECK(json::equal(read[0].doc.root(), document->root()));
}

}  // namespace

TEST_CASE("yaml: block style as people write it") {
    CHECK(yaml(R"({"a":1,"b":{"c":["x",{"d":true,"e":null}],"f":[],"g":{}}})") ==
          "a: 1\nb:\n  c:\n  - x\n  - d: true\n    e: null\n  f: []\n  g: {}\n");
    CHECK(yaml(R"({"s":"one\ntwo\n"})") == "s: |\n  one\n  two\n");
    CHECK(yaml(R"({"s":"one\ntwo"})") == "s: |-\n  one\n  two\n");
}

TEST_CASE("yaml: numbers keep their text") {
    CHECK(yaml(R"({"a":1e0,"b":1.10,"c":12345678901234567890})") ==
          "a: 1e0\nb: 1.10\nc: 12345678901234567890\n");
}

TEST_CASE("yaml: whatever looks like something else is quoted, and everything is read back as it was") {
    for (const char* text : {"",          " ",       "yes",     "No",       "on",
                             "OFF",       "true",    "null",    "~",        "1",
                             "1.5",       "0x1f",    "012",     "1e3",      ".inf",
                             "-",         "- a",     "a: b",    "a:",       "a #b",
                             "#a",        "&a",      "*a",      "!a",       "|",
                             ">",         "%a",      "@a",      "`a",       "'a'",
                             "\\\"a\\\"", "{a}",     "[a]",     "a, b",     "2001-01-01",
                             "12:30:45",  "<<",      "=",       "\\ttab",   "a\\nb",
                             "a\\n",      "\\na",    " a\\nb",  "a\\n\\n",  "a\\n\\nb",
                             "a \\n b",   "\\u0001", "\\u007f", "\\u20ac",  "nvidia.com/gpu",
                             "/dev/null", "a\\\\b",  "y",       "n",        "?",
                             "? a",       "...",     "---",     "key: 'v'", "a\\rb",
                             "\\u2028",   "100m",    "1_000",   "+1",       "-.5",
                             "NaN"}) {
        check_round_trip(std::string("{\"k\":\"") + text + "\"}");
        check_round_trip(std::string("{\"k\":[\"") + text + "\",{\"" + text + "\":1}]}");
    }
}
