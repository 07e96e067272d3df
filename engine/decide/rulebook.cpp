// SPDX-License-Identifier: Apache-2.0
#include "engine/decide/decide.hpp"

#include <algorithm>

namespace tollgate::decide {

namespace {

/// Rules that have something to say about pods which ask for no accelerator.
bool judges_cpu_pods(const rules::Policy& policy) {
    return std::any_of(policy.rules.begin(), policy.rules.end(), [](const rules::Rule& rule) {
        const auto* require = std::get_if<rules::Require>(&rule.verb);
        return require != nullptr && require->known_accelerators;
    });
}

}  // namespace

std::shared_ptr<const Rulebook> make_rulebook(std::vector<rules::Policy> policies,
                                              std::vector<rules::Exception> exceptions,
                                              std::vector<workload::KindSpec> kinds, vap::PolicySet admission,
                                              rules::Mode admission_mode) {
    auto book = std::make_shared<Rulebook>();
    book->admission_mode = admission_mode;
    book->admission = std::move(admission);
    std::sort(policies.begin(), policies.end(), [](const rules::Policy& a, const rules::Policy& b) {
        return a.priority != b.priority ? a.priority > b.priority : a.name < b.name;
    });
    std::sort(exceptions.begin(), exceptions.end(),
              [](const rules::Exception& a, const rules::Exception& b) { return a.name < b.name; });
    book->policies = std::move(policies);
    book->exceptions = std::move(exceptions);
    book->kinds = workload::KindTable(std::move(kinds));
    for (std::uint32_t i = 0; i < book->policies.size(); ++i) {
        const rules::Policy& policy = book->policies[i];
        book->cares_about_cpu_pods = book->cares_about_cpu_pods || judges_cpu_pods(policy);
        book->index.add(i, policy.match);
    }
    return book;
}

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::Allowed:
            return "Allowed";
        case Verdict::Rewritten:
            return "Rewritten";
        case Verdict::Denied:
            return "Denied";
        case Verdict::Skipped:
            return "Skipped";
    }
    return "Allowed";
}

}  // namespace tollgate::decide
