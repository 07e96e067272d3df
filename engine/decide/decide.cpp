// SPDX-License-Identifier: Apache-2.0
// The order of work (docs/architecture.md, "The way of a review"): find the kind, extract, exempt, rewrite,
// validate, exceptions, mode, verdict. One straight pass.
#include "engine/decide/decide.hpp"

#include "engine/decide/state.hpp"
#include "engine/patch/apply.hpp"
#include "engine/patch/edit.hpp"
#include "engine/vap/resource.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace tollgate::decide {

const fleet::Market& market_of(const Snapshot& snapshot) {
    static const fleet::Market kEmpty;
    return snapshot.market != nullptr ? *snapshot.market : kEmpty;
}

namespace {

vap::Operation operation_of(Operation operation) {
    switch (operation) {
        case Operation::Create:
            return vap::Operation::Create;
        case Operation::Update:
            return vap::Operation::Update;
        case Operation::Delete:
            return vap::Operation::Delete;
        case Operation::Connect:
            return vap::Operation::Connect;
    }
    return vap::Operation::Create;
}

}  // namespace

vap::Input input_of(const Request& request, std::string_view resource) {
    vap::Input input;
    input.kind = {request.kind.group, request.kind.version, request.kind.kind};
    input.request_kind = {request.request_kind.group, request.request_kind.version,
                          request.request_kind.kind};
    input.resource = request.resource;
    if (input.resource.resource.empty())
        input.resource = {request.kind.group, request.kind.version, resource};
    input.request_resource = request.request_resource;
    input.subresource = request.subresource;
    input.request_subresource = request.request_subresource;
    input.name = request.name;
    input.ns = request.ns;
    input.operation = operation_of(request.operation);
    input.dry_run = request.dry_run;
    input.user = request.user.name;
    input.user_uid = request.user.uid;
    input.groups = request.user.groups;
    input.extra = request.user.extra;
    input.object = request.object;
    input.old_object = request.old_object;
    input.options = request.options;
    return input;
}

Means make_means(const Request& request, const workload::KindSpec& kind, const Control& control) {
    vap::Input input = input_of(request, kind.resource);
    if (request.operation != Operation::Update) input.old_object = json::Node();
    return {{control.steps, control.cancelled}, {.request = input, .cancelled = control.cancelled}};
}

workload::KindSpec kind_by_structure(const Request& request) {
    workload::KindSpec spec;
    spec.group = std::string(request.kind.group);
    spec.kind = std::string(request.kind.kind);
    spec.resource = vap::resource_of(request.kind.kind);
    spec.pods = workload::find_pod_specs(request.object);
    return spec;
}

namespace {

void list_demand(const workload::Workload& workload, Decision& decision) {
    for (const workload::Pod& pod : workload.pods)
        for (const workload::PodDemand& total : pod.totals)
            decision.demand.push_back({pod.field, std::string(total.resource),
                                       total.known ? std::to_string(total.count) : std::string("?"),
                                       pod.replicas});
}

Cost cost_of(const rules::Context& context) {
    const cost::WorkloadCost& cost = context.cost_now();
    if (cost.at_least && cost.hourly.has_value())
        return {std::nullopt, std::nullopt, "at least " + format_usd(*cost.hourly) + "/h; " + cost.note};
    return {cost.hourly, cost.total, cost.note};
}

/// Each policy, rule and reason once, with the strongest of what follows.
void add_errors(Decision& decision, std::vector<EvalError> errors) {
    if (errors.empty()) return;
    const auto key = [](const EvalError& error) {
        return error.policy + '\n' + error.rule + '\n' + error.reason;
    };
    std::unordered_map<std::string, std::size_t> known;
    for (std::size_t i = 0; i < decision.errors.size(); ++i) known.emplace(key(decision.errors[i]), i);
    for (EvalError& error : errors) {
        const auto [at, fresh] = known.emplace(key(error), decision.errors.size());
        if (fresh)
            decision.errors.push_back(std::move(error));
        else
            decision.errors[at->second].failure =
                std::max(decision.errors[at->second].failure, error.failure);
    }
}

// --- Mutate ------------------------------------------------------------------------------------------------

/// Lifetimes of Jobs nobody else owns, and the like: settings, written once, at the object itself.
std::vector<Edit> settings(Review& review, const State& state) {
    std::vector<Edit> edits;
    if (review.request.operation != Operation::Create || review.controlled) return edits;
    const rules::Context context = make_context(review, state);
    // The rewriting rounds have reported matches that could not be decided.
    for (const rules::Policy* policy : matching_policies(review, state).policies) {
        if (policy->mode != rules::Mode::Enforce) continue;
        for (const rules::Rule& rule : policy->rules) {
            const auto* lifetime = std::get_if<rules::LifetimeRule>(&rule.verb);
            if (lifetime == nullptr) continue;
            for (Edit& edit : rules::lifetime_settings(*lifetime, *policy, rule, context)) {
                const bool taken = std::any_of(edits.begin(), edits.end(), [&](const Edit& e) {
                    return e.scope == edit.scope && e.pod == edit.pod && e.pointer == edit.pointer;
                });
                if (!taken) edits.push_back(std::move(edit));  // the highest priority writes it
            }
        }
    }
    return edits;
}

bool some_policy_enforces(Review& review, const State& state) {
    const auto& policies = matching_policies(review, state).policies;
    return std::any_of(policies.begin(), policies.end(),
                       [](const rules::Policy* policy) { return policy->mode == rules::Mode::Enforce; });
}

/// Settings and our own annotations, after the rewriting; what does not apply is left out and counted.
/// Nothing when there are none.
std::optional<State> with_settings(Review& review, const State& state) {
    const bool create = review.request.operation == Operation::Create;
    std::vector<Edit> more = settings(review, state);
    if (create && state.workload.is_pod() && some_policy_enforces(review, state))
        for (Edit& edit : correct_own_annotations(review, state)) more.push_back(std::move(edit));
    if (more.empty()) return std::nullopt;
    Result<State> next = apply_edits(review, state, more);
    if (next.has_value()) return std::move(*next);
    review.decision.refused_rewrite = "settings: " + next.error().message;
    return std::nullopt;
}

/// The patch for all edits that led to `done`, tried on a copy: one that does not give what was planned is
/// not sent.
Result<std::vector<patch::Operation>> tried_patch(const Review& review, const State& done) {
    if (done.operations.has_value()) return *done.operations;  // `done` is what they gave
    TOLLGATE_TRY(const State received, read_state(review, review.request.object, *done.workload.kind));
    TOLLGATE_TRY(std::vector<patch::Operation> operations, render_edits(received, done.edits));
    TOLLGATE_TRY(const json::Document result, patch::apply(received.object, operations));
    if (!json::equal(result.root(), done.object)) return fail("the result is not what was planned");
    return operations;
}

void mutate(Review& review, const State& start) {
    Decision& decision = review.decision;
    if (start.workload.is_pod() && review.request.operation == Operation::Update) {
        // Immutable fields of a Pod that runs: nothing is patched but to restore what was written at its
        // creation.
        if (review.request.subresource.empty()) decision.patch = restore_rewritten(review, start);
        if (!decision.patch.empty()) warn_of_restoring(review);
        return;
    }
    Chain chain = rewrite(review, start, {Place::Here, Place::HereResourceOnly});
    add_errors(decision, std::move(chain.errors));
    decision.withheld = std::move(chain.withheld);
    const std::optional<State> settled = with_settings(review, chain.state());
    const State& done = settled.has_value() ? *settled : chain.state();
    if (done.edits.empty()) return;
    Result<std::vector<patch::Operation>> operations = tried_patch(review, done);
    if (!operations.has_value()) {
        decision.refused_rewrite = operations.error().message;
        return;
    }
    decision.rewrites = std::move(chain.notes);
    decision.edits = done.edits;
    decision.patch = std::move(*operations);
    if (!decision.patch.empty()) decision.verdict = Verdict::Rewritten;
    decision.after = cost_of(make_context(review, done));
    add_warnings(review, done);
}

// --- Validate ----------------------------------------------------------------------------------------------

void add_unrewritten(Review& review, const State& received, const Chain& chain,
                     std::vector<Finding>& findings) {
    for (const RewriteNote& note : chain.notes) {
        const rules::Policy* policy = find_policy(review.snapshot, note.by.policy);
        if (policy == nullptr) continue;
        Finding finding;
        finding.by = note.by;
        finding.code = rules::Code::Unrewritten;
        finding.action = Action::Deny;
        finding.subject = received.workload.pods[note.pod].field;
        finding.hourly = note.before - note.after;
        finding.magnitude = finding.hourly.usd;
        finding.field = received.workload.pods[note.pod].field;
        finding.what = !note.settings.empty()
                           ? "should have been placed, and arrived without: " + note.settings + "."
                           : "should run on " + note.to + " for " + format_usd(note.after) +
                                 "/h instead of " + note.from + " for " + format_usd(note.before) +
                                 "/h, and arrived as it was.";
        for (const Edit& edit : chain.state().edits) {
            const std::string pointer = rules::object_pointer(received.workload, edit);
            const bool own = pointer.find("tollgate.dev~1") != std::string::npos;
            if (edit.by != note.by || pointer.empty() || own) continue;
            if (!finding.fix.empty()) finding.fix += '\n';
            finding.fix += edit.after.has_value() ? rules::fix_line(rules::dotted(pointer), *edit.after)
                                                  : "remove " + rules::dotted(pointer);
        }
        finding.action = effective_action(review, *policy, finding);
        findings.push_back(std::move(finding));
    }
}

void adopt(const Review& review, std::vector<Finding>&& from, std::vector<Finding>& into) {
    for (Finding& finding : from) {
        const rules::Policy* policy = find_policy(review.snapshot, finding.by.policy);
        if (policy == nullptr) continue;
        finding.action = effective_action(review, *policy, finding);
        into.push_back(std::move(finding));
    }
}

struct Judged {
    std::optional<State> changed;  // as its pods will be, when that is not as received
    std::vector<Finding> findings;
    std::vector<RewriteNote>
        notes;                    // at a controller: what its pods become; and what Warn and Audit would do
    std::vector<Finding> waived;  // rewrites
    std::vector<WithheldRewrite> withheld;
    std::vector<EvalError> errors;
    std::vector<Edit> effect;
};

/// All findings on one object, before exceptions: used for the new object and, on UPDATE, for the old one.
Judged judge(Review& review, const State& received) {
    Judged judged;
    const bool is_pod = received.workload.is_pod();
    if (!is_pod || review.request.operation == Operation::Create) {
        judged.waived = waived_rewrites(review, received);
        Chain here = rewrite(review, received, {Place::Here, Place::HereResourceOnly});
        add_unrewritten(review, received, here, judged.findings);
        adopt(review, std::move(here.findings), judged.findings);
        if (is_pod) judged.errors = std::move(here.errors);
    }
    if (!is_pod) {
        Chain later = rewrite(review, received, {Place::AtItsPods});
        adopt(review, std::move(later.findings), judged.findings);
        judged.errors = std::move(later.errors);
        judged.notes = std::move(later.notes);
        judged.withheld = std::move(later.withheld);
        judged.effect = later.state().edits;
        judged.changed = std::move(later.changed);
    }
    // A Pod is judged exactly as received.
    const State& state = judged.changed.has_value() ? *judged.changed : received;
    std::vector<Finding> advice;
    note_unenforced_rewrites(review, state, judged.notes, advice, judged.errors);
    adopt(review, std::move(advice), judged.findings);
    // Whatever the rewriting has spent: an object must not be too large to be rewritten and so escape this.
    review.enforcing.budget.steps = review.advisory.budget.steps = review.steps;
    for (Finding& finding : validate(review, state, judged.errors))
        judged.findings.push_back(std::move(finding));
    return judged;
}

void waive(Review& review, const State& state, const std::optional<Money>& hourly, Decision& decision) {
    if (review.snapshot.rules->exceptions.empty()) return;
    std::vector<Finding> standing;
    for (Finding& finding : decision.findings) {
        Waiver waiver = find_exception(review, state, finding.by.policy, finding.by.rule, hourly);
        if (waiver.exception == nullptr) {
            finding.note = std::move(waiver.why_not);
            standing.push_back(std::move(finding));
        } else {
            finding.waived_by = waiver.exception->name;
            decision.waived.push_back(std::move(finding));
        }
    }
    decision.findings = std::move(standing);
}

/// The old object judged as the new one is.
Judged judge_old(Review& review, const State& old) {
    Decision scratch;
    Review quiet{review.request, review.snapshot,   review.market, review.catalog,   review.steps,
                 false,          review.controlled, scratch,       review.enforcing, review.advisory};
    quiet.enforcing.budget.steps = quiet.advisory.budget.steps = quiet.steps;
    return judge(quiet, old);
}

bool is_check(const rules::Rule& rule) {
    return std::holds_alternative<rules::Check>(rule.verb);
}

/// Whether the old object can excuse an error at all. A check has no measure by which it could be no worse
/// than before, neither where it ends in an error itself nor where its policy's conditions do.
bool has_measure(const Review& review, const EvalError& error) {
    const rules::Policy* policy = find_policy(review.snapshot, error.policy);
    if (policy == nullptr) return true;
    return std::none_of(policy->rules.begin(), policy->rules.end(), [&](const rules::Rule& rule) {
        return is_check(rule) && (error.rule.empty() || error.rule == rule.name);
    });
}

/// Of a policy as a whole the words count too: they say which of its conditions it is.
bool same_error(const EvalError& a, const EvalError& b) {
    return a.policy == b.policy && a.rule == b.rule && a.reason == b.reason &&
           (!a.rule.empty() || a.message == b.message);
}

/// On UPDATE the verdict is on what got worse: findings the old object already had are set apart, and what
/// could not be judged of it either denies nothing now that asks for no more.
void compare_with_old(Review& review, const workload::Workload& now) {
    const Request& request = review.request;
    Decision& decision = review.decision;
    if (request.operation != Operation::Update || !request.old_object.is_object()) return;
    const Result<State> before = read_state(review, request.old_object, *now.kind);
    if (!before.has_value()) return;
    const Judged old = judge_old(review, *before);
    apply_ratchet(decision.findings, old.findings, decision.grandfathered);
    if (decision.errors.empty() || asks_for_more(now, before->workload)) return;
    for (EvalError& error : decision.errors) {
        const bool known = std::any_of(old.errors.begin(), old.errors.end(),
                                       [&](const EvalError& e) { return same_error(e, error); });
        if (known && has_measure(review, error)) error.failure = rules::Failure::Allow;
    }
}

void sort_findings(std::vector<Finding>& findings) {
    std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
        if (a.action != b.action) return a.action > b.action;
        return a.hourly > b.hourly;
    });
}

void validate_phase(Review& review, const State& received) {
    Decision& decision = review.decision;
    Judged judged = judge(review, received);
    const State& state = judged.changed.has_value() ? *judged.changed : received;
    decision.after = cost_of(make_context(review, state));
    decision.rewrites = std::move(judged.notes);
    decision.withheld = std::move(judged.withheld);
    decision.findings = std::move(judged.findings);
    add_errors(decision, std::move(judged.errors));
    if (!judged.effect.empty())
        if (auto operations = render_edits(received, judged.effect); operations.has_value())
            decision.effect = std::move(*operations);
    compare_with_old(review, received.workload);
    waive(review, state, decision.after.hourly, decision);
    std::move(judged.waived.begin(), judged.waived.end(), std::back_inserter(decision.waived));
    agree_on_fixes(decision.findings);
    sort_findings(decision.findings);
    const bool denied = std::any_of(decision.findings.begin(), decision.findings.end(),
                                    [](const Finding& f) { return f.action == Action::Deny; }) ||
                        std::any_of(decision.errors.begin(), decision.errors.end(),
                                    [&](const EvalError& e) { return denies(review, e); });
    if (denied) {
        decision.allowed = false;
        decision.verdict = Verdict::Denied;
        decision.message = denial_message(review, state);
    } else if (!decision.effect.empty()) {
        decision.verdict = Verdict::Rewritten;
    }
    add_warnings(review, state);
}

// --- entry -------------------------------------------------------------------------------------------------

bool subresource_concerns(const Request& request) {
    if (request.subresource.empty()) return true;
    return request.kind.group.empty() && request.kind.kind == "Pod" &&
           (request.subresource == "resize" || request.subresource == "ephemeralcontainers");
}

/// A kind nobody told us about: allowed; `check` looks for pods in it by structure and reports what they ask
/// for.
void judge_unknown_kind(const Request& request, Decision& decision) {
    decision.known_kind = false;
    decision.verdict = Verdict::Skipped;
    if (!request.check) return;
    const workload::KindSpec spec = kind_by_structure(request);
    auto workload = workload::extract(request.object, spec, request.kind);
    if (!workload.has_value()) return;
    list_demand(*workload, decision);
    for (DemandLine& line : decision.demand)
        line.replicas.reset();  // how many there are, only its kind would say
    if (!decision.demand.empty())
        decision.warnings.push_back("kind " + spec.kind +
                                    " is not known: its pods are judged when they come");
}

/// Every verb is about accelerators: what asks for none, by no name and in no way, is nobody's business.
bool concerns_any_policy(const Snapshot& snapshot, const workload::Workload& workload) {
    return std::any_of(workload.pods.begin(), workload.pods.end(), [&](const workload::Pod& pod) {
        const bool reaches = !pod.unknown_accelerators.empty() || !pod.device_access.empty();
        return pod.asks_for_accelerator() || (reaches && snapshot.rules->cares_about_cpu_pods);
    });
}

Decision judge_costs(const Request& request, const Snapshot& snapshot, const Control& control) {
    Decision decision;
    decision.snapshot_digest = snapshot.digest;
    decision.rules = snapshot.rules;
    if (control.trace) decision.trace = std::make_unique<Trace>();
    if (request.operation == Operation::Delete || request.operation == Operation::Connect ||
        !subresource_concerns(request) || snapshot.rules == nullptr)
        return decision;
    const workload::KindSpec* kind =
        snapshot.rules->kinds.find(request.kind.group, request.kind.version, request.kind.kind);
    if (kind == nullptr) {
        judge_unknown_kind(request, decision);
        return decision;
    }
    Means enforcing = make_means(request, *kind, control), advisory = make_means(request, *kind, control);
    Review review{request,
                  snapshot,
                  market_of(snapshot),
                  gpu::Catalog::builtin(),
                  control.steps,
                  control.trace,
                  false,
                  decision,
                  enforcing,
                  advisory};
    Result<State> read = read_state(review, request.object, *kind);
    if (!read.has_value()) {
        beyond_bounds(review, *kind, read.error().message);
        return decision;
    }
    State& received = *read;
    review.controlled = is_controlled(request, received.workload, snapshot.rules->kinds);
    decision.controlled = review.controlled;
    believe_owner(review, received.workload);
    list_demand(received.workload, decision);
    report_seen_later(request, received.workload, decision);
    decision.interesting = !kind->describes_only && concerns_any_policy(snapshot, received.workload);
    if (kind->describes_only) decision.verdict = Verdict::Skipped;
    if (!decision.interesting) return decision;
    decision.exempt = exemption(request, snapshot, received.workload);
    if (!decision.exempt.empty()) return decision;
    trace_matching(review, received);
    decision.before = cost_of(make_context(review, received));
    decision.after = decision.before;
    if (request.phase == Phase::Validate) {
        validate_phase(review, received);
    } else if (!snapshot.paused) {
        mutate(review, received);
    }
    return decision;
}

}  // namespace

Decision decide(const Request& request, const Snapshot& snapshot, const Control& control) {
    Decision decision = judge_costs(request, snapshot, control);
    if (snapshot.rules != nullptr && !snapshot.rules->admission.empty() && request.phase == Phase::Validate)
        judge_by_admission_policies(request, snapshot, control, decision);
    return decision;
}

}  // namespace tollgate::decide
