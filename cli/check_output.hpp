// SPDX-License-Identifier: Apache-2.0
// The forms in which `check` shows its results. Each is a pure function of the judged objects.
#pragma once

#include "cli/judge.hpp"
#include "cli/terminal.hpp"
#include "engine/base/money.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::cli {

struct Summary {
    std::size_t documents = 0, allowed = 0, rewritten = 0, denied = 0, skipped = 0, errors = 0;
    Money before, after;            // hourly, over what is known
    std::size_t unknown_costs = 0;  // objects that ask for devices and have no known cost
};
Summary summarize(const std::vector<Judged>& results);

/// What the objects of one run cost together, held against the budgets among the documents.
using Budgets = std::vector<decide::Spending>;

std::string check_text(const std::vector<Judged>& results, const Terminal& terminal,
                       const Budgets& budgets = {});
std::string check_json(const std::vector<Judged>& results, const Budgets& budgets = {});
std::string check_yaml(const std::vector<Judged>& results, const Budgets& budgets = {});
std::string check_sarif(const std::vector<Judged>& results, const Budgets& budgets = {});
std::string check_junit(const std::vector<Judged>& results, const Budgets& budgets = {});
std::string check_github(const std::vector<Judged>& results, const Budgets& budgets = {});
/// The objects as they would be, as a YAML stream; those that could not be read are left out.
std::string check_patched(const std::vector<Judged>& results);

/// Lines of a diff between the object as given and as it will be: "- path: old", "+ path: new".
struct Diff {
    std::vector<std::string> object;  // what is patched at the object itself
    std::vector<std::string> pods;    // what is patched at its pods, when they are created
};
Diff diff_of(const Judged& judged);

/// "&lt;" and so on, for XML text and attributes; control characters that XML forbids become '?'.
std::string xml_escape(std::string_view text);

}  // namespace tollgate::cli
