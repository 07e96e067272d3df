// SPDX-License-Identifier: Apache-2.0
#include "policies/yaml_reader.hpp"

#include "engine/base/limits.hpp"
#include "policies/manifest.hpp"
#include "tests/support/catch.hpp"

#include <string>

namespace tollgate::policies {
namespace {

std::string json_of(std::string_view yaml) {
    const SourceText source("t.yaml", yaml);
    const YamlStream stream = read_yaml(source);
    if (!stream.diagnostics.empty()) return "error: " + stream.diagnostics[0].message;
    if (stream.documents.size() != 1) return std::to_string(stream.documents.size()) + " documents";
    const YamlDocument& document = stream.documents[0];
    if (has_errors(document.diagnostics)) return "error: " + document.diagnostics[0].message;
    return json::to_json(document.doc.root());
}

Diagnostic error_of(std::string_view yaml) {
    const SourceText source("t.yaml", yaml);
    YamlStream stream = read_yaml(source);
    for (const Diagnostic& diagnostic : stream.diagnostics) return diagnostic;
    for (const YamlDocument& document : stream.documents) {
        for (const Diagnostic& diagnostic : document.diagnostics) return diagnostic;
    }
    return {};
}

std::string at(const Span& span) {
    return std::to_string(span.line) + ":" + std::to_string(span.column) + "+" + std::to_string(span.length);
}

}  // namespace

TEST_CASE("maps, lists and scalars become one tree") {
    CHECK(json_of("a: 1\nb: [x, 'y', \"z\"]\nc: {d: }\n") == R"({"a":1,"b":["x","y","z"],"c":{"d":null}})");
    CHECK(json_of("a: |\n  x\n  y\nb: >-\n  x\n  y\n") == R"({"a":"x\ny\n","b":"x y"})");
    CHECK(json_of("- a\n-\n- ~\n") == R"(["a",null,null])");
    CHECK(json_of("{\"a\": \"\\u00e9\", \"b\": [1, 2.50, true, null]}") ==
          R"({"a":"é","b":[1,2.50,true,null]})");
    CHECK(json_of("on: 1\n1: 2\n") == R"({"true":1,"1":2})");
}

TEST_CASE("escapes of one letter are whole characters") {
    CHECK(json_of("a: \"\xC3\xA9\\N\\_\\L\\P\\x85\"\n") ==
          "{\"a\":\"\xC3\xA9\xC2\x85\xC2\xA0\xE2\x80\xA8\xE2\x80\xA9\xC2\x85\"}");
    CHECK(json_of("\"k\\N\": 1\n") == "{\"k\xC2\x85\":1}");
}

TEST_CASE("merge keys act where they stand, as in Kubernetes") {
    CHECK(json_of("b: &b {k: 1, j: 2}\na: {<<: *b, k: 5}") == R"({"b":{"k":1,"j":2},"a":{"k":5,"j":2}})");
    CHECK(json_of("b: &b {k: 1, j: 2}\na: {k: 5, <<: *b}") == R"({"b":{"k":1,"j":2},"a":{"k":1,"j":2}})");
    CHECK(json_of("<<: [{a: 1, b: 2}, {b: 3, c: 4}]\nc: 9") == R"({"b":2,"c":9,"a":1})");
    CHECK(json_of("\"<<\": {a: 1}") == R"({"<<":{"a":1}})");
    CHECK(json_of("<<: 5").find("error") == 0);
}

TEST_CASE("aliases are expanded, never without end") {
    CHECK(json_of("a: &x [1, 2]\nb: *x") == R"({"a":[1,2],"b":[1,2]})");
    CHECK(json_of("&a [*a]").find("error: an alias refers to the value") == 0);
    CHECK(json_of("a: &m\n  <<: *m").find("error") == 0);
    CHECK(json_of("a: *missing").find("error") == 0);
}

TEST_CASE("a billion laughs are refused, however they are told") {
    std::string lists = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    std::string merges = "m0: &m0 {k: 1}\n";
    for (int i = 1; i < 30; ++i) {
        const std::string n = std::to_string(i);
        const std::string p = std::to_string(i - 1);
        std::string list = "a" + n + ": &a" + n + " [";
        std::string merge = "m" + n + ": &m" + n + " {<<: [";
        for (int k = 0; k < 10; ++k) {
            list += "*a" + p + ",";
            merge += "*m" + p + ",";
        }
        lists += list + "]\n";
        merges += merge + "]}\n";
    }
    CHECK(error_of(lists).message.find("expands to more than 500000 values") != std::string::npos);
    CHECK(error_of(merges).message.find("expands to more than 500000 values") != std::string::npos);
}

TEST_CASE("depth, aliases and bytes are bounded") {
    CHECK(error_of(std::string(65, '[') + std::string(65, ']')).message == "nested deeper than 64 levels");
    CHECK(json_of(std::string(60, '[') + std::string(60, ']')).size() == 120);
    std::string aliases = "a: &a 1\nb: [";
    for (std::size_t i = 0; i <= limits::kMaxYamlAliases; ++i) aliases += "*a,";
    CHECK(error_of(aliases + "]").message == "more than 1000 aliases");
    CHECK(error_of(std::string(limits::kMaxYamlBytes + 1, ' ')).code == "TG0104");
}

TEST_CASE("every key and value has its place, in code points") {
    const SourceText source("t.yaml", "é: \"ü\" # c\nlist:\n- {a: 1, bb: two}\nempty:\nnext: x\n");
    const YamlStream stream = read_yaml(source);
    REQUIRE(stream.documents.size() == 1);
    const YamlDocument& document = stream.documents[0];
    const json::Node root = document.doc.root();
    CHECK(at(document.span_of(root["é"]).key) == "1:1+1");
    CHECK(at(document.span_of(root["é"]).value) == "1:4+3");
    const json::Node first = root["list"][0];
    CHECK(at(document.span_of(first["bb"]).key) == "3:10+2");
    CHECK(at(document.span_of(first["bb"]).value) == "3:14+3");
    CHECK(at(document.span_of(root["empty"]).value) == "4:1+5");
    CHECK(at(document.span_of(root["next"]).key) == "5:1+4");
}

TEST_CASE("a file is a stream, and a broken document hides no other") {
    const SourceText source("t.yaml", "# head\n---\na: 1\n---\nb: [\n---\n# nothing\n--- # c\nc: 3\n...\n");
    const YamlStream stream = read_yaml(source);
    REQUIRE(stream.documents.size() == 3);
    CHECK(json::to_json(stream.documents[0].doc.root()) == R"({"a":1})");
    CHECK(stream.documents[0].start_line == 3);
    CHECK(has_errors(stream.documents[1].diagnostics));
    CHECK(stream.documents[1].diagnostics[0].span.line >= 5);
    CHECK(json::to_json(stream.documents[2].doc.root()) == R"({"c":3})");
    CHECK(stream.documents[2].start_line == 9);
    CHECK(stream.documents[2].index == 2);
}

TEST_CASE("byte order marks, CRLF and a missing last line end change nothing") {
    CHECK(json_of("\xEF\xBB\xBF"
                  "a: 1\r\nb: |\r\n  x\r\n  y\r\nc: \"z\"") == R"({"a":1,"b":"x\ny\n","c":"z"})");
    CHECK(json_of("") == "0 documents");
    CHECK(json_of("%YAML 1.2\n---\na: 1\n") == R"({"a":1})");
}

TEST_CASE("what is not YAML is refused with its place") {
    const Diagnostic tab = error_of("a:\n\tb: 1\n");
    CHECK(tab.code == "TG0102");
    CHECK(tab.span.line == 2);
    CHECK(tab.hint == "indent with spaces, not tabs");
    CHECK(error_of("a: {{ .Values.x }}\n").hint == "this looks like a template; render it first");
    CHECK(error_of("a: b: c\n").span.line == 1);
    CHECK(error_of("a: [1\nb: 2\n").code == "TG0102");
    CHECK(error_of("a: 1\n- b\n").code == "TG0102");
    CHECK(error_of("a: \"x\ny: 2\n").message == "not YAML: this quote is never closed");
    CHECK(error_of("a: 'it''s\ny: 2\n").message == "not YAML: this quote is never closed");
    CHECK(error_of("a: foo\nbar\n").message == "not YAML: no ':' follows this key");
    CHECK(json_of("a: 'it''s'\n\"b\" : \n? c\nd: {e, f}\n") ==
          R"({"a":"it's","b":null,"c":null,"d":{"e":null,"f":null}})");
    CHECK(error_of("a: \xFF\n").code == "TG0107");
    CHECK(error_of(std::string("a: \x04 b\n")).code == "TG0107");
    CHECK(error_of("? [a]\n: b\n").message == "a key is a map or a list; keys are text");
}

TEST_CASE("duplicate keys are errors in documents and warnings in manifests") {
    const Diagnostic twice = error_of("a: 1\nb: 2\na: 3\n");
    CHECK(twice.code == "TG0106");
    CHECK(twice.message == "key 'a' was already given in line 1");
    CHECK(at(twice.span) == "3:1+1");
    const std::vector<ManifestDocument> manifests = load_manifests("m.yaml", "a: 1\na: 2\n");
    REQUIRE(manifests.size() == 1);
    CHECK(json::to_json(manifests[0].doc.root()) == R"({"a":2})");
    REQUIRE(manifests[0].diagnostics.size() == 1);
    CHECK(manifests[0].diagnostics[0].severity == Severity::Warning);
}

TEST_CASE("manifests come as JSON too") {
    const std::vector<ManifestDocument> good = load_manifests("m.json", " {\"a\": [1, 1.0]}\n");
    REQUIRE(good.size() == 1);
    CHECK(json::to_json(good[0].doc.root()) == R"({"a":[1,1.0]})");
    const std::vector<ManifestDocument> flow = load_manifests("m.yaml", "{a: 1}\n---\n{b: 2}\n");
    REQUIRE(flow.size() == 2);
    CHECK(json::to_json(flow[1].doc.root()) == R"({"b":2})");
    const std::vector<ManifestDocument> bad = load_manifests("m.json", "{\"a\": \n");
    REQUIRE(bad.size() == 1);
    CHECK(has_errors(bad[0].diagnostics));
    CHECK_FALSE(bad[0].doc.root().exists());
}

}  // namespace tollgate::policies
