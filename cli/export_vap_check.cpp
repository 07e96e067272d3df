// SPDX-License-Identifier: Apache-2.0
// check, and whatever else is an expression of the policy's author: exported as it stands, where it names
// nothing that only Tollgate has.
#include "cli/export_vap_draft.hpp"
#include "engine/cel/program.hpp"

namespace tollgate::cli {

std::string why_no_expression(const rules::Expression& expression, vap::Use use) {
    const auto program = cel::compile(expression.source, vap::make_environment(use, false, {}));
    if (program.has_value()) return "";
    return "is no expression of a ValidatingAdmissionPolicy: " + program.error().front().message;
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
