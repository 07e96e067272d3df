// SPDX-License-Identifier: Apache-2.0
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
                           const Terminal& terminal) {
    if (form == "json") return check_json(results);
    if (form == "yaml") return check_yaml(results);
    if (form == "sarif") return check_sarif(results);
    if (form == "junit") return check_junit(results);
    if (form == "github") return check_github(results);
    if (form == "patched") return check_patched(results);
    return check_text(results, terminal);
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
    terminal.out << render_results(results, options.output, terminal);
    const Summary summary = summarize(results);
    if (unreadable_file || summary.errors > 0) return Exit::BadInput;
    return summary.denied > 0 ? Exit::Negative : Exit::Fine;
}

}  // namespace tollgate::cli
