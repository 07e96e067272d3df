// SPDX-License-Identifier: Apache-2.0
// One expression on one object: what it gives, its type and what it costs.
#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "cli/zone_files.hpp"
#include "engine/base/diagnostic.hpp"
#include "engine/cel/authorizer.hpp"
#include "engine/cel/program.hpp"
#include "engine/cel/text.hpp"
#include "policies/manifest.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <iostream>
#include <optional>
#include <vector>

namespace tollgate::cli {
namespace {

/// Where a byte of the expression is, as people count.
Diagnostic at_place(const std::string& source, std::uint32_t offset, std::uint32_t length) {
    Diagnostic out;
    out.file = "<expression>";
    const std::string_view before = std::string_view(source).substr(0, offset);
    const std::size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    out.span.line = 1;
    for (const char c : before) out.span.line += c == '\n' ? 1U : 0U;
    out.span.column = static_cast<std::uint32_t>(cel::code_points(before.substr(start))) + 1;
    out.span.length = length;
    out.source = source.substr(start, source.find('\n', offset) - start);
    return out;
}

void complain(const std::string& source, const std::vector<cel::Issue>& issues, const Terminal& terminal) {
    for (const cel::Issue& issue : issues) {
        Diagnostic diagnostic = at_place(source, issue.offset, issue.length);
        diagnostic.message = issue.message;
        diagnostic.hint = issue.hint;
        terminal.err << render(diagnostic);
    }
}

/// The first document of a file; nothing, with a word on why, when there is none.
std::optional<json::Document> read_object(const std::string& file, const Terminal& terminal) {
    const auto text = read_file(file);
    if (!text) {
        terminal.complain(text.error().message);
        return std::nullopt;
    }
    auto documents = policies::load_manifests(file == "-" ? "<stdin>" : file, *text);
    if (documents.empty() || has_errors(documents.front().diagnostics)) {
        for (const auto& document : documents)
            for (const Diagnostic& diagnostic : document.diagnostics) terminal.err << render(diagnostic);
        if (documents.empty()) terminal.complain(file + ": there is no object in it");
        return std::nullopt;
    }
    if (documents.size() > 1)
        terminal.err << "note: " << file << " has several documents; the first is looked at\n";
    return std::move(documents.front().doc);
}

Exit print(const std::string& source, const cel::Program& program, const cel::Value& value,
           const cel::Evaluation& evaluation, const CelOptions& options, const Terminal& terminal) {
    if (options.output == "json") {
        nlohmann::ordered_json out;
        if (value.is_error())
            out["error"] = {{"message", value.error->message}, {"offset", value.error->offset}};
        else
            out["value"] = cel::to_text(value);
        out["type"] = cel::to_string(program.type());
        out["cost"] = evaluation.cost;
        terminal.out << out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
    } else if (value.is_error()) {
        Diagnostic diagnostic = at_place(source, value.error->offset, 1);
        diagnostic.message = std::string(value.error->message);
        terminal.err << render(diagnostic);
    } else {
        terminal.out << "value  " << cel::to_text(value) << "\n"
                     << "type   " << cel::to_string(program.type()) << "\n"
                     << "cost   " << evaluation.cost << "\n";
    }
    return value.is_error() ? Exit::Negative : Exit::Fine;
}

}  // namespace

Exit run_cel(const CelOptions& options, const Terminal& terminal) {
    use_zone_files();
    cel::Environment::Options environment_options;
    if (!options.kubernetes_version.empty()) {
        const auto minor = cel::read_kubernetes_version(options.kubernetes_version);
        if (!minor) {
            terminal.complain("--kubernetes-version: " + minor.error().message);
            return Exit::BadInput;
        }
        environment_options.kubernetes_minor = *minor;
    }
    std::vector<cel::Variable> declared{
        {"object", cel::dyn_type()}, {"oldObject", cel::dyn_type()}, {"params", cel::dyn_type()}};
    const auto authorizer = cel::authorizer_variables();
    declared.insert(declared.end(), authorizer.begin(), authorizer.end());
    const cel::Environment environment(std::move(declared), environment_options);
    const auto program = cel::compile(options.expression, environment);
    if (!program) {
        complain(options.expression, program.error(), terminal);
        return Exit::BadInput;
    }
    std::array<json::Document, 3> documents;
    const auto [asking, asking_resource] = cel::authorizer_values();
    std::array<cel::Value, 5> values{cel::null_value(), cel::null_value(), cel::null_value(), asking,
                                     asking_resource};
    const std::array<std::string, 3> files{options.file, options.old_file, options.params_file};
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (files[i].empty()) continue;
        auto document = read_object(files[i], terminal);
        if (!document) return Exit::BadInput;
        documents[i] = std::move(*document);
        values[i] = cel::from_json(documents[i].root());
    }
    cel::Arena arena;
    cel::FixedVariables variables(values);
    cel::Evaluation evaluation{arena, variables};
    const cel::Value value = program->run(evaluation);
    return print(options.expression, *program, value, evaluation, options, terminal);
}

}  // namespace tollgate::cli
