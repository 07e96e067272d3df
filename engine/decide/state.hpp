// SPDX-License-Identifier: Apache-2.0
// One object on its way through the decision: as received, or as some edits have made it. Internal to
// engine/decide.
//
// A State owns the changed copy of the object, when there is one; its Workload points into that copy (or into
// the request's document), so States are moved, never copied.
#pragma once

#include "engine/decide/decide.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::decide {

/// The policies that apply to one object, in order. One whose match cannot be decided (namespace not seen) is
/// an evaluation error, and left out. An entry of `exclude` whose conditions end in errors excludes nothing:
/// the policy is among those that apply, and the error denies nothing.
struct Matching {
    std::vector<const rules::Policy*> policies;
    std::vector<EvalError> errors;
};

struct State {
    std::unique_ptr<json::Document> changed;  // null: the object as received
    json::Node object;
    workload::Workload workload;
    // What is worked out of the above, once each; see make_context() and matching_policies().
    mutable rules::Facts facts = {};
    mutable std::optional<Matching> matching = std::nullopt;
    std::vector<Edit> edits;                             // all that led here, merged: one per place
    std::optional<rules::Saving> saving = std::nullopt;  // by rewriting, on the way here
    /// What made `changed` of the object as received, where one step did: rendered and tried already.
    std::optional<std::vector<patch::Operation>> operations = std::nullopt;
};

/// What policies may spend on one review, and what their expressions have worked out of it.
struct Means {
    rules::Budget budget;
    rules::ExpressionScope expressions;
};

/// Everything the rooms of engine/decide share during one review.
struct Review {
    const Request& request;
    const Snapshot& snapshot;
    const fleet::Market& market;
    const gpu::Catalog& catalog;
    std::uint64_t steps = 0;  // what rewriting and validating may each spend
    bool trace = false;
    bool controlled = false;  // reference and requester both say so
    Decision& decision;
    /// Policies that enforce have their own: what cannot deny takes nothing from what can.
    Means& enforcing;
    Means& advisory;
    Means& means(rules::Mode mode) const { return mode == rules::Mode::Enforce ? enforcing : advisory; }
};

/// Reads an object of a known kind into a State of its own (which points into `object`), classified by its
/// root owner when that owner is to be believed, in the request's namespace.
Result<State> read_state(const Review& review, json::Node object, const workload::KindSpec& kind);

/// `check` alone: what is seen only when the pods come (text that patches them, templates by name, places
/// that no document names).
void report_seen_later(const Request& request, const workload::Workload& workload, Decision& decision);

/// A rules::Context for one state, which must stay where it is as long as the Context lives.
rules::Context make_context(const Review& review, const State& state,
                            rules::Mode mode = rules::Mode::Enforce);

const fleet::Market& market_of(const Snapshot& snapshot);
/// The request as expressions see it. `resource`: of its kind, for where the request does not name it; it
/// lives as long.
vap::Input input_of(const Request& request, std::string_view resource);
/// For a review of the request that has spent nothing yet.
Means make_means(const Request& request, const workload::KindSpec& kind, const Control& control);
/// Of a kind that nobody described: the pods that are found in the object.
workload::KindSpec kind_by_structure(const Request& request);

/// The object with the edits applied, extracted anew. Fails when an edit has no place, an operation does not
/// apply, or the result cannot be read.
Result<State> apply_edits(const Review& review, const State& state, const std::vector<Edit>& edits);

/// RFC 6902 for edits made on `from`, at that object.
Result<std::vector<patch::Operation>> render_edits(const State& from, const std::vector<Edit>& edits);

// --- match.cpp ---------------------------------------------------------------------------------------------

/// Worked out when it is first asked for.
const Matching& matching_policies(Review& review, const State& state);

/// What `explain` shows: the object's class, and which policies apply or which part of their match does not
/// hold.
void trace_matching(const Review& review, const State& state);

enum class MatchResult : unsigned char { No, Yes, Unknown };
/// `excluding`: a match that exempts. There an owner reference that only claims to be one does not count.
/// Conditions are left out.
MatchResult matches(const rules::Match& match, const Review& review, const State& state, bool excluding);

// --- trust.cpp ---------------------------------------------------------------------------------------------

/// Does the requester make the objects of the owner this object names? Both the controller reference and the
/// user count.
bool is_controlled(const Request& request, const workload::Workload& workload,
                   const workload::KindTable& kinds);

/// A trusted owner's kind says what class its pods are (a ReplicaSet's pod is what its Deployment is).
void believe_owner(const Review& review, workload::Workload& workload);

/// Why nothing is judged: "" when it is. Mirror pods made by nodes, metadata-only updates, gate off.
std::string exemption(const Request& request, const Snapshot& snapshot, const workload::Workload& workload);

// --- exceptions.cpp ----------------------------------------------------------------------------------------

struct Waiver {
    const rules::Exception* exception = nullptr;  // the one that waives; null when none does
    std::string why_not;                          // one covers it and stands back because of its ceiling
};
/// What the exceptions say of this rule for this object. An expired one, one whose ceiling is exceeded, or
/// one whose cost cannot be told waives nothing.
Waiver find_exception(Review& review, const State& state, std::string_view policy, std::string_view rule,
                      const std::optional<Money>& hourly);

// --- rewriting.cpp -----------------------------------------------------------------------------------------

/// Is its verb one of those that rewrite?
bool rewrites(const rules::Rule& rule);

/// Where a policy's rewriting happens for this object.
enum class Place : unsigned char { Nowhere, Here, HereResourceOnly, AtItsPods };
Place rewriting_place(const Review& review, const State& state, const rules::Policy& policy);

struct Chain {
    const State& start;
    std::optional<State> changed;  // after all rewriting, when there was any
    const State& state() const { return changed.has_value() ? *changed : start; }
    std::vector<RewriteNote> notes;
    std::vector<Finding> findings;  // of the last round: advice, required changes
    std::vector<WithheldRewrite> withheld;
    std::vector<EvalError> errors;
};
/// Runs the rewriting rules of enforcing policies whose place is one of `places` to their fixed point.
Chain rewrite(Review& review, const State& start, std::initializer_list<Place> places);

/// What enforcing policies would have rewritten, had no exception waived it.
std::vector<Finding> waived_rewrites(Review& review, const State& state);

/// What policies in Warn and Audit would have rewritten, each on its own, on the state as it will be.
void note_unenforced_rewrites(Review& review, const State& state, std::vector<RewriteNote>& notes,
                              std::vector<Finding>& findings, std::vector<EvalError>& errors);

// --- own_annotations.cpp -----------------------------------------------------------------------------------

/// Edits that overwrite or remove what a user set in the annotations that are Tollgate's to write.
std::vector<Edit> correct_own_annotations(Review& review, const State& state);

// --- restoring.cpp -----------------------------------------------------------------------------------------

/// On UPDATE of a Pod that Tollgate rewrote: the patch that gives back the old spec, when only what Tollgate
/// wrote was undone; else nothing. Tolerations that the update adds are kept.
std::vector<patch::Operation> restore_rewritten(const Review& review, const State& received);

// --- validating.cpp ----------------------------------------------------------------------------------------

/// Findings of all validating rules on this state, with modes and controlledPods applied, exceptions not yet.
std::vector<Finding> validate(Review& review, const State& state, std::vector<EvalError>& errors);

/// A finding by which an enforcing policy would refuse `after` and did not refuse `before`, and which no
/// exception waives there; nothing when there is none. A rewrite that is then refused is worse than none.
std::optional<Finding> newly_refused(Review& review, const State& before, const State& after);

/// The action a finding has after its policy's mode and whether the pod's parent was judged.
Action effective_action(const Review& review, const rules::Policy& policy, const Finding& finding);

/// An evaluation error denies only where its policy enforces and says so; never more strongly than its mode,
/// and on pods whose parent was judged as findings there do.
bool denies(const Review& review, const EvalError& error);

const rules::Policy* find_policy(const Snapshot& snapshot, std::string_view name);

// --- ratchet.cpp -------------------------------------------------------------------------------------------

/// Moves findings that the old object already had, and that are no larger now, to `grandfathered`.
void apply_ratchet(std::vector<Finding>& findings, const std::vector<Finding>& old_findings,
                   std::vector<Finding>& grandfathered);

/// Whether an object asks for anything that it did not ask for before, as far as money goes: pods, devices
/// and other ways to them, CPU and memory, time, or other nodes. Doubt counts as more.
bool asks_for_more(const workload::Workload& now, const workload::Workload& before);

// --- fixes.cpp, bounds.cpp ---------------------------------------------------------------------------------

/// Ceilings ask for as much as each allows; where several ask of one field, the lowest pleases all. Nothing
/// is held to a ceiling weaker than its own: whoever is refused need not please an audit.
void agree_on_fixes(std::vector<Finding>& findings);

/// Judges an object of which only the outline can be read, because of `why`.
void beyond_bounds(Review& review, const workload::KindSpec& kind, const std::string& why);

// --- admission_policies.cpp --------------------------------------------------------------------------------

/// Adds what Kubernetes' own policies say of the request.
void judge_by_admission_policies(const Request& request, const Snapshot& snapshot, const Control& control,
                                 Decision& decision);

// --- message.cpp, warnings.cpp -----------------------------------------------------------------------------

/// "job.batch/train-llama in research"
std::string object_name(const Request& request, const workload::Workload& workload);
std::string denial_message(const Review& review, const State& state);
void add_warnings(Review& review, const State& state);
/// For kubectl: broken at words, bounded; what is past the bound is counted.
void append_warnings(Decision& decision, const std::vector<std::string>& texts);
/// Whoever sent the update sees that the pod is not what was sent.
void warn_of_restoring(Review& review);

}  // namespace tollgate::decide
