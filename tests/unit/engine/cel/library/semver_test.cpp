// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/library/library.hpp"
#include "tests/unit/engine/cel/library/rows.hpp"

using namespace tollgate::cel;
using namespace tollgate::cel::test;
using namespace std::string_view_literals;

namespace {

class Versions : public Rows {
  public:
    Versions() : Rows(semver_overloads()) {}
    bool takes(std::string_view text) { return taken("is_semver_string", "string_to_semver", {S(text)}); }
    bool takes(std::string_view text, bool normalize) {
        return taken("is_semver_string_bool", "string_bool_to_semver", {S(text), bool_value(normalize)});
    }
    Value v(std::string_view text) { return value("string_to_semver", {S(text)}); }
    Value normal(std::string_view text) {
        return value("string_bool_to_semver", {S(text), bool_value(true)});
    }
    std::string numbers(const Value& version) {
        if (version.is_error()) return text_of(version);
        return call("semver_major", {version}) + "." + call("semver_minor", {version}) + "." +
               call("semver_patch", {version});
    }
    /// -1, 0 or 1, the same in every way to ask, also with the sides swapped.
    int order(const Value& a, const Value& b) {
        const auto result = static_cast<int>(value("semver_compare_to", {a, b}).integer);
        CHECK(value("semver_compare_to", {b, a}).integer == -result);
        CHECK(value("semver_is_less_than", {a, b}).is_true() == (result < 0));
        CHECK(value("semver_is_greater_than", {a, b}).is_true() == (result > 0));
        CHECK(same_values(a, b) == (result == 0));
        return result;
    }
    int order(std::string_view a, std::string_view b) {
        INFO(a << " and " << b);
        const Value left = v(a), right = v(b);
        REQUIRE(left.is(Tag::Opaque));
        REQUIRE(right.is(Tag::Opaque));
        return order(left, right);
    }

  private:
    bool taken(std::string_view asks, std::string_view makes, std::initializer_list<Value> arguments) {
        const bool answer = value(asks, arguments).is_true();
        CHECK(answer == !value(makes, arguments).is_error());
        return answer;
    }
};

}  // namespace

TEST_CASE("cel semver: the table") {
    check_table(semver_overloads());
    Versions all;
    CHECK(type_name(all.v("1.2.3")) == "kubernetes.Semver");
}

TEST_CASE("cel semver: what is one") {
    Versions all;
    for (const std::string_view text :
         {"0.0.0", "1.2.3", "10.20.30", "1.2.3-a", "1.2.3-a.b.0", "1.2.3--", "1.2.3-0a", "1.2.3-01a",
          "1.2.3+5", "1.2.3+05.00", "1.2.3-rc.1+a-b", "1.2.3+a.b-c.d", "18446744073709551615.0.0"}) {
        CHECK(all.takes(text));
        CHECK(all.takes(text, false));
        CHECK(all.takes(text, true));
    }
    for (const std::string_view text : {"",
                                        ".",
                                        "..",
                                        "1..3",
                                        "1.2.",
                                        ".2.3",
                                        "1.2.3.4",
                                        "-1.2.3",
                                        "+1.2.3",
                                        "1.-2.3",
                                        "a.b.c",
                                        "1.2.x",
                                        "1.2.3-",
                                        "1.2.3+",
                                        "1.2.3-+5",
                                        "1.2.3-a..b",
                                        "1.2.3-.a",
                                        "1.2.3-a.",
                                        "1.2.3-01",
                                        "1.2.3-a.00",
                                        "1.2.3+a..b",
                                        "1.2.3+a.",
                                        "1.2.3+a+b",
                                        "1.2.3-a_b",
                                        "1.2.3-\xC3\xA4",
                                        "1.2.3 ",
                                        "1.2.3\n",
                                        "V1.2.3",
                                        "18446744073709551616.0.0",
                                        "1.2.3-18446744073709551616",
                                        "1.0x2.3",
                                        "vv1.2.3"}) {
        INFO(text);
        CHECK_FALSE(all.takes(text));
        CHECK_FALSE(all.takes(text, false));
        CHECK_FALSE(all.takes(text, true));
    }
    CHECK_FALSE(all.takes("1.2.3\0"sv));
    CHECK(text_of(all.v("1.2")) == "error: No Major.Minor.Patch elements found");
}

TEST_CASE("cel semver: normalizing") {
    Versions all;
    for (const std::string_view text : {"v1.2.3", "1", "1.2", "v1", "01.2.3", "1.02.3", "1.2.03", "00.0.0",
                                        "1.2.-rc", "1.2.+5", "1.2.000-rc", "v01.002.0003-rc.1+05"}) {
        INFO(text);
        CHECK_FALSE(all.takes(text));
        CHECK_FALSE(all.takes(text, false));
        CHECK(all.takes(text, true));
    }
    CHECK(all.numbers(all.normal("v007")) == "7.0.0");
    CHECK(all.numbers(all.normal("0")) == "0.0.0");
    CHECK(all.numbers(all.normal("000.00")) == "0.0.0");
    CHECK(all.numbers(all.normal("v01.020.0300-rc.1")) == "1.20.300");
    CHECK(all.order(all.normal("1.2.-rc"), all.v("1.2.0-rc")) == 0);
    CHECK(all.order(all.normal("v1.5"), all.v("1.5.0")) == 0);
    // A short version is numbers alone; zeros of a pre-release stay wrong.
    for (const std::string_view text :
         {"v", "v.1", "1-rc", "1.2-rc", "1.2+5", "1.2.3-01", "0a.1.2", "1.2.0x", "v 1", " v1"}) {
        INFO(text);
        CHECK_FALSE(all.takes(text, true));
    }
}

TEST_CASE("cel semver: numbers") {
    Versions all;
    CHECK(all.numbers(all.v("1.20.300-rc.4+5")) == "1.20.300");
    CHECK(all.numbers(all.v("9223372036854775807.0.1")) == "9223372036854775807.0.1");
    // Beyond an int they wrap around, as with the API server; the order is right.
    CHECK(all.numbers(all.v("18446744073709551615.0.9223372036854775808")) == "-1.0.-9223372036854775808");
    CHECK(all.order("18446744073709551615.0.0", "1.0.0") == 1);
}

TEST_CASE("cel semver: order") {
    Versions all;
    const std::vector<std::string_view> rising{
        "0.0.0",      "0.0.1",    "0.1.0",     "0.2.0",   "0.10.0",    "1.0.0-0",     "1.0.0-2",   "1.0.0-10",
        "1.0.0-10.0", "1.0.0--",  "1.0.0-B",   "1.0.0-a", "1.0.0-a.1", "1.0.0-a.1.b", "1.0.0-a.b", "1.0.0-a-",
        "1.0.0-a1",   "1.0.0-aa", "1.0.0-b.a", "1.0.0",   "1.0.1-0",   "1.0.1",       "2.0.0",     "10.0.0"};
    for (std::size_t i = 0; i < rising.size(); ++i)
        for (std::size_t j = i; j < rising.size(); ++j)
            CHECK(all.order(rising[i], rising[j]) == (i == j ? 0 : -1));
    CHECK(all.order("1.2.3+5", "1.2.3") == 0);
    CHECK(all.order("1.2.3-rc+5", "1.2.3-rc+6.7") == 0);
}

TEST_CASE("cel semver: a full arena") {
    Versions all;
    while (all.arena().allocate(1 << 16) != nullptr) {
    }
    CHECK(all.v("1.2.3").is_error());
    CHECK(all.value("is_semver_string", {S("1.2.3")}).is_true());
}

TEST_CASE("cel semver: costs") {
    Versions all;
    for (const std::string_view id : {"string_to_semver", "is_semver_string"}) {
        CHECK(all.cost(id, {S("")}) == 0);
        CHECK(all.cost(id, {S("1.2.3")}) == 1);
        CHECK(all.cost(id, {S("1.2.3-alpha")}) == 2);
    }
    for (const std::string_view id : {"string_bool_to_semver", "is_semver_string_bool"})
        CHECK(all.cost(id, {S("no version!"), bool_value(true)}) == 2);
    CHECK(all.cost("semver_compare_to", {all.v("1.2.3-alpha.beta"), all.v("1.2.3-alpha.gamma")}) == 1);
    CHECK(all.cost("semver_major", {all.v("1.2.3-alpha.beta")}) == 1);
}
