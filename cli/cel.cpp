// SPDX-License-Identifier: Apache-2.0
// One expression on one object: what it gives, its type and what it costs.
#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "cli/snapshot_source.hpp"
#include "cli/zone_files.hpp"
#include "engine/base/diagnostic.hpp"
#include "engine/cel/authorizer.hpp"
#include "engine/cel/program.hpp"
#include "engine/cel/text.hpp"
#include "engine/decide/decide.hpp"
#include "engine/rules/variable_table.hpp"
#include "engine/rules/variables.hpp"
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

// --- what the expression may name --------------------------------------------------------------------------

/// Those of policies' expressions come first, at their own places.
constexpr std::uint32_t kParams = static_cast<std::uint32_t>(rules::VariableSlot::Needs) + 1;

Result<cel::Environment> make_environment(const CelOptions& options) {
    cel::Environment::Options out = rules::expression_environment().options();
    if (!options.kubernetes_version.empty()) {
        const auto minor = cel::read_kubernetes_version(options.kubernetes_version);
        if (!minor) return fail("--kubernetes-version: " + minor.error().message);
        out.kubernetes_minor = *minor;
    }
    const auto own = rules::expression_environment().variables();
    std::vector<cel::Variable> declared(own.begin(), own.end());
    declared.push_back({"params", cel::dyn_type()});
    for (cel::Variable& each : cel::authorizer_variables()) declared.push_back(std::move(each));
    return cel::Environment(std::move(declared), std::move(out));
}

/// `context` is null when no object was given.
class Seen final : public cel::Variables {
  public:
    Seen(cel::Arena& arena, const rules::Context* context, std::span<const std::uint8_t> fields,
         const std::array<cel::Value, 3>& others, const cel::Value& old_object)
        : arena_(arena), context_(context), others_(others), old_object_(old_object) {
        if (context != nullptr) own_.emplace(*context, fields);
    }
    cel::Value get(std::uint32_t variable) override {
        if (variable >= kParams) return others_[variable - kParams];
        if (own_) return own_->get(variable);
        switch (static_cast<rules::VariableSlot>(variable)) {
            case rules::VariableSlot::Object:
                return cel::null_value();
            case rules::VariableSlot::OldObject:
                return old_object_;
            default:
                return arena_.error("there is no object to tell it of: give one with -f FILE");
        }
    }

  private:
    cel::Arena& arena_;
    const rules::Context* context_;
    std::optional<rules::ContextVariables> own_;
    const std::array<cel::Value, 3>& others_;
    cel::Value old_object_;
};

/// The operation follows from which objects there are, unless it is said.
Result<RequestFrame> make_frame(const CelOptions& options) {
    RequestOptions request = options.request;
    if (!request.old_file.empty() && request.operation == "CREATE") request.operation = "UPDATE";
    return RequestFrame::make(request, unix_now_ms());
}

/// Without -p and without a word about it: an expression on an object is mostly about the object alone.
std::shared_ptr<const decide::Snapshot> load_documents(const CelOptions& options, const RequestFrame& frame,
                                                       const Terminal& terminal) {
    if (!options.policies.empty()) return load_for_judging(options.policies, frame, terminal);
    return with_labels(load_snapshot({{}, std::nullopt, true}, frame.now_unix_ms()).snapshot, frame);
}

}  // namespace

Exit run_cel(const CelOptions& options, const Terminal& terminal) {
    use_zone_files();
    const auto environment = make_environment(options);
    if (!environment) {
        terminal.complain(environment.error().message);
        return Exit::BadInput;
    }
    auto program = cel::compile(options.expression, *environment);
    if (!program) {
        complain(options.expression, program.error(), terminal);
        return Exit::BadInput;
    }
    const auto frame = make_frame(options);
    if (!frame) {
        terminal.complain(frame.error().message);
        return Exit::BadInput;
    }
    std::array<json::Document, 2> documents;
    std::size_t at = 0;
    for (const std::string& file : {options.file, options.params_file}) {
        if (!file.empty()) {
            auto document = read_object(file, terminal);
            if (!document) return Exit::BadInput;
            documents[at] = std::move(*document);
        }
        ++at;
    }
    const auto snapshot = load_documents(options, *frame, terminal);
    if (snapshot == nullptr) return Exit::BadInput;
    const json::Node object = documents[0].root(), params = documents[1].root();
    const decide::Request request = frame->request_for(object);
    const auto [asking, asking_resource] = cel::authorizer_values();
    const std::array<cel::Value, 3> others{params.exists() ? cel::from_json(params) : cel::null_value(),
                                           asking, asking_resource};
    const cel::Value old =
        request.old_object.exists() ? cel::from_json(request.old_object) : cel::null_value();
    const rules::Expression expression = rules::make_expression(options.expression, std::move(*program));
    Exit exit = Exit::Fine;
    const auto run = [&](const rules::Context* context) {
        cel::Arena arena;
        Seen variables(arena, context, expression.fields, others, old);
        cel::Evaluation evaluation{arena, variables};
        const cel::Value value = expression.program->run(evaluation);
        exit = print(options.expression, *expression.program, value, evaluation, options, terminal);
    };
    if (!object.exists()) {
        run(nullptr);
    } else if (const auto seen =
                   decide::look_at(request, *snapshot, [&](const rules::Context& context) { run(&context); });
               !seen) {
        terminal.complain(options.file + ": " + seen.error().message);
        return Exit::BadInput;
    }
    return exit;
}

}  // namespace tollgate::cli
