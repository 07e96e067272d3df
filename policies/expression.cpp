// SPDX-License-Identifier: Apache-2.0
#include "policies/expression.hpp"

#include "policies/values.hpp"

#include <algorithm>

namespace tollgate::policies {
namespace {

std::string type_names(std::span<const cel::Type> types) {
    std::string out;
    for (const cel::Type& type : types) {
        if (!out.empty()) out += " or ";
        out += cel::to_string(type);
    }
    return out;
}

}  // namespace

std::optional<cel::Program> read_expression(Scope& scope, json::Node node, const std::string& path,
                                            const cel::Environment& environment,
                                            std::span<const cel::Type> wanted) {
    const std::optional<std::string> text = read_text(scope, node, path);
    if (!text) return std::nullopt;
    auto program = cel::compile(*text, environment);
    if (!program) {
        for (const cel::Issue& issue : program.error()) {
            scope.error_within(DocCode::BadExpression, node, {*text, issue.offset, issue.length},
                               path + ": " + issue.message, issue.hint);
        }
        return std::nullopt;
    }
    const bool fits =
        wanted.empty() || std::find(wanted.begin(), wanted.end(), program->type()) != wanted.end();
    if (!fits) {
        std::string hint;
        if (program->type().is_dyn() && wanted.size() == 1) {
            hint = "the type of what it gives is not known here: compare it, or convert it";
        }
        scope.error(
            DocCode::BadExpression, node,
            path + ": must give " + type_names(wanted) + ", this gives " + cel::to_string(program->type()),
            std::move(hint));
        return std::nullopt;
    }
    return std::move(*program);
}

}  // namespace tollgate::policies
