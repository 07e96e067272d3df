// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/library/library.hpp"
#include "tests/unit/engine/cel/library/rows.hpp"

#include <cmath>
#include <limits>

using namespace tollgate::cel;
using namespace tollgate::cel::test;
using namespace std::string_view_literals;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string converted(std::string_view id, const Value& value) {
    return Rows(conversion_overloads()).call(id, {value});
}

bool fails(std::string_view id, const Value& value) {
    return converted(id, value).starts_with("error: ");
}

}  // namespace

TEST_CASE("cel conversions: the table") {
    check_table(conversion_overloads());
    CHECK(converted("int64_to_int64", I(-3)) == "-3");
    CHECK(converted("uint64_to_uint64", uint_value(3)) == "3u");
    CHECK(converted("double_to_double", D(0.5)) == "0.5");
    CHECK(converted("bool_to_bool", bool_value(true)) == "true");
    CHECK(converted("string_to_string", S("a")) == "'a'");
    CHECK(converted("bytes_to_bytes", bytes_value("\xFF")) == "b'\xFF'");
}

TEST_CASE("cel conversions: bool") {
    for (const std::string_view text : {"1", "t", "T", "true", "TRUE", "True"})
        CHECK(converted("string_to_bool", S(text)) == "true");
    for (const std::string_view text : {"0", "f", "F", "false", "FALSE", "False"})
        CHECK(converted("string_to_bool", S(text)) == "false");
    for (const std::string_view text : {"", "yes", "tRUE", "10", " true", "on"})
        CHECK(converted("string_to_bool", S(text)) == "error: type conversion error from 'string' to 'bool'");
}

TEST_CASE("cel conversions: int") {
    CHECK(converted("uint64_to_int64", uint_value(7)) == "7");
    CHECK(converted("uint64_to_int64", uint_value(1ULL << 63U)) == "error: integer overflow");
    CHECK(converted("double_to_int64", D(2.9)) == "2");
    CHECK(converted("double_to_int64", D(-2.9)) == "-2");
    CHECK(converted("double_to_int64", D(-0.0)) == "0");
    CHECK(converted("double_to_int64", D(9223372036854774784.0)) == "9223372036854774784");
    // Not even the least int itself.
    for (const double value : {0x1p63, -0x1p63, 1e30, kInfinity, -kInfinity, std::nan("")})
        CHECK(converted("double_to_int64", D(value)) == "error: integer overflow");
    CHECK(converted("string_to_int64", S("-9223372036854775808")) == "-9223372036854775808");
    CHECK(converted("string_to_int64", S("+5")) == "5");
    CHECK(converted("string_to_int64", S("010")) == "10");
    for (const std::string_view text : {"", "+", "-", "+-5", "--5", "0x10", "1.0", "1e3", "1_000", " 1", "1 ",
                                        "9223372036854775808", "12abc"})
        CHECK(fails("string_to_int64", S(text)));
}

TEST_CASE("cel conversions: uint") {
    CHECK(converted("int64_to_uint64", I(7)) == "7u");
    CHECK(converted("int64_to_uint64", I(-1)) == "error: unsigned integer overflow");
    CHECK(converted("double_to_uint64", D(1.9)) == "1u");
    CHECK(converted("double_to_uint64", D(-0.0)) == "0u");
    CHECK(converted("double_to_uint64", D(0x1p63)) == "9223372036854775808u");
    for (const double value : {-0.1, 0x1p64, kInfinity, std::nan("")})
        CHECK(converted("double_to_uint64", D(value)) == "error: unsigned integer overflow");
    CHECK(converted("string_to_uint64", S("18446744073709551615")) == "18446744073709551615u");
    for (const std::string_view text : {"", "+5", "-0", "18446744073709551616", "5u"})
        CHECK(fails("string_to_uint64", S(text)));
}

TEST_CASE("cel conversions: double") {
    CHECK(converted("int64_to_double", I(-3)) == "-3");
    CHECK(converted("uint64_to_double", uint_value(UINT64_MAX)) == "18446744073709551616");
    CHECK(converted("string_to_double", S("1e3")) == "1000");
    CHECK(converted("string_to_double", S("-Infinity")) == "-inf");
    CHECK(converted("string_to_double", S("1e-400")) == "0");
    for (const std::string_view text : {"", "1e400", "-1e400", "abc", "0x10", "1,5"})
        CHECK(fails("string_to_double", S(text)));
}

TEST_CASE("cel conversions: string of a double as Go's %g") {
    struct Row {
        double value;
        std::string_view text;
    };
    const Row rows[] = {{1, "'1'"},
                        {-0.0, "'-0'"},
                        {0.1 + 0.2, "'0.30000000000000004'"},
                        {1e21, "'1e+21'"},
                        {1e5, "'100000'"},
                        {1e-5, "'1e-05'"},
                        {1e-4, "'0.0001'"},
                        {1.5e300, "'1.5e+300'"},
                        {kInfinity, "'+Inf'"},
                        {-kInfinity, "'-Inf'"}};
    for (const Row& row : rows) CHECK(converted("double_to_string", D(row.value)) == row.text);
    CHECK(converted("double_to_string", D(std::nan(""))) == "'NaN'");
}

TEST_CASE("cel conversions: string and bytes") {
    CHECK(converted("bool_to_string", bool_value(false)) == "'false'");
    CHECK(converted("int64_to_string", I(INT64_MIN)) == "'-9223372036854775808'");
    CHECK(converted("uint64_to_string", uint_value(UINT64_MAX)) == "'18446744073709551615'");
    CHECK(converted("bytes_to_string", bytes_value("h\xC3\xA9")) == "'hé'");
    for (const std::string_view bytes :
         {"\xFF"sv, "\xC3"sv, "\xED\xA0\x80"sv, "\xC0\x80"sv, "\xF4\x90\x80\x80"sv})
        CHECK(fails("bytes_to_string", bytes_value(bytes)));
    CHECK(converted("string_to_bytes", S("é")) == "b'é'");
}

TEST_CASE("cel conversions: cost") {
    Rows rows(conversion_overloads());
    const std::string text = "0123456789é";  // 11 code points, 12 bytes
    CHECK(rows.cost("string_to_bytes", {S(text)}) == 2);
    CHECK(rows.cost("string_to_bytes", {S("")}) == 0);
    CHECK(rows.cost("bytes_to_string", {bytes_value(std::string(21, 'a'))}) == 3);
    CHECK(rows.cost("string_to_string", {S(text)}) == 1);
    CHECK(rows.cost("int64_to_string", {I(1)}) == 1);
}

TEST_CASE("cel conversions: a full arena is an error") {
    Arena arena(64);
    while (arena.allocate(16) != nullptr) {
    }
    Meter meter;
    CallContext context{arena, meter};
    const Value number = I(12345);
    CHECK(Rows(conversion_overloads()).row("int64_to_string").call(context, {&number, 1}).is_error());
}
