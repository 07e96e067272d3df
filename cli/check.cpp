// SPDX-License-Identifier: Apache-2.0
#include "cli/budgets.hpp"
#include "cli/check_output.hpp"
#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "cli/progress.hpp"
#include "cli/snapshot_source.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <iterator>

namespace tollgate::cli {
namespace {

std::string render_results(const std::vector<Judged>& results, const std::string& form,
                           const Budgets& budgets, const Terminal& terminal) {
    if (form == "json") return check_json(results, budgets);
    if (form == "yaml") return check_yaml(results, budgets);
    if (form == "sarif") return check_sarif(results, budgets);
    if (form == "junit") return check_junit(results, budgets);
    if (form == "github") return check_github(results, budgets);
    if (form == "patched") return check_patched(results);
    return check_text(results, terminal, budgets);
}

/// Objects that are written have no place for budgets.
void tell_budgets(const Budgets& budgets, const Terminal& terminal) {
    for (const decide::Spending& spending : budgets) {
        if (spending.action())
            terminal.note("CostBudget " + spending.budget->name + ": " + decide::describe(spending));
    }
}

}  // namespace

Exit run_check(const CheckOptions& options, const Terminal& terminal) {
    const auto frame = RequestFrame::make(options.request, unix_now_ms());
    if (!frame) {
        terminal.complain(frame.error().message);
        return Exit::BadInput;
    }
    const auto snapshot = load_for_judging(options.policies, *frame, terminal);
    if (!snapshot) return Exit::BadInput;
    std::vector<std::vector<policies::ManifestDocument>> documents;  // the results point into them
    std::vector<Judged> results;
    bool unreadable_file = false;
    const auto give_up = [&](const Error& error) {
        terminal.complain(error.message);
        unreadable_file = true;
    };
    std::vector<std::string> names;
    for (const std::string& path : options.files) {
        const auto files = expand_path(path);
        if (!files) give_up(files.error());
        if (files) names.insert(names.end(), files->begin(), files->end());
    }
    {
        Progress progress(terminal, "files", names.size());
        for (const std::string& name : names) {
            progress.step();
            const auto text = read_file(name);
            if (!text) {
                give_up(text.error());
                continue;
            }
            const std::string shown = name == "-" ? "<stdin>" : name;
            documents.push_back(policies::load_manifests(shown, *text));
            std::vector<Judged> judged = judge_file(shown, documents.back(), {*snapshot, *frame, false});
            std::move(judged.begin(), judged.end(), std::back_inserter(results));
        }
    }
    const std::vector<decide::Expense> expenses = expenses_of(results);
    const Budgets budgets = decide::add_up(*snapshot, expenses);
    terminal.out << render_results(results, options.output, budgets, terminal);
    if (options.output == "patched") tell_budgets(budgets, terminal);
    const Summary summary = summarize(results);
    const bool over = std::any_of(budgets.begin(), budgets.end(), [](const decide::Spending& spending) {
        return spending.action() == rules::Action::Deny;
    });
    if (unreadable_file || summary.errors > 0) return Exit::BadInput;
    return summary.denied > 0 || over ? Exit::Negative : Exit::Fine;
}

}  // namespace tollgate::cli
