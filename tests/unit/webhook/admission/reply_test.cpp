// SPDX-License-Identifier: Apache-2.0
#include "webhook/admission/reply.hpp"

#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

#include <string>

using namespace tollgate;
using Json = nlohmann::json;

namespace {

decide::Request request(decide::Phase phase) {
    decide::Request made;
    made.phase = phase;
    made.uid = "u-\"1\"";
    made.kind = {"batch", "v1", "Job"};
    made.name = "train";
    return made;
}

decide::Finding finding(decide::Action action, std::string what, std::string field) {
    decide::Finding made;
    made.by = {"bounded-jobs", "lifetime"};
    made.action = action;
    made.what = std::move(what);
    made.field = std::move(field);
    return made;
}

Json reply(const decide::Request& asked, const decide::Decision& decision) {
    const Json parsed = Json::parse(admission::encode_reply(asked, decision));
    CHECK(parsed["apiVersion"] == "admission.k8s.io/v1");
    CHECK(parsed["kind"] == "AdmissionReview");
    return parsed["response"];
}

std::string decode_base64(const std::string& text) {
    const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    unsigned bits = 0;
    int count = 0;
    for (const char c : text) {
        if (c == '=') break;
        bits = (bits << 6U) | static_cast<unsigned>(alphabet.find(c));
        count += 6;
        if (count < 8) continue;
        count -= 8;
        out += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
    }
    return out;
}

}  // namespace

TEST_CASE("reply: an allowed object says so and no more") {
    const Json response = reply(request(decide::Phase::Validate), {});
    CHECK(response["uid"] == "u-\"1\"");
    CHECK(response["allowed"] == true);
    CHECK(response.size() == 2);
}

TEST_CASE("reply: a denial carries the message, the code and a cause for each denying finding") {
    decide::Decision decision;
    decision.allowed = false;
    decision.verdict = decide::Verdict::Denied;
    decision.message = "job.batch/train: 1 problem\n1. \"quoted\" \\ and \xE2\x82\xAC";
    decision.findings.push_back(finding(decide::Action::Deny, "runs for ever", "spec.activeDeadlineSeconds"));
    decision.findings.push_back(finding(decide::Action::Warn, "only a warning", "spec.x"));
    const Json response = reply(request(decide::Phase::Validate), decision);
    CHECK(response["allowed"] == false);
    const Json status = response["status"];
    CHECK(status["code"] == 403);
    CHECK(status["reason"] == "Forbidden");
    CHECK(status["message"] == decision.message);
    CHECK(status["details"]["group"] == "batch");
    CHECK(status["details"]["kind"] == "Job");
    CHECK(status["details"]["name"] == "train");
    REQUIRE(status["details"]["causes"].size() == 1);
    CHECK(status["details"]["causes"][0]["field"] == "spec.activeDeadlineSeconds");
    CHECK(status["details"]["causes"][0]["message"] == "runs for ever");
    CHECK(status["details"]["causes"][0]["reason"] == "bounded-jobs/lifetime");
    CHECK(!response.contains("patch"));
}

TEST_CASE("reply: causes are bounded as the message is") {
    decide::Decision decision;
    decision.allowed = false;
    for (int i = 0; i < 1000; ++i)
        decision.findings.push_back(finding(decide::Action::Deny, std::string(100, 'x'), "f"));
    const Json response = reply(request(decide::Phase::Validate), decision);
    CHECK(response["status"]["details"]["causes"].size() < 100);
    CHECK(response["status"]["details"]["causes"].size() > 50);
}

TEST_CASE("reply: /mutate always allows, and carries its patch in base64") {
    decide::Decision decision;
    decision.allowed = false;  // whatever the engine thinks of it
    patch::Operation op;
    op.op = patch::Operation::Op::Replace;
    op.path = "/spec/containers/0/resources/limits/nvidia.com~1gpu";
    op.value_json = "\"1\"";
    decision.patch.push_back(op);
    const Json response = reply(request(decide::Phase::Mutate), decision);
    CHECK(response["allowed"] == true);
    CHECK(response["patchType"] == "JSONPatch");
    const Json patch = Json::parse(decode_base64(response["patch"].get<std::string>()));
    REQUIRE(patch.size() == 1);
    CHECK(patch[0]["op"] == "replace");
    CHECK(patch[0]["path"] == op.path);
    CHECK(patch[0]["value"] == "1");
    CHECK(!response.contains("status"));
}

TEST_CASE("reply: /validate never carries a patch") {
    decide::Decision decision;
    decision.patch.push_back({patch::Operation::Op::Remove, "/spec", ""});
    CHECK(!reply(request(decide::Phase::Validate), decision).contains("patch"));
}

TEST_CASE("reply: warnings and audit annotations") {
    decide::Decision decision;
    decision.warnings = {"one", "two"};
    decision.audit_annotations = {{"findings", "a: b"}};
    const Json response = reply(request(decide::Phase::Mutate), decision);
    CHECK(response["warnings"] == Json::array({"one", "two"}));
    CHECK(response["auditAnnotations"]["findings"] == "a: b");
}
