// SPDX-License-Identifier: Apache-2.0
#include "engine/base/text.hpp"
#include "engine/decide/state.hpp"
#include "engine/rules/run.hpp"

#include <algorithm>

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

}  // namespace

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

MatchResult matches(const rules::Match& match, const Review& review, const State& state, bool excluding) {
    if (!mismatch(match, review, state, excluding).empty()) return MatchResult::No;
    const bool unknown =
        match.namespace_selector.has_value() && namespace_labels(review, state.workload.ref.ns) == nullptr;
    return unknown ? MatchResult::Unknown : MatchResult::Yes;
}

const Matching& matching_policies(Review& review, const State& state) {
    if (state.matching.has_value()) return *state.matching;
    Matching& found = state.matching.emplace();
    const Rulebook& book = *review.snapshot.rules;
    const workload::Owner& owner = state.workload.owner;
    const auto candidates =
        book.index.candidates({state.workload.ref.gvk.kind, owner.kind, owner.root_kind, owner.maker_kind});
    found.policies.reserve(candidates.size());
    for (std::uint32_t i : candidates) {
        const rules::Policy& policy = book.policies[i];
        if (review.budget.is_late()) {
            found.errors.push_back(rules::out_of_budget(policy, "", review.budget));
            continue;
        }
        const MatchResult included = matches(policy.match, review, state, false);
        if (included == MatchResult::No) continue;
        bool excluded = false, undecided = included == MatchResult::Unknown;
        for (const rules::Match& entry : policy.exclude) {
            const MatchResult result = matches(entry, review, state, true);
            excluded = excluded || result == MatchResult::Yes;
            undecided = undecided || result == MatchResult::Unknown;
        }
        if (excluded) continue;
        if (undecided) {
            found.errors.push_back({policy.name, "", "namespace_unknown",
                                    "the labels of namespace " + std::string(state.workload.ref.ns) +
                                        " are not known, so namespaceSelector cannot be decided",
                                    policy.failure});
            continue;
        }
        found.policies.push_back(&policy);
    }
    return found;
}

void trace_matching(Review& review, const State& state) {
    if (review.decision.trace == nullptr) return;
    std::vector<std::string>& lines = review.decision.trace->lines;
    const workload::Workload& workload = state.workload;
    lines.push_back("class " + std::string(workload::to_string(workload.cls)) +
                    (workload.cls_reason.empty() ? "" : " by " + workload.cls_reason));
    const auto add = [&](const rules::Policy& policy, const std::string& what) {
        lines.push_back("policy " + policy.name + " (" + std::string(rules::to_string(policy.mode)) + ") " +
                        what);
    };
    for (const rules::Policy& policy : review.snapshot.rules->policies) {
        const std::string_view part = mismatch(policy.match, review, state, false);
        const bool excluded =
            std::any_of(policy.exclude.begin(), policy.exclude.end(), [&](const rules::Match& entry) {
                return matches(entry, review, state, true) == MatchResult::Yes;
            });
        if (!part.empty()) {
            add(policy, "does not apply: match." + std::string(part));
        } else if (excluded) {
            add(policy, "does not apply: exclude");
        } else if (matches(policy.match, review, state, false) == MatchResult::Unknown) {
            add(policy, "cannot be decided: the labels of the namespace are not known");
        } else {
            add(policy, "applies");
        }
    }
}

}  // namespace tollgate::decide
