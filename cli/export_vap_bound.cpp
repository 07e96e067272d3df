// SPDX-License-Identifier: Apache-2.0
// Padding must not be a way around an exported policy. An expression that runs out of Kubernetes' budget is
// an error as any other, and where `failure` is Allow errors pass; but what is too large to be judged is
// refused under Enforce whatever `failure` says (engine/decide/bounds.cpp). So such a policy has a second
// document, which fails, and judges all that the first does, in the same order and as often, with no other
// verdict than that it could be judged: `|| true` bears with errors, but nothing bears with a budget that is
// used up. Of a variable it is an error as any other, so that each of them is looked at by itself first.
// Source: k8s.io/apiserver pkg/admission/plugin/cel/composition.go (variableAccessor), condition.go.
#include "cli/export_vap_draft.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tollgate::cli {
namespace {

/// Of the author's expressions it has errors that are none of size: it is looked at as an expression.
bool may_fail(const VapCondition& variable) {
    return variable.name == "applies" || variable.name == "appliedBefore";
}

}  // namespace

VapDocument bound_of(VapDocument document) {
    // Never shown: the API server says what the error is, and the policy's name says the rest.
    const std::string message = document.policy->name + ": too large to be judged, or malformed";
    std::vector<VapValidation> validations;
    const auto add = [&](std::string expression) {
        validations.push_back({std::move(expression), message, ""});
    };
    for (const VapCondition& each : document.variables)
        add(may_fail(each) ? "(" + each.expression + "\n) || true"
                           : "[variables." + each.name + "].size() == 1");
    for (const VapValidation& each : document.validations) {
        add("(" + each.expression + "\n) || true");
        if (!each.message_expression.empty()) add("(" + each.message_expression + "\n) == '' || true");
    }
    document.name += ".too-large";
    document.fails = document.is_bound = true;
    document.validations = std::move(validations);
    return document;
}

}  // namespace tollgate::cli
