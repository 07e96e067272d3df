// SPDX-License-Identifier: Apache-2.0
#include "policies/read_documents.hpp"
#include "policies/values.hpp"

namespace tollgate::policies {
namespace {

constexpr Choice<bool> kOnExceed[] = {{"Deny", true}, {"Warn", false}};

/// A budget is about what runs, whoever asked for it and however.
void refuse_requests(Scope& scope, json::Node match) {
    for (const char* field : {"operations", "users", "groups"}) {
        if (!match[field].exists()) continue;
        scope.error_at_key(DocCode::Contradiction, match[field],
                           "spec.match." + std::string(field) + ": a budget sums what runs, and not requests",
                           "match kinds, classes, namespaces or labels");
    }
}

}  // namespace

ReadBudget read_budget(Scope& scope, json::Node root) {
    ReadBudget out;
    Fields document(scope, root, "");
    const Metadata metadata = read_metadata(document);
    out.budget.name = metadata.name;
    out.name = metadata.place;
    Fields spec(scope, document.need("spec", "what may be burnt, and by whom"), "spec");
    if (!spec.is_map()) return out;
    const json::Node match = spec.need("match", "whose costs are summed; {} for all");
    out.budget.match = read_match(scope, match, "spec.match", out.references, MatchOf::Budget);
    refuse_requests(scope, match);
    out.budget.hourly = read_money(scope, spec.get("hourly"), "spec.hourly");
    out.budget.monthly = read_money(scope, spec.get("monthly"), "spec.monthly");
    if (!spec.has("hourly") && !spec.has("monthly")) {
        scope.error_at_key(DocCode::MissingField, spec.node(), "spec: a budget has hourly, monthly or both",
                           "as in hourly: 400");
    }
    assign(out.budget.deny, read_enum<bool>(scope, spec.get("onExceed"), "spec.onExceed", kOnExceed));
    return out;
}

}  // namespace tollgate::policies
