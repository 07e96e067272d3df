// SPDX-License-Identifier: Apache-2.0
// A tree as text again. Parentheses stand only where the tree needs them: they count towards the depth that
// the parser takes, so that one around every operation would make long chains unreadable to it.
#include "engine/base/limits.hpp"
#include "engine/cel/expr.hpp"
#include "engine/cel/parser.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace tollgate::cel {
namespace {

/// What binds how strongly; a part of a lower level than its place asks for is put in parentheses.
enum Level : int { kCondition, kOr, kAnd, kRelation, kSum, kProduct, kUnary, kMember, kPrimary, kEnclosed };

Level binary_level(std::string_view function) {
    if (function == "_||_") return kOr;
    if (function == "_&&_") return kAnd;
    if (function == "_+_" || function == "_-_") return kSum;
    if (function == "_*_" || function == "_/_" || function == "_%_") return kProduct;
    return kRelation;
}

bool is_operation(const Expr& expr) {
    return expr.kind == ExprKind::Call && !expr.member && !operator_symbol(expr.text).empty();
}
bool is_index(const Expr& expr) {
    return expr.kind == ExprKind::Call && (expr.text == "_[_]" || expr.text == "_[?_]");
}
bool is_unary(const Expr& expr) {
    return expr.kind == ExprKind::Call && (expr.text == "!_" || expr.text == "-_");
}
/// The sign belongs to the number, and binds as an operator does.
bool has_sign(const Expr& expr) {
    return (expr.kind == ExprKind::Int && expr.integer < 0) ||
           (expr.kind == ExprKind::Double && std::signbit(expr.real));
}

Level level_of(const Expr& expr) {
    if (is_index(expr)) return kMember;
    if (is_unary(expr)) return kUnary;
    if (is_operation(expr)) return expr.text == "_?_:_" ? kCondition : binary_level(expr.text);
    if (has_sign(expr)) return kUnary;
    const bool is_selection = expr.kind == ExprKind::Select || expr.kind == ExprKind::Macro ||
                              (expr.kind == ExprKind::Call && expr.member);
    return is_selection ? kMember : kPrimary;
}

bool begins_with_number(const Expr& expr) {
    const Expr* first = &expr;
    while (level_of(*first) == kMember) first = first->args[0].get();
    return first->kind == ExprKind::Int || first->kind == ExprKind::Double;
}

bool is_plain_name(std::string_view name) {
    constexpr std::array<std::string_view, 4> kKeywords{"true", "false", "null", "in"};
    const auto is_part = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
           std::all_of(name.begin(), name.end(), is_part) &&
           std::find(kKeywords.begin(), kKeywords.end(), name) == kKeywords.end();
}

class Printer {
  public:
    /// `links`: how long the chain of operators or selections is already that this part goes on with; the
    /// parser has a bound for them, which parentheses start anew.
    void print(const Expr& expr, Level at_least, std::size_t links = 0) {
        const bool enclosed = level_of(expr) < at_least || links >= limits::kMaxCelDepth;
        if (enclosed) out_ += '(';
        bare(expr, enclosed ? 0 : links);
        if (enclosed) out_ += ')';
    }
    std::string finish() && { return std::move(out_); }

  private:
    void bare(const Expr& expr, std::size_t links) {
        switch (expr.kind) {
            case ExprKind::Null:
                out_ += "null";
                return;
            case ExprKind::Bool:
                out_ += expr.boolean ? "true" : "false";
                return;
            case ExprKind::Int:
                out_ += std::to_string(expr.integer);
                return;
            case ExprKind::Uint:
                out_ += std::to_string(expr.natural) + "u";
                return;
            case ExprKind::Double:
                return real(expr.real);
            case ExprKind::String:
                return text("\"", expr.text, false);
            case ExprKind::Bytes:
                return text("b\"", expr.text, true);
            case ExprKind::Ident:
                out_ += expr.text;
                return;
            case ExprKind::Select:
                return selection(expr, links);
            case ExprKind::Has:
                out_ += "has(";
                selection(expr, 0);
                out_ += ')';
                return;
            case ExprKind::Call:
                return call(expr, links);
            case ExprKind::List:
                return list(expr);
            case ExprKind::Map:
                return map(expr);
            case ExprKind::Struct:
                return structure(expr);
            case ExprKind::Macro:
                return macro(expr, links);
        }
    }

    // --- literals ----------------------------------------------------------------------------------------
    void real(double value) {
        std::array<char, 40> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
        const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
        out_ += text;
        if (text.find_first_not_of("-0123456789") == std::string_view::npos) out_ += ".0";
    }

    void text(std::string_view open, std::string_view content, bool bytes) {
        constexpr std::string_view kHex = "0123456789abcdef";
        out_ += open;
        for (const char c : content) {
            const auto byte = static_cast<unsigned char>(c);
            if (c == '"' || c == '\\')
                out_.append({'\\', c});
            else if (byte < 0x20 || byte == 0x7F || (bytes && byte >= 0x80))
                out_.append({'\\', 'x', kHex[byte >> 4U], kHex[byte & 0xFU]});
            else
                out_ += c;
        }
        out_ += '"';
    }

    void name(std::string_view name) {
        if (is_plain_name(name))
            out_ += name;
        else
            out_.append("`").append(name).append("`");
    }

    // --- selections and calls ----------------------------------------------------------------------------
    void selection(const Expr& expr, std::size_t links) {
        print(*expr.args[0], kMember, links + 1);
        out_ += expr.optional ? ".?" : ".";
        name(expr.text);
    }

    void arguments(const Expr& expr, std::size_t first) {
        for (std::size_t i = first; i < expr.args.size(); ++i) {
            if (i > first) out_ += ", ";
            print(*expr.args[i], kCondition);
        }
    }

    void call(const Expr& expr, std::size_t links) {
        if (is_index(expr)) {
            print(*expr.args[0], kMember, links + 1);
            out_ += expr.text == "_[?_]" ? "[?" : "[";
            print(*expr.args[1], kCondition);
            out_ += ']';
        } else if (is_unary(expr)) {
            // -(5), -(5.f()): without parentheses the sign would belong to the number.
            const bool takes_sign = expr.text == "-_" && begins_with_number(*expr.args[0]);
            out_ += operator_symbol(expr.text);
            print(*expr.args[0], takes_sign ? kEnclosed : kMember);
        } else if (is_operation(expr)) {
            operation(expr, links);
        } else {
            if (expr.member) {
                print(*expr.args[0], kMember, links + 1);
                out_ += '.';
            }
            out_ += expr.text + "(";
            arguments(expr, expr.member ? 1 : 0);
            out_ += ')';
        }
    }

    void operation(const Expr& expr, std::size_t links) {
        if (expr.text == "_?_:_") {
            print(*expr.args[0], kOr);
            out_ += " ? ";
            print(*expr.args[1], kOr);
            out_ += " : ";
            return print(*expr.args[2], kCondition);
        }
        const Level level = binary_level(expr.text);
        const auto above = static_cast<Level>(level + 1);
        // && and || are one operation of any number of operands; what else is of one level goes on to the
        // right.
        const bool joins = level == kOr || level == kAnd;
        const bool goes_on = !joins && level_of(*expr.args[0]) == level;
        print(*expr.args[0], goes_on ? level : above, goes_on ? links + 1 : 0);
        for (std::size_t i = 1; i < expr.args.size(); ++i) {
            out_.append(" ").append(operator_symbol(expr.text)).append(" ");
            print(*expr.args[i], above);
        }
    }

    void macro(const Expr& expr, std::size_t links) {
        print(*expr.args[0], kMember, links + 1);
        out_ += "." + expr.text + "(";
        for (const std::string& variable : expr.names) out_ += variable + ", ";
        arguments(expr, 1);
        out_ += ')';
    }

    // --- lists, maps, structs ----------------------------------------------------------------------------
    void list(const Expr& expr) {
        out_ += '[';
        for (std::size_t i = 0; i < expr.args.size(); ++i) {
            if (i > 0) out_ += ", ";
            if (expr.optional_at[i]) out_ += '?';
            print(*expr.args[i], kCondition);
        }
        out_ += ']';
    }

    void map(const Expr& expr) {
        out_ += '{';
        for (std::size_t i = 0; i + 1 < expr.args.size(); i += 2) {
            if (i > 0) out_ += ", ";
            if (expr.optional_at[i / 2]) out_ += '?';
            print(*expr.args[i], kCondition);
            out_ += ": ";
            print(*expr.args[i + 1], kCondition);
        }
        out_ += '}';
    }

    void structure(const Expr& expr) {
        out_ += expr.text + "{";
        for (std::size_t i = 0; i < expr.args.size(); ++i) {
            if (i > 0) out_ += ", ";
            if (expr.optional_at[i]) out_ += '?';
            name(expr.names[i]);
            out_ += ": ";
            print(*expr.args[i], kCondition);
        }
        out_ += '}';
    }

    std::string out_;
};

}  // namespace

std::string to_source(const Expr& expr) {
    Printer printer;
    printer.print(expr, kCondition);
    return std::move(printer).finish();
}

}  // namespace tollgate::cel
