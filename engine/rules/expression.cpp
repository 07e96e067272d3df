// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/expression.hpp"

#include "engine/base/result.hpp"
#include "engine/cel/parser.hpp"
#include "engine/rules/outcome.hpp"
#include "engine/rules/variable_table.hpp"
#include "engine/rules/variables.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tollgate::rules {
namespace {

constexpr std::uint64_t kCostOfStep = 64;  // a step is some microseconds of work, a unit of cost some dozens
                                           // of nanoseconds

std::uint32_t slot(VariableSlot variable) {
    return static_cast<std::uint32_t>(variable);
}

/// "object.kind" of selections from a name; "" of anything else.
std::string dotted_name(const cel::Expr& expr) {
    if (expr.kind == cel::ExprKind::Ident) return expr.text;
    if (expr.kind != cel::ExprKind::Select || expr.optional) return "";
    const std::string front = dotted_name(*expr.args[0]);
    return front.empty() ? "" : front + "." + expr.text;
}

/// `path == 'text'`, on either side.
void read_literal(const cel::Expr& equality, Expression& out) {
    if (equality.args.size() != 2) return;
    const bool is_left = equality.args[0]->kind == cel::ExprKind::String;
    const cel::Expr& text = *equality.args[is_left ? 0 : 1];
    if (text.kind != cel::ExprKind::String) return;
    const std::string path = dotted_name(*equality.args[is_left ? 1 : 0]);
    const auto is = [&](std::initializer_list<std::string_view> paths) {
        return std::find(paths.begin(), paths.end(), path) != paths.end();
    };
    if (out.only_kind.empty() && is({"workload.kind", "object.kind", "request.kind.kind"}))
        out.only_kind = text.text;
    if (out.only_namespace.empty() && is({"workload.namespace", "request.namespace"}))
        out.only_namespace = text.text;
}

/// What stands between the outermost && must all hold: one that is false decides, whatever the others say.
void read_literals(const cel::Expr& expr, Expression& out) {
    if (expr.kind != cel::ExprKind::Call) return;
    if (expr.text == "_==_") read_literal(expr, out);
    if (expr.text != "_&&_") return;
    for (const cel::ExprPtr& operand : expr.args) read_literals(*operand, out);
}

/// Says more of what has no price than that it is absent.
std::string with_reason(std::string message, const Context& context) {
    constexpr std::array<std::string_view, 3> kAbsent{"no such key: hourly", "no such key: daily",
                                                      "no such key: total"};
    const cost::WorkloadCost* cost = context.facts.cost.has_value() ? &*context.facts.cost : nullptr;
    const bool is_of_cost = std::find(kAbsent.begin(), kAbsent.end(), message) != kAbsent.end();
    if (!is_of_cost || cost == nullptr) return message;
    if (!cost->note.empty()) return message + " (" + cost->note + ")";
    return cost->hourly.has_value() ? message + " (it has no end)" : message;
}

}  // namespace

bool Expression::reads_user() const {
    return program->reads(slot(VariableSlot::Request), "userInfo");
}

Expression make_expression(std::string source, cel::Program program) {
    Expression out;
    out.source = std::move(source);
    out.program = std::make_shared<const cel::Program>(std::move(program));
    const auto fields = workload_fields();
    for (std::size_t i = 0; i < fields.size(); ++i)
        if (out.program->reads(slot(VariableSlot::Workload), fields[i]))
            out.fields.push_back(static_cast<std::uint8_t>(i));
    const auto parsed = cel::parse(out.source);
    TOLLGATE_ASSERT(parsed.has_value());  // it was compiled
    read_literals(**parsed, out);
    return out;
}

Answer evaluate(const Expression& expression, const Context& context, std::uint64_t& cost) {
    TOLLGATE_ASSERT(context.expressions != nullptr);
    ExpressionScope& scope = *context.expressions;
    ContextVariables variables(context, expression.fields);
    cel::Evaluation evaluation{scope.arena, variables, std::min(limits::kMaxCelCost, cost), scope.cancelled};
    Answer answer;
    answer.value = expression.program->run(evaluation);
    cost -= std::min(cost, evaluation.cost);
    const bool spent = !context.budget.spend(1 + evaluation.cost / kCostOfStep);
    if (!answer.value.is_error() && !spent) return answer;
    if (context.budget.is_late()) {
        answer.reason = "deadline";
        answer.why = "the review ran out of its time";
    } else if (spent) {
        answer.reason = "budget";
        answer.why = "the object is too large to be judged";
    } else {
        answer.reason = evaluation.out_of_budget ? "budget" : "expression";
        answer.why = with_reason(std::string(answer.value.error->message), context);
    }
    if (spent) answer.value = scope.arena.error(answer.why);
    return answer;
}

}  // namespace tollgate::rules
