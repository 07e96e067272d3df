// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/parser.hpp"

#include "engine/base/limits.hpp"
#include "engine/cel/lexer.hpp"
#include "engine/cel/literal.hpp"
#include "engine/cel/macros.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace tollgate::cel {
namespace {

struct Operator {
    std::string_view symbol, function;
    int level;
};

// Level: 0 binds least. `?:` is below all of them.
constexpr std::array<Operator, 14> kBinary{{{"||", "_||_", 0},
                                            {"&&", "_&&_", 1},
                                            {"<", "_<_", 2},
                                            {"<=", "_<=_", 2},
                                            {">", "_>_", 2},
                                            {">=", "_>=_", 2},
                                            {"==", "_==_", 2},
                                            {"!=", "_!=_", 2},
                                            {"in", "@in", 2},
                                            {"+", "_+_", 3},
                                            {"-", "_-_", 3},
                                            {"*", "_*_", 4},
                                            {"/", "_/_", 4},
                                            {"%", "_%_", 4}}};

constexpr std::array<std::string_view, 17> kReserved{
    "as",  "break", "const",     "continue", "else",   "for", "function", "if",   "import",
    "let", "loop",  "namespace", "package",  "return", "var", "void",     "while"};
constexpr std::array<std::string_view, 4> kKeywords{"true", "false", "null", "in"};

bool contains(const auto& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

const Operator* binary_operator(const Token& token) {
    const bool word = token.is_word("in");
    if (token.kind != TokenKind::Symbol && !word) return nullptr;
    const auto found = std::find_if(kBinary.begin(), kBinary.end(),
                                    [&](const Operator& each) { return each.symbol == token.text; });
    return found == kBinary.end() ? nullptr : found;
}

class Parser {
  public:
    Parser(std::string_view source, const ParseOptions& options) : lexer_(source), options_(options) {
        token_ = lexer_.next();
    }

    ExprPtr whole() {
        ExprPtr expr = expression();
        if (!issue_ && token_.kind != TokenKind::End) fail_unexpected("an operator or the end");
        return issue_ ? nullptr : std::move(expr);
    }
    std::optional<Issue>& issue() { return issue_; }

  private:
    class Deeper {
      public:
        explicit Deeper(Parser& parser) : parser_(parser) {
            if (++parser_.depth_ > limits::kMaxCelDepth)
                parser_.fail(parser_.token_, "the expression is nested more than " +
                                                 std::to_string(limits::kMaxCelDepth) + " deep");
        }
        ~Deeper() { --parser_.depth_; }
        Deeper(const Deeper&) = delete;
        Deeper& operator=(const Deeper&) = delete;

      private:
        Parser& parser_;
    };

    void advance() { token_ = lexer_.next(); }
    void fail(const Token& at, std::string message, std::string hint = {}) {
        if (!issue_)
            issue_ = Issue{at.offset, std::max<std::uint32_t>(1, at.end - at.offset), std::move(message),
                           std::move(hint)};
    }
    void fail_unexpected(std::string_view wanted) {
        if (token_.kind == TokenKind::Error) return fail(token_, std::string(token_.text));
        if (token_.kind == TokenKind::End)
            return fail(token_, "expected " + std::string(wanted) + ", found the end");
        fail(token_, "expected " + std::string(wanted) + ", found '" + std::string(token_.text) + "'");
    }
    bool take(std::string_view symbol) {
        if (issue_ || !token_.is(symbol)) return false;
        advance();
        return true;
    }
    void expect(std::string_view symbol) {
        if (!issue_ && !take(symbol)) fail_unexpected("'" + std::string(symbol) + "'");
    }

    ExprPtr make(ExprKind kind, const Token& at) {
        if (++nodes_ > limits::kMaxCelNodes) fail(at, "the expression has too many parts");
        auto expr = std::make_unique<Expr>();
        expr->kind = kind;
        expr->offset = at.offset;
        expr->end = at.end;
        return expr;
    }
    ExprPtr call(const Token& at, std::string_view function, ExprPtr a, ExprPtr b = nullptr) {
        ExprPtr expr = make(ExprKind::Call, at);
        expr->text = function;
        expr->args.push_back(std::move(a));
        if (b) expr->args.push_back(std::move(b));
        return expr;
    }

    ExprPtr expression() {
        const Deeper deeper(*this);
        if (issue_) return nullptr;
        ExprPtr condition = binary(0);
        if (issue_ || !token_.is("?")) return condition;
        const Token at = token_;
        advance();
        ExprPtr expr = call(at, "_?_:_", std::move(condition), binary(0));
        expect(":");
        expr->args.push_back(expression());
        return expr;
    }

    ExprPtr binary(int level) {
        if (level > 4) return unary();
        ExprPtr left = binary(level + 1);
        // A chain of one operator is as deep a tree as it is long.
        std::size_t links = 0;
        while (!issue_) {
            const Operator* found = binary_operator(token_);
            if (found == nullptr || found->level != level) break;
            const Token at = token_;
            advance();
            if (found->level <= 1 && left->kind == ExprKind::Call && left->text == found->function &&
                links > 0) {
                left->args.push_back(binary(level + 1));  // && and || take any number
                continue;
            }
            if (++links > limits::kMaxCelDepth)
                fail(at, "more than " + std::to_string(limits::kMaxCelDepth) + " operators in a row");
            ExprPtr right = binary(level + 1);
            left = call(at, found->function, std::move(left), std::move(right));
        }
        return left;
    }

    ExprPtr unary() {
        if (issue_ || (!token_.is("!") && !token_.is("-"))) return member();
        const Token first = token_;
        const std::string_view symbol = first.text;
        std::size_t count = 0;
        while (token_.is(symbol)) {
            ++count;
            advance();
        }
        // A single sign belongs to the number: -9223372036854775808 is one.
        if (symbol == "-" && count == 1 &&
            (token_.kind == TokenKind::Int || token_.kind == TokenKind::Double))
            return suffixes(number(true, first));
        ExprPtr value = member();
        if (count % 2 == 0) return value;
        return call(first, symbol == "!" ? "!_" : "-_", std::move(value));
    }

    ExprPtr member() { return suffixes(primary()); }

    ExprPtr suffixes(ExprPtr expr) {
        std::size_t links = 0;
        while (!issue_) {
            const Token at = token_;
            if (!at.is(".") && !at.is("[")) return expr;
            if (++links > limits::kMaxCelDepth)
                fail(at, "more than " + std::to_string(limits::kMaxCelDepth) + " selections in a row");
            advance();
            const bool optional = take("?");
            expr =
                at.text == "[" ? index(at, optional, std::move(expr)) : selection(optional, std::move(expr));
        }
        return expr;
    }

    ExprPtr index(const Token& at, bool optional, ExprPtr target) {
        ExprPtr key = expression();
        expect("]");
        return call(at, optional ? "_[?_]" : "_[_]", std::move(target), std::move(key));
    }

    ExprPtr selection(bool optional, ExprPtr target) {
        const Token name = token_;
        const bool quoted = name.kind == TokenKind::QuotedIdent;
        if (!quoted && (name.kind != TokenKind::Ident || contains(kKeywords, name.text))) {
            fail_unexpected("the name of a field or function");
            return nullptr;
        }
        advance();
        if (!quoted && !optional && token_.is("(")) return member_call(name, std::move(target));
        if (token_.is("{")) return structure(name, qualified(*target) + "." + std::string(name.text));
        ExprPtr expr = make(ExprKind::Select, name);
        expr->text = name.text;
        expr->optional = optional;
        expr->args.push_back(std::move(target));
        return expr;
    }

    static std::string qualified(const Expr& expr) {
        if (expr.kind == ExprKind::Ident) return expr.text;
        if (expr.kind == ExprKind::Select && !expr.optional)
            return qualified(*expr.args[0]) + "." + expr.text;
        return "?";
    }

    ExprPtr member_call(const Token& name, ExprPtr target) {
        ExprPtr expr = make(ExprKind::Call, name);
        expr->text = name.text;
        expr->member = true;
        expr->args.push_back(std::move(target));
        arguments(*expr);
        return expanded(std::move(expr));
    }

    void arguments(Expr& expr) {
        expect("(");
        if (take(")")) return;
        do {
            expr.args.push_back(expression());
        } while (take(","));
        expect(")");
    }

    ExprPtr expanded(ExprPtr expr) {
        if (issue_ || !options_.macros) return expr;
        MacroResult result = expand_macro(std::move(expr));
        if (result.issue && !issue_) issue_ = std::move(result.issue);
        return std::move(result.expr);
    }

    ExprPtr primary() {
        if (issue_) return nullptr;
        const Token at = token_;
        switch (at.kind) {
            case TokenKind::Int:
            case TokenKind::Uint:
            case TokenKind::Double:
                return number(false, at);
            case TokenKind::String:
            case TokenKind::Bytes:
                return text(at);
            case TokenKind::Ident:
                return word(at, "");
            default:
                break;
        }
        if (take("(")) {
            ExprPtr inside = expression();
            expect(")");
            return inside;
        }
        if (take("[")) return list(at);
        if (take("{")) return map(at);
        if (take(".") && token_.kind == TokenKind::Ident) return word(token_, ".");
        fail_unexpected("a value");
        return nullptr;
    }

    ExprPtr number(bool negative, const Token& from) {
        const Token at = token_;
        advance();
        const auto kind = at.kind == TokenKind::Int    ? ExprKind::Int
                          : at.kind == TokenKind::Uint ? ExprKind::Uint
                                                       : ExprKind::Double;
        ExprPtr expr = make(kind, at);
        expr->offset = from.offset;
        const auto store = [&](auto& place, auto value) {
            if (value)
                place = *value;
            else
                fail(at, value.error().message);
        };
        if (kind == ExprKind::Int) store(expr->integer, decode_int(at.text, negative));
        if (kind == ExprKind::Uint) store(expr->natural, decode_uint(at.text));
        if (kind == ExprKind::Double) {
            store(expr->real, decode_double(at.text));
            if (negative) expr->real = -expr->real;
        }
        return expr;
    }

    ExprPtr text(const Token& at) {
        advance();
        ExprPtr expr = make(at.kind == TokenKind::Bytes ? ExprKind::Bytes : ExprKind::String, at);
        auto decoded = decode_string(at.text);
        if (decoded) {
            expr->text = std::move(*decoded);
        } else {
            Token place = at;
            place.offset +=
                static_cast<std::uint32_t>(std::min<std::size_t>(decoded.error().offset, at.text.size() - 1));
            place.end = place.offset + 1;
            fail(place, decoded.error().message);
        }
        return expr;
    }

    /// `prefix` is "." for a name that is looked up from the root.
    ExprPtr word(const Token at, std::string_view prefix) {
        if (at.text == "true" || at.text == "false" || at.text == "null") {
            if (!prefix.empty()) fail_unexpected("a name");
            advance();
            ExprPtr expr = make(at.text == "null" ? ExprKind::Null : ExprKind::Bool, at);
            expr->boolean = at.text == "true";
            return expr;
        }
        if (at.text == "in") {
            fail_unexpected("a value");
            return nullptr;
        }
        advance();
        if (token_.is("{")) return structure(at, std::string(at.text));
        if (token_.is("(")) {
            ExprPtr expr = make(ExprKind::Call, at);
            expr->text = at.text;
            arguments(*expr);
            return expanded(std::move(expr));
        }
        if (contains(kReserved, at.text)) fail(at, "'" + std::string(at.text) + "' is a reserved word");
        ExprPtr expr = make(ExprKind::Ident, at);
        expr->text = std::string(prefix) + std::string(at.text);
        return expr;
    }

    ExprPtr list(const Token& at) {
        ExprPtr expr = make(ExprKind::List, at);
        while (!issue_ && !token_.is("]")) {
            expr->optional_at.push_back(take("?"));
            expr->args.push_back(expression());
            if (!take(",")) break;
        }
        expect("]");
        return expr;
    }

    ExprPtr map(const Token& at) {
        ExprPtr expr = make(ExprKind::Map, at);
        while (!issue_ && !token_.is("}")) {
            expr->optional_at.push_back(take("?"));
            expr->args.push_back(expression());
            expect(":");
            expr->args.push_back(expression());
            if (!take(",")) break;
        }
        expect("}");
        return expr;
    }

    ExprPtr structure(const Token& at, std::string name) {
        ExprPtr expr = make(ExprKind::Struct, at);
        expr->text = std::move(name);
        expect("{");
        while (!issue_ && !token_.is("}")) {
            expr->optional_at.push_back(take("?"));
            if (token_.kind != TokenKind::Ident && token_.kind != TokenKind::QuotedIdent)
                fail_unexpected("the name of a field");
            expr->names.emplace_back(token_.text);
            advance();
            expect(":");
            expr->args.push_back(expression());
            if (!take(",")) break;
        }
        expect("}");
        return expr;
    }

    Lexer lexer_;
    const ParseOptions& options_;
    Token token_;
    std::optional<Issue> issue_;
    std::size_t depth_ = 0, nodes_ = 0;
};

}  // namespace

tl::expected<ExprPtr, Issue> parse(std::string_view source, const ParseOptions& options) {
    if (source.size() > limits::kMaxCelSourceBytes)
        return tl::unexpected(Issue{
            0, 1, "the expression is longer than " + std::to_string(limits::kMaxCelSourceBytes) + " bytes",
            ""});
    Parser parser(source, options);
    ExprPtr expr = parser.whole();
    if (parser.issue()) return tl::unexpected(std::move(*parser.issue()));
    return expr;
}

std::string_view operator_symbol(std::string_view function) {
    const auto found = std::find_if(kBinary.begin(), kBinary.end(),
                                    [&](const Operator& each) { return each.function == function; });
    if (found != kBinary.end()) return found->symbol;
    return function == "!_"      ? "!"
           : function == "-_"    ? "-"
           : function == "_?_:_" ? "?:"
           : function == "_[_]"  ? "[]"
                                 : "";
}

}  // namespace tollgate::cel
