// SPDX-License-Identifier: Apache-2.0
// CostBudgets held against a set of objects: which objects a budget is about, what they cost together, and
// whether that is more than it allows. Offline: the set is what was given; nothing is known of what runs.
//
// Exact; a month is 730 hours. An object whose cost or whose budget is not known is named, and never adds
// nothing in silence. Thread rule: pure functions.
#pragma once

#include "engine/decide/decide.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tollgate::decide {

inline constexpr std::int64_t kHoursPerMonth = 730;  // 8,760 / 12, as price lists count

enum class Counts : std::uint8_t { No, Yes, Unknown };  // Unknown: labels or kind nobody knows

/// For each budget of the snapshot, whether it is about this object.
std::vector<Counts> budgets_of(const Request& request, const Snapshot& snapshot);

/// One object that asks for accelerators; `counts` as from budgets_of, `hourly` after rewriting.
struct Expense {
    std::string name;  // "job.batch/train in research"
    std::optional<Money> hourly;
    std::vector<Counts> counts;
};

struct Spending {
    const rules::CostBudget* budget = nullptr;
    Money hourly;                        // of what is known
    std::vector<const Expense*> known;   // most expensive first
    std::vector<std::string> uncounted;  // names, with the reason
    bool over_hourly = false, over_monthly = false;

    bool exceeded() const { return over_hourly || over_monthly; }
    /// What follows: Deny or Warn when exceeded; Warn when it cannot be told; else nothing.
    std::optional<rules::Action> action() const;
    Money monthly() const { return hourly * Ratio(kHoursPerMonth); }
};

/// One for each budget of the snapshot, in its order; they point into `snapshot` and `expenses`.
std::vector<Spending> add_up(const Snapshot& snapshot, const std::vector<Expense>& expenses);

/// "3 objects burn $812.30/h, and it allows $400.00/h (...)": one line, without the budget's name.
std::string describe(const Spending& spending);

}  // namespace tollgate::decide
