// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/library/library.hpp"
#include "tests/unit/engine/cel/library/rows.hpp"

using namespace tollgate::cel;
using namespace tollgate::cel::test;

namespace {

class Network : public Rows {
  public:
    Network() : Rows(network_overloads()) {}

    Value ip(std::string_view text) { return value("string_to_ip", {S(text)}); }
    Value cidr(std::string_view text) { return value("string_to_cidr", {S(text)}); }
    std::string ip_text(std::string_view text) {
        const Value address = ip(text);
        CHECK(address.is_error() != value("is_ip", {S(text)}).is_true());
        return address.is_error() ? text_of(address) : call("ip_to_string", {address});
    }
    std::string cidr_text(std::string_view text) {
        const Value network = cidr(text);
        CHECK(network.is_error() != value("is_cidr", {S(text)}).is_true());
        return network.is_error() ? text_of(network) : call("cidr_to_string", {network});
    }
    bool is_ip(std::string_view text) { return !ip_text(text).starts_with("error"); }
    bool is_cidr(std::string_view text) { return !cidr_text(text).starts_with("error"); }
    bool holds(std::string_view id, std::string_view text) { return value(id, {ip(text)}).is_true(); }
    bool contains_ip(std::string_view network, std::string_view address) {
        const bool result = value("cidr_contains_ip_ip", {cidr(network), ip(address)}).is_true();
        CHECK(value("cidr_contains_ip_string", {cidr(network), S(address)}).is_true() == result);
        return result;
    }
    bool contains_cidr(std::string_view outer, std::string_view inner) {
        const bool result = value("cidr_contains_cidr", {cidr(outer), cidr(inner)}).is_true();
        CHECK(value("cidr_contains_cidr_string", {cidr(outer), S(inner)}).is_true() == result);
        return result;
    }
    bool same(const Value& a, const Value& b) { return same_values(a, b); }
};

}  // namespace

TEST_CASE("cel network: the table") {
    check_table(network_overloads());
}

TEST_CASE("cel network: what an IPv4 address is") {
    Network net;
    CHECK(net.ip_text("203.0.113.9") == "'203.0.113.9'");
    CHECK(net.is_ip("0.0.0.0"));
    for (const char* text : {"", "1", "1.2.3", "1.2.3.4.5", "1..2.3", ".1.2.3", "1.2.3.", "1.2.3.256",
                             "1.2.3.04", "00.1.2.3", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4/8", "1.2.3.a",
                             "1.2.3.4%eth0", "0x1.2.3.4", "1.2.3.-4", "99999999999.1.1.1"})
        CHECK_FALSE(net.is_ip(text));
}

TEST_CASE("cel network: what an IPv6 address is") {
    Network net;
    CHECK(net.ip_text("2001:DB8:0:0:0:0:0:9") == "'2001:db8::9'");
    CHECK(net.ip_text("::") == "'::'");
    CHECK(net.ip_text("1::") == "'1::'");
    CHECK(net.ip_text("0:0:1:0:0:0:1:0") == "'0:0:1::1:0'");       // the longest run
    CHECK(net.ip_text("1:0:0:2:0:0:3:4") == "'1::2:0:0:3:4'");     // the first of two
    CHECK(net.ip_text("1:0:2:3:4:5:6:7") == "'1:0:2:3:4:5:6:7'");  // one zero is no run
    CHECK(net.ip_text("64:ff9b::1.2.3.4") == "'64:ff9b::102:304'");
    CHECK(net.ip_text("1:2:3:4:5:6:1.2.3.4") == "'1:2:3:4:5:6:102:304'");
    for (const char* text : {":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "1:2:3:4::5:6:7:8",
                             "12345::", "g::", "1:", ":1", "1:2:3:4:5:6:7:1.2.3.4", "1.2.3.4::", "::1.2.3",
                             "[::1]", "::1 ", "1:2:3:4:5:1.2.3.4"})
        CHECK_FALSE(net.is_ip(text));
}

TEST_CASE("cel network: zones and IPv4 in IPv6 are rejected") {
    Network net;
    CHECK(net.ip_text("fe80::9%eth1") == "error: IP address \"fe80::9%eth1\" with zone value is not allowed");
    CHECK(net.ip_text("::ffff:9.8.7.6") ==
          "error: IPv4-mapped IPv6 address \"::ffff:9.8.7.6\" is not allowed");
    CHECK_FALSE(net.is_ip("::FFFF:0908:0706"));
    CHECK_FALSE(net.is_ip("fe80::9%"));
    CHECK(net.is_ip("::9.8.7.6"));  // not mapped
    CHECK_FALSE(net.is_cidr("::ffff:9.8.7.6/120"));
    CHECK_FALSE(net.is_cidr("fe80::9%eth1/64"));
    CHECK(net.ip_text("1.2") ==
          "error: IP Address \"1.2\" parse error during conversion from string: ParseAddr(\"1.2\"): IPv4 "
          "address too "
          "short");
}

TEST_CASE("cel network: canonical") {
    Network net;
    CHECK(net.call("ip_is_canonical", {S("10.9.8.7")}) == "true");
    CHECK(net.call("ip_is_canonical", {S("::9")}) == "true");
    CHECK(net.call("ip_is_canonical", {S("0::9")}) == "false");
    CHECK(net.call("ip_is_canonical", {S("::AB")}) == "false");
    CHECK(net.value("ip_is_canonical", {S("10.9.8")}).is_error());
}

TEST_CASE("cel network: what addresses are for") {
    Network net;
    CHECK(net.call("ip_family", {net.ip("9.9.9.9")}) == "4");
    CHECK(net.call("ip_family", {net.ip("9::9")}) == "6");
    CHECK(net.holds("ip_is_unspecified", "::"));
    CHECK_FALSE(net.holds("ip_is_unspecified", "0.0.0.1"));
    CHECK(net.holds("ip_is_loopback", "127.255.0.9"));
    CHECK(net.holds("ip_is_loopback", "::1"));
    CHECK_FALSE(net.holds("ip_is_loopback", "7f00::1"));
    CHECK(net.holds("ip_is_link_local_multicast", "224.0.0.255"));
    CHECK(net.holds("ip_is_link_local_multicast", "ff12::9"));  // flags do not count
    CHECK_FALSE(net.holds("ip_is_link_local_multicast", "ff05::9"));
    CHECK(net.holds("ip_is_link_local_unicast", "febf::9"));
    CHECK_FALSE(net.holds("ip_is_link_local_unicast", "fec0::9"));
    CHECK(net.holds("ip_is_global_unicast", "10.0.0.9"));  // private ones too
    CHECK(net.holds("ip_is_global_unicast", "fd00::9"));
    for (const char* text : {"0.0.0.0", "255.255.255.255", "127.0.0.9", "239.9.9.9", "169.254.9.9",
                             "::", "::1", "ff0e::9", "fe80::9"})
        CHECK_FALSE(net.holds("ip_is_global_unicast", text));
}

TEST_CASE("cel network: what a network is") {
    Network net;
    CHECK(net.cidr_text("10.9.8.7/8") == "'10.9.8.7/8'");  // bits behind the prefix stay
    CHECK(net.cidr_text("2001:DB8::/0") == "'2001:db8::/0'");
    for (const char* text :
         {"", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/-1",
          "10.0.0.0/8/8", "/8", "10.0.0/8", "10.0.0.0/8 ", "10.0.0.0/18446744073709551624"})
        CHECK_FALSE(net.is_cidr(text));
    CHECK(net.call("cidr_prefix_length", {net.cidr("9::/77")}) == "77");
    CHECK(net.call("cidr_to_string", {net.value("cidr_masked", {net.cidr("10.9.8.7/13")})}) ==
          "'10.8.0.0/13'");
    CHECK(net.call("cidr_to_string", {net.value("cidr_masked", {net.cidr("ffff:ffff::9/17")})}) ==
          "'ffff:8000::/17'");
    CHECK(net.call("ip_to_string", {net.value("cidr_ip", {net.cidr("10.9.8.7/13")})}) == "'10.9.8.7'");
}

TEST_CASE("cel network: containment") {
    Network net;
    CHECK(net.contains_ip("10.9.8.7/12", "10.15.255.255"));  // the network is 10.0.0.0/12
    CHECK_FALSE(net.contains_ip("10.9.8.7/12", "10.16.0.0"));
    CHECK(net.contains_ip("0.0.0.0/0", "9.9.9.9"));
    CHECK_FALSE(net.contains_ip("0.0.0.0/0", "9::9"));
    CHECK_FALSE(net.contains_ip("::/0", "9.9.9.9"));
    CHECK(net.contains_ip("9::9/128", "9::9"));
    CHECK(net.contains_cidr("10.0.0.0/8", "10.9.0.0/8"));
    CHECK_FALSE(net.contains_cidr("10.0.0.0/9", "10.0.0.0/8"));
    CHECK_FALSE(net.contains_cidr("0.0.0.0/0", "::/0"));
    CHECK(net.value("cidr_contains_ip_string", {net.cidr("10.0.0.0/8"), S("10")}).is_error());
    CHECK(net.value("cidr_contains_cidr_string", {net.cidr("10.0.0.0/8"), S("10.0.0.0")}).is_error());
}

TEST_CASE("cel network: equality") {
    Network net;
    CHECK(net.same(net.ip("0:0::9"), net.ip("::9")));
    CHECK_FALSE(net.same(net.ip("0.0.0.0"), net.ip("::")));
    CHECK_FALSE(net.same(net.cidr("10.0.0.0/8"), net.cidr("10.0.0.1/8")));
    CHECK_FALSE(net.same(net.cidr("10.0.0.0/8"), net.cidr("10.0.0.0/9")));
    CHECK_FALSE(net.same(net.ip("10.0.0.0"), net.cidr("10.0.0.0/32")));
}

TEST_CASE("cel network: cost") {
    Network net;
    CHECK(net.cost("string_to_ip", {S("10.0.0.0")}) == 1);
    CHECK(net.cost("is_ip", {S("10.20.30.40")}) == 2);
    CHECK(net.cost("ip_is_canonical", {S("10.20.30.40")}) == 3);
    CHECK(net.cost("cidr_contains_ip_ip", {net.cidr("10.0.0.0/0"), net.ip("9.9.9.9")}) == 0);
    CHECK(net.cost("cidr_contains_ip_ip", {net.cidr("10.0.0.0/32"), net.ip("9.9.9.9")}) == 1);
    CHECK(net.cost("cidr_contains_ip_ip", {net.cidr("9::/128"), net.ip("9.9.9.9")}) == 4);
    CHECK(net.cost("cidr_contains_ip_string", {net.cidr("10.0.0.0/32"), S("9.9.9.9")}) == 2);
    CHECK(net.cost("cidr_contains_cidr", {net.cidr("9::/128"), net.cidr("9::/128")}) == 7);
    // Asked for errors too.
    const Value error = net.ip("");
    CHECK(net.row("cidr_contains_ip_ip").cost(std::array{error, Value{}}, error) == 1);
}
