// SPDX-License-Identifier: Apache-2.0
#include "engine/decide/spending.hpp"

#include "engine/decide/state.hpp"

#include <algorithm>

namespace tollgate::decide {

namespace {

const std::vector<rules::CostBudget>& budgets_in(const Snapshot& snapshot) {
    static const std::vector<rules::CostBudget> none;
    return snapshot.budgets == nullptr ? none : *snapshot.budgets;
}

/// Of a kind nobody described only the namespace can be told.
Counts by_namespace(const rules::Match& match, const Request& request) {
    const bool elsewhere = !match.namespaces.patterns.empty() && !match.namespaces.matches(request.ns);
    return elsewhere ? Counts::No : Counts::Unknown;
}

Counts to_counts(MatchResult result) {
    switch (result) {
        case MatchResult::No:
            return Counts::No;
        case MatchResult::Yes:
            return Counts::Yes;
        case MatchResult::Unknown:
            return Counts::Unknown;
    }
    return Counts::Unknown;
}

std::string limits_text(const rules::CostBudget& budget) {
    std::string out;
    if (budget.hourly) out = format_usd(*budget.hourly) + "/h";
    if (budget.monthly) out += (out.empty() ? "" : " and ") + format_usd(*budget.monthly) + " a month";
    return out;
}

}  // namespace

std::vector<Counts> budgets_of(const Request& request, const Snapshot& snapshot) {
    const std::vector<rules::CostBudget>& budgets = budgets_in(snapshot);
    std::vector<Counts> out;
    const workload::KindSpec* kind =
        snapshot.rules->kinds.find(request.kind.group, request.kind.version, request.kind.kind);
    Decision scratch;
    const fleet::Market none;
    rules::ExpressionScope expressions;  // a budget's match has none
    Review review{request,
                  snapshot,
                  snapshot.market ? *snapshot.market : none,
                  gpu::Catalog::builtin(),
                  {},
                  0,
                  false,
                  false,
                  scratch,
                  expressions};
    std::optional<Result<State>> state;
    if (kind != nullptr) state = read_state(review, request.object, *kind);
    if (!state || !state->has_value()) {
        for (const rules::CostBudget& budget : budgets) out.push_back(by_namespace(budget.match, request));
        return out;
    }
    review.controlled = is_controlled(request, (*state)->workload, snapshot.rules->kinds);
    believe_owner(review, (*state)->workload);
    for (const rules::CostBudget& budget : budgets)
        out.push_back(to_counts(matches(budget.match, review, **state, false)));
    return out;
}

std::optional<rules::Action> Spending::action() const {
    if (exceeded()) return budget->deny ? rules::Action::Deny : rules::Action::Warn;
    if (!uncounted.empty()) return rules::Action::Warn;
    return std::nullopt;
}

std::vector<Spending> add_up(const Snapshot& snapshot, const std::vector<Expense>& expenses) {
    std::vector<Spending> out;
    const std::vector<rules::CostBudget>& budgets = budgets_in(snapshot);
    for (std::size_t i = 0; i < budgets.size(); ++i) {
        Spending spending;
        spending.budget = &budgets[i];
        for (const Expense& expense : expenses) {
            const Counts counts = i < expense.counts.size() ? expense.counts[i] : Counts::No;
            if (counts == Counts::No) continue;
            if (counts == Counts::Unknown) {
                spending.uncounted.push_back(expense.name + " (whether it belongs is not known)");
            } else if (!expense.hourly || !expense.hourly->usd.is_known()) {
                spending.uncounted.push_back(expense.name + " (its cost is not known)");
            } else {
                spending.hourly += *expense.hourly;
                spending.known.push_back(&expense);
            }
        }
        std::stable_sort(spending.known.begin(), spending.known.end(),
                         [](const Expense* a, const Expense* b) { return *a->hourly > *b->hourly; });
        const rules::CostBudget& budget = *spending.budget;
        spending.over_hourly = budget.hourly && !(spending.hourly <= *budget.hourly);
        spending.over_monthly = budget.monthly && !(spending.monthly() <= *budget.monthly);
        out.push_back(std::move(spending));
    }
    return out;
}

std::string describe(const Spending& spending) {
    const std::size_t count = spending.known.size();
    std::string out = std::to_string(count) + (count == 1 ? " object burns " : " objects burn ") +
                      format_usd(spending.hourly) + "/h, " + format_usd(spending.monthly()) + " a month of " +
                      std::to_string(kHoursPerMonth) + " h; it allows " + limits_text(*spending.budget);
    if (!spending.uncounted.empty()) {
        out += "; not counted: " + std::to_string(spending.uncounted.size()) +
               (spending.uncounted.size() == 1 ? " object" : " objects");
    }
    return out;
}

}  // namespace tollgate::decide
