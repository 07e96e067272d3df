// SPDX-License-Identifier: Apache-2.0
// Kubernetes' own policies beside the cost policies: on which objects, and what becomes of the verdict.
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

using namespace tollgate;
using namespace tollgate::test;

namespace {

const std::string kDocuments = std::string(kFleet) + R"yaml(---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: ceiling}
spec:
  mode: Enforce
  rules: [{name: pod, limits: {gpusPerPod: 4}}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: team}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*/*"]}]
  validations:
  - expression: "(object == null ? oldObject : object).metadata.?labels.team.hasValue()"
    message: it names no team
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: all}
spec: {policyName: team, validationActions: [Deny]}
)yaml";

Object pod(int gpus, const std::string& metadata = "") {
    return Object("{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: research" + metadata +
                  "}, spec: {containers: [{name: main, image: x, resources: {limits: {nvidia.com/gpu: " +
                  std::to_string(gpus) + "}}}]}}");
}

const Object& widget() {
    static const Object made("{apiVersion: example.com/v1, kind: Widget, metadata: {name: w, namespace: a}}");
    return made;
}

constexpr std::string_view kSentence =
    "ValidatingAdmissionPolicy 'team' with binding 'all' denied request: it names no team";

}  // namespace

TEST_CASE("an admission policy judges kinds that nobody described, and objects without accelerators") {
    const decide::Snapshot snapshot = make_snapshot(kDocuments);
    const decide::Decision unknown = validate(snapshot, widget());
    CHECK_FALSE(unknown.allowed);
    CHECK(unknown.message == kSentence);
    CHECK(unknown.status_code == 422);
    CHECK(unknown.status_reason == "Invalid");
    CHECK(names(unknown.findings) == std::vector<std::string>{"team/validations[0] Deny"});
    const Object plain(
        "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: a}, spec: {containers: "
        "[{name: main, image: x}]}}");
    CHECK_FALSE(validate(snapshot, plain).allowed);
    CHECK(mutate(snapshot, widget()).findings.empty());
}

TEST_CASE("what costs too much is said first, and the code is that of the gate") {
    const decide::Snapshot snapshot = make_snapshot(kDocuments);
    const decide::Decision both = validate(snapshot, pod(8));
    CHECK(names(both.findings) == std::vector<std::string>{"ceiling/pod Deny", "team/validations[0] Deny"});
    CHECK(both.message.find("ceiling/pod") < both.message.find(kSentence));
    CHECK(both.message.ends_with(kSentence));
    CHECK(both.status_code == 403);
    CHECK(validate(snapshot, pod(2, ", labels: {team: a}")).allowed);
}

TEST_CASE("updates and subresources that cost nobody anything are judged as well") {
    const decide::Snapshot snapshot = make_snapshot(kDocuments);
    const decide::Decision exempt = decide::decide(
        make_update(decide::Phase::Validate, pod(1, ", annotations: {a: b}"), pod(1)), snapshot, {});
    CHECK(exempt.exempt == "metadata-only update");
    CHECK_FALSE(exempt.allowed);
    const Object object = pod(1);
    decide::Request request = make_request(decide::Phase::Validate, object);
    request.subresource = "status";
    CHECK_FALSE(decide::decide(request, snapshot, {}).allowed);
}

TEST_CASE("on DELETE a manifest is the old object in check; a review is what it says") {
    const decide::Snapshot snapshot = make_snapshot(kDocuments);
    decide::Request request = make_request(decide::Phase::Validate, widget());
    request.operation = decide::Operation::Delete;
    request.check = true;
    CHECK(decide::review_offline(request, snapshot, {}).decision.message == kSentence);
    request.check = false;
    request.old_object = request.object;
    request.object = json::Node();
    CHECK(decide::decide(request, snapshot, {}).message == kSentence);
}

TEST_CASE("a paused gate audits, and so does one that is held to Audit") {
    decide::Snapshot snapshot = make_snapshot(kDocuments);
    snapshot.paused = true;
    const decide::Decision paused = validate(snapshot, widget());
    CHECK(paused.allowed);
    CHECK(paused.warnings.empty());
    CHECK(names(paused.findings) == std::vector<std::string>{"team/validations[0] Audit"});
    REQUIRE(paused.audit_annotations.size() == 1);
    CHECK(paused.audit_annotations[0].first == "validation_failure");
}

TEST_CASE("a policy without a binding counts in check alone") {
    const decide::Snapshot snapshot = make_snapshot(kDocuments.substr(0, kDocuments.rfind("---")));
    CHECK(validate(snapshot, widget()).allowed);
    decide::Request request = make_request(decide::Phase::Validate, widget());
    const decide::Decision checked = decide::review_offline(request, snapshot, {}).decision;
    CHECK_FALSE(checked.allowed);
    REQUIRE(checked.findings.size() == 1);
    CHECK(checked.findings[0].note.find("judged as if bound with Deny") != std::string::npos);
}

TEST_CASE("a manifest gets the namespace of its request, as in the API server") {
    std::string documents = kDocuments;
    const std::string old = "(object == null ? oldObject : object).metadata.?labels.team.hasValue()";
    documents.replace(documents.find(old), old.size(), "object.metadata.namespace == 'default'");
    const decide::Snapshot snapshot = make_snapshot(documents);
    const Object object("{apiVersion: example.com/v1, kind: Widget, metadata: {name: w}}");
    decide::Request request = make_request(decide::Phase::Validate, object);
    request.ns = "default";
    request.check = true;
    CHECK(decide::decide(request, snapshot, {}).allowed);
    const Object scoped("{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: w}}");
    decide::Request cluster = make_request(decide::Phase::Validate, scoped);
    cluster.ns = "default";
    cluster.check = true;
    CHECK_FALSE(decide::decide(cluster, snapshot, {}).allowed);  // it has none
}

TEST_CASE("what an object holds moves no terminal's cursor") {
    std::string documents = kDocuments;
    const std::string old = "message: it names no team";
    documents.replace(documents.find(old), old.size(), "messageExpression: \"'named ' + object.metadata.x\"");
    const Object object("{apiVersion: v1, kind: Thing, metadata: {name: w, namespace: a, x: \"a\\e[2Kb\"}}");
    const decide::Decision decision = validate(make_snapshot(documents), object);
    CHECK(decision.message.ends_with("denied request: named a [2Kb"));
    CHECK(decision.findings.at(0).what == "named a [2Kb");
}

TEST_CASE("what could not be judged is counted, whichever way it goes") {
    std::string documents = kDocuments;
    const std::string old = "(object == null ? oldObject : object).metadata.?labels.team.hasValue()";
    documents.replace(documents.find(old), old.size(), "object.nothing == 1");
    const decide::Decision denied = validate(make_snapshot(documents), widget());
    CHECK_FALSE(denied.allowed);
    REQUIRE(denied.errors.size() == 1);
    CHECK(denied.errors[0].reason == "expression");
    documents.insert(documents.find("  matchConstraints:"), "  failurePolicy: Ignore\n");
    const decide::Decision ignored = validate(make_snapshot(documents), widget());
    CHECK(ignored.allowed);
    CHECK(ignored.errors.size() == 1);
}
