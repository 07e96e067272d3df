// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/library/library.hpp"
#include "tests/unit/engine/cel/library/rows.hpp"

using namespace tollgate::cel;
using namespace tollgate::cel::test;

namespace {

class Urls : public Rows {
  public:
    Urls() : Rows(url_overloads()) {}

    Value url(std::string_view text) { return value("string_to_url", {S(text)}); }
    bool is_url(std::string_view text) { return value("is_url_string", {S(text)}).is_true(); }
    std::string get(const char* id, std::string_view text) {
        const Value made = url(text);
        return made.is_error() ? text_of(made) : call(id, {made});
    }
    std::string path(std::string_view text) { return get("url_get_escaped_path", text); }
    std::string host(std::string_view text) { return get("url_get_host", text); }
    std::string query(std::string_view text) { return get("url_get_query", text); }
    bool same(std::string_view a, std::string_view b) { return same_values(url(a), url(b)); }
};

}  // namespace

TEST_CASE("cel url: the table") {
    check_table(url_overloads());
}

TEST_CASE("cel url: what a URL is") {
    Urls urls;
    for (const char* text : {"ftp://h", "/", "/a b", "*", "mailto:me", "x:", "HTTP://h/", "http:///a",
                             "file:/a", "//h/a", "http://h?q#f", "x+y-z.1:o", "/ä", "http://[::1%25e]/"})
        CHECK(urls.is_url(text));
    for (const char* text : {"",
                             "a",
                             "a/b",
                             "?q",
                             "#f",
                             ":a",
                             "1x:/a",
                             "/a\n",
                             "/\x7f",
                             "/%",
                             "/%4",
                             "/%zz",
                             "http://h:p/",
                             "http://h:1:2/",
                             "http://[::1/",
                             "http://a[::1]/",
                             "http://[1.2.3.4]/",
                             "http://[x]/",
                             "http://a b/",
                             "http://%41/",
                             "http://u u@h/",
                             "http://u/u@h/x%",
                             "http://[::1]x/"})
        CHECK_FALSE(urls.is_url(text));
}

TEST_CASE("cel url: its parts") {
    Urls urls;
    constexpr std::string_view kUrl = "HtTps://me:pw@Example.org:8443/a/b?k=v#f";
    CHECK(urls.get("url_get_scheme", kUrl) == "'https'");
    CHECK(urls.host(kUrl) == "'Example.org:8443'");
    CHECK(urls.get("url_get_hostname", kUrl) == "'Example.org'");
    CHECK(urls.get("url_get_port", kUrl) == "'8443'");
    CHECK(urls.path(kUrl) == "'/a/b'");
    CHECK(urls.query(kUrl) == "{'k': ['v']}");

    CHECK(urls.host("mailto:me@h") == "''");
    CHECK(urls.path("mailto:me@h") == "''");
    CHECK(urls.get("url_get_hostname", "http://[fe80::9%25e0]:1/") == "'fe80::9%e0'");
    CHECK(urls.host("http://[fe80::9%25e0]:1/") == "'[fe80::9%e0]:1'");
    CHECK(urls.get("url_get_port", "http://h:/") == "''");
    CHECK(urls.host("http://h:/") == "'h:'");
    CHECK(urls.get("url_get_hostname", "http://h:/") == "'h'");
    CHECK(urls.host("pg://a:1,b:2/x") == "'a:1,b:2'");  // strict for http and https alone
    CHECK(urls.host("http://%C3%A4/") == "'ä'");
    CHECK(urls.host("http://u@v@h/") == "'h'");
}

TEST_CASE("cel url: without a scheme, // begins a host") {
    Urls urls;
    CHECK(urls.host("//h/a") == "'h'");
    CHECK(urls.host("///h/a") == "''");
    CHECK(urls.path("///h/a") == "'///h/a'");
    // A path to isURL(), but no host to url().
    CHECK(urls.is_url("//h:p/a"));
    CHECK(urls.host("//h:p/a") ==
          "error: URL parse error during conversion from string: parse \"//h:p/a\": invalid port \":p\" "
          "after host");
    CHECK(urls.is_url("/a?q#%"));
    CHECK(urls.url("/a?q#%").is_error());
}

TEST_CASE("cel url: escapes of the path") {
    Urls urls;
    CHECK(urls.path("/a b/ä") == "'/a%20b/%C3%A4'");
    CHECK(urls.path("/a%2fb") == "'/a%2fb'");  // as it was written
    CHECK(urls.path("/%41") == "'/%41'");
    CHECK(urls.path("/%41 ") == "'/A%20'");  // what must change is written anew
    CHECK(urls.path("/(!*)'[]") == "'/(!*)'[]'");
    CHECK(urls.path("/\"<>") == "'/%22%3C%3E'");
    CHECK(urls.path("*") == "'*'");
    CHECK(urls.path("/a?b#c") == "'/a'");
    CHECK(urls.path("http://h?x") == "''");
}

TEST_CASE("cel url: the query") {
    Urls urls;
    CHECK(urls.query("/?b=1&a=2&b=3") == "{'a': ['2'], 'b': ['1', '3']}");
    CHECK(urls.query("/?a+b=c+d&%41=%42") == "{'A': ['B'], 'a b': ['c d']}");
    CHECK(urls.query("/?a&b=&=c&&d=e=f") == "{'': ['c'], 'a': [''], 'b': [''], 'd': ['e=f']}");
    // What cannot be read is left out.
    CHECK(urls.query("/?a;b=1&c=%zz&%=1&d=1") == "{'d': ['1']}");
    CHECK(urls.query("/?a?b") == "{'a?b': ['']}");
    CHECK(urls.query("/?") == "{}");
    CHECK(urls.query("/??") == "{'?': ['']}");
    CHECK(urls.query("x:o?a=1") == "{'a': ['1']}");
    std::string many = "/?a=1";
    for (int i = 1; i < 10'000; ++i) many += "&a";
    CHECK(size_of(lookup(urls.value("url_get_query", {urls.url(many)}), "a")) == 10'000);
    CHECK(urls.query(many + "&a") == "{}");
}

TEST_CASE("cel url: equality is that of the normal forms") {
    Urls urls;
    CHECK(urls.same("HTTP://h/a", "http://h/a"));
    CHECK(urls.same("/a b", "/a%20b"));
    CHECK(urls.same("http://h/#", "http://h/"));
    CHECK(urls.same("http://%C3%A4@h/", "http://%c3%a4@h/"));
    CHECK_FALSE(urls.same("/%41", "/A"));
    CHECK_FALSE(urls.same("http://h/?", "http://h/"));
    CHECK_FALSE(urls.same("http://h/#f", "http://h/"));
    CHECK_FALSE(urls.same("file:/a", "file:///a"));
    CHECK_FALSE(urls.same("http://H/", "http://h/"));
}

TEST_CASE("cel url: cost and memory") {
    Urls urls;
    CHECK(urls.cost("string_to_url", {S("/2345678901")}) == 2);
    CHECK(urls.cost("is_url_string", {S("/2345678901")}) == 1);
    Arena small(64);
    Meter meter;
    CallContext context{small, meter};
    const Value text = S("http://h/a%20b?a=1&b=2&c=3&d=4");
    CHECK(urls.row("string_to_url").call(context, std::array{text}).is_error());
}
