// SPDX-License-Identifier: Apache-2.0
#include "certs/authority.hpp"
#include "certs/inspect.hpp"
#include "certs/leaf.hpp"
#include "tests/support/catch.hpp"

#include <string>

namespace tollgate::certs {
namespace {

constexpr std::int64_t kNow = 1'790'000'000;

template <class T>
T must(Result<T> result) {
    INFO((result ? "" : result.error().message));
    REQUIRE(result.has_value());
    return std::move(*result);
}

const KeyPair& authority() {
    static const KeyPair pair = *make_authority({.now_unix = kNow});
    return pair;
}

LeafRequest service_request() {
    LeafRequest request;
    request.dns_names = service_names("tollgate", "tollgate-system");
    request.now_unix = kNow;
    return request;
}

std::string refusal(const std::string& chain, const std::string& host, std::int64_t at = kNow) {
    const Result<void> verdict = verify_server(chain, authority().certificate_pem, host, at);
    return verdict ? "" : verdict.error().message;
}

bool mentions(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST_CASE("an authority says what it is, from five minutes ago for ten years") {
    const CertificateFacts facts = must(inspect(authority().certificate_pem)).at(0);
    CHECK(facts.is_authority);
    CHECK(facts.subject == "CN=tollgate-ca");
    CHECK(facts.issuer == facts.subject);
    CHECK(facts.not_before_unix == kNow - 300);
    CHECK(facts.not_after_unix == kNow + 3650 * kDaySeconds);
    CHECK(facts.dns_names.empty());
    CHECK(facts.sha256_hex.size() == 64);
    CHECK(check_pair(authority()).has_value());
    CHECK(mentions(authority().key_pem, "BEGIN PRIVATE KEY"));
}

TEST_CASE("a leaf has exactly the names asked for and is accepted for them alone") {
    LeafRequest request = service_request();
    request.ip_addresses = {"127.0.0.1", "fd00::7"};
    const KeyPair leaf = must(issue_leaf(authority(), request));
    const CertificateFacts facts = must(inspect(leaf.certificate_pem)).at(0);
    CHECK_FALSE(facts.is_authority);
    CHECK(facts.dns_names ==
          std::vector<std::string>{"tollgate.tollgate-system.svc", "tollgate.tollgate-system", "tollgate"});
    CHECK(facts.ip_addresses == std::vector<std::string>{"127.0.0.1", "fd00::7"});
    CHECK(facts.issuer == "CN=tollgate-ca");
    CHECK(facts.not_after_unix == kNow + 365 * kDaySeconds);
    for (const char* host : {"tollgate.tollgate-system.svc", "tollgate", "127.0.0.1", "fd00::7"}) {
        INFO(host);
        CHECK(refusal(leaf.certificate_pem, host).empty());
    }
    for (const char* host : {"other.tollgate-system.svc", "tollgate.tollgate-system.svc.cluster.local",
                             "localhost", "x.tollgate", "127.0.0.2"}) {
        INFO(host);
        CHECK(mentions(refusal(leaf.certificate_pem, host), "mismatch"));
    }
}

TEST_CASE("the cluster domain is a name only when it is given") {
    const auto names = service_names("t", "ns", "cluster.local");
    CHECK(names == std::vector<std::string>{"t.ns.svc", "t.ns", "t", "t.ns.svc.cluster.local"});
}

TEST_CASE("a leaf is refused outside its time, by another CA and as another kind of peer") {
    const KeyPair leaf = must(issue_leaf(authority(), service_request()));
    CHECK(mentions(refusal(leaf.certificate_pem, "tollgate", kNow + 366 * kDaySeconds), "expired"));
    CHECK(mentions(refusal(leaf.certificate_pem, "tollgate", kNow - 301), "not yet valid"));
    const KeyPair stranger = must(make_authority({.now_unix = kNow}));
    CHECK_FALSE(verify_server(leaf.certificate_pem, stranger.certificate_pem, "tollgate", kNow).has_value());
    // During a rotation the bundle holds both.
    const std::string both = stranger.certificate_pem + authority().certificate_pem;
    CHECK(verify_server(leaf.certificate_pem, both, "tollgate", kNow).has_value());
    LeafRequest client = service_request();
    client.usage = Usage::Client;
    CHECK(mentions(refusal(must(issue_leaf(authority(), client)).certificate_pem, "tollgate"), "purpose"));
}

TEST_CASE("a leaf cannot act as an authority and never outlives its own") {
    const KeyPair leaf = must(issue_leaf(authority(), service_request()));
    const auto from_leaf = issue_leaf(leaf, service_request());
    REQUIRE_FALSE(from_leaf.has_value());
    CHECK(mentions(from_leaf.error().message, "is not a CA certificate"));

    AuthorityRequest brief;
    brief.days = 30;
    brief.now_unix = kNow;
    const KeyPair short_lived = must(make_authority(brief));
    const KeyPair cut = must(issue_leaf(short_lived, service_request()));
    CHECK(must(inspect(cut.certificate_pem)).at(0).not_after_unix == kNow + 30 * kDaySeconds);
    LeafRequest late = service_request();
    late.now_unix = kNow + 30 * kDaySeconds;
    CHECK(mentions(issue_leaf(short_lived, late).error().message, "has expired"));
    late.now_unix = kNow - kDaySeconds;
    CHECK(mentions(issue_leaf(short_lived, late).error().message, "not valid yet"));
}

TEST_CASE("names that are none are refused") {
    for (const char* name : {"", "*.svc", "a..b", "-a.svc", "a-.svc", "a b", "a,DNS:evil", "a/b", "a\nb",
                             "b\xC3\xBC.svc", "tollgate.svc."}) {
        LeafRequest request = service_request();
        request.dns_names = {name};
        INFO(name);
        const auto leaf = issue_leaf(authority(), request);
        REQUIRE_FALSE(leaf.has_value());
        CHECK(mentions(leaf.error().message, "is not an exact DNS name"));
    }
    LeafRequest request = service_request();
    request.ip_addresses = {"10.0.0"};
    CHECK(mentions(issue_leaf(authority(), request).error().message, "\"10.0.0\" is not an IP address"));
    request.ip_addresses.clear();
    request.dns_names.clear();
    CHECK(mentions(issue_leaf(authority(), request).error().message, "no name given"));
    request = service_request();
    request.days = 0;
    CHECK(mentions(issue_leaf(authority(), request).error().message, "at least one day"));
}

TEST_CASE("a long service name is kept whole as an alternative name") {
    LeafRequest request = service_request();
    const std::string name = std::string(63, 'a') + "." + std::string(63, 'b') + ".svc";
    request.dns_names = {name};
    const KeyPair leaf = must(issue_leaf(authority(), request));
    CHECK(must(inspect(leaf.certificate_pem)).at(0).dns_names.at(0) == name);
    CHECK(refusal(leaf.certificate_pem, name).empty());
}

TEST_CASE("keys and serial numbers are new each time") {
    const KeyPair one = must(issue_leaf(authority(), service_request()));
    const KeyPair two = must(issue_leaf(authority(), service_request()));
    CHECK(one.key_pem != two.key_pem);
    CHECK(must(inspect(one.certificate_pem)).at(0).serial_hex !=
          must(inspect(two.certificate_pem)).at(0).serial_hex);
    CHECK(mentions(check_pair({one.certificate_pem, two.key_pem}).error().message, "does not belong"));
}

TEST_CASE("serve without flags gets a pair that its own CA vouches for") {
    const SelfSigned made = must(make_self_signed(service_request()));
    CHECK(verify_server(made.leaf.certificate_pem, made.ca_pem, "tollgate", kNow).has_value());
    CHECK(check_pair(made.leaf).has_value());
}

TEST_CASE("what is no PEM certificate or key is refused with what it is") {
    CHECK(mentions(inspect("").error().message, "no PEM block"));
    CHECK(mentions(inspect("hello").error().message, "no PEM block"));
    CHECK(mentions(inspect(authority().key_pem).error().message, "no PEM block"));
    std::string broken = authority().certificate_pem;
    broken[broken.size() / 2] = '!';
    CHECK(mentions(inspect(broken).error().message, "certificate 1: not readable"));
    CHECK(mentions(inspect(authority().certificate_pem + broken).error().message,
                   "certificate 2: not readable"));
    CHECK(mentions(check_pair({authority().certificate_pem, "none"}).error().message,
                   "no unencrypted PEM private"));
    std::string many;
    for (int i = 0; i < 101; ++i) many += authority().certificate_pem;
    CHECK(mentions(inspect(many).error().message, "more than 100"));
}

}  // namespace
}  // namespace tollgate::certs
