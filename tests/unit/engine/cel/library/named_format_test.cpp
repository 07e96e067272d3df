// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/library/library.hpp"
#include "tests/unit/engine/cel/library/rows.hpp"

using namespace tollgate::cel;
using namespace tollgate::cel::test;

namespace {

class Formats : public Rows {
  public:
    Formats() : Rows(format_overloads()) {}

    Value format(std::string_view name) { return value("format." + std::string(name), {}); }
    /// "" when nothing is wrong.
    std::string wrong(std::string_view name, std::string_view text) {
        const Value result = value("format-validate", {format(name), S(text)});
        REQUIRE(result.is(Tag::Optional));
        return result.items == nullptr ? "" : text_of(*result.items);
    }
    bool takes(std::string_view name, std::string_view text) { return wrong(name, text).empty(); }
    std::size_t messages(std::string_view name, std::string_view text) {
        const Value result = value("format-validate", {format(name), S(text)});
        return result.items == nullptr ? 0 : size_of(*result.items);
    }
};

const std::string kLong(64, 'a');

}  // namespace

TEST_CASE("cel formats: the table") {
    check_table(format_overloads());
}

TEST_CASE("cel formats: by name") {
    Formats formats;
    CHECK(same_values(*formats.value("format-named", {S("uuid")}).items, formats.format("uuid")));
    CHECK_FALSE(same_values(formats.format("date"), formats.format("datetime")));
    CHECK(formats.value("format-named", {S("UUID")}).items == nullptr);
    CHECK(formats.value("format-named", {S("")}).items == nullptr);
}

TEST_CASE("cel formats: names of objects") {
    Formats formats;
    CHECK(formats.takes("dns1123Label", "0-a"));
    CHECK(formats.takes("dns1123Label", kLong.substr(1)));
    CHECK(formats.wrong("dns1123Label", kLong) == "['must be no more than 63 characters']");
    CHECK(formats.wrong("dns1123Label", "a.b") == "['must not contain dots']");
    CHECK(formats.messages("dns1123Label", kLong + "-") == 2);
    for (const char* text : {"", "-a", "a-", "A", "a_b", "a\n", "ä"}) {
        CHECK_FALSE(formats.takes("dns1123Label", text));
        CHECK_FALSE(formats.takes("dns1035Label", text));
        CHECK_FALSE(formats.takes("dns1123Subdomain", text));
    }
    CHECK_FALSE(formats.takes("dns1035Label", "0a"));
    CHECK(formats.takes("dns1035Label", "a0"));
    CHECK(formats.takes("dns1123Subdomain", "0.a-b." + kLong));
    for (const char* text : {".", "a.", ".a", "a..b", "a.-b", "a-.b"})
        CHECK_FALSE(formats.takes("dns1123Subdomain", text));
    CHECK(formats.takes("dns1123Subdomain", std::string(253, 'a')));
    CHECK(formats.wrong("dns1123Subdomain", std::string(254, 'a')) ==
          "['must be no more than 253 characters']");
}

TEST_CASE("cel formats: what names are generated from") {
    Formats formats;
    CHECK(formats.takes("dns1123LabelPrefix", "ab-"));
    CHECK(formats.takes("dns1123LabelPrefix", kLong.substr(1) + "-"));  // one character shorter when checked
    CHECK(formats.takes("dns1123LabelPrefix", "a--"));
    CHECK(formats.takes("dns1123LabelPrefix", "_-"));  // the character before goes too, whatever it is
    CHECK_FALSE(formats.takes("dns1123LabelPrefix", "-"));
    CHECK_FALSE(formats.takes("dns1035LabelPrefix", "0a-"));
    CHECK(formats.takes("dns1123SubdomainPrefix", "a.b.-"));
}

TEST_CASE("cel formats: labels") {
    Formats formats;
    CHECK(formats.takes("labelValue", ""));
    CHECK(formats.takes("labelValue", "A_b.c-9"));
    CHECK_FALSE(formats.takes("labelValue", "_a"));
    CHECK(formats.wrong("labelValue", kLong) == "['must be no more than 63 bytes']");
    CHECK(formats.takes("qualifiedName", "a.b/C_d"));
    CHECK(formats.messages("qualifiedName", "") == 2);
    CHECK(formats.messages("qualifiedName", "/") == 3);
    CHECK(formats.messages("qualifiedName", "a/b/c") == 1);
    CHECK(formats.wrong("qualifiedName", "/a") == "['prefix part must be non-empty']");
    CHECK(formats.wrong("qualifiedName", kLong) == "['name part must be no more than 63 bytes']");
    CHECK(formats.wrong("qualifiedName", std::string(254, 'a') + "/a") ==
          "['prefix part must be no more than 253 bytes']");
    CHECK_FALSE(formats.takes("qualifiedName", "A.b/c"));
}

TEST_CASE("cel formats: data") {
    Formats formats;
    CHECK(formats.takes("uri", "ftp://h"));
    CHECK(formats.wrong("uri", "a") == "['parse \"a\": invalid URI for request']");
    CHECK(formats.wrong("uri", "") == "['parse \"\": empty url']");
    CHECK(formats.takes("uuid", "01234567-89AB-cdef-0123-456789abcdef"));
    CHECK(formats.takes("uuid", "0123456789ABcdef0123-456789abcdef"));
    for (const char* text :
         {"", "01234567-89AB-cdef-0123-456789abcde", "01234567--89AB-cdef-0123-456789abcdef",
          "0123-456789AB-cdef-0123-456789abcdef", "01234567-89AB-cdef-0123-456789abcdefa"})
        CHECK(formats.wrong("uuid", text) == "['does not match the UUID format']");
    for (const char* text : {"QQ==", "QUE=", "QUFB", "+/+/QQ=="}) CHECK(formats.takes("byte", text));
    for (const char* text : {"", "QQ", "Q===", "QQ=", "QQ==QQ==", "Q-_A", "QUFB\n", "===="})
        CHECK(formats.wrong("byte", text) == "['invalid base64']");
}

TEST_CASE("cel formats: dates and times") {
    Formats formats;
    for (const char* text : {"2000-02-29", "0000-12-31", "9999-01-01", "2024-02-29"})
        CHECK(formats.takes("date", text));
    for (const char* text :
         {"", "1900-02-29", "2023-02-29", "2024-00-01", "2024-13-01", "2024-04-31", "2024-04-00", "2024-4-01",
          "24-04-01", "2024-04-01 ", "2024-04-01T", "+024-04-01"})
        CHECK(formats.wrong("date", text) == "['invalid date']");
    for (const char* text : {"2024-02-29T23:59:59Z", "2024-02-29t00:00:00z", "2024-02-29T00:00:00.1+99:99",
                             "2024-02-29T00:00:00,123456789012Z", "2024-02-29T00:00:00-00:00",
                             "2024-02-29T00:00:00+01+01:00", "2024-02-29T00:00:00Ztail"})
        CHECK(formats.takes("datetime", text));
    for (const char* text : {"", "2024-02-29", "2023-02-29T00:00:00Z", "2024-02-29T24:00:00Z",
                             "2024-02-29T00:60:00Z", "2024-02-29T00:00:60Z", "2024-02-29T00:00:00",
                             "2024-02-29T00:00Z", "2024-02-29T00:00:00.Z", "2024-02-29 00:00:00Z",
                             "2024-02-29T00:00:00+0100", "2024-02-29T00:00:00\n7Z", "2024-02-29T00:00:00Zx"})
        CHECK(formats.wrong("datetime", text) == "['invalid datetime']");
}

TEST_CASE("cel formats: cost") {
    Formats formats;
    const auto cost = [&](std::string_view name, std::string_view text) {
        return formats.cost("format-validate", {formats.format(name), S(text)});
    };
    CHECK(cost("dns1123Label", "") == 8);
    CHECK(cost("dns1123Label", "123456789") == 8);
    CHECK(cost("dns1123Label", "1234567890") == 16);
    CHECK(cost("labelValue", "") == 10);
    CHECK(cost("uri", "") == 276);
    CHECK(cost("uuid", "") == 18);
    CHECK(cost("byte", "") == 21);
    CHECK(cost("date", "ääääääääää") == 36);  // characters
    CHECK(formats.cost("format-named", {S("a name that is long")}) == 1);
    // Asked for errors too.
    const Value error = formats.arena().error("");
    CHECK(formats.row("format-validate").cost(std::array{error, Value{}}, error) == 1);
}
