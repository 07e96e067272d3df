// SPDX-License-Identifier: Apache-2.0
// The decision: a pure function of (request, snapshot, control). No network, no file, no clock of its own.
// Thread rule: decide() may run on any number of threads with one Snapshot.
#pragma once

#include "engine/base/json/document.hpp"
#include "engine/decide/policy_index.hpp"
#include "engine/patch/operation.hpp"
#include "engine/rules/outcome.hpp"
#include "engine/rules/policy.hpp"
#include "engine/vap/policy.hpp"
#include "engine/workload/kind_spec.hpp"
#include "engine/workload/workload.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate::decide {

using rules::Action;
using rules::Edit;
using rules::EvalError;
using rules::Finding;
using rules::Operation;

enum class Phase : std::uint8_t { Mutate, Validate };

struct User {
    std::string_view name;
    std::vector<std::string_view> groups;
    std::string_view uid = {};
    json::Node extra = {};  // a map of lists
};

struct Request {
    Phase phase = Phase::Validate;
    Operation operation = Operation::Create;
    bool dry_run = false;
    workload::Gvk kind;  // of the object as sent
    std::string_view uid, name, ns, subresource;
    User user;
    json::Node object, old_object;
    std::int64_t now_unix_ms = 0;  // the caller stamps the only clock
    // Of the API server's AdmissionRequest, for admission policies. Empty: as `kind`, `subresource` say.
    workload::Gvk request_kind = {};
    vap::GroupVersionResource resource = {}, request_resource = {};
    std::string_view request_subresource = {};
    json::Node options = {};
    bool check = false;  // `check` and `test`: unknown kinds are searched by structure
};

struct Control {
    const std::atomic<bool>* cancelled = nullptr;  // the deadline
    std::uint64_t steps = limits::kMaxSteps;
    bool trace = false;  // collect what `explain` shows
};

/// Policies sorted by priority, exceptions, kinds; made by make_rulebook, constant afterwards.
struct Rulebook {
    std::vector<rules::Policy> policies;  // higher priority first, ties by name
    std::vector<rules::Exception> exceptions;
    workload::KindTable kinds;
    PolicyIndex index;
    vap::PolicySet admission;                           // Kubernetes' own policies
    rules::Mode admission_mode = rules::Mode::Enforce;  // these act no more strongly
    bool cares_about_cpu_pods =
        false;  // some policy judges pods without accelerators (knownAccelerators, hygiene)
};
std::shared_ptr<const Rulebook> make_rulebook(std::vector<rules::Policy> policies,
                                              std::vector<rules::Exception> exceptions,
                                              std::vector<workload::KindSpec> kinds,
                                              vap::PolicySet admission = {},
                                              rules::Mode admission_mode = rules::Mode::Enforce);

struct Snapshot {
    std::shared_ptr<const Rulebook> rules;
    std::shared_ptr<const fleet::Market> market;
    std::shared_ptr<const rules::ClusterView> cluster;              // null when nothing is known
    std::shared_ptr<const std::vector<rules::CostBudget>> budgets;  // null without any
    std::string digest;                                             // of the documents, hex
    bool paused = false;                                            // every verdict becomes Audit
};

enum class Verdict : std::uint8_t { Allowed, Rewritten, Denied, Skipped };
std::string_view to_string(Verdict verdict);

/// One pod that is (or, at a controller, will be) rewritten.
struct RewriteNote {
    rules::RuleRef by;
    rules::Mode mode = rules::Mode::Enforce;  // Warn, Audit: what would have been done
    std::uint32_t pod = 0;
    std::string from, to, from_resource, to_resource;
    Money before, after;  // the workload's pods of this template, per hour; one pod when unbounded
    plan::SavingKind kind = plan::SavingKind::Cash;
    std::string note = {};  // why an exception does not keep it from being done
    /// What `place` writes, in words; then nothing moves, and from, to and the money say nothing.
    std::string settings = {};
    std::string caution = {};  // what whoever runs the cluster should know of it
};

/// A rewrite that was thought through and not done, because another enforcing rule would have refused the
/// result.
struct WithheldRewrite {
    rules::RuleRef by;
    std::uint32_t pod = 0;
    std::string from, to;
    Money before, after;        // as in RewriteNote
    std::string refused_by;     // "policy/rule"
    std::string refusal, fix;   // what it would have said of the result
    std::string settings = {};  // as in RewriteNote
};

struct Cost {
    std::optional<Money> hourly, total;
    std::string note;
};

struct PodTrace {
    std::uint32_t pod = 0;
    rules::RuleRef by;
    rules::Rewrite outcome;  // plan with candidates, need with sources
};
struct Trace {
    std::vector<PodTrace> pods;
    std::vector<std::string> lines;  // which policies matched and why others did not, exemptions, rounds
};

struct DemandLine {                     // `check -o json`: demand[]
    std::string path, resource, count;  // count "?" when unknown
    std::optional<std::int64_t> replicas;
};

struct Decision {
    bool allowed = true;
    Verdict verdict = Verdict::Allowed;
    std::string exempt;             // why nothing was judged ("metadata-only update"); "" otherwise
    std::vector<Finding> findings;  // most expensive first; waived and grandfathered ones are kept apart
    std::vector<Finding> waived;
    std::vector<Finding> grandfathered;  // on UPDATE: were there before and are no larger now
    std::vector<RewriteNote> rewrites;
    std::vector<WithheldRewrite> withheld;
    std::vector<Edit> edits;              // to send (Mutate), semantic
    std::vector<patch::Operation> patch;  // the same, rendered and tried on a copy
    std::vector<patch::Operation>
        effect;  // what the pods of this object become, at this object (check, explain)
    std::vector<std::string> warnings;    // for kubectl, ready to send
    std::vector<std::string> seen_later;  // of `check`: what only the object's pods will tell
    std::vector<EvalError> errors;
    std::vector<std::pair<std::string, std::string>> audit_annotations;
    std::string message;  // of a denial; "" otherwise
    std::string_view status_reason = "Forbidden";
    int status_code = 403;
    std::size_t admission_policies = 0;  // ValidatingAdmissionPolicies that applied
    Cost before, after;
    std::vector<DemandLine> demand;
    std::string refused_rewrite;  // a patch that was not sent, and why; counted
    bool known_kind = true;
    bool controlled = false;   // a pod whose parent was judged: dollars are counted there
    bool interesting = false;  // some accelerator or policy was concerned
    std::unique_ptr<Trace> trace;
    std::string snapshot_digest;
    std::shared_ptr<const Rulebook> rules;  // keeps the names that findings refer to
};

/// Judges one request. Never throws; what it cannot judge is in `errors` and follows the policies' failure
/// mode.
Decision decide(const Request& request, const Snapshot& snapshot, const Control& control);

/// Lets `look` see what expressions of policies see of the object as it was received (`tollgate cel`); in one
/// of an unknown kind pods are looked for by structure. The error says why it cannot be read.
Result<void> look_at(const Request& request, const Snapshot& snapshot,
                     const std::function<void(const rules::Context&)>& look);

/// What `check`, `test` and the demo do: Mutate, apply the patch, Validate, as the API server would;
/// findings, rewrites, costs and `effect` of both in one Decision, `patched` the object with `effect`
/// applied.
struct OfflineReview {
    Decision decision;
    json::Document patched;
};
OfflineReview review_offline(Request request, const Snapshot& snapshot, const Control& control);

}  // namespace tollgate::decide
