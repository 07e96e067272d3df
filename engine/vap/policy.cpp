// SPDX-License-Identifier: Apache-2.0
#include "engine/vap/policy.hpp"

#include <algorithm>

namespace tollgate::vap {

std::string_view to_string(Operation operation) {
    switch (operation) {
        case Operation::Create:
            return "CREATE";
        case Operation::Update:
            return "UPDATE";
        case Operation::Delete:
            return "DELETE";
        case Operation::Connect:
            return "CONNECT";
    }
    return "";
}

std::string_view to_string(Reason reason) {
    switch (reason) {
        case Reason::Invalid:
            return "Invalid";
        case Reason::Forbidden:
            return "Forbidden";
        case Reason::Unauthorized:
            return "Unauthorized";
        case Reason::RequestEntityTooLarge:
            return "RequestEntityTooLarge";
    }
    return "";
}

int status_code(Reason reason) {
    switch (reason) {
        case Reason::Invalid:
            return 422;
        case Reason::Forbidden:
            return 403;
        case Reason::Unauthorized:
            return 401;
        case Reason::RequestEntityTooLarge:
            return 413;
    }
    return 422;
}

PolicySet::PolicySet(std::vector<Policy> policies, std::vector<Binding> bindings) {
    const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
    std::sort(policies.begin(), policies.end(), by_name);
    std::sort(bindings.begin(), bindings.end(), by_name);
    policies_.reserve(policies.size());
    for (Policy& policy : policies) {
        for (std::size_t i = 0; i < policy.validations.size(); ++i)
            policy.validations[i].place = "validations[" + std::to_string(i) + "]";
        for (std::size_t i = 0; i < policy.audit_annotations.size(); ++i)
            policy.audit_annotations[i].place = "auditAnnotations[" + std::to_string(i) + "]";
        policies_.push_back({std::move(policy), {}});
    }
    for (Binding& binding : bindings) {
        const auto at = std::lower_bound(
            policies_.begin(), policies_.end(), binding.policy,
            [](const Bound& bound, const std::string& name) { return bound.policy.name < name; });
        if (at != policies_.end() && at->policy.name == binding.policy)
            at->bindings.push_back(std::move(binding));
    }
    for (std::uint32_t i = 0; i < policies_.size(); ++i) index_.add(i, policies_[i].policy);
}

}  // namespace tollgate::vap
