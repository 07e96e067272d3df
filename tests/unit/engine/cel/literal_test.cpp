// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/literal.hpp"

#include "tests/support/catch.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

using namespace tollgate::cel;
using namespace std::string_view_literals;

namespace {

std::string decoded(std::string_view token) {
    const auto out = decode_string(token);
    return out ? *out : "error at " + std::to_string(out.error().offset) + ": " + out.error().message;
}

/// Where the error is; -1 when there is none.
int error_at(std::string_view token) {
    const auto out = decode_string(token);
    return out ? -1 : static_cast<int>(out.error().offset);
}

}  // namespace

TEST_CASE("cel literals: quotes and prefixes") {
    CHECK(decoded("'gpu'") == "gpu");
    CHECK(decoded("\"it's\"") == "it's");
    CHECK(decoded("''").empty());
    CHECK(decoded("''''''").empty());
    CHECK(decoded("'''a'b''c'''") == "a'b''c");
    CHECK(decoded("\"\"\"say \"yes\" \"\"\"") == "say \"yes\" ");
    CHECK(decoded("r'\\d+\\'") == "\\d+\\");
    CHECK(decoded("R\"\"\"\\n\"\"\"") == "\\n");
    CHECK(decoded("b'x'") == "x");
    CHECK(decoded("BR'\\x41'") == "\\x41");
    CHECK(is_bytes("b'x'"));
    CHECK(is_bytes("bR\"x\""));
    CHECK_FALSE(is_bytes("'b'"));
    CHECK_FALSE(is_bytes("r'b'"));
}

TEST_CASE("cel literals: what is no text") {
    for (const std::string_view token :
         {""sv, "'"sv, "'a"sv, "'a\""sv, "'''a''"sv, "rr'a'"sv, "bb'a'"sv, "u'a'"sv, "a"sv}) {
        INFO(token);
        CHECK(error_at(token) >= 0);
    }
    // cel-go's grammar puts b first.
    CHECK(decoded("rb'x'") == "error at 0: raw bytes are written br\"...\"");
}

TEST_CASE("cel literals: escapes") {
    CHECK(decoded(R"('\a\b\f\n\r\t\v\\\?\"\'\`')") == "\a\b\f\n\r\t\v\\?\"'`");
    CHECK(decoded(R"('\x41\X7a\101')") == "AzA");
    // Code points in a string, bytes in bytes.
    CHECK(decoded(R"('\xff')") == "\xC3\xBF");
    CHECK(decoded(R"('\377')") == "\xC3\xBF");
    CHECK(decoded(R"(b'\xff\377')") == "\xFF\xFF");
    CHECK(decoded(R"('\u00e9\u4e2d\U0001F600')") == "é中😀");
    CHECK(decoded(R"('\000')") == "\0"sv);
    CHECK(decoded(R"('\0001')") == "\0001"sv);
}

TEST_CASE("cel literals: bad escapes say where") {
    CHECK(error_at(R"('ab\q')") == 3);
    CHECK(error_at(R"('\x4')") == 1);
    CHECK(error_at(R"('\xg0')") == 1);
    CHECK(error_at(R"('\08')") == 1);
    CHECK(error_at(R"('\400')") == 1);
    CHECK(error_at(R"('\u12')") == 1);
    CHECK(error_at(R"('a\ud800')") == 2);
    CHECK(error_at(R"('\udfff')") == 1);
    CHECK(error_at(R"('\U00110000')") == 1);
    CHECK(error_at(R"('\UFFFFFFFF')") == 1);
    CHECK(error_at(R"(b'\u0041')") == 2);
    CHECK(error_at(R"(b'\U00000041')") == 2);
    CHECK(error_at("'''\\\n'''") == 3);
    CHECK(error_at("'\\'") == 1);
    CHECK(decoded(R"('\xg0')") == "error at 1: this escape has 2 hexadecimal digits");
}

TEST_CASE("cel literals: line ends and broken text") {
    CHECK(decoded("'''a\r\nb\rc\nd'''") == "a\nb\nc\nd");
    CHECK(decoded("r'''a\r\n'''") == "a\n");
    CHECK(decoded("b'''\r'''") == "\n");
    CHECK(decoded("'''\\r\r\n'''") == "\r\n");
    CHECK(decoded("'a\xFFz'") == "a\xEF\xBF\xBDz");
    CHECK(decoded("'\xC3'") == "\xEF\xBF\xBD");
}

TEST_CASE("cel literals: whole numbers") {
    CHECK(decode_int("0", false) == 0);
    CHECK(decode_int("007", false) == 7);
    CHECK(decode_int("0xfF", false) == 255);
    CHECK(decode_int("0x10", true) == -16);
    CHECK(decode_int("9223372036854775807", false) == INT64_MAX);
    CHECK(decode_int("9223372036854775808", true) == INT64_MIN);
    CHECK(decode_int("0x8000000000000000", true) == INT64_MIN);
    CHECK_FALSE(decode_int("9223372036854775808", false).has_value());
    CHECK_FALSE(decode_int("9223372036854775809", true).has_value());
    CHECK_FALSE(decode_int("99999999999999999999", false).has_value());
    CHECK_FALSE(decode_int("0X10", false).has_value());
    CHECK_FALSE(decode_int("0x", false).has_value());
    CHECK_FALSE(decode_int("", false).has_value());
    CHECK(decode_uint("0u") == 0U);
    CHECK(decode_uint("0x1FU") == 31U);
    CHECK(decode_uint("18446744073709551615u") == UINT64_MAX);
    CHECK_FALSE(decode_uint("18446744073709551616u").has_value());
}

TEST_CASE("cel literals: doubles") {
    CHECK(decode_double("1.5") == 1.5);
    CHECK(decode_double(".5e1") == 5.0);
    CHECK(decode_double("1E-3") == 0.001);
    CHECK(decode_double("1.7976931348623157e308") == std::numeric_limits<double>::max());
    CHECK(decode_double("5e-324") == std::numeric_limits<double>::denorm_min());
    CHECK(decode_double("1e-400") == 0.0);
    CHECK(decode_double("0.0e999999999999") == 0.0);
    CHECK_FALSE(decode_double("1e400").has_value());
    CHECK_FALSE(decode_double("1.8e308").has_value());
    CHECK_FALSE(decode_double("1e99999999999999999999").has_value());
    CHECK(decode_double("0." + std::string(400, '0') + "1e401") == 1.0);
    CHECK_FALSE(decode_double("1" + std::string(400, '0') + ".0e-1").has_value());
    CHECK(decode_double("0." + std::string(400, '0') + "1") == 0.0);
}

TEST_CASE("cel literals: doubles as Go reads them") {
    CHECK(parse_double("-1.5") == -1.5);
    CHECK(parse_double("+5.") == 5.0);
    CHECK(parse_double("Infinity") == std::numeric_limits<double>::infinity());
    CHECK(parse_double("-inf") == -std::numeric_limits<double>::infinity());
    CHECK(std::isnan(parse_double("NaN").value()));
    CHECK(std::signbit(parse_double("-0").value()));
    CHECK(std::signbit(parse_double("-1e-400").value()));
    CHECK(parse_double("0x1.8p1") == 3.0);
    CHECK(parse_double("-0X_1P-2") == -0.25);
    CHECK(parse_double("0x1p-5000") == 0.0);
    CHECK(parse_double("1_000.5") == 1000.5);
    for (const std::string_view text :
         {""sv,     "+"sv,    "."sv,     "e5"sv,  "1e"sv,    "1e+"sv,    "1_"sv,       "_1"sv,
          "1__0"sv, "1_.5"sv, "0x1.8"sv, "0x"sv,  "0x.p1"sv, "0_x1p0"sv, "0x1p5000"sv, "infin"sv,
          "+nan"sv, "-nan"sv, "--1"sv,   "+-1"sv, " 1"sv,    "1 "sv,     "1,5"sv,      "0b1"sv}) {
        INFO(text);
        CHECK_FALSE(parse_double(text).has_value());
    }
}
