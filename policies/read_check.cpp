// SPDX-License-Identifier: Apache-2.0
// Expressions of a CostPolicy: the conditions of a match, and the verb `check`.
#include "engine/base/limits.hpp"
#include "engine/cel/type.hpp"
#include "engine/rules/variable_table.hpp"
#include "policies/expression.hpp"
#include "policies/read_documents.hpp"
#include "policies/values.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tollgate::policies {
namespace {

/// The last line break of a block scalar is not the writer's.
std::string trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\n";
    const std::size_t begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return "";
    return std::string(text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1));
}

std::optional<rules::Expression> read_typed(Scope& scope, json::Node node, const std::string& path,
                                            cel::Type::Kind kind) {
    const std::array<cel::Type, 1> wanted{cel::simple_type(kind)};
    auto program = read_expression(scope, node, path, rules::expression_environment(), wanted);
    if (!program) return std::nullopt;
    return rules::make_expression(trimmed(node.string()), std::move(*program));
}

/// Shown as kubectl shows it, on one line.
std::string read_message(Fields& fields) {
    Scope& scope = fields.scope();
    const json::Node node = fields.get("message");
    const std::optional<std::string> text = read_text(scope, node, fields.path_of("message"));
    if (!text) return "";
    std::string message = trimmed(*text);
    const std::string path = fields.path_of("message");
    if (message.empty() || message.find('\n') != std::string::npos)
        scope.error(DocCode::BadValue, node, path + ": a message is one line of text",
                    "fold it with '>-' where it is long");
    else if (message.size() > limits::kMaxCelMessageBytes)
        scope.error(DocCode::TooLarge, node,
                    path + ": at most " + std::to_string(limits::kMaxCelMessageBytes) + " bytes");
    return message;
}

}  // namespace

std::vector<rules::Condition> read_conditions(Scope& scope, json::Node node, const std::string& path) {
    std::vector<rules::Condition> out;
    if (node.size() > limits::kMaxCelConditions) {
        scope.error_at_key(
            DocCode::TooMany, node,
            path + ": at most " + std::to_string(limits::kMaxCelConditions) + " conditions in one match");
        return out;
    }
    read_list(scope, node, path, "conditions", [&](json::Node element, const std::string& where) {
        Fields fields(scope, element, where);
        if (!fields.is_map()) return;
        const auto name =
            read_rule_name(scope, fields.need("name", "every condition has a name"), fields.path_of("name"));
        auto when = read_typed(scope, fields.need("expression", "an expression that is true or false"),
                               fields.path_of("expression"), cel::Type::Kind::Bool);
        if (!name) return;
        const bool taken = std::any_of(out.begin(), out.end(),
                                       [&](const rules::Condition& each) { return each.name == *name; });
        if (taken)
            scope.error(DocCode::DuplicateName, element["name"],
                        where + ": another condition of this match is called '" + *name + "'");
        if (when) out.push_back({*name, std::move(*when)});
    });
    return out;
}

std::optional<rules::Check> read_check(Scope& scope, json::Node node, const std::string& path) {
    Fields fields(scope, node, path);
    if (!fields.is_map()) return std::nullopt;
    rules::Check out;
    const json::Node source = fields.need("expression", "an expression that is true or false");
    auto expression = read_typed(scope, source, fields.path_of("expression"), cel::Type::Kind::Bool);
    out.message = read_message(fields);
    out.message_expression = read_typed(scope, fields.get("messageExpression"),
                                        fields.path_of("messageExpression"), cel::Type::Kind::String);
    if (!expression) return std::nullopt;
    out.expression = std::move(*expression);
    if (out.message.empty() && out.expression.source.find('\n') != std::string::npos) {
        scope.error_at_key(DocCode::MissingField, source,
                           path + ": an expression of several lines needs a message",
                           "say in 'message' what is wrong where it is false");
    }
    return out;
}

}  // namespace tollgate::policies
