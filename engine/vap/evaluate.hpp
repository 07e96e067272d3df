// SPDX-License-Identifier: Apache-2.0
// Judging a request by admission policies, as the API server does: match, bindings, params, conditions,
// validations, messages, audit annotations, with its costs and its words.
//
// It differs where only hostile policies show it: matchConditions are not evaluated past the first that is
// false, and messageExpressions only of validations that fail, so that neither can run out of budget for
// nothing. The authorizer is not there.
// Source: k8s.io/apiserver pkg/admission/plugin/policy/validating (dispatcher.go, validator.go),
// plugin/webhook/matchconditions.
// Thread rule: pure function; any number of threads may judge by one PolicySet.
#pragma once

#include "engine/vap/policy.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tollgate::vap {

enum class Action : std::uint8_t { Audit, Warn, Deny };

struct Finding {
    enum class Source : std::uint8_t { Validation, AuditAnnotation, MatchConditions, Configuration };
    const Policy* policy = nullptr;
    const Binding* binding = nullptr;  // null: there is none, judged as if bound with Deny
    Action action = Action::Deny;
    Source source = Source::Validation;
    std::size_t index = 0;  // of the validation or annotation
    bool is_error = false;  // could not be judged; failurePolicy is Fail
    Reason reason = Reason::Invalid;
    std::string message;

    /// Lives as long as the PolicySet:
    std::string_view place() const;  // "validations[0]", "auditAnnotations[1]", "matchConditions", "binding"
    /// "ValidatingAdmissionPolicy 'x' with binding 'y' denied request: ..."; "Validation failed for ..."
    /// where `as` does not deny.
    std::string sentence(Action as) const;
};

struct Outcome {
    std::vector<Finding> findings;  // at most limits::kMaxFindings, and one that denies if there is any
    std::vector<Finding> ignored;   // errors of policies whose failurePolicy is Ignore
    std::vector<std::pair<std::string, std::string>> audit_annotations;  // "policy/key"
    std::size_t evaluated = 0;  // (policy, binding, param) that were judged, conditions included
    std::size_t applied = 0;    // of these, those whose conditions held
    std::uint64_t cost = 0;     // Kubernetes' runtime cost of all that was evaluated
    /// Of that, variables that messages and annotations paid for once more: they are not evaluated again.
    std::uint64_t repeated_cost = 0;

    /// The first Deny: its reason is the answer's. Null: not denied.
    const Finding* denial() const;
};

struct Control {
    const std::atomic<bool>* cancelled = nullptr;  // the deadline
    /// A policy without a binding does nothing in a cluster; who checks it wants to know what it would do.
    bool as_if_bound = true;
};

Outcome judge(const PolicySet& set, const Input& input, const World& world, const Control& control = {});

}  // namespace tollgate::vap
