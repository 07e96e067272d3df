// SPDX-License-Identifier: Apache-2.0
#include "engine/base/limits.hpp"
#include "engine/cel/library/library.hpp"
#include "tests/unit/engine/cel/library/rows.hpp"

#include <limits>

using namespace tollgate::cel;
using namespace tollgate::cel::test;
using namespace std::string_view_literals;

namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

class Quantities : public Rows {
  public:
    Quantities() : Rows(quantity_overloads()) {}
    Value q(std::string_view text) {
        const Value made = value("string_to_quantity", {S(text)});
        INFO(text);
        CHECK(made.is(Tag::Opaque));
        return made;
    }
    std::string error(std::string_view text) { return call("string_to_quantity", {S(text)}); }
    bool takes(std::string_view text) {
        const bool taken = value("is_quantity_string", {S(text)}).is_true();
        CHECK(taken == !value("string_to_quantity", {S(text)}).is_error());
        return taken;
    }
    std::string integer(const Value& quantity) {
        const Value answer = value("quantity_get_int", {quantity});
        CHECK(value("quantity_is_integer", {quantity}).is_true() == !answer.is_error());
        return text_of(answer);
    }
    std::string integer(std::string_view text) { return integer(q(text)); }
    std::string real(std::string_view text) { return call("quantity_get_float", {q(text)}); }
    Value add(const Value& a, const Value& b) {
        return value(b.is(Tag::Int) ? "quantity_add_int" : "quantity_add", {a, b});
    }
    Value sub(const Value& a, const Value& b) {
        return value(b.is(Tag::Int) ? "quantity_sub_int" : "quantity_sub", {a, b});
    }
    /// -1, 0 or 1, the same in every way to ask, also with the sides swapped.
    int order(const Value& a, const Value& b) {
        const auto result = static_cast<int>(value("quantity_compare_to", {a, b}).integer);
        CHECK(value("quantity_compare_to", {b, a}).integer == -result);
        CHECK(value("quantity_is_less_than", {a, b}).is_true() == (result < 0));
        CHECK(value("quantity_is_greater_than", {a, b}).is_true() == (result > 0));
        CHECK(same_values(a, b) == (result == 0));
        return result;
    }
    int order(std::string_view a, std::string_view b) {
        INFO(a << " and " << b);
        return order(q(a), q(b));
    }
};

const std::string kNoInteger = "error: cannot convert value to integer";

}  // namespace

TEST_CASE("cel quantity: the table") {
    check_table(quantity_overloads());
    Quantities all;
    CHECK(all.row("quantity_sign").style == Style::Global);
    CHECK(type_name(all.q("1")) == "kubernetes.Quantity");
}

TEST_CASE("cel quantity: what is one") {
    Quantities all;
    for (const std::string_view text :
         {"0",   "1",   "-1",  "+1",  "007", "1.5", "1.",   ".5",   "-.5",   "1n",
          "1u",  "1m",  "1k",  "1M",  "1G",  "1T",  "1P",   "1E",   "1Ki",   "1Mi",
          "1Gi", "1Ti", "1Pi", "1Ei", "1e3", "1E3", "1e+3", "1e-3", "1.5Gi", "1e2147483647"})
        CHECK(all.takes(text));
    for (const std::string_view text :
         {"",          " ",   "1 ",  " 1",   "1 Gi", "1.2.3", "1,5",   "--1",   "+-1",
          "1K",        "1g",  "1mi", "1KI",  "1Mib", "1e",    "1e+",   "1e1.5", "1e9223372036854775808",
          "1ee3",      "1k5", "1+5", "1e3k", "abc",  "0x10",  "1_000", "NaN",   "inf",
          "1\xC2\xB5", "\xFF"})
        CHECK_FALSE(all.takes(text));
    CHECK_FALSE(all.takes("1\0"sv));
    CHECK(all.error("1Q") == "error: quantities are a number and a suffix, such as 2, 500m, 16Gi or 1e3");
    CHECK(all.error("1Kim") == "error: unable to parse quantity's suffix");
}

TEST_CASE("cel quantity: digits may be missing, as with the API server") {
    Quantities all;
    for (const std::string_view text : {"+", "-", ".", "k", "-k", "Mi", "e3", ".n"})
        CHECK(all.order(text, "0") == 0);
    // There, these are read another way.
    for (const std::string_view text : {"Pi", "Ei", "-Ei", ".Ei", "e-10"})
        CHECK(all.error(text) == "error: unable to parse numeric part of quantity");
    CHECK(all.takes("0Ei"));
}

TEST_CASE("cel quantity: order is numeric") {
    Quantities all;
    CHECK(all.order("100m", "0.1") == 0);
    CHECK(all.order("1k", "1000") == 0);
    CHECK(all.order("1e3", "1000000m") == 0);
    CHECK(all.order("1E", "1e18") == 0);
    CHECK(all.order("0", "-0") == 0);
    CHECK(all.order("0e9", "0") == 0);
    CHECK(all.order("1Ki", "1k") == 1);
    CHECK(all.order("0.5Ki", "512") == 0);
    CHECK(all.order("1.5Gi", "1536Mi") == 0);
    CHECK(all.order("999m", "1") == -1);
    CHECK(all.order("-1", "1n") == -1);
    CHECK(all.order("-2", "-1500m") == -1);
    CHECK(all.order("-2k", "-1500") == -1);
    CHECK(all.order("9", "10") == -1);
    CHECK(all.order("1n", "1E") == -1);
    CHECK(all.order("1e18", "999999999999999999") == 1);
    CHECK(all.order("1e1000000000", "999999999999999999") == 1);
    CHECK(all.order("-1e1000000000", "-999999999999999999E") == -1);
    CHECK(all.order("1e2147483647", "1e2147483646") == 1);
    CHECK(all.order("5e4294967299", "5k") == 0);  // 32 bits of the exponent are kept
}

TEST_CASE("cel quantity: big numbers are exact") {
    Quantities all;
    CHECK(all.order("9223372036854775807", "9223372036854775808") == -1);
    CHECK(all.order("100000000000000000000000000000000000001", "100000000000000000000000000000000000000") ==
          1);
    CHECK(all.order("100000000000000000000", "1e20") == 0);
    CHECK(all.order("100000000000000000000", "100E") == 0);
    CHECK(all.order("-100000000000000000001", "-1e20") == -1);
    CHECK(all.order("0.000000000000000000000", "0") == 0);
    CHECK(all.order("12345678901234567890.5", "12345678901234567890500m") == 0);
    CHECK(all.order("12345678901234567890e300", "12345678901234567891e299") == 1);
    CHECK(all.order("12345678901234567890", "1e1000000000") == -1);
}

TEST_CASE("cel quantity: finer than nano rounds away from zero") {
    Quantities all;
    CHECK(all.order("0.0000000001", "1n") == 0);
    CHECK(all.order("-0.0000000001", "-1n") == 0);
    CHECK(all.order("1.0000000001", "1000000001n") == 0);
    CHECK(all.order("0.1n", "1n") == 0);
    CHECK(all.order("1e-2147483648", "1n") == 0);
    CHECK(all.order("1e-10", "0") == 1);
    CHECK(all.order("20e-10", "2n") == 0);
    CHECK(all.order("0e-10", "0") == 0);
}

TEST_CASE("cel quantity: binary ones end at the largest int") {
    Quantities all;
    CHECK(all.order("8Ei", "9223372036854775807") == 0);
    CHECK(all.order("9999Ei", "8Ei") == 0);
    CHECK(all.order("-8Ei", "-9223372036854775807") == 0);
    CHECK(all.order("7Ei", "8Ei") == -1);
    CHECK(all.order("10E", "8Ei") == 1);
}

TEST_CASE("cel quantity: integers are a matter of form") {
    Quantities all;
    CHECK(all.integer("0") == "0");
    CHECK(all.integer("-7") == "-7");
    CHECK(all.integer("2k") == "2000");
    CHECK(all.integer("1Ti") == "1099511627776");
    CHECK(all.integer("9E") == "9000000000000000000");
    CHECK(all.integer("10E") == kNoInteger);
    CHECK(all.integer("0e1000000000") == "0");
    CHECK(all.integer("1.5") == kNoInteger);
    CHECK(all.integer("1.5k") == "1500");
    // Whole, but written with a fraction, or too long for the quick form.
    for (const std::string_view text : {"1000m", "1.0", "0.0", "0.5Ki", "1Pi", "1234567890123456789"})
        CHECK(all.integer(text) == kNoInteger);
    CHECK(all.integer("123456789012345678") == "123456789012345678");
}

TEST_CASE("cel quantity: approximate") {
    Quantities all;
    CHECK(all.real("0") == "0");
    CHECK(all.real("-1.5") == "-1.5");
    CHECK(all.real("250m") == "0.25");
    CHECK(all.real("1Ki") == "1024");
    CHECK(all.real("1e22") == "1e+22");
    CHECK(all.real("1e23") == "1e+23");
    CHECK(all.real("18446744073709551617") == "18446744073709551616");
    CHECK(all.real("1e308") == "1e+308");
    CHECK(all.real("-1e309") == "-inf");
    CHECK(all.real("100000000000000000000e300") == "inf");
    CHECK(all.real("0e309") == all.real("0e400"));  // zero times infinity
}

TEST_CASE("cel quantity: sums") {
    Quantities all;
    CHECK(all.order(all.add(all.q("1k"), all.q("1m")), all.q("1000.001")) == 0);
    CHECK(all.integer(all.add(all.q("2k"), I(-1))) == "1999");
    CHECK(all.integer(all.sub(all.q("1"), I(3))) == "-2");
    CHECK(all.integer(all.sub(all.q("3Ki"), all.q("1Ki"))) == "2048");
    // Adding nothing keeps the form, adding to nothing takes the other's.
    CHECK(all.integer(all.add(all.q("1"), all.q("0.0"))) == "1");
    CHECK(all.integer(all.add(all.q("0.0"), all.q("1"))) == "1");
    CHECK(all.integer(all.add(all.q("1500m"), all.q("500m"))) == kNoInteger);
    // Past 64 bits exact, but no integer any more.
    CHECK(all.integer(all.sub(all.add(all.q("9E"), all.q("9E")), all.q("18E"))) ==
          "0");  // 18 and a power of ten
    const Value half = all.add(all.q("9E"), I(1));
    CHECK(all.integer(half) == "9000000000000000001");
    const Value past = all.add(half, half);
    CHECK(all.order(past, all.q("18000000000000000002")) == 0);
    CHECK(all.integer(past) == kNoInteger);
    CHECK(all.integer(all.sub(past, past)) == kNoInteger);
    CHECK(all.call("quantity_sign", {all.sub(past, past)}) == "0");
    CHECK(all.order(all.add(all.sub(all.q("0"), I(kLeast)), I(kLeast)), all.q("0")) == 0);
    CHECK(all.order(all.sub(all.q("1"), I(kLeast)), all.q("9223372036854775809")) == 0);
    CHECK(all.order(all.sub(all.q("-5"), I(kLeast)), all.q("9223372036854775803")) == 0);
    CHECK(all.order(all.add(all.q("1"), I(kMost)), all.q("9223372036854775808")) == 0);
    CHECK(all.order(all.add(all.q("1e100"), I(1)), all.q("1e100")) == 1);
    CHECK(all.order(all.sub(all.sub(all.q("1e100"), I(1)), all.q("1e100")), all.q("-1")) == 0);
    const Value big = all.q("99999999999999999999");
    CHECK(all.order(all.add(big, I(1)), all.add(big, I(2))) == -1);  // the receiver stays as it is
}

TEST_CASE("cel quantity: sign") {
    Quantities all;
    for (const std::string_view text : {"1", "1n", "8Ei", "100000000000000000000"})
        CHECK(all.call("quantity_sign", {all.q(text)}) == "1");
    for (const std::string_view text : {"-1", "-0.1n", "-8Ei"})
        CHECK(all.call("quantity_sign", {all.q(text)}) == "-1");
    for (const std::string_view text : {"0", "-0", "0.0000000000", "0.0Ki"})
        CHECK(all.call("quantity_sign", {all.q(text)}) == "0");
}

TEST_CASE("cel quantity: bounds") {
    Quantities all;
    const std::string most(tollgate::limits::kMaxQuantityBytes, '9');
    CHECK(all.takes(most));
    CHECK_FALSE(all.takes(most + "9"));
    CHECK(all.takes("12345678901234567890e500"));
    CHECK(all.error("12345678901234567890e700") == "error: quantity has too many digits");
    CHECK(all.error("12345678901234567890e2147483647") == "error: quantity has too many digits");
    CHECK(text_of(all.add(all.q("1e1000000"), I(1))) == "error: quantity has too many digits");
    CHECK(all.order(all.add(all.q("1e1000000"), I(0)), all.q("1e1000000")) == 0);
    Value sum = all.q("1e616");
    sum = all.add(sum, I(1));
    CHECK(sum.is(Tag::Opaque));
    for (int i = 0; i < 4 && !sum.is_error(); ++i) sum = all.add(sum, sum);
    CHECK(text_of(sum) == "error: quantity has too many digits");
}

TEST_CASE("cel quantity: a full arena") {
    Quantities all;
    const Value big = all.q("99999999999999999999");
    const Value small = all.q("1");
    while (all.arena().allocate(1 << 16) != nullptr) {
    }
    CHECK(all.value("string_to_quantity", {S("1")}).is_error());
    CHECK(all.value("string_to_quantity", {S("99999999999999999999")}).is_error());
    CHECK(all.add(big, small).is_error());
    CHECK(all.value("is_quantity_string", {S("1")}).is_true());
}

TEST_CASE("cel quantity: costs") {
    Quantities all;
    for (const std::string_view id : {"string_to_quantity", "is_quantity_string"}) {
        CHECK(all.cost(id, {S("")}) == 0);
        CHECK(all.cost(id, {S("1")}) == 1);
        CHECK(all.cost(id, {S("12345678901")}) == 2);
        CHECK(all.cost(id, {S("no quantity")}) == 2);
    }
    CHECK(all.cost("quantity_add", {all.q("1"), all.q("99999999999999999999")}) == 1);
    CHECK(all.cost("quantity_compare_to", {all.q("1"), all.q("99999999999999999999")}) == 1);
}
