// SPDX-License-Identifier: Apache-2.0
#include "policies/case_file.hpp"

#include "engine/base/limits.hpp"
#include "policies/values.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace tollgate::policies {
namespace {

using rules::Mode;
using rules::Operation;

constexpr Choice<CaseVerdict> kVerdicts[] = {{"Allowed", CaseVerdict::Allowed},
                                             {"Rewritten", CaseVerdict::Rewritten},
                                             {"Denied", CaseVerdict::Denied},
                                             {"Skipped", CaseVerdict::Skipped}};
constexpr Choice<Mode> kModes[] = {{"Enforce", Mode::Enforce}, {"Warn", Mode::Warn}, {"Audit", Mode::Audit}};
constexpr Choice<Operation> kOperations[] = {
    {"CREATE", Operation::Create}, {"UPDATE", Operation::Update}, {"DELETE", Operation::Delete}};

json::Document copy_of(json::Node node) {
    json::Builder builder;
    builder.copy(node);
    return builder.finish();
}

CaseManifest read_case_manifest(Scope& scope, json::Node node, const std::string& path) {
    CaseManifest out;
    if (!node.exists()) return out;
    if (node.is_object()) {
        out.object = copy_of(node);
    } else if (node.is_string() && !node.string().empty()) {
        out.file = std::string(node.string());
    } else {
        scope.error(DocCode::WrongType, node,
                    path + ": expected an object or the path of a file, found " + describe(node));
    }
    return out;
}

ExpectedFinding read_finding(Scope& scope, json::Node node, const std::string& path) {
    ExpectedFinding out;
    Fields fields(scope, node, path);
    assign(out.rule, read_text(scope, fields.need("rule", "policy/rule"), fields.path_of("rule")));
    assign(out.field, read_text(scope, fields.get("field"), fields.path_of("field")));
    const json::Node message = fields.get("message");
    assign(out.message, read_text(scope, message, fields.path_of("message")));
    if (message.exists()) out.message_place = scope.place(message).span;
    if (const RE2 pattern(out.message, RE2::Quiet); !pattern.ok())
        scope.error(DocCode::BadValue, message,
                    fields.path_of("message") + ": is no regular expression (RE2): " + pattern.error());
    return out;
}

Expectation read_expectation(Scope& scope, json::Node node, const std::string& path) {
    Expectation out;
    Fields fields(scope, node, path);
    out.verdict = read_enum<CaseVerdict>(scope, fields.get("verdict"), fields.path_of("verdict"), kVerdicts);
    out.mode = read_enum<Mode>(scope, fields.get("mode"), fields.path_of("mode"), kModes);
    if (const json::Node findings = fields.get("findings"); findings.exists()) {
        out.findings.emplace();
        const bool none = findings.is_array() && findings.size() == 0;
        if (!none) {
            read_list(scope, findings, fields.path_of("findings"), "findings",
                      [&](json::Node element, const std::string& where) {
                          out.findings->push_back(read_finding(scope, element, where));
                      });
        }
    }
    if (const json::Node patched = fields.get("patched"); patched.is_object()) {
        out.patched = copy_of(patched);
    } else if (patched.exists()) {
        scope.error(
            DocCode::WrongType, patched,
            fields.path_of("patched") + ": expected a part of the object, found " + describe(patched));
    }
    out.hourly_before = read_money(scope, fields.get("hourlyBefore"), fields.path_of("hourlyBefore"));
    out.hourly_after = read_money(scope, fields.get("hourlyAfter"), fields.path_of("hourlyAfter"));
    if (fields.is_map() && node.size() == 0) {
        scope.error_at_key(DocCode::Contradiction, node, path + ": expects nothing, so it cannot fail");
    }
    return out;
}

void read_requester(Fields& fields, Case& out) {
    Scope& scope = fields.scope();
    const json::Node node = fields.get("as");
    if (!node.is_object()) {
        assign(out.user, read_text(scope, node, fields.path_of("as")));
        return;
    }
    Fields as(scope, node, fields.path_of("as"));
    assign(out.user, read_text(scope, as.need("user", "a user name"), as.path_of("user")));
    out.groups = read_texts(scope, as.get("groups"), as.path_of("groups"), "groups");
}

Case read_case(Scope& scope, json::Node node, const std::string& path) {
    Case out;
    Fields fields(scope, node, path);
    const json::Node name = fields.need("name", "what the case shows");
    assign(out.name, read_text(scope, name, fields.path_of("name")));
    out.place = scope.place(name.exists() ? name : node).span;
    out.manifest = read_case_manifest(scope, fields.need("manifest", "an object or the path of a file"),
                                      fields.path_of("manifest"));
    const json::Node operation = fields.get("operation");
    assign(out.operation, read_enum<Operation>(scope, operation, fields.path_of("operation"), kOperations));
    const json::Node old = fields.get("old");
    out.old = read_case_manifest(scope, old, fields.path_of("old"));
    if (old.exists() != (out.operation == Operation::Update) && fields.is_map()) {
        scope.error_at_key(DocCode::Contradiction, old.exists() ? old : operation,
                           path + ": old goes with operation UPDATE, and UPDATE with old");
    }
    read_requester(fields, out);
    const json::Node expect = fields.need("expect", "what must come out");
    out.expect_place = scope.key_place(expect.exists() ? expect : node).span;
    out.expect = read_expectation(scope, expect, fields.path_of("expect"));
    return out;
}

void read_cases(Scope& scope, json::Node root, CaseFile& out) {
    Fields fields(scope, root, "");
    out.policies = read_texts(scope, fields.need("policies", "paths of policy files"), "policies", "paths");
    assign(out.fleet, read_text(scope, fields.get("fleet"), "fleet"));
    out.now_unix_ms = read_time(scope, fields.get("now"), "now");
    const json::Node cases = fields.need("cases", "at least one case");
    if (cases.size() > limits::kMaxDocumentsPerFile) {
        scope.error_at_key(DocCode::TooMany, cases,
                           "cases: at most " + std::to_string(limits::kMaxDocumentsPerFile) + " in one file");
        return;
    }
    read_list(scope, cases, "cases", "cases", [&](json::Node element, const std::string& path) {
        Case each = read_case(scope, element, path);
        const auto same = [&](const Case& other) { return other.name == each.name; };
        if (!each.name.empty() && std::any_of(out.cases.begin(), out.cases.end(), same)) {
            scope.error(DocCode::DuplicateName, element["name"],
                        path + ": another case is called '" + each.name + "'");
        }
        out.cases.push_back(std::move(each));
    });
}

}  // namespace

CaseFile read_case_file(const std::string& path, std::string_view text) {
    CaseFile out;
    out.path = path;
    const SourceText source(path, text);
    YamlStream stream = read_yaml(source);
    out.diagnostics = std::move(stream.diagnostics);
    for (YamlDocument& document : stream.documents) {
        for (Diagnostic& diagnostic : document.diagnostics) out.diagnostics.push_back(diagnostic);
    }
    if (has_errors(out.diagnostics)) return out;
    if (stream.documents.size() != 1) {
        out.diagnostics.push_back(source.diagnostic(
            DocCode::TooMany, {},
            "a case file is one document, found " + std::to_string(stream.documents.size())));
        return out;
    }
    Scope scope(source, stream.documents[0], out.diagnostics);
    read_cases(scope, stream.documents[0].doc.root(), out);
    std::stable_sort(out.diagnostics.begin(), out.diagnostics.end(),
                     [](const Diagnostic& a, const Diagnostic& b) {
                         return std::tie(a.span.line, a.span.column) < std::tie(b.span.line, b.span.column);
                     });
    return out;
}

}  // namespace tollgate::policies
