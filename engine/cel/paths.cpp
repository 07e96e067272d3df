// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/paths.hpp"

#include <algorithm>
#include <utility>

namespace tollgate::cel {
namespace {

/// "" of anything but plain selections from a name.
std::string dotted_name(const Expr& expr) {
    if (expr.kind == ExprKind::Ident) return expr.text;
    if (expr.kind != ExprKind::Select || expr.optional) return "";
    const std::string front = dotted_name(*expr.args[0]);
    return front.empty() ? "" : front + "." + expr.text;
}

void collect_texts(const Expr& expr, std::vector<RequiredTexts>& out) {
    if (expr.kind != ExprKind::Call || expr.args.size() < 2) return;
    if (expr.text == "_&&_") {
        for (const ExprPtr& operand : expr.args) collect_texts(*operand, out);
        return;
    }
    const Expr *left = expr.args[0].get(), *right = expr.args[1].get();
    RequiredTexts found;
    if (expr.text == "_==_") {
        if (left->kind == ExprKind::String) std::swap(left, right);
        if (right->kind != ExprKind::String) return;
        found.values.push_back(right->text);
    } else if (expr.text == "@in" && right->kind == ExprKind::List) {
        for (const ExprPtr& item : right->args) {
            if (item->kind != ExprKind::String) return;
            found.values.push_back(item->text);
        }
    }
    found.path = dotted_name(*left);
    if (!found.path.empty() && !found.values.empty()) out.push_back(std::move(found));
}

class PathReader {
  public:
    explicit PathReader(std::vector<std::string>& out) : out_(out) {}

    void read(const Expr& expr) {
        if (const Expr* variable = variable_of(expr)) {
            if (std::find(bound_.begin(), bound_.end(), variable->text) == bound_.end())
                out_.push_back(path_of(expr));
            return;
        }
        if (expr.kind != ExprKind::Macro) {
            for (const ExprPtr& each : expr.args) read(*each);
            return;
        }
        read(*expr.args[0]);
        const std::size_t outer = bound_.size();
        bound_.insert(bound_.end(), expr.names.begin(), expr.names.end());
        for (std::size_t i = 1; i < expr.args.size(); ++i) read(*expr.args[i]);
        bound_.resize(outer);
    }

  private:
    static bool is_selection(const Expr& expr) {
        return expr.kind == ExprKind::Select || expr.kind == ExprKind::Has;
    }
    /// a['b']: a selection as well.
    static bool is_index(const Expr& expr) {
        return expr.kind == ExprKind::Call && (expr.text == "_[_]" || expr.text == "_[?_]") &&
               expr.args[1]->kind == ExprKind::String;
    }
    /// What selections begin with; null when that is no variable.
    static const Expr* variable_of(const Expr& expr) {
        const Expr* at = &expr;
        while (is_selection(*at) || is_index(*at)) at = at->args[0].get();
        return at->kind == ExprKind::Ident ? at : nullptr;
    }
    static std::string path_of(const Expr& expr) {
        if (is_selection(expr)) return path_of(*expr.args[0]) + "." + expr.text;
        if (is_index(expr)) return path_of(*expr.args[0]) + "." + expr.args[1]->text;
        return expr.text;
    }

    std::vector<std::string>& out_;
    std::vector<std::string> bound_;
};

}  // namespace

std::vector<RequiredTexts> required_texts(const Expr& expr) {
    std::vector<RequiredTexts> out;
    collect_texts(expr, out);
    return out;
}

std::vector<std::string> read_paths(const Expr& expr) {
    std::vector<std::string> out;
    PathReader(out).read(expr);
    return out;
}

}  // namespace tollgate::cel
