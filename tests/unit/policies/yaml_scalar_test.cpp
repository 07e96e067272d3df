// SPDX-License-Identifier: Apache-2.0
// The answers were taken from `kubectl annotate --local -o json` 1.32 (sigs.k8s.io/yaml), one scalar each.
// Where Kubernetes rounds a number to a double, ours keeps its digits.
#include "policies/yaml_scalar.hpp"

#include "tests/support/catch.hpp"

#include <string>

namespace tollgate::policies {
namespace {

/// As JSON: null, true, "text" in quotes, a number bare, an error as "error".
std::string as_json(const Result<Scalar>& scalar) {
    if (!scalar) return "error";
    switch (scalar->kind) {
        case Scalar::Kind::Null:
            return "null";
        case Scalar::Kind::Bool:
            return scalar->boolean ? "true" : "false";
        case Scalar::Kind::Number:
            return scalar->text;
        case Scalar::Kind::String:
            break;
    }
    return '"' + scalar->text + '"';
}

struct Row {
    const char* text;
    const char* json;
};

}  // namespace

TEST_CASE("a plain scalar means what it means to Kubernetes") {
    const Row rows[] = {
        {"yes", "true"},
        {"Yes", "true"},
        {"on", "true"},
        {"y", "true"},
        {"Y", "true"},
        {"TRUE", "true"},
        {"no", "false"},
        {"off", "false"},
        {"OFF", "false"},
        {"n", "false"},
        {"N", "false"},
        {"yEs", "\"yEs\""},
        {"~", "null"},
        {"", "null"},
        {"Null", "null"},
        {"nULL", "\"nULL\""},
        {"0", "0"},
        {"00", "0"},
        {"-0", "0"},
        {"+5", "5"},
        {"-5", "-5"},
        {"0777", "511"},
        {"-0777", "-511"},
        {"0777_7", "4095"},
        {"0o17", "15"},
        {"0o8", "\"0o8\""},
        {"08", "8"},
        {"09.5", "9.5"},
        {"010.5", "10.5"},
        {"0x1F", "31"},
        {"0x_1F", "31"},
        {"+0x1F", "31"},
        {"-0x1F", "-31"},
        {"0x", "\"0x\""},
        {"00x1", "\"00x1\""},
        {"0b101", "5"},
        {"0b12", "\"0b12\""},
        {"1_000", "1000"},
        {"1_0.5_0", "10.50"},
        {"0_1", "1"},
        {"_1", "\"_1\""},
        {"-5_", "-5"},
        {"1e3", "1e3"},
        {"1E+3", "1e+3"},
        {"1e5_0", "1e50"},
        {"12e03", "12e03"},
        {"5e", "\"5e\""},
        {"1e999", "\"1e999\""},
        {"1.10", "1.10"},
        {"5.", "5"},
        {"1.e3", "1e3"},
        {".5", "0.5"},
        {".5e1", "0.5e1"},
        {"-.5", "-0.5"},
        {"._5", "\"._5\""},
        {".e3", "\".e3\""},
        {".", "\".\""},
        {"-", "\"-\""},
        {"1.2.3", "\"1.2.3\""},
        {"1Gi", "\"1Gi\""},
        {"190:20:30", "\"190:20:30\""},
        {"2001-01-01", "\"2001-01-01\""},
        {"2026-12-01T00:00:00Z", "\"2026-12-01T00:00:00Z\""},
        {"18446744073709551615", "18446744073709551615"},
        {"123456789012345678901234567890", "123456789012345678901234567890"},
        {"=", "\"=\""},
        {".inf", "error"},
        {"-.INF", "error"},
        {".NaN", "error"},
    };
    for (const Row& row : rows) {
        INFO(row.text);
        CHECK(as_json(resolve_scalar("?", row.text)) == row.json);
    }
}

TEST_CASE("quotes make a string, and explicit tags are held to") {
    const std::string core = "tag:yaml.org,2002:";
    CHECK(as_json(resolve_scalar("!", "yes")) == "\"yes\"");
    CHECK(as_json(resolve_scalar("!", "123")) == "\"123\"");
    CHECK(as_json(resolve_scalar(core + "str", "123")) == "\"123\"");
    CHECK(as_json(resolve_scalar(core + "str", "~")) == "\"~\"");
    CHECK(as_json(resolve_scalar(core + "int", "3")) == "3");
    CHECK(as_json(resolve_scalar(core + "int", "0x10")) == "16");
    CHECK(as_json(resolve_scalar(core + "int", "1.5")) == "error");
    CHECK(as_json(resolve_scalar(core + "int", "5.0")) == "error");
    CHECK(as_json(resolve_scalar(core + "int", "abc")) == "error");
    CHECK(as_json(resolve_scalar(core + "float", "3")) == "3");
    CHECK(as_json(resolve_scalar(core + "float", "1_0")) == "10");
    CHECK(as_json(resolve_scalar(core + "float", "abc")) == "error");
    CHECK(as_json(resolve_scalar(core + "bool", "yes")) == "true");
    CHECK(as_json(resolve_scalar(core + "bool", "foo")) == "error");
    CHECK(as_json(resolve_scalar(core + "null", "")) == "null");
    CHECK(as_json(resolve_scalar(core + "null", "x")) == "error");
    CHECK(as_json(resolve_scalar(core + "timestamp", "2001-01-01")) == "\"2001-01-01\"");
    CHECK(as_json(resolve_scalar(core + "binary", "aGVsbG8=")) == "\"hello\"");
    CHECK(as_json(resolve_scalar(core + "binary", "%%%")) == "error");
    CHECK(as_json(resolve_scalar(core + "binary", "//79")) == "error");
    CHECK(as_json(resolve_scalar("!foo", "5")) == "\"5\"");
}

TEST_CASE("keys become text as Kubernetes makes them") {
    const Row rows[] = {{"on", "true"}, {"y", "true"}, {"n", "false"}, {"1", "1"},
                        {"0x10", "16"}, {"1_0", "10"}, {"a", "a"},     {"2001-01-01", "2001-01-01"}};
    for (const Row& row : rows) {
        INFO(row.text);
        CHECK(resolve_key("?", row.text).value() == row.json);
    }
    CHECK_FALSE(resolve_key("?", "~").has_value());
    CHECK(resolve_key("!", "on").value() == "on");
}

}  // namespace tollgate::policies
