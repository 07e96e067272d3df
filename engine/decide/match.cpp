// SPDX-License-Identifier: Apache-2.0
#include "engine/base/text.hpp"
#include "engine/decide/state.hpp"
#include "engine/rules/run.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tollgate::decide {

namespace {

bool kind_matches(const rules::KindPattern& pattern, std::string_view group, std::string_view kind) {
    return pattern.kind == kind && (pattern.any_group || pattern.group == group);
}

/// A trusted reference stands for the pod's owner, and for the root above it; that root is told by names and
/// labels that the author chose, so policies on the owner's own kind apply as well. A reference that nobody
/// vouches for must neither hide the Pod from policies on Pods nor from those on the kind it claims; and it
/// never exempts.
bool any_kind_matches(const std::vector<rules::KindPattern>& patterns, const Review& review,
                      const workload::Workload& workload, bool excluding) {
    if (patterns.empty()) return true;
    const workload::Owner& owner = workload.owner;
    const bool owned = owner.present && !owner.root_kind.empty();
    const bool by_root = owned && (review.controlled || !excluding);
    const bool by_own = !owned || !review.controlled;
    const std::string_view group = owned ? workload::parse_gvk(owner.api_version, owner.kind).group : "";
    return std::any_of(patterns.begin(), patterns.end(), [&](const rules::KindPattern& pattern) {
        return (by_own && kind_matches(pattern, workload.ref.gvk.group, workload.ref.gvk.kind)) ||
               (by_root && kind_matches(pattern, owner.root_group, owner.root_kind)) ||
               (by_root && kind_matches(pattern, owner.maker_group, owner.maker_kind)) ||
               (owned && !excluding && kind_matches(pattern, group, owner.kind));
    });
}

bool operation_matches(const std::vector<Operation>& operations, Operation operation) {
    if (operations.empty()) return operation == Operation::Create || operation == Operation::Update;
    return std::find(operations.begin(), operations.end(), operation) != operations.end();
}

bool any_glob(const std::vector<std::string>& patterns, std::string_view text) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return glob_match(pattern, text); });
}

bool user_matches(const rules::Match& match, const User& user) {
    if (!match.users.empty() && !any_glob(match.users, user.name)) return false;
    if (match.groups.empty()) return true;
    return std::any_of(user.groups.begin(), user.groups.end(),
                       [&](std::string_view group) { return any_glob(match.groups, group); });
}

/// Kubernetes' selector semantics on a list of labels instead of a JSON object.
bool selector_matches(const LabelSelector& selector,
                      const std::vector<std::pair<std::string, std::string>>& labels) {
    using Op = LabelRequirement::Operator;
    return std::all_of(
        selector.requirements.begin(), selector.requirements.end(), [&](const LabelRequirement& want) {
            const auto it = std::find_if(labels.begin(), labels.end(),
                                         [&](const auto& l) { return l.first == want.key; });
            const bool present = it != labels.end();
            const bool listed =
                present && std::find(want.values.begin(), want.values.end(), it->second) != want.values.end();
            switch (want.op) {
                case Op::In:
                    return listed;
                case Op::NotIn:
                    return !listed;
                case Op::Exists:
                    return present;
                case Op::DoesNotExist:
                    return !present;
            }
            return false;
        });
}

bool template_matches(const LabelSelector& selector, const workload::Workload& workload) {
    if (workload.pods.empty()) return selector.matches(json::Node{});
    return std::any_of(workload.pods.begin(), workload.pods.end(),
                       [&](const workload::Pod& pod) { return selector.matches(pod.labels()); });
}

/// Null where nothing is known of the namespace.
const std::vector<std::pair<std::string, std::string>>* namespace_labels(const Review& review,
                                                                         std::string_view ns) {
    return review.snapshot.cluster != nullptr ? review.snapshot.cluster->find_namespace(ns) : nullptr;
}

/// The part of a match that does not hold for this state ("kinds", "classes", ...); "" when all do, or when
/// only the namespace's labels, which are not known, are left. Conditions are left out.
std::string_view mismatch(const rules::Match& match, const Review& review, const State& state,
                          bool excluding) {
    const Request& request = review.request;
    const workload::Workload& workload = state.workload;
    if (!operation_matches(match.operations, request.operation)) return "operations";
    if (!any_kind_matches(match.kinds, review, workload, excluding)) return "kinds";
    if (!match.classes.empty() &&
        std::find(match.classes.begin(), match.classes.end(), workload.cls) == match.classes.end())
        return "classes";
    if (!match.namespaces.patterns.empty() && !match.namespaces.matches(workload.ref.ns)) return "namespaces";
    if (match.selector.has_value() && !template_matches(*match.selector, workload)) return "selector";
    if (!user_matches(match, request.user)) return match.users.empty() ? "groups" : "users";
    if (!match.namespace_selector.has_value()) return "";
    const auto* labels = namespace_labels(review, workload.ref.ns);
    if (labels != nullptr && !selector_matches(*match.namespace_selector, *labels))
        return "namespaceSelector";
    return "";
}

bool is_namespace_unknown(const rules::Match& match, const Review& review, const State& state) {
    return match.namespace_selector.has_value() && namespace_labels(review, state.workload.ref.ns) == nullptr;
}

struct Undecided {
    std::string reason, why;  // as in EvalError
};
struct Matched {
    MatchResult result = MatchResult::Yes;
    std::string_view part = {};               // No: what does not hold: "kinds", "conditions"
    std::string_view condition = {};          // which of them
    std::optional<Undecided> undecided = {};  // Unknown
};

constexpr std::string_view kNamespaceUnknown = "namespace_unknown";

Undecided namespace_unknown(const State& state) {
    return {std::string(kNamespaceUnknown), "the labels of namespace " + std::string(state.workload.ref.ns) +
                                                " are not known, so namespaceSelector cannot be decided"};
}

/// One that is false decides, whatever becomes of the others; else one that cannot be told does.
Matched match_conditions(const std::vector<rules::Condition>& conditions, const rules::Context& context,
                         std::uint64_t& cost) {
    Matched out;
    for (const rules::Condition& condition : conditions) {
        const rules::Answer answer = rules::evaluate(condition.when, context, cost);
        if (answer.value.is_true()) continue;
        if (answer.value.is_false())
            return {.result = MatchResult::No, .part = "conditions", .condition = condition.name};
        if (out.undecided.has_value()) continue;
        out.result = MatchResult::Unknown;
        out.undecided = {std::string(answer.reason), "condition " + condition.name + ": " + answer.why};
    }
    return out;
}

}  // namespace

MatchResult matches(const rules::Match& match, const Review& review, const State& state, bool excluding) {
    if (!mismatch(match, review, state, excluding).empty()) return MatchResult::No;
    return is_namespace_unknown(match, review, state) ? MatchResult::Unknown : MatchResult::Yes;
}

namespace {

/// With its conditions, which are looked at last. `cost`: what they may still spend.
Matched match_wholly(const rules::Match& match, const Review& review, const State& state, rules::Mode mode,
                     bool excluding, std::uint64_t& cost) {
    const std::string_view part = mismatch(match, review, state, excluding);
    if (!part.empty()) return {.result = MatchResult::No, .part = part};
    Matched out;
    if (!match.conditions.empty())
        out = match_conditions(match.conditions, make_context(review, state, mode), cost);
    if (out.result != MatchResult::No && is_namespace_unknown(match, review, state))
        return {.result = MatchResult::Unknown, .undecided = namespace_unknown(state)};
    return out;
}

/// A policy's match, and entries of its exclude that could not be told.
struct Applied {
    Matched matched;
    std::vector<EvalError> unheld;
};

/// It was judged whether it lets go or not, so that nothing follows from the error itself.
EvalError unheld_error(const rules::Policy& policy, std::size_t entry, Undecided&& undecided) {
    return {policy.name, "exclude[" + std::to_string(entry) + "]", std::move(undecided.reason),
            undecided.why + "; it lets nobody go", rules::Failure::Allow};
}

/// Whether a policy applies: its match holds, and no entry of its exclude does. What cannot be decided only
/// matters where nothing else decides. Labels of the namespace that are not known will be; a condition that
/// ends in an error may do so for ever, by its author's choice, and what is not known never waives. An
/// exclude that holds is the part "exclude".
Applied applies(const rules::Policy& policy, const Review& review, const State& state) {
    std::uint64_t cost = limits::kMaxCelConditionsCost;
    Applied out{match_wholly(policy.match, review, state, policy.mode, false, cost), {}};
    if (out.matched.result == MatchResult::No) return out;
    for (std::size_t i = 0; i < policy.exclude.size(); ++i) {
        Matched excluded = match_wholly(policy.exclude[i], review, state, policy.mode, true, cost);
        if (excluded.result == MatchResult::Yes) return {{.result = MatchResult::No, .part = "exclude"}, {}};
        if (excluded.result == MatchResult::No) continue;
        if (excluded.undecided->reason != kNamespaceUnknown)
            out.unheld.push_back(unheld_error(policy, i, std::move(*excluded.undecided)));
        else if (out.matched.result == MatchResult::Yes)
            out.matched = std::move(excluded);
    }
    return out;
}

/// "exclude", "match.kinds", "match.conditions: one-gpu"
std::string why_not(const Matched& matched) {
    if (matched.part == "exclude") return "exclude";
    const std::string part = "match." + std::string(matched.part);
    return matched.condition.empty() ? part : part + ": " + std::string(matched.condition);
}

EvalError undecided_error(const rules::Policy& policy, Undecided&& undecided) {
    // Its size is its author's choice: padding must not be a way around the gate.
    const bool too_large = undecided.reason == "budget";
    return {policy.name, "", std::move(undecided.reason), std::move(undecided.why),
            too_large ? rules::Failure::Deny : policy.failure};
}

/// By the index, which takes for granted that an object says its kind and has a namespace: where one does
/// not, a condition on that cannot be decided, which is not the same as false.
std::vector<std::uint32_t> candidates(const Review& review, const State& state) {
    const PolicyIndex& index = review.snapshot.rules->index;
    if (!state.object["kind"].is_string() || review.request.ns.empty()) return index.all();
    const workload::Workload& workload = state.workload;
    const workload::Owner& owner = workload.owner;
    return index.candidates(
        {workload.ref.gvk.kind, owner.kind, owner.root_kind, owner.maker_kind, state.object["kind"].string()},
        workload.ref.ns);
}

}  // namespace

const Matching& matching_policies(Review& review, const State& state) {
    if (state.matching.has_value()) return *state.matching;
    Matching& found = state.matching.emplace();
    const Rulebook& book = *review.snapshot.rules;
    const std::vector<std::uint32_t> some = candidates(review, state);
    found.policies.reserve(some.size());
    for (const std::uint32_t i : some) {
        const rules::Policy& policy = book.policies[i];
        const rules::Budget& budget = review.means(policy.mode).budget;
        if (budget.is_late()) {
            found.errors.push_back(rules::out_of_budget(policy, "", budget));
            continue;
        }
        Applied here = applies(policy, review, state);
        if (here.matched.undecided.has_value()) {
            found.errors.push_back(undecided_error(policy, std::move(*here.matched.undecided)));
            continue;
        }
        if (here.matched.result != MatchResult::Yes) continue;
        found.policies.push_back(&policy);
        std::move(here.unheld.begin(), here.unheld.end(), std::back_inserter(found.errors));
    }
    return found;
}

namespace {

std::string trace_line(const rules::Policy& policy, const Applied& here) {
    const Matched& matched = here.matched;
    std::string line = "policy " + policy.name + " (" + std::string(rules::to_string(policy.mode)) + ") ";
    if (matched.result == MatchResult::No) return line + "does not apply: " + why_not(matched);
    if (matched.result == MatchResult::Unknown) return line + "cannot be decided: " + matched.undecided->why;
    line += "applies";
    for (const EvalError& each : here.unheld) line += "; " + each.rule + ": " + each.message;
    return line;
}

}  // namespace

void trace_matching(const Review& review, const State& state) {
    if (review.decision.trace == nullptr) return;
    std::vector<std::string>& lines = review.decision.trace->lines;
    const workload::Workload& workload = state.workload;
    lines.push_back("class " + std::string(workload::to_string(workload.cls)) +
                    (workload.cls_reason.empty() ? "" : " by " + printable(workload.cls_reason)));
    // By means of its own: who asks for an explanation gets the same verdict.
    Means own = make_means(review.request, *workload.kind, {review.enforcing.budget.cancelled, review.steps});
    Review aside{review.request,
                 review.snapshot,
                 review.market,
                 review.catalog,
                 review.steps,
                 false,
                 review.controlled,
                 review.decision,
                 own,
                 own};
    rules::Facts facts;
    std::swap(state.facts, facts);
    for (const rules::Policy& policy : review.snapshot.rules->policies)
        lines.push_back(trace_line(policy, applies(policy, aside, state)));
    std::swap(state.facts, facts);
}

}  // namespace tollgate::decide
