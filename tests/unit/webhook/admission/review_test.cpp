// SPDX-License-Identifier: Apache-2.0
#include "webhook/admission/review.hpp"

#include "tests/support/catch.hpp"

#include <string>

using namespace tollgate;
using admission::decode_review;

namespace {

std::string review(const std::string& request) {
    return R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":)" + request + "}";
}

const char* const kCreate = R"({"uid":"u-1","kind":{"group":"batch","version":"v1","kind":"Job"},
  "resource":{"group":"batch","version":"v1","resource":"jobs"},"name":"train","namespace":"research",
  "operation":"CREATE","userInfo":{"username":"ada","groups":["dev","system:authenticated"]},
  "object":{"kind":"Job","spec":{"x":1}},"oldObject":null,"dryRun":true})";

std::string reason(const std::string& body) {
    const auto got = decode_review(body, {});
    REQUIRE(!got.has_value());
    CHECK(got.error().status == 400);
    CHECK(got.error().reason.find('\n') == std::string::npos);
    return got.error().reason;
}

bool mentions(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("review: every part of a request arrives") {
    auto decoded = decode_review(review(kCreate), {.phase = decide::Phase::Mutate, .now_unix_ms = 7});
    REQUIRE(decoded.has_value());
    const admission::Review moved = std::move(*decoded);  // views survive a move
    const decide::Request& request = moved.request;
    CHECK(request.phase == decide::Phase::Mutate);
    CHECK(request.now_unix_ms == 7);
    CHECK(request.uid == "u-1");
    CHECK(request.kind.group == "batch");
    CHECK(request.kind.kind == "Job");
    CHECK(request.name == "train");
    CHECK(request.ns == "research");
    CHECK(request.operation == rules::Operation::Create);
    CHECK(request.dry_run);
    CHECK(request.user.name == "ada");
    REQUIRE(request.user.groups.size() == 2);
    CHECK(request.user.groups[1] == "system:authenticated");
    CHECK(request.object["spec"]["x"].integer() == 1);
    CHECK(!request.old_object.exists());
    CHECK(moved.resource == "jobs");
    CHECK(moved.duplicate_keys == 0);
}

TEST_CASE("review: what is no review is refused with its reason") {
    CHECK(mentions(reason("{not json"), "not JSON"));
    CHECK(mentions(reason(""), "not JSON"));
    CHECK(mentions(reason("[]"), "AdmissionReview"));
    CHECK(mentions(reason("{}"), "AdmissionReview"));
    CHECK(mentions(reason(review("null")), "request is missing"));
    CHECK(mentions(reason(review(R"({"kind":{"kind":"Pod"},"operation":"CREATE","object":{}})")), "uid"));
    CHECK(mentions(reason(review(R"({"uid":"","kind":{"kind":"Pod"},"operation":"CREATE","object":{}})")),
                   "uid"));
    CHECK(mentions(reason(review(R"({"uid":"1","operation":"CREATE","object":{}})")), "kind"));
    CHECK(mentions(reason(review(R"({"uid":"1","kind":{"kind":"Pod"},"operation":"create","object":{}})")),
                   "operation"));
    CHECK(mentions(reason(review(R"({"uid":"1","kind":{"kind":"Pod"},"operation":"CREATE"})")), "object"));
    CHECK(mentions(reason(review(R"({"uid":"1","kind":{"kind":"Pod"},"operation":"UPDATE","object":[]})")),
                   "object"));
    CHECK(mentions(
        reason(review(R"({"uid":"1","kind":{"kind":"Pod"},"operation":"UPDATE","object":{},"oldObject":3})")),
        "oldObject"));
}

TEST_CASE("review: the old version is named, with the way out") {
    const std::string why =
        reason(R"({"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":{"uid":"1"}})");
    CHECK(mentions(why, "v1beta1"));
    CHECK(mentions(why, "admissionReviewVersions"));
}

TEST_CASE("review: a hostile kind cannot write into the reason") {
    const std::string why = reason("{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"a\\nb\\u0007" +
                                   std::string(5000, 'x') + "\"}");
    CHECK(why.size() < 300);
}

TEST_CASE("review: depth is bounded before anything else") {
    const std::string deep = std::string(40, '[') + std::string(40, ']');
    const std::string body =
        review(R"({"uid":"1","kind":{"kind":"Pod"},"operation":"CREATE","object":{"a":)" + deep + "}}");
    CHECK(decode_review(body, {.max_depth = 64}).has_value());
    const auto refused = decode_review(body, {.max_depth = 32});
    REQUIRE(!refused.has_value());
    CHECK(mentions(refused.error().reason, "deep"));
}

TEST_CASE("review: DELETE has an old object only") {
    const auto got = decode_review(
        review(
            R"({"uid":"1","kind":{"kind":"Pod"},"operation":"DELETE","object":null,"oldObject":{"kind":"Pod"}})"),
        {});
    REQUIRE(got.has_value());
    CHECK(!got->request.object.exists());
    CHECK(got->request.old_object["kind"].string() == "Pod");
}

TEST_CASE("review: of duplicate keys the last counts, and it is told") {
    const auto got = decode_review(
        review(
            R"({"uid":"1","kind":{"kind":"Pod"},"operation":"CREATE","object":{"kind":"A","kind":"Pod"}})"),
        {});
    REQUIRE(got.has_value());
    CHECK(got->request.object["kind"].string() == "Pod");
    CHECK(got->duplicate_keys == 1);
}

TEST_CASE("review: odd numbers and lone surrogates in the object are not our business") {
    const auto got = decode_review(
        review(
            R"({"uid":"1","kind":{"kind":"Pod"},"operation":"CREATE","object":{"a":123456789012345678901234567890,"b":"\ud800"}})"),
        {});
    CHECK(got.has_value());
}
