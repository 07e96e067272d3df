// SPDX-License-Identifier: Apache-2.0
// check, and whatever else is an expression of the policy's author: exported as it stands, where it names
// nothing that only Tollgate has, and nothing that is newer than the API servers it is for.
#include "cli/export_vap_draft.hpp"
#include "engine/cel/parser.hpp"
#include "engine/cel/program.hpp"
#include "engine/rules/variable_table.hpp"

#include <algorithm>

namespace tollgate::cli {
namespace {

/// The first variable or function that Tollgate has and `theirs` has not; "" when there is none.
std::string only_in_tollgate(const cel::Expr& expr, const cel::Environment& theirs) {
    const cel::Environment& ours = rules::expression_environment();
    const bool variable = expr.kind == cel::ExprKind::Ident && ours.find_variable(expr.text).has_value() &&
                          !theirs.find_variable(expr.text).has_value();
    const bool function = expr.kind == cel::ExprKind::Call && !ours.find_function(expr.text).empty() &&
                          theirs.find_function(expr.text).empty();
    if (variable || function) return expr.text;
    for (const cel::ExprPtr& each : expr.args)
        if (each != nullptr)
            if (std::string name = only_in_tollgate(*each, theirs); !name.empty()) return name;
    return "";
}

}  // namespace

std::string why_no_expression(const rules::Expression& expression, vap::Use use) {
    const cel::Environment theirs = vap::make_environment(use, false, {}, kVapKubernetesMinor);
    const auto program = cel::compile(expression.source, theirs);
    if (program.has_value()) return "";
    if (const auto parsed = cel::parse(expression.source); parsed.has_value())
        if (const std::string name = only_in_tollgate(**parsed, theirs); !name.empty())
            return "`" + name + "` exists only in Tollgate";
    const cel::Issue& issue = program.error().front();
    return "is no expression of a ValidatingAdmissionPolicy: " + issue.message +
           (issue.hint.empty() ? "" : " (" + issue.hint + ")");
}

void export_check(Draft& draft, const rules::Rule& rule, const rules::Check& check) {
    if (std::string why = why_no_expression(check.expression, vap::Use::Expression); !why.empty())
        return draft.leave_out(rule, "check", std::move(why));
    std::string message_expression;
    if (check.message_expression.has_value()) {
        std::string why = why_no_expression(*check.message_expression, vap::Use::Message);
        if (why.empty())
            message_expression = check.message_expression->source;
        else
            draft.leave_out(rule, "check.messageExpression", std::move(why));
    }
    draft.validate(rule, check.expression.source + "\n",
                   check.message.empty() ? "failed expression: " + check.expression.source : check.message,
                   message_expression);
}

}  // namespace tollgate::cli
