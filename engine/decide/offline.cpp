// SPDX-License-Identifier: Apache-2.0
// What the API server does with two webhooks, without one: Mutate, apply, Validate.
#include "engine/decide/state.hpp"
#include "engine/patch/apply.hpp"

#include <algorithm>

namespace tollgate::decide {

namespace {

json::Document copy_of(json::Node node) {
    json::Builder builder;
    builder.copy(node);
    return builder.finish();
}

/// A warning with the lines it was broken into.
using Warning = std::vector<std::string>;

std::vector<Warning> whole(const std::vector<std::string>& lines) {
    std::vector<Warning> warnings;
    for (const std::string& line : lines) {
        if (warnings.empty() || !line.starts_with("  ")) warnings.emplace_back();
        warnings.back().push_back(line);
    }
    return warnings;
}

/// The warnings of both phases, without those that the second repeats.
std::vector<std::string> said_once(std::vector<std::string> first, const std::vector<std::string>& second) {
    const std::vector<Warning> said = whole(first);
    for (const Warning& warning : whole(second)) {
        if (std::find(said.begin(), said.end(), warning) == said.end())
            first.insert(first.end(), warning.begin(), warning.end());
    }
    return first;
}

void merge(Decision& into, Decision&& first) {
    into.before = first.before;
    into.edits = std::move(first.edits);
    into.patch = std::move(first.patch);
    into.demand = std::move(first.demand);
    into.seen_later = std::move(first.seen_later);
    into.refused_rewrite = std::move(first.refused_rewrite);
    into.effect.insert(into.effect.begin(), into.patch.begin(), into.patch.end());
    into.rewrites.insert(into.rewrites.begin(), first.rewrites.begin(), first.rewrites.end());
    into.withheld.insert(into.withheld.begin(), first.withheld.begin(), first.withheld.end());
    into.warnings = said_once(first.warnings, into.warnings);
    for (EvalError& error : first.errors) {
        const bool known = std::any_of(into.errors.begin(), into.errors.end(), [&](const EvalError& other) {
            return other.policy == error.policy && other.rule == error.rule && other.message == error.message;
        });
        if (!known) into.errors.push_back(std::move(error));
    }
    if (into.verdict == Verdict::Allowed && !into.effect.empty()) into.verdict = Verdict::Rewritten;
    if (first.trace == nullptr || into.trace == nullptr) return;
    // The first look at a pod explains it; the validator's is of the pod as rewritten.
    std::vector<PodTrace> pods = std::move(first.trace->pods);
    for (PodTrace& later : into.trace->pods) {
        const bool seen = std::any_of(pods.begin(), pods.end(), [&](const PodTrace& earlier) {
            return earlier.pod == later.pod && earlier.by == later.by;
        });
        if (!seen) pods.push_back(std::move(later));
    }
    into.trace->pods = std::move(pods);
}

}  // namespace

OfflineReview review_offline(Request request, const Snapshot& snapshot, const Control& control) {
    OfflineReview review;
    request.check = true;
    request.phase = Phase::Mutate;
    Decision first = decide(request, snapshot, control);
    json::Document mutated = copy_of(request.object);
    if (!first.patch.empty())
        if (Result<json::Document> applied = patch::apply(request.object, first.patch); applied.has_value())
            mutated = std::move(*applied);
    const bool has_more = snapshot.rules != nullptr && !snapshot.rules->admission.empty();
    if (!has_more && (!first.known_kind || !first.exempt.empty() || !first.interesting)) {
        review.decision = std::move(first);
        review.patched = std::move(mutated);
        return review;
    }
    request.phase = Phase::Validate;
    request.object = mutated.root();
    review.decision = decide(request, snapshot, control);
    if (!review.decision.effect.empty())
        if (Result<json::Document> applied = patch::apply(mutated.root(), review.decision.effect);
            applied.has_value())
            mutated = std::move(*applied);
    merge(review.decision, std::move(first));
    review.patched = std::move(mutated);
    return review;
}

}  // namespace tollgate::decide
