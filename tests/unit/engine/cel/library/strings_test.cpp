// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/library/library.hpp"
#include "engine/cel/library/pattern.hpp"
#include "tests/unit/engine/cel/library/rows.hpp"

#include <re2/re2.h>

using namespace tollgate::cel;
using namespace tollgate::cel::test;

TEST_CASE("cel strings: the table") {
    check_table(string_overloads());
    Rows rows(string_overloads());
    for (const std::string_view id :
         {"matches", "matches_string", "string_find_string", "string_find_all_string"})
        CHECK(rows.row(id).pattern == 1);
    for (const Overload& each : string_overloads()) CHECK(each.function != "reverse");
}

TEST_CASE("cel strings: questions") {
    Rows rows(string_overloads());
    CHECK(rows.call("contains_string", {S("gpu-node"), S("u-n")}) == "true");
    CHECK(rows.call("contains_string", {S("gpu"), S("gpus")}) == "false");
    CHECK(rows.call("contains_string", {S(""), S("")}) == "true");
    CHECK(rows.call("starts_with_string", {S("nvidia.com/gpu"), S("nvidia")}) == "true");
    CHECK(rows.call("starts_with_string", {S("nv"), S("nvidia")}) == "false");
    CHECK(rows.call("ends_with_string", {S("nvidia.com/gpu"), S("/gpu")}) == "true");
    CHECK(rows.call("ends_with_string", {S("gpu"), S("GPU")}) == "false");
}

TEST_CASE("cel strings: positions count code points") {
    Rows rows(string_overloads());
    CHECK(rows.call("string_char_at_int", {S("añ👑z"), I(2)}) == "'👑'");
    CHECK(rows.call("string_char_at_int", {S("añ"), I(2)}) == "''");
    CHECK(rows.call("string_char_at_int", {S("añ"), I(3)}) == "error: index out of range: 3");
    CHECK(rows.call("string_char_at_int", {S("añ"), I(-1)}) == "error: index out of range: -1");
    CHECK(rows.call("string_index_of_string", {S("ñññx"), S("x")}) == "3");
    CHECK(rows.call("string_index_of_string", {S("abc"), S("")}) == "0");
    CHECK(rows.call("string_index_of_string", {S("abc"), S("d")}) == "-1");
    CHECK(rows.call("string_last_index_of_string", {S("ñxñx"), S("x")}) == "3");
    CHECK(rows.call("string_last_index_of_string", {S("ab"), S("abc")}) == "-1");
    CHECK(rows.call("string_last_index_of_string", {S("ñb"), S("")}) == "2");
    CHECK(rows.call("string_substring_int", {S("añ👑z"), I(1)}) == "'ñ👑z'");
    CHECK(rows.call("string_substring_int", {S("añ"), I(2)}) == "''");
    CHECK(rows.call("string_substring_int_int", {S("añ👑z"), I(1), I(3)}) == "'ñ👑'");
}

TEST_CASE("cel strings: offsets of searches") {
    Rows rows(string_overloads());
    CHECK(rows.call("string_index_of_string_int", {S("ñaña"), S("a"), I(2)}) == "3");
    CHECK(rows.call("string_index_of_string_int", {S("abc"), S("c"), I(3)}) == "-1");
    CHECK(rows.call("string_index_of_string_int", {S("abc"), S("c"), I(99)}) == "-1");
    CHECK(rows.call("string_index_of_string_int", {S("abc"), S(""), I(2)}) == "2");
    CHECK(rows.call("string_index_of_string_int", {S("abc"), S(""), I(99)}) == "3");
    CHECK(rows.call("string_index_of_string_int", {S("abc"), S(""), I(-1)}) ==
          "error: index out of range: -1");
    CHECK(rows.call("string_last_index_of_string_int", {S("ñaña"), S("ña"), I(1)}) == "0");
    CHECK(rows.call("string_last_index_of_string_int", {S("ñaña"), S("ña"), I(2)}) == "2");
    CHECK(rows.call("string_last_index_of_string_int", {S("abc"), S("c"), I(3)}) == "-1");
    CHECK(rows.call("string_last_index_of_string_int", {S("abc"), S(""), I(9)}) == "3");
    CHECK(rows.call("string_last_index_of_string_int", {S("abc"), S("c"), I(-2)}) ==
          "error: index out of range: -2");
}

TEST_CASE("cel strings: substring out of range") {
    Rows rows(string_overloads());
    CHECK(rows.call("string_substring_int", {S("abc"), I(4)}) == "error: index out of range: 4");
    CHECK(rows.call("string_substring_int", {S("abc"), I(-1)}) == "error: index out of range: -1");
    CHECK(rows.call("string_substring_int_int", {S("abc"), I(2), I(1)}) ==
          "error: invalid substring range. start: 2, end: 1");
    CHECK(rows.call("string_substring_int_int", {S("abc"), I(1), I(9)}) == "error: index out of range: 9");
    CHECK(rows.call("string_substring_int_int", {S("abc"), I(8), I(9)}) == "error: index out of range: 8");
    CHECK(rows.call("string_substring_int_int", {S("abc"), I(3), I(3)}) == "''");
}

TEST_CASE("cel strings: case and white space") {
    Rows rows(string_overloads());
    CHECK(rows.call("string_lower_ascii", {S("GPU Ñ@[")}) == "'gpu Ñ@['");
    CHECK(rows.call("string_upper_ascii", {S("gpu ñ`{")}) == "'GPU ñ`{'");
    CHECK(rows.call("string_upper_ascii", {S("")}) == "''");
    CHECK(rows.call("string_trim", {S(" \t\v\u3000a b\u2028\u0085\n")}) == "'a b'");
    CHECK(rows.call("string_trim", {S("\u200ba")}) == "'\u200ba'");
    CHECK(rows.call("string_trim", {S(" \n ")}) == "''");
}

TEST_CASE("cel strings: replace, split, join") {
    Rows rows(string_overloads());
    CHECK(rows.call("string_replace_string_string", {S("a.b.c"), S("."), S("--")}) == "'a--b--c'");
    CHECK(rows.call("string_replace_string_string", {S("ñb"), S(""), S("-")}) == "'-ñ-b-'");
    CHECK(rows.call("string_replace_string_string", {S(""), S(""), S("-")}) == "'-'");
    CHECK(rows.call("string_replace_string_string", {S("aaa"), S("aa"), S("")}) == "'a'");
    CHECK(rows.call("string_replace_string_string_int", {S("a.b.c"), S("."), S("_"), I(1)}) == "'a_b.c'");
    CHECK(rows.call("string_replace_string_string_int", {S("a.b"), S("."), S("_"), I(0)}) == "'a.b'");
    CHECK(rows.call("string_replace_string_string_int", {S("ab"), S(""), S("_"), I(2)}) == "'_a_b'");
    CHECK(rows.call("string_split_string", {S("a,,b,"), S(",")}) == "['a', '', 'b', '']");
    CHECK(rows.call("string_split_string", {S(""), S(",")}) == "['']");
    CHECK(rows.call("string_split_string", {S(""), S("")}) == "[]");
    CHECK(rows.call("string_split_string", {S("ñb"), S("")}) == "['ñ', 'b']");
    CHECK(rows.call("string_split_string_int", {S("a,b,c"), S(","), I(2)}) == "['a', 'b,c']");
    CHECK(rows.call("string_split_string_int", {S("a,b"), S(","), I(0)}) == "[]");
    CHECK(rows.call("string_split_string_int", {S("a,b"), S(","), I(1)}) == "['a,b']");
    CHECK(rows.call("string_split_string_int", {S("abc"), S(""), I(2)}) == "['a', 'bc']");
    CHECK(rows.call("list_join", {rows.list({S("a"), S(""), S("b")})}) == "'ab'");
    CHECK(rows.call("list_join_string", {rows.list({S("a"), S(""), S("b")}), S("/")}) == "'a//b'");
    CHECK(rows.call("list_join_string", {rows.list({}), S("/")}) == "''");
    CHECK(rows.call("list_join", {rows.list({S("a"), I(1)})}) == "error: join: invalid input: int");
}

TEST_CASE("cel strings: what would be too large is an error") {
    Rows rows(string_overloads());
    const std::string text(1'000'000, 'a');
    CHECK(rows.call("string_replace_string_string", {S(text), S(""), S(text)}).starts_with("error: "));
}

TEST_CASE("cel strings: long texts take linear time") {
    Rows rows(string_overloads());
    const std::string text(1'000'000, 'a');
    const std::string part = std::string(300'000, 'a') + "b";
    const std::string other_part = "b" + std::string(300'000, 'a');
    CHECK(rows.call("contains_string", {S(text), S(part)}) == "false");
    CHECK(rows.call("string_last_index_of_string", {S(text), S(other_part)}) == "-1");
    CHECK(rows.call("string_last_index_of_string", {S("c" + text), S("ca")}) == "0");
}

TEST_CASE("cel strings: quote") {
    Rows rows(string_overloads());
    CHECK(rows.call("strings_quote", {S("a\"\\\n\a\u200b👑")}) == "'\"a\\\"\\\\\\n\\a\u200b👑\"'");
    CHECK(rows.call("strings_quote", {S("\x01")}) == "'\"\x01\"'");
    CHECK(rows.call("strings_quote", {S("\xff")}) == "'\"\uFFFD\"'");
}

TEST_CASE("cel strings: regular expressions") {
    Rows rows(string_overloads());
    CHECK(rows.call("matches_string", {S("node-17"), S("[0-9]+")}) == "true");
    CHECK(rows.call("matches", {S("node-17"), S("^[0-9]+$")}) == "false");
    CHECK(rows.call("matches_string", {S("a\nb"), S("a.b")}) == "false");
    CHECK(rows.call("matches_string", {S("a\nb"), S("^b")}) == "false");
    CHECK(rows.call("matches_string", {S(""), S("")}) == "true");
    CHECK(rows.call("matches_string", {S("x"), S("x(")}) ==
          "error: error parsing regexp: missing closing ): `x(`");
    CHECK(rows.call("matches_string", {S("x"), S("a**")}) ==
          "error: error parsing regexp: invalid nested repetition operator: `**`");
    CHECK(rows.call("string_find_string", {S("a12b345"), S("[0-9]+")}) == "'12'");
    CHECK(rows.call("string_find_string", {S("ab"), S("[0-9]+")}) == "''");
    CHECK(rows.call("string_find_string", {S("x"), S("[")}) ==
          "error: Illegal regex: error parsing regexp: missing closing ]: `[`");
    CHECK(rows.call("string_find_all_string", {S("a12b345"), S("[0-9]+")}) == "['12', '345']");
    CHECK(rows.call("string_find_all_string", {S("ñaab"), S("a*")}) == "['', 'aa', '']");
    CHECK(rows.call("string_find_all_string", {S(""), S("a*")}) == "['']");
    CHECK(rows.call("string_find_all_string", {S("one two"), S("\\b")}) == "['', '', '', '']");
    CHECK(rows.call("string_find_all_string_int", {S("a1b2"), S("[0-9]"), I(1)}) == "['1']");
    CHECK(rows.call("string_find_all_string_int", {S("a1b2"), S("[0-9]"), I(0)}) == "[]");
    CHECK(rows.call("string_find_all_string_int", {S("a1b2"), S("[0-9]"), I(-7)}) == "['1', '2']");
}

TEST_CASE("cel strings: a compiled pattern is used as it is") {
    Arena arena;
    const re2::RE2 pattern("b+");
    Meter meter;
    CallContext context{arena, meter, 0, &pattern};
    Rows rows(string_overloads());
    const std::vector<Value> arguments{S("abbc"), S("(")};
    CHECK(text_of(rows.row("string_find_string").call(context, arguments)) == "'bb'");
}

TEST_CASE("cel strings: Go's spelling of named groups") {
    const auto matches = [](std::string_view pattern, std::string_view text) {
        const CompiledPattern made = compile_pattern(pattern);
        REQUIRE(made.pattern != nullptr);
        return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *made.pattern);
    };
    CHECK(matches("^(?<name>a+)(?P<other>b)$", "aab"));
    CHECK(matches("^\\(?<a>$", "<a>"));
    CHECK(matches("^[](?<n>]+$", "](<n>?"));
    CHECK(matches("^\\Q(?<n>\\E(?<m>x)$", "(?<n>x"));
    CHECK(matches("^[[:alpha:](?<]+(?<m>1)$", "a(?<1"));
    CHECK(compile_pattern("(?<=a)b").error ==
          "error parsing regexp: invalid or unsupported Perl syntax: `(?<`");
}

TEST_CASE("cel strings: costs") {
    Rows rows(string_overloads());
    const std::string twenty_five(25, 'a');
    const std::string wide = "ñññññññññññ";  // 11 code points, 22 bytes
    CHECK(rows.cost("contains_string", {S(twenty_five), S("aaaaaaaaaaa")}) == 6);
    CHECK(rows.cost("contains_string", {S(twenty_five), S("")}) == 0);
    CHECK(rows.cost("starts_with_string", {S(wide), S("b")}) == 2);
    CHECK(rows.cost("matches_string", {S("123456789"), S("[0-9]")}) == 2);
    CHECK(rows.cost("matches_string", {S("1234567890"), S("[0-9]")}) == 4);
    CHECK(rows.cost("string_char_at_int", {S(twenty_five), I(0)}) == 1);
    CHECK(rows.cost("string_index_of_string", {S(wide), S("a")}) == 2);  // bytes, rounded down
    CHECK(rows.cost("string_index_of_string", {S("123456789"), S("a")}) == 0);
    CHECK(rows.cost("string_replace_string_string", {S(twenty_five), S("b"), S("")}) == 5);
    CHECK(rows.cost("string_split_string", {S("abcdef"), S(",")}) == 2);
    CHECK(rows.cost("list_join_string", {rows.list({S("aaa"), S("bbb")}), S("-")}) == 2);
    CHECK(rows.cost("string_format", {S("12345678901"), rows.list({})}) == 2);
    CHECK(rows.cost("strings_quote", {S(wide)}) == 2);
}
