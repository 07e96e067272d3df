// SPDX-License-Identifier: Apache-2.0
#include "engine/base/quantity.hpp"

#include "engine/base/json/document.hpp"
#include "tests/support/catch.hpp"

#include <limits>
#include <string>

using tollgate::format_bytes;
using tollgate::format_cpu;
using tollgate::format_mib;
using tollgate::parse_quantity;
using tollgate::Ratio;
using tollgate::read_quantity;

namespace {

constexpr std::int64_t kCap = std::numeric_limits<std::int64_t>::max();

std::string value_of(const std::string& text) {
    const auto quantity = parse_quantity(text);
    return quantity ? quantity->to_string() : "error";
}

}  // namespace

TEST_CASE("every form of a quantity") {
    struct Row {
        const char* text;
        const char* value;
    };
    const Row rows[] = {
        {"0", "0"},
        {"1", "1"},
        {"-1", "-1"},
        {"+1", "1"},
        {"007", "7"},
        {".5", "1/2"},
        {"5.", "5"},
        {"-.5", "-1/2"},
        {"1.50", "3/2"},
        {"0.000", "0"},
        {"5.m", "1/200"},
        {"1n", "1/1000000000"},
        {"1u", "1/1000000"},
        {"500m", "1/2"},
        {"2k", "2000"},
        {"3M", "3000000"},
        {"4G", "4000000000"},
        {"5T", "5000000000000"},
        {"6P", "6000000000000000"},
        {"7E", "7000000000000000000"},
        {"1Ki", "1024"},
        {"1Mi", "1048576"},
        {"1.5Gi", "1610612736"},
        {"1Ti", "1099511627776"},
        {"1Pi", "1125899906842624"},
        {"1Ei", "1152921504606846976"},
        {"1e0", "1"},
        {"1e3", "1000"},
        {"1E3", "1000"},
        {"1e+3", "1000"},
        {"1e-3", "1/1000"},
        {"1.5e1", "15"},
        {"12E", "9223372036854775807"},
        {"100m", "1/10"},
        {"1000000000000000000", "1000000000000000000"},
        {"9223372036854775807", "9223372036854775807"},
        {"0.5Ki", "512"},
        {".125Mi", "131072"},
        {"0e999", "0"},
        {"0.1Ki", "512/5"},
        {"000000000000000000000000000000000008", "8"},
    };
    for (const Row& row : rows) {
        INFO(row.text);
        CHECK(value_of(row.text) == row.value);
    }
}

TEST_CASE("finer than nano is rounded up, away from zero") {
    CHECK(value_of("0.1n") == "1/1000000000");
    CHECK(value_of("1e-400") == "1/1000000000");
    CHECK(value_of("-0.1n") == "-1/1000000000");
    CHECK(value_of("1.0000000001") == "1000000001/1000000000");
    CHECK(value_of("1.0000000010") == "1000000001/1000000000");
    CHECK(value_of("0.0000000000001Ki") == "1/1000000000");
    CHECK(value_of("0.00000000000000000000") == "0");
}

TEST_CASE("above 2^63-1 is capped") {
    for (const char* text :
         {"9223372036854775808", "1e400", "10E", "8Ei", "1e2147483647", "99999999999999999999Ki",
          "9223372036854775807.5", "7.9999999999999999999999999Ei"}) {
        INFO(text);
        const bool below = std::string(text) == "7.9999999999999999999999999Ei";
        const auto quantity = parse_quantity(text);
        REQUIRE(quantity.has_value());
        CHECK(*quantity <= Ratio(kCap));
        if (!below) CHECK(*quantity == Ratio(kCap));
    }
    CHECK(*parse_quantity("-1e400") == -Ratio(kCap));
}

TEST_CASE("what is no quantity is refused with the text and a reason") {
    for (const char* text : {"",
                             "-",
                             "+",
                             ".",
                             "-.",
                             "1 Gi",
                             " 1",
                             "1 ",
                             "1gi",
                             "1GI",
                             "0x1",
                             "1e",
                             "1e+",
                             "1e1.5",
                             "NaN",
                             "Inf",
                             "1KiB",
                             "1K",
                             "Gi",
                             "m",
                             "1mm",
                             "1,5",
                             "1_000",
                             "--1",
                             "+-1",
                             "1.2.3",
                             "1e99999999999",
                             "1e-4294967295",
                             "1Kii",
                             "1i",
                             "\xD9\xA1",
                             "1\n"}) {
        INFO(text);
        const auto quantity = parse_quantity(text);
        REQUIRE_FALSE(quantity.has_value());
        CHECK(quantity.error().message.find("is not a quantity: ") != std::string::npos);
    }
    CHECK(
        parse_quantity("1gi").error().message ==
        "'1gi' is not a quantity: unknown suffix 'gi' (n u m k M G T P E, Ki Mi Gi Ti Pi Ei or an exponent); "
        "write it like \"2\", \"500m\" or \"16Gi\"");
    const auto long_text = parse_quantity(std::string(100'000, '9'));
    REQUIRE_FALSE(long_text.has_value());
    CHECK(long_text.error().message.size() < 200);
}

TEST_CASE("quantities in manifests are strings or numbers") {
    const auto read = [](const char* text) {
        const auto document = tollgate::json::parse(text);
        REQUIRE(document.has_value());
        const auto quantity = read_quantity(document->root());
        return quantity ? quantity->to_string() : quantity.error().message;
    };
    CHECK(read("8") == "8");
    CHECK(read("1.5e1") == "15");
    CHECK(read("\"16Gi\"") == "17179869184");
    CHECK(read("\" 8 \"") == "8");
    CHECK(read("null") == "0");
    CHECK(read("[]") == "expected a quantity such as \"2\", \"500m\" or \"16Gi\", got a list");
    CHECK(read("true") == "expected a quantity such as \"2\", \"500m\" or \"16Gi\", got a boolean");
    CHECK_FALSE(read_quantity({}).has_value());
}

TEST_CASE("quantities are printed as people write them") {
    CHECK(format_cpu(Ratio(23)) == "23");
    CHECK(format_cpu(Ratio::of(1, 2)) == "500m");
    CHECK(format_cpu(Ratio::of(47, 2)) == "23500m");
    CHECK(format_cpu(Ratio::of(1, 1'000'000)) == "1u");
    CHECK(format_cpu(Ratio::of(1, 3)) == "333333334n");
    CHECK(format_cpu(Ratio::unknown()) == "unknown");
    CHECK(format_bytes(Ratio(1000)) == "1000");
    CHECK(format_bytes(Ratio(0)) == "0");
    CHECK(format_bytes(*parse_quantity("1900Gi")) == "1900Gi");
    CHECK(format_bytes(*parse_quantity("512Mi")) == "512Mi");
    CHECK(format_bytes(*parse_quantity("2048Gi")) == "2Ti");
    CHECK(format_bytes(Ratio::of(3, 2)) == "2");
    CHECK(format_mib(18 * 1024) == "18Gi");
    CHECK(format_mib(9856) == "9856Mi");
    CHECK(format_mib(0) == "0");
}
