// SPDX-License-Identifier: Apache-2.0
// Rewriting rules to their fixed point: highest priority first, restart after a change, until nothing
// changes. Each substitution makes the workload strictly cheaper, and place fills each absent place once, so
// this ends; the bound on rounds is for our own mistakes.
#include "engine/decide/state.hpp"
#include "engine/patch/allow.hpp"
#include "engine/patch/apply.hpp"
#include "engine/patch/edit.hpp"

#include <algorithm>

namespace tollgate::decide {

namespace {

using rules::Policy;
using rules::Rule;

/// Where a rule's parts are written for this object, if anywhere.
struct Scope {
    bool resource_only = false;
    rules::PlaceParts parts;  // of place
};

rules::Rewrite run_rule(const Policy& policy, const Rule& rule, const rules::Context& context,
                        std::uint32_t pod, const Scope& scope) {
    if (const auto* place = std::get_if<rules::Place>(&rule.verb))
        return rules::place(*place, policy, rule, context, pod, scope.parts);
    const bool resource_only = scope.resource_only;
    if (const auto* right_size = std::get_if<rules::RightSize>(&rule.verb))
        return rules::right_size(*right_size, policy, rule, context, pod, resource_only);
    if (const auto* replace = std::get_if<rules::Replace>(&rule.verb))
        return rules::replace(*replace, policy, rule, context, pod, resource_only);
    return {};
}

bool names_accelerator(std::string_view resource) {
    return gpu::classify_resource(resource).is_accelerator();
}

/// The last word on what a patch may touch, whatever a rule asked for.
bool may_touch(const workload::Workload& workload, const Edit& edit) {
    const workload::KindSpec& kind = *workload.kind;
    if (edit.scope == Edit::Scope::Pod) return patch::is_allowed(edit.pointer, names_accelerator);
    const auto is_field = [&](const std::optional<workload::Path>& path) {
        return path.has_value() && rules::dotted(edit.pointer) == path->text;
    };
    return is_field(kind.lifetime.deadline_seconds) || is_field(kind.lifetime.ttl_seconds_after_finished) ||
           rules::is_placed_at_object(workload, edit.pointer) ||
           edit.pointer.rfind("/metadata/annotations/tollgate.dev~1", 0) == 0 ||
           edit.pointer == "/metadata/annotations";
}

/// What place writes on a workload when it is created. Its maker would undo it on a controlled one.
bool may_place_at_object(const Review& review) {
    return review.request.operation == Operation::Create && review.request.subresource.empty() &&
           !review.controlled;
}

/// Where the rule is written when that is one of `places`; nothing when it is not.
std::optional<Scope> scope_of(const Review& review, const State& state, const Rule& rule, Place place,
                              std::initializer_list<Place> places) {
    const auto wanted = [&](Place each) {
        return std::find(places.begin(), places.end(), each) != places.end();
    };
    Scope scope{place == Place::HereResourceOnly, {}};
    if (!std::holds_alternative<rules::Place>(rule.verb)) {
        if (!wanted(place)) return std::nullopt;
        return scope;
    }
    scope.parts.object = wanted(Place::Here) && may_place_at_object(review);
    scope.parts.pods = scope.parts.spot = wanted(place);
    if (state.workload.is_pod() && place == Place::Nowhere) scope.parts.object = false;
    if (!scope.parts.object && !scope.parts.pods) return std::nullopt;
    return scope;
}

/// Does a rule of those that act at least as strongly ask for NUMA-localised offers?
bool prefers_numa(const Matching& matching, rules::Mode least) {
    return std::any_of(matching.policies.begin(), matching.policies.end(), [&](const Policy* policy) {
        return policy->mode >= least &&
               std::any_of(policy->rules.begin(), policy->rules.end(), [](const Rule& rule) {
                   const auto* place = std::get_if<rules::Place>(&rule.verb);
                   return place != nullptr && place->numa == rules::Place::Numa::Prefer;
               });
    });
}

/// Later edits of one place win; what stood there first stays the `before`. Appending has no place yet.
void merge_edits(std::vector<Edit>& into, const std::vector<Edit>& more) {
    for (const Edit& edit : more) {
        if (edit.pointer.size() > 2 && edit.pointer.compare(edit.pointer.size() - 2, 2, "/-") == 0) {
            into.push_back(edit);
            continue;
        }
        const auto same = std::find_if(into.begin(), into.end(), [&](const Edit& old) {
            return old.scope == edit.scope && old.pod == edit.pod && old.pointer == edit.pointer;
        });
        if (same == into.end()) {
            into.push_back(edit);
        } else {
            same->after = edit.after;
            same->by = edit.by;
        }
    }
}

RewriteNote make_note(const Policy& policy, const Rule& rule, const workload::Pod& pod, std::uint32_t index,
                      const rules::Rewrite& outcome) {
    const Ratio pods = Ratio(pod.replicas.value_or(1));
    RewriteNote note;
    note.by = {policy.name, rule.name};
    note.mode = policy.mode;
    note.pod = index;
    note.from = outcome.from;
    note.to = outcome.to;
    note.from_resource = outcome.from_resource;
    note.to_resource = outcome.to_resource;
    note.before = outcome.plan.before * pods;
    note.after = outcome.plan.after * pods;
    note.kind = outcome.plan.saving_kind;
    note.settings = outcome.settings;
    note.caution = outcome.caution;
    return note;
}

/// One pass over the rules; stops at the first that changed something, after all pods it changes.
struct Round {
    std::vector<Edit> edits;                  // empty: the fixed point is reached
    std::vector<RewriteNote> notes;           // one for each pod
    std::vector<const fleet::Offer*> offers;  // where it is moved to, for each note
    std::vector<Finding> findings;
    std::vector<Finding> applied;  // what comes with the changes: they are not looked at again
    std::vector<EvalError> errors;
};

void keep_trace(Review& review, std::uint32_t pod, rules::RuleRef by, rules::Rewrite&& outcome) {
    if (!review.trace || review.decision.trace == nullptr) return;
    if (outcome.edits.empty() && outcome.why_not.empty() && outcome.plan.candidates.empty()) return;
    auto& pods = review.decision.trace->pods;
    const auto same =
        std::find_if(pods.begin(), pods.end(), [&](const PodTrace& t) { return t.pod == pod && t.by == by; });
    // The first look at a pod is the one that explains it: later rounds see it already rewritten.
    if (same == pods.end()) pods.push_back({pod, by, std::move(outcome)});
}

WithheldRewrite withhold(const RewriteNote& note, Finding&& refused) {
    return {note.by,
            note.pod,
            note.from,
            note.to,
            note.before,
            note.after,
            std::string(refused.by.policy) + "/" + std::string(refused.by.rule),
            std::move(refused.what),
            std::move(refused.fix),
            note.settings};
}

/// The next look at the pod explains it.
void forget_trace(Review& review, const RewriteNote& note) {
    if (review.decision.trace == nullptr) return;
    std::erase_if(review.decision.trace->pods,
                  [&](const PodTrace& t) { return t.pod == note.pod && t.by == note.by; });
}

bool run_on_pod(Review& review, const State& state, const rules::Context& context, const Policy& policy,
                const Rule& rule, std::uint32_t index, const Scope& scope, Round& round) {
    rules::Rewrite outcome = run_rule(policy, rule, context, index, scope);
    const workload::Pod& pod = state.workload.pods[index];
    const bool changed = !outcome.edits.empty();
    std::move(outcome.findings.begin(), outcome.findings.end(),
              std::back_inserter(changed ? round.applied : round.findings));
    std::move(outcome.errors.begin(), outcome.errors.end(), std::back_inserter(round.errors));
    if (changed) {
        round.notes.push_back(make_note(policy, rule, pod, index, outcome));
        round.offers.push_back(outcome.plan.chosen);
        round.edits.insert(round.edits.end(), outcome.edits.begin(), outcome.edits.end());
    }
    keep_trace(review, index, {policy.name, rule.name}, std::move(outcome));
    return changed;
}

/// The exception by which a rule leaves a pod alone, or why it does not. A pod that is rewritten when it
/// is created is held against the ceiling by itself, here as there.
Waiver rewriting_waiver(Review& review, const State& state, const Policy& policy, const Rule& rule,
                        std::uint32_t pod, Place place) {
    const auto& exceptions = review.snapshot.rules->exceptions;
    if (std::none_of(exceptions.begin(), exceptions.end(),
                     [&](const rules::Exception& e) { return e.covers(policy.name, rule.name); }))
        return {};
    const rules::Context context = make_context(review, state, policy.mode);
    const cost::WorkloadCost& all = context.cost_now();
    const bool alone = place == Place::AtItsPods || state.workload.is_pod();
    const bool at_least = alone ? all.pods[pod].at_least : all.at_least;
    const std::optional<Money>& hourly = alone ? all.pods[pod].hourly : all.hourly;
    return find_exception(review, state, policy.name, rule.name, at_least ? std::nullopt : hourly);
}

/// What a chain of rounds has learnt.
struct Chaining {
    std::vector<rules::RefusedOffer> refused;
    std::vector<WithheldRewrite> withheld;  // for each of them
    std::vector<Finding> applied;           // findings that came with what was done
    std::vector<std::size_t> changes;       // of each pod
    bool one_by_one = false;  // another rule refused what was done to several pods: find out to which
};

Round run_round(Review& review, const State& state, std::initializer_list<Place> places,
                const Chaining& chaining) {
    Round round;
    rules::Context context = make_context(review, state);
    context.refused = chaining.refused;
    const Matching& matching = matching_policies(review, state);
    context.prefers_numa = prefers_numa(matching, rules::Mode::Enforce);
    round.errors = matching.errors;
    for (const Policy* policy : matching.policies) {
        if (policy->mode != rules::Mode::Enforce) continue;
        const Place place = rewriting_place(review, state, *policy);
        for (const Rule& rule : policy->rules) {
            if (!rewrites(rule)) continue;
            const std::optional<Scope> scope = scope_of(review, state, rule, place, places);
            if (!scope.has_value()) continue;
            for (std::uint32_t pod = 0; pod < state.workload.pods.size(); ++pod) {
                Waiver waiver = rewriting_waiver(review, state, *policy, rule, pod, place);
                if (waiver.exception != nullptr) continue;
                const bool changed = run_on_pod(review, state, context, *policy, rule, pod, *scope, round);
                if (changed) round.notes.back().note = std::move(waiver.why_not);
                if (changed && chaining.one_by_one) return round;
            }
            if (!round.edits.empty()) return round;
        }
    }
    return round;
}

void add_missing(std::vector<Finding>&& from, std::vector<Finding>& into) {
    for (Finding& finding : from) {
        const bool there = std::any_of(into.begin(), into.end(), [&](const Finding& each) {
            return each.by == finding.by && each.code == finding.code && each.subject == finding.subject;
        });
        if (!there) into.push_back(std::move(finding));
    }
}

/// What a round has saved, on top of what was saved before.
void add_saving(State& state, const std::vector<RewriteNote>& notes) {
    const auto settles = [](const RewriteNote& note) { return !note.settings.empty(); };
    if (std::all_of(notes.begin(), notes.end(), settles)) return;
    if (!state.saving.has_value()) state.saving.emplace();
    const auto add = [](std::string& names, const std::string& name) {
        if (names.find(name) != std::string::npos) return;
        names += (names.empty() ? "" : ", ") + name;
    };
    rules::Saving& saving = *state.saving;
    for (const RewriteNote& note : notes) {
        if (settles(note)) continue;
        saving.hourly += note.before - note.after;
        // Of what is rewritten twice, where it came from first and where it went last.
        if (saving.to == note.from) {
            saving.to = note.to;
            continue;
        }
        add(saving.from, note.from);
        add(saving.to, note.to);
    }
}

EvalError unsettled(const Review& review, const RewriteNote& last) {
    const Policy* policy = find_policy(review.snapshot, last.by.policy);
    return {std::string(last.by.policy), std::string(last.by.rule), "rounds",
            "rewriting did not settle within " + std::to_string(limits::kMaxRewriteRounds) + " rounds",
            policy != nullptr ? policy->failure : rules::Failure::Allow};
}

}  // namespace

rules::Context make_context(const Review& review, const State& state, rules::Mode mode) {
    Means& means = review.means(mode);
    rules::Context context{.workload = state.workload,
                           .market = review.market,
                           .catalog = review.catalog,
                           .cluster = review.snapshot.cluster.get(),
                           .operation = review.request.operation,
                           .now_unix_ms = review.request.now_unix_ms,
                           .budget = means.budget,
                           .explain = review.trace,
                           .facts = state.facts,
                           .controlled = review.controlled,
                           .expressions = &means.expressions,
                           .saving = state.saving.has_value() ? &*state.saving : nullptr,
                           .advisory = mode != rules::Mode::Enforce};
    return context;
}

Result<std::vector<patch::Operation>> render_edits(const State& from, const std::vector<Edit>& edits) {
    std::vector<patch::Change> changes;
    changes.reserve(edits.size());
    for (const Edit& edit : edits) {
        if (!may_touch(from.workload, edit)) return fail(edit.pointer + " is not Tollgate's to change");
        std::string pointer = rules::object_pointer(from.workload, edit);
        if (pointer.empty()) continue;  // this shape has no such place (no metadata for annotations)
        changes.push_back({std::move(pointer), edit.before, edit.after});
    }
    return patch::to_operations(from.object, changes);
}

Result<State> apply_edits(const Review& review, const State& state, const std::vector<Edit>& edits) {
    TOLLGATE_TRY(std::vector<patch::Operation> operations, render_edits(state, edits));
    // The request outlives every State; an earlier State's copy does not.
    TOLLGATE_TRY(json::Document document, state.changed == nullptr
                                              ? patch::apply_over(state.object, operations)
                                              : patch::apply(state.object, operations));
    auto changed = std::make_unique<json::Document>(std::move(document));
    TOLLGATE_TRY(State next, read_state(review, changed->root(), *state.workload.kind));
    next.changed = std::move(changed);
    if (state.changed == nullptr) next.operations = std::move(operations);
    next.edits = state.edits;
    next.saving = state.saving;
    merge_edits(next.edits, edits);
    return next;
}

bool rewrites(const rules::Rule& rule) {
    return std::holds_alternative<rules::RightSize>(rule.verb) ||
           std::holds_alternative<rules::Replace>(rule.verb) ||
           std::holds_alternative<rules::Place>(rule.verb);
}

Place rewriting_place(const Review& review, const State& state, const Policy& policy) {
    const workload::Workload& workload = state.workload;
    const bool create = review.request.operation == Operation::Create;
    const bool at_workload = policy.rewrite_at == rules::RewriteAt::Workload;
    const bool kueue = policy.rewrite_at == rules::RewriteAt::Auto && workload.kueue_managed;
    if (!review.request.subresource.empty()) return Place::Nowhere;
    if (workload.is_pod()) {
        // Pods of a workload that is itself rewritten must stay as its template says: a queue has counted
        // them.
        const bool of_rewritten_parent = review.controlled && (at_workload || kueue);
        if (of_rewritten_parent) return Place::Nowhere;
        return kueue ? Place::HereResourceOnly : Place::Here;
    }
    if (!at_workload && !kueue) return Place::AtItsPods;
    if (workload.kind->fixed_template) return Place::Nowhere;
    if (review.controlled) return Place::Nowhere;  // its maker compares templates and would undo it for ever
    const bool may_change = create || (at_workload && !workload.kind->immutable_template);
    if (!may_change) return Place::Nowhere;
    return workload.kueue_managed ? Place::HereResourceOnly : Place::Here;
}

namespace {

/// Another rule refuses what a round did: to which of several pods, or that offer is out for this pod.
void refuse(Review& review, Chaining& chaining, Round& round, Finding&& refusal) {
    if (round.notes.size() > 1) {
        chaining.one_by_one = true;
        return;
    }
    const RewriteNote& note = round.notes.front();
    forget_trace(review, note);
    chaining.withheld.push_back(withhold(note, std::move(refusal)));
    const WithheldRewrite& withheld = chaining.withheld.back();
    chaining.refused.push_back({note.by, note.pod, round.offers.front(),
                                withheld.refused_by + " would then refuse it: " + withheld.refusal});
}

/// The fixed point: what was told on the way, and for each pod that stays what would have been best.
void settle(Chaining& chaining, Chain& chain) {
    add_missing(std::move(chaining.applied), chain.findings);
    for (WithheldRewrite& withheld : chaining.withheld) {
        const auto same_pod = [&](const auto& other) {
            return other.pod == withheld.pod && other.by == withheld.by;
        };
        const bool moved = std::any_of(chain.notes.begin(), chain.notes.end(), same_pod);
        const bool told = std::any_of(chain.withheld.begin(), chain.withheld.end(), same_pod);
        if (!moved && !told) chain.withheld.push_back(std::move(withheld));
    }
}

}  // namespace

Chain rewrite(Review& review, const State& start, std::initializer_list<Place> places) {
    Chain chain{start, std::nullopt, {}, {}, {}, {}};
    Chaining chaining;
    chaining.changes.resize(start.workload.pods.size());
    // Each turn changes a pod, which may happen to it kMaxRewriteRounds times, or rules out an offer for one.
    while (true) {
        Round round = run_round(review, chain.state(), places, chaining);
        chain.findings = std::move(round.findings);
        chain.errors = std::move(round.errors);
        if (round.edits.empty()) break;
        Result<State> next = apply_edits(review, chain.state(), round.edits);
        if (!next.has_value()) {
            const rules::RuleRef& by = round.notes.front().by;
            chain.errors.push_back({std::string(by.policy), std::string(by.rule), "patch",
                                    "the rewriting does not apply: " + next.error().message,
                                    rules::Failure::Allow});
            break;
        }
        add_saving(*next, round.notes);
        if (std::optional<Finding> refusal = newly_refused(review, chain.state(), *next)) {
            refuse(review, chaining, round, std::move(*refusal));
            continue;
        }
        chain.changed = std::move(*next);
        add_missing(std::move(round.applied), chaining.applied);
        bool settles = true;
        for (RewriteNote& note : round.notes) {
            settles = settles && ++chaining.changes[note.pod] <= limits::kMaxRewriteRounds;
            chain.notes.push_back(std::move(note));
        }
        if (settles) continue;
        chain.errors.push_back(unsettled(review, chain.notes.back()));
        break;
    }
    settle(chaining, chain);
    return chain;
}

namespace {

/// Every place there is.
constexpr std::initializer_list<Place> kEverywhere{Place::Here, Place::HereResourceOnly, Place::AtItsPods};

/// One look of a rule at one pod, without doing anything. Parts of place take turns where they are done, so
/// each is looked at by itself.
Round look(Review& review, const State& state, const rules::Context& context, const Policy& policy,
           const Rule& rule, std::uint32_t pod, const Scope& scope) {
    Round round;
    if (!std::holds_alternative<rules::Place>(rule.verb)) {
        run_on_pod(review, state, context, policy, rule, pod, scope, round);
        return round;
    }
    for (bool rules::PlaceParts::*part :
         {&rules::PlaceParts::object, &rules::PlaceParts::pods, &rules::PlaceParts::spot}) {
        if (!(scope.parts.*part)) continue;
        Scope alone;
        alone.parts.*part = true;
        run_on_pod(review, state, context, policy, rule, pod, alone, round);
    }
    return round;
}

}  // namespace

void note_unenforced_rewrites(Review& review, const State& state, std::vector<RewriteNote>& notes,
                              std::vector<Finding>& findings, std::vector<EvalError>& errors) {
    rules::Context context = make_context(review, state, rules::Mode::Warn);
    const Matching& matching = matching_policies(review, state);
    // Matches that could not be decided are reported once, by validate().
    for (const Policy* policy : matching.policies) {
        if (policy->mode == rules::Mode::Enforce) continue;
        context.prefers_numa = prefers_numa(matching, policy->mode);
        const Place place = rewriting_place(review, state, *policy);
        for (const Rule& rule : policy->rules) {
            if (!rewrites(rule)) continue;
            const std::optional<Scope> scope = scope_of(review, state, rule, place, kEverywhere);
            if (!scope.has_value()) continue;
            for (std::uint32_t pod = 0; pod < state.workload.pods.size(); ++pod) {
                if (rewriting_waiver(review, state, *policy, rule, pod, place).exception != nullptr) continue;
                Round round = look(review, state, context, *policy, rule, pod, *scope);
                std::move(round.notes.begin(), round.notes.end(), std::back_inserter(notes));
                std::move(round.findings.begin(), round.findings.end(), std::back_inserter(findings));
                std::move(round.applied.begin(), round.applied.end(), std::back_inserter(findings));
                std::move(round.errors.begin(), round.errors.end(), std::back_inserter(errors));
            }
        }
    }
}

namespace {

Finding waived_finding(const RewriteNote& note, const workload::Pod& pod, const std::string& exception) {
    Finding finding;
    finding.by = note.by;
    finding.action = Action::Audit;
    finding.waived_by = exception;
    finding.subject = finding.field = pod.field;
    finding.hourly = note.before - note.after;
    finding.what = !note.settings.empty()
                       ? "would be placed: " + note.settings + "."
                       : "would run on " + note.to + " for " + format_usd(note.after) + "/h instead of " +
                             note.from + " for " + format_usd(note.before) + "/h.";
    return finding;
}

}  // namespace

std::vector<Finding> waived_rewrites(Review& review, const State& state) {
    std::vector<Finding> findings;
    if (review.snapshot.rules->exceptions.empty()) return findings;
    const rules::Context context = make_context(review, state);
    for (const Policy* policy : matching_policies(review, state).policies) {
        const Place place = rewriting_place(review, state, *policy);
        if (policy->mode != rules::Mode::Enforce) continue;
        for (const Rule& rule : policy->rules) {
            if (!rewrites(rule)) continue;
            const std::optional<Scope> scope = scope_of(review, state, rule, place, kEverywhere);
            if (!scope.has_value()) continue;
            for (std::uint32_t pod = 0; pod < state.workload.pods.size(); ++pod) {
                const rules::Exception* waiver =
                    rewriting_waiver(review, state, *policy, rule, pod, place).exception;
                if (waiver == nullptr) continue;
                for (const RewriteNote& note : look(review, state, context, *policy, rule, pod, *scope).notes)
                    findings.push_back(waived_finding(note, state.workload.pods[pod], waiver->name));
            }
        }
    }
    return findings;
}

}  // namespace tollgate::decide
