// SPDX-License-Identifier: Apache-2.0
// Fuzzing for a way around the gate. One policy in force says that no pod may have more than eight devices
// (its `failure` is the default, and there are an exclusion and an exception that others could pretend to
// be). Every disguise of a pod with more must be denied: as it was sent, and as /mutate would have made it.
#include "engine/patch/apply.hpp"
#include "tests/fuzz/disguise.hpp"
#include "tests/fuzz/gate.hpp"
#include "webhook/admission/review.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace tollgate;
using decide::Decision;
using decide::Phase;

constexpr std::size_t kAllowed = 8;

constexpr const char* kDocuments = R"(
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: gate}
spec:
  mode: Enforce
  priority: -1
  exclude:
  - namespaces: [kube-system]
  - users: ["system:serviceaccount:kube-system:*"]
  - kinds: [TrustedJob.trusted.example, Node]
  rules:
  - {name: devices, limits: {gpusPerPod: 8}}
---
apiVersion: tollgate.dev/v1alpha1
kind: CostException
metadata: {name: launch}
spec:
  rules: [gate]
  match: {namespaces: [trusted]}
  reason: launch week
  approvedBy: finops@example.com
  expires: 2026-12-01T00:00:00Z
  maxHourlyCost: 100000
)";

/// The gate in force; the library only rewrites, so that a denial is always the gate's.
decide::Snapshot make_snapshot() {
    decide::Snapshot snapshot = fuzz::make_gate(kDocuments);
    const decide::Rulebook& rules = *snapshot.rules;
    std::vector<rules::Policy> policies = rules.policies;
    for (rules::Policy& policy : policies) {
        const bool rewrites =
            std::any_of(policy.rules.begin(), policy.rules.end(),
                        [](const rules::Rule& rule) { return rules::is_rewriting(rule.verb); });
        if (policy.name != "gate" && !rewrites) policy.mode = rules::Mode::Warn;
    }
    snapshot.rules = decide::make_rulebook(std::move(policies), rules.exceptions,
                                           std::vector<workload::KindSpec>(rules.kinds.all()));
    return snapshot;
}

Decision judge(decide::Request request, Phase phase, const decide::Snapshot& snapshot) {
    request.phase = phase;
    return decide::decide(request, snapshot, {});
}

/// The same devices in the same containers: tolerations, which may be added to a pod that runs, ask for none.
bool runs_already(json::Node then, json::Node before) {
    if (!before["spec"].is_object() || !then["spec"].is_object()) return false;
    const std::vector<patch::Operation> aside{{patch::Operation::Op::Add, "/spec/tolerations", "[]"}};
    const Result<json::Document> now = patch::apply(then, aside), old = patch::apply(before, aside);
    TOLLGATE_ASSERT(now.has_value() && old.has_value());
    return json::equal(now->root()["spec"], old->root()["spec"]);
}

bool passes(const std::string& body, const decide::Snapshot& snapshot) {
    const auto review = admission::decode_review(body, {.phase = Phase::Validate, .now_unix_ms = fuzz::kNow});
    TOLLGATE_ASSERT(review.has_value());
    const decide::Request& request = review->request;
    if (judge(request, Phase::Validate, snapshot).allowed) return true;
    const Decision mutated = judge(request, Phase::Mutate, snapshot);
    if (mutated.patch.empty()) return false;
    const Result<json::Document> patched = patch::apply(request.object, mutated.patch);
    TOLLGATE_ASSERT(patched.has_value());
    decide::Request then = request;
    then.object = patched->root();
    // What a second apply is given back is what already runs.
    if (runs_already(then.object, request.old_object)) return false;
    return judge(then, Phase::Validate, snapshot).allowed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const decide::Snapshot kSnapshot = make_snapshot();
    fuzz::Dice dice(data, size);
    const std::size_t devices = kAllowed + 1 + dice.roll(40);
    const std::string body = fuzz::disguised_review(dice, devices);
    if (passes(body, kSnapshot)) {
        std::fprintf(stderr, "a way around the gate, with %zu devices:\n%s\n", devices, body.c_str());
        TOLLGATE_ASSERT(false);
    }
    return 0;
}
