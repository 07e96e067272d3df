// SPDX-License-Identifier: Apache-2.0
#include "cli/case_runner.hpp"
#include "cli/case_update.hpp"
#include "cli/check_output.hpp"
#include "cli/commands.hpp"
#include "cli/files.hpp"

#include <algorithm>
#include <filesystem>
#include <iostream>

namespace tollgate::cli {
namespace {

Result<std::vector<std::string>> find_case_files(const std::vector<std::string>& paths) {
    std::vector<std::string> out;
    for (const std::string& path : paths) {
        TOLLGATE_TRY(const std::vector<std::string> files, expand_path(path));
        const bool named = files.size() == 1 && files.front() == path;
        for (const std::string& file : files) {
            if (named || file.ends_with(".case.yaml")) out.push_back(file);
        }
    }
    if (out.empty()) return fail("no *.case.yaml file there");
    return out;
}

std::string failed_text(const CaseFileResult& file, const Terminal& terminal) {
    std::string out;
    if (!file.failure.empty())
        out += terminal.paint(Colour::Red, "FAIL") + " " + file.path + "\n" + file.failure;
    for (const CaseResult& each : file.cases) {
        if (each.mismatches.empty()) continue;
        out += terminal.paint(Colour::Red, "FAIL") + " " + file.path + ":" + std::to_string(each.place.line) +
               ": " + each.name + "\n";
        for (const std::string& line : each.mismatches) out += "     " + line + "\n";
    }
    return out;
}

std::string junit_case(const CaseFileResult& file, const CaseResult& each) {
    std::string out =
        "    <testcase classname=\"" + xml_escape(file.path) + "\" name=\"" + xml_escape(each.name) + "\"";
    if (each.mismatches.empty()) return out + "/>\n";
    std::string text;
    for (const std::string& line : each.mismatches) text += line + "\n";
    return out + ">\n      <failure message=\"" + xml_escape(each.mismatches.front()) + "\">" +
           xml_escape(text) + "</failure>\n    </testcase>\n";
}

struct Tally {
    std::size_t passed = 0, failed = 0, broken_files = 0;
};

std::string junit(const std::vector<CaseFileResult>& files, const Tally& tally) {
    std::string out =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"tollgate test\" "
        "tests=\"" +
        std::to_string(tally.passed + tally.failed + tally.broken_files) + "\" failures=\"" +
        std::to_string(tally.failed) + "\" errors=\"" + std::to_string(tally.broken_files) + "\">\n";
    for (const CaseFileResult& file : files) {
        if (!file.failure.empty()) {
            out += "    <testcase classname=\"" + xml_escape(file.path) +
                   "\" name=\"load\">\n      <error message=\"" + xml_escape(file.failure) +
                   "\"/>\n    </testcase>\n";
        }
        for (const CaseResult& each : file.cases) out += junit_case(file, each);
    }
    return out + "  </testsuite>\n</testsuites>\n";
}

/// Rewrites one file's failed expectations; false after a printed error.
bool update(const std::string& text, const policies::CaseFile& file, CaseFileResult& result,
            const Terminal& terminal) {
    const auto changed = updated_text(text, file, result);
    const auto written = changed ? write_file(file.path, *changed, 0644) : tl::unexpected(changed.error());
    if (!written) {
        terminal.complain(written.error().message);
        return false;
    }
    std::size_t count = 0;
    for (CaseResult& each : result.cases) {
        if (!each.mismatches.empty()) ++count;
        each.mismatches.clear();
    }
    if (count > 0) terminal.note(file.path + ": " + std::to_string(count) + " expectations rewritten");
    return true;
}

bool any_failed(const CaseFileResult& result) {
    return std::any_of(result.cases.begin(), result.cases.end(),
                       [](const CaseResult& each) { return !each.mismatches.empty(); });
}

}  // namespace

Exit run_test(const TestOptions& options, const Terminal& terminal) {
    const auto names = find_case_files(options.paths);
    if (!names) {
        terminal.complain(names.error().message);
        return Exit::BadInput;
    }
    std::vector<CaseFileResult> results;
    Tally tally;
    for (const std::string& name : *names) {
        const auto text = read_file(name);
        if (!text) {
            terminal.complain(text.error().message);
            return Exit::BadInput;
        }
        const policies::CaseFile file = policies::read_case_file(name, *text);
        CaseFileResult result = run_case_file(file, options.policies);
        if (options.update && any_failed(result) && !update(*text, file, result, terminal))
            return Exit::CannotRun;
        for (const CaseResult& each : result.cases) ++(each.mismatches.empty() ? tally.passed : tally.failed);
        if (!result.failure.empty()) ++tally.broken_files;
        results.push_back(std::move(result));
    }
    if (options.output == "junit") {
        terminal.out << junit(results, tally);
    } else {
        for (const CaseFileResult& result : results) terminal.out << failed_text(result, terminal);
        terminal.out << tally.passed << " passed, " << tally.failed << " failed in " << results.size()
                     << (results.size() == 1 ? " file" : " files");
        if (tally.broken_files > 0) {
            terminal.out << ", " << tally.broken_files << (tally.broken_files == 1 ? " file" : " files")
                         << " could not be run";
        }
        terminal.out << "\n";
    }
    if (tally.broken_files > 0) return Exit::BadInput;
    return tally.failed > 0 ? Exit::Negative : Exit::Fine;
}

}  // namespace tollgate::cli
