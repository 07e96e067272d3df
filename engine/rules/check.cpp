// SPDX-License-Identifier: Apache-2.0
// check: any expression as a validation. Its finding has no measure, so that no update is excused by what was
// there before.
// Source for messages: k8s.io/apiserver pkg/admission/plugin/policy/validating/validator.go.
#include "engine/base/text.hpp"
#include "engine/rules/run.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace tollgate::rules {
namespace {

/// A text that an expression has made of what the object says: none of its control characters reaches a
/// terminal.
std::string printable(std::string_view text) {
    constexpr char kDelete = 0x7F;
    std::string out(text);
    std::replace_if(
        out.begin(), out.end(), [](char c) { return (c >= 0 && c < ' ') || c == kDelete; }, '?');
    return out;
}

/// Nothing when the expression fails, or gives no message: blank, of several lines, or too long.
std::optional<std::string> made_message(const Check& rule, const Context& context, std::uint64_t& cost) {
    if (!rule.message_expression.has_value()) return std::nullopt;
    const Answer answer = evaluate(*rule.message_expression, context, cost);
    if (!answer.value.is(cel::Tag::String)) return std::nullopt;
    const std::string_view text = answer.value.view();
    const bool blank = text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
    const bool several_lines = text.find_first_of("\r\n") != std::string_view::npos;
    if (blank || several_lines || text.size() > limits::kMaxCelMessageBytes) return std::nullopt;
    return printable(text);
}

std::string message_of(const Check& rule, const Context& context, std::uint64_t& cost) {
    if (auto made = made_message(rule, context, cost)) return std::move(*made);
    if (!rule.message.empty()) return rule.message;
    return "failed expression: " +
           std::string(truncated(rule.expression.source, limits::kMaxCelMessageBytes));
}

}  // namespace

void run_check(const Check& rule, const Policy& policy, const Rule& of, const Context& context,
               std::uint64_t& cost, std::vector<Finding>& out, std::vector<EvalError>& errors) {
    Run run{policy, of, context, out, errors};
    const Answer answer = evaluate(rule.expression, context, cost);
    if (answer.value.is_true()) return;
    if (!answer.value.is_false()) {
        run.error(std::string(answer.reason), answer.why);
        // Its size is its author's choice: padding must not be a way around the gate.
        if (answer.reason == "budget") errors.back().failure = Failure::Deny;
        return;
    }
    Finding& finding = run.add(Code::Check, "");
    finding.hourly = hourly_or_zero(context);
    if (!context.workload.pods.empty()) finding.field = context.workload.pods.front().field;
    finding.what = message_of(rule, context, cost);
}

}  // namespace tollgate::rules
