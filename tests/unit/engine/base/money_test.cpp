// SPDX-License-Identifier: Apache-2.0
#include "engine/base/money.hpp"

#include "tests/support/catch.hpp"

using tollgate::format_usd;
using tollgate::Money;
using tollgate::Ratio;
using tollgate::to_decimal_string;

namespace {

Money usd(const char* text) {
    return Money{*tollgate::parse_decimal(text)};
}

}  // namespace

TEST_CASE("money for people") {
    struct Row {
        const char* amount;
        const char* text;
    };
    const Row rows[] = {{"0", "$0.00"},         {"55.04", "$55.04"},         {"27.5", "$27.50"},
                        {"999.99", "$999.99"},  {"999.994", "$999.99"},      {"999.995", "$1,000"},
                        {"1320.96", "$1,321"},  {"1234567.4", "$1,234,567"}, {"0.01", "$0.01"},
                        {"0.0005", "$0.0005"},  {"0.000001", "$0.000001"},   {"0.0000001", "$0.00"},
                        {"-5", "-$5.00"},       {"-1500", "-$1,500"},        {"-0.0000001", "$0.00"},
                        {"100000", "$100,000"}, {"0.0625", "$0.06"}};
    for (const Row& row : rows) {
        INFO(row.amount);
        CHECK(format_usd(usd(row.amount)) == row.text);
    }
    CHECK(format_usd(Money{Ratio::unknown()}) == "unknown");
}

TEST_CASE("money for programs") {
    CHECK(to_decimal_string(usd("55.04")) == "55.04");
    CHECK(to_decimal_string(usd("0.0625")) == "0.0625");
    CHECK(to_decimal_string(usd("4")) == "4.00");
    CHECK(to_decimal_string(usd("1234567.1234567")) == "1234567.123457");
    CHECK(to_decimal_string(usd("-0.5")) == "-0.50");
}

TEST_CASE("money adds up exactly") {
    Money sum;
    for (int i = 0; i < 10; ++i) sum += usd("0.1");
    CHECK(sum == usd("1"));
    CHECK(usd("6.88") * Ratio(8) == usd("55.04"));
    CHECK(usd("1") - usd("1.5") < usd("0"));
}
