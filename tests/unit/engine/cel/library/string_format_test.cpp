// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/library/string_format.hpp"

#include "engine/cel/library/go_text.hpp"
#include "engine/cel/library/library.hpp"
#include "tests/unit/engine/cel/library/rows.hpp"

#include <cmath>
#include <limits>

using namespace tollgate::cel;
using namespace tollgate::cel::test;

namespace {

std::string format(std::string_view text, std::initializer_list<Value> arguments) {
    Rows rows(string_overloads());
    const std::string out = rows.call("string_format", {S(text), rows.list(arguments)});
    return out.starts_with('\'') ? out.substr(1, out.size() - 2) : out;
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("cel format: text and whole numbers") {
    CHECK(format("", {}).empty());
    CHECK(format("100%% of %s", {S("nodes")}) == "100% of nodes");
    CHECK(format("%d/%d", {I(-7), uint_value(18446744073709551615U)}) == "-7/18446744073709551615");
    CHECK(format("%b %b %b", {I(-6), uint_value(5), bool_value(true)}) == "-110 101 1");
    CHECK(format("%o %x %X", {I(-9), I(-255), uint_value(48879)}) == "-11 -ff BEEF");
    CHECK(format("%x %X", {S("ñ"), bytes_value("\xAB\x01")}) == "c3b1 AB01");
    CHECK(format("%.3d|%.1s", {I(5), S("abc")}) == "5|abc");
    CHECK(format("%s", {I(1), I(2)}) == "1");
}

TEST_CASE("cel format: %f is that of English, rounded half to even") {
    CHECK(format("%f", {D(2.5)}) == "2.500000");
    CHECK(format("%.0f %.0f %.0f", {D(0.5), D(1.5), D(2.5)}) == "0 2 2");
    CHECK(format("%.2f", {D(-7654321.125)}) == "-7,654,321.12");
    CHECK(format("%.2f", {D(999.999)}) == "1,000.00");
    CHECK(format("%f|%.1f", {D(-0.0), D(-0.04)}) == "0.000000|-0.0");
    CHECK(format("%f %f %f", {D(kInfinity), D(-kInfinity), D(std::nan(""))}) == "∞ -∞ NaN");
    CHECK(format("%f %f %f", {S("Infinity"), S("-Infinity"), S("NaN")}) == "∞ -∞ NaN");
    CHECK(format("%.20f", {D(0.1)}) == "0.10000000000000000555");
    CHECK(format("%.257f", {D(0.5)}) == "0.5");  // at least 257 modulo 256 digits, at most 257
    CHECK(format("%.258f", {D(0.5)}) == "0.50");
    CHECK(format("%.32769f", {D(1e22)}) == "10,000,000,000,000,000,000,000.0");
    CHECK(format("%.10000010f", {D(1)}) == "%!(NOVERB)");
}

TEST_CASE("cel format: %e has six digits; its precision is a width") {
    CHECK(format("%e", {D(-1234.5678)}) == "-1.234568×10⁰³");
    CHECK(format("%.2e", {D(0.00025)}) == "2.500000×10⁻⁰⁴");
    CHECK(format("%.15e", {D(1e100)}) == " 1.000000×10¹⁰⁰");
    CHECK(format("%e", {D(-0.0)}) == "0.000000×10⁰⁰");
    CHECK(format("%e|%.0e", {D(kInfinity), S("NaN")}) == "     ∞|NaN");
}

TEST_CASE("cel format: %s") {
    CHECK(format("%s %s %s", {null_value(), bool_value(false), type_value("list")}) == "null false list");
    CHECK(format("%s %s %s %s", {D(1e6), D(100000), D(0.0001), D(0.00001)}) == "1e+06 100000 0.0001 1e-05");
    CHECK(format("%s %s %s", {D(-0.0), D(kInfinity), D(1234567.5)}) == "-0 +Inf 1.2345675e+06");
    CHECK(format("%s", {bytes_value("ñ")}) == "ñ");
    CHECK(
        format("%s", {bytes_value("\xff")}) ==
        "error: error during formatting: could not convert argument \"invalid UTF-8 in bytes, cannot convert "
        "to string\" to string");
    CHECK(format("%s", {timestamp_value(0, 120'000'000)}) == "1970-01-01T00:00:00.12Z");
    CHECK(format("%s", {timestamp_value(-62135596800, 0)}) == "0001-01-01T00:00:00Z");
    CHECK(format("%s", {timestamp_value(951782400, 1)}) == "2000-02-29T00:00:00.000000001Z");
    CHECK(format("%s %s", {duration_value(5'400'000'000'000), duration_value(-1'500'000'000)}) ==
          "5400s -1.5s");
}

TEST_CASE("cel format: inside of lists and maps everything is a literal") {
    Rows rows(string_overloads());
    const Value list =
        rows.list({S("a\"\n\u00ad\x7f"), D(1e21), D(kInfinity), bytes_value("x"), null_value()});
    CHECK(format("%s", {list}) ==
          "[\"a\\\"\\n\\u00ad\\x7f\", 1000000000000000000000.000000, \"+Inf\", b\"x\", null]");
    const Value inner = rows.map({{S("b"), timestamp_value(0, 0)}, {S("a"), duration_value(1)}});
    CHECK(format("%s", {rows.list({inner})}) ==
          "[{\"a\":duration(\"0.000000001s\"), \"b\":timestamp(\"1970-01-01T00:00:00Z\")}]");
    CHECK(format("%s", {rows.map({{I(10), I(1)}, {I(9), I(2)}, {bool_value(true), D(-0.0)}})}) ==
          "{10:1, 9:2, true:-0.000000}");
    CHECK(format("%s%s", {rows.list({}), rows.map({})}) == "[]{}");
    CHECK(format("%s", {rows.map({{D(1.5), I(1)}})}) ==
          "error: error during formatting: no formatting function for map key of type double");
    CHECK(format("%s", {rows.list({Arena::none()})}) ==
          "error: error during formatting: no formatting function for optional_type");
}

TEST_CASE("cel format: what is wrong with a clause") {
    CHECK(format("%s %s", {I(1)}) == "error: index 1 out of range");
    CHECK(format("%", {}) == "error: index 0 out of range");
    CHECK(format("%", {I(1)}) == "error: unexpected end of string");
    CHECK(format("%q", {I(1)}) ==
          "error: could not parse formatting clause: unrecognized formatting clause \"q\"");
    CHECK(format("%ñ", {I(1)}) ==
          "error: could not parse formatting clause: unrecognized formatting clause \"Ã\"");
    CHECK(format("%.3", {D(1)}) ==
          "error: could not parse formatting clause: error while parsing precision: could not find end of "
          "precision specifier");
    CHECK(format("%.f", {D(1)}).ends_with("strconv.Atoi: parsing \"\": invalid syntax"));
    CHECK(format("%.99999999999999999999f", {D(1)}).ends_with(": value out of range"));
}

TEST_CASE("cel format: what a clause does not take") {
    const std::string prefix = "error: error during formatting: ";
    CHECK(format("%d", {D(1)}) == prefix + "decimal clause can only be used on integers, was given double");
    CHECK(format("%f", {I(1)}) == prefix + "fixed-point clause can only be used on doubles, was given int");
    CHECK(format("%f", {S("1")}) ==
          prefix + "fixed-point clause can only be used on doubles, was given string");
    CHECK(format("%e", {null_value()}) ==
          prefix + "scientific clause can only be used on doubles, was given null_type");
    CHECK(format("%b", {S("1")}) ==
          prefix + "only integers and bools can be formatted as binary, was given string");
    CHECK(format("%o", {bool_value(true)}) ==
          prefix + "octal clause can only be used on integers, was given bool");
    CHECK(format("%X", {D(1)}) ==
          prefix + "only integers, byte buffers, and strings can be formatted as hex, was given double");
    CHECK(format("%s", {Arena::none()}).ends_with("was given optional_type"));
}

TEST_CASE("cel format: a text that grows past the bound is an error") {
    Rows rows(string_overloads());
    const std::string megabyte(1'000'000, 'a');
    std::string clauses;
    std::vector<Value> arguments;
    for (int i = 0; i < 100; ++i) {
        clauses += "%s";
        arguments.push_back(S(megabyte));
    }
    CHECK(rows.call("string_format", {S(clauses), rows.list(arguments)}).starts_with("error: "));
    CHECK(
        rows.call("string_format", {S("%x%x%x"), rows.list({S(megabyte), S(megabyte), S(megabyte)})}).size() >
        6'000'000);
}

TEST_CASE("cel format: checking a constant text") {
    const auto check = [](std::string_view text, std::vector<Type> types) {
        return check_format(text, types);
    };
    const Type whole = simple_type(Type::Kind::Int);
    CHECK(check("%d of %s", {whole, dyn_type()}).empty());
    CHECK(check("%f %e", {simple_type(Type::Kind::String), simple_type(Type::Kind::Double)}).empty());
    CHECK(check("%s", {list_type(whole)}).empty());
    CHECK(check("%d %d", {whole}) == "index 1 out of range");
    CHECK(check("%", {}) == "unexpected end of string");
    CHECK(check("%d", {whole, whole}) == "too many arguments supplied to string.format (expected 1, got 2)");
    CHECK(check("%d", {simple_type(Type::Kind::Duration)}) ==
          "error during formatting: decimal clause can only be used on integers, was given "
          "google.protobuf.Duration");
    CHECK(check("%s", {opaque_type("kubernetes.Quantity")}).ends_with("was given kubernetes.Quantity"));
    CHECK(check("%f", {whole}).ends_with("was given int"));
}

TEST_CASE("cel text: code points") {
    CHECK(code_point_at("ñ", 0).code == 0xF1);
    CHECK(code_point_at("👑", 0).bytes == 4);
    for (const std::string_view bad :
         {"\x80", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3"}) {
        CHECK_FALSE(code_point_at(bad, 0).valid);
        CHECK_FALSE(is_utf8(bad));
    }
    CHECK(quoted("\xff\U000e0001\u0378é") == "\"\\xff\\U000e0001\\u0378é\"");
}
