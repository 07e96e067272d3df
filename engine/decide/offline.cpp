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

void merge(Decision& into, Decision&& first) {
    into.before = first.before;
    into.edits = std::move(first.edits);
    into.patch = std::move(first.patch);
    into.demand = std::move(first.demand);
    into.refused_rewrite = std::move(first.refused_rewrite);
    into.effect.insert(into.effect.begin(), into.patch.begin(), into.patch.end());
    into.rewrites.insert(into.rewrites.begin(), first.rewrites.begin(), first.rewrites.end());
    into.warnings.insert(into.warnings.begin(), first.warnings.begin(), first.warnings.end());
    for (EvalError& error : first.errors) into.errors.push_back(std::move(error));
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
    if (!first.known_kind || !first.exempt.empty() || !first.interesting) {
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
