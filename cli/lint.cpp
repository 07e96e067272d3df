// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.hpp"
#include "cli/snapshot_source.hpp"
#include "engine/base/diagnostic.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>

namespace tollgate::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string_view severity_name(const Diagnostic& diagnostic) {
    return diagnostic.severity == Severity::Error ? "error" : "warning";
}

std::string count(std::size_t number, const char* one, const char* many) {
    return std::to_string(number) + " " + (number == 1 ? one : many);
}

std::string lint_json(const Diagnostics& diagnostics) {
    Json list = Json::array();
    for (const Diagnostic& diagnostic : diagnostics) {
        list.push_back({{"severity", severity_name(diagnostic)},
                        {"code", diagnostic.code},
                        {"file", diagnostic.file},
                        {"line", diagnostic.span.line},
                        {"column", diagnostic.span.column},
                        {"message", diagnostic.message},
                        {"hint", diagnostic.hint}});
    }
    return Json{{"diagnostics", list}}.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string lint_github(const Diagnostics& diagnostics) {
    std::string out;
    for (const Diagnostic& diagnostic : diagnostics) {
        out += "::" + std::string(severity_name(diagnostic)) + " file=" + diagnostic.file +
               ",line=" + std::to_string(std::max(diagnostic.span.line, 1U)) +
               ",col=" + std::to_string(std::max(diagnostic.span.column, 1U)) + ",title=" + diagnostic.code +
               "::" + diagnostic.message + (diagnostic.hint.empty() ? "" : " (" + diagnostic.hint + ")") +
               "\n";
    }
    return out;
}

}  // namespace

Exit run_lint(const LintOptions& options, const Terminal& terminal) {
    policies::LoadOptions load;
    load.now_unix_ms = unix_now_ms();
    const policies::LoadedDocuments documents = policies::load_paths(options.paths, load);
    if (options.output == "json") {
        terminal.out << lint_json(documents.diagnostics);
    } else if (options.output == "github") {
        terminal.out << lint_github(documents.diagnostics);
    } else {
        terminal.out << render_all(documents.diagnostics);
        if (documents.diagnostics.empty()) {
            terminal.out << count(documents.sources.size(), "file", "files") << ": "
                         << count(documents.policies.size() + documents.admission_policies.size(), "policy",
                                  "policies")
                         << ", " << count(documents.exceptions.size(), "exception", "exceptions") << ", "
                         << count(documents.market.pools.size(), "pool", "pools") << ": no problems\n";
        }
    }
    const bool good = options.strict ? documents.diagnostics.empty() : documents.ok();
    return good ? Exit::Fine : Exit::BadInput;
}

}  // namespace tollgate::cli
