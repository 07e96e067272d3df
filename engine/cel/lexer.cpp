// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/lexer.hpp"

#include <array>

namespace tollgate::cel {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool starts_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_word_char(char c) {
    return starts_word(c) || is_digit(c);
}
bool is_quote(char c) {
    return c == '"' || c == '\'';
}

// Longest first.
constexpr std::array<std::string_view, 24> kSymbols{"&&", "||", "==", "!=", "<=", ">=", "(", ")",
                                                    "[",  "]",  "{",  "}",  ".",  ",",  ":", "?",
                                                    "!",  "<",  ">",  "+",  "-",  "*",  "/", "%"};

}  // namespace

void Lexer::skip_space() {
    while (at_ < source_.size()) {
        const char c = source_[at_];
        if (c == '/' && at(at_ + 1) == '/') {
            while (at_ < source_.size() && source_[at_] != '\n') ++at_;
        } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
            ++at_;
        } else {
            return;
        }
    }
}

Token Lexer::token(TokenKind kind, std::size_t end) {
    const Token made{kind, static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(end),
                     source_.substr(at_, end - at_)};
    at_ = end;
    return made;
}

Token Lexer::error(std::size_t end, std::string_view why) {
    Token made = token(TokenKind::Error, end);
    made.text = why;
    return made;
}

Token Lexer::next() {
    skip_space();
    if (at_ >= source_.size()) return token(TokenKind::End, at_);
    const char c = source_[at_];
    if (is_digit(c) || (c == '.' && is_digit(at(at_ + 1)))) return number();
    if (is_quote(c)) return string();
    if (starts_word(c)) return word();
    if (c == '`') return quoted();
    return symbol();
}

Token Lexer::number() {
    std::size_t end = at_;
    if (at(end) == '0' && (at(end + 1) == 'x' || at(end + 1) == 'X') && is_hex(at(end + 2))) {
        end += 2;
        while (is_hex(at(end))) ++end;
        const bool is_unsigned = at(end) == 'u' || at(end) == 'U';
        return token(is_unsigned ? TokenKind::Uint : TokenKind::Int, end + (is_unsigned ? 1 : 0));
    }
    while (is_digit(at(end))) ++end;
    bool is_double = false;
    if (at(end) == '.' && is_digit(at(end + 1))) {
        is_double = true;
        ++end;
        while (is_digit(at(end))) ++end;
    }
    if (at(end) == 'e' || at(end) == 'E') {
        std::size_t digits = end + 1;
        if (at(digits) == '+' || at(digits) == '-') ++digits;
        if (is_digit(at(digits))) {
            is_double = true;
            end = digits;
            while (is_digit(at(end))) ++end;
        }
    }
    if (is_double) return token(TokenKind::Double, end);
    const bool is_unsigned = at(end) == 'u' || at(end) == 'U';
    return token(is_unsigned ? TokenKind::Uint : TokenKind::Int, end + (is_unsigned ? 1 : 0));
}

/// The prefix of a raw or bytes literal has been looked at by word().
Token Lexer::string() {
    std::size_t end = at_;
    bool raw = false, bytes = false;
    while (!is_quote(at(end))) {
        raw = raw || at(end) == 'r' || at(end) == 'R';
        bytes = bytes || at(end) == 'b' || at(end) == 'B';
        ++end;
    }
    const char quote = at(end);
    const bool triple = at(end + 1) == quote && at(end + 2) == quote;
    end += triple ? 3 : 1;
    while (true) {
        if (end >= source_.size()) return error(end, "the text has no end: a quote is missing");
        const char c = source_[end];
        if (!triple && (c == '\n' || c == '\r'))
            return error(end, "the text has no end on its line: a quote is missing");
        if (c == '\\' && !raw) {
            end += 2;
        } else if (c == quote && (!triple || (at(end + 1) == quote && at(end + 2) == quote))) {
            return token(bytes ? TokenKind::Bytes : TokenKind::String, end + (triple ? 3 : 1));
        } else {
            ++end;
        }
    }
}

Token Lexer::word() {
    std::size_t end = at_;
    while (is_word_char(at(end))) ++end;
    if (is_quote(at(end)) && end - at_ <= 2) {
        bool raw = false, bytes = false, other = false;
        for (std::size_t i = at_; i < end; ++i) {
            const char c = source_[i];
            if ((c == 'r' || c == 'R') && !raw)
                raw = true;
            else if ((c == 'b' || c == 'B') && !bytes)
                bytes = true;
            else
                other = true;
        }
        if (!other) return string();
    }
    return token(TokenKind::Ident, end);
}

Token Lexer::quoted() {
    std::size_t end = at_ + 1;
    const auto fits = [](char c) { return is_word_char(c) || c == '.' || c == '-' || c == '/' || c == ' '; };
    while (fits(at(end))) ++end;
    if (at(end) != '`' || end == at_ + 1)
        return error(end, "a name in backquotes has letters, digits, _ . - / and spaces");
    Token made = token(TokenKind::QuotedIdent, end + 1);
    made.text = made.text.substr(1, made.text.size() - 2);
    return made;
}

Token Lexer::symbol() {
    for (const std::string_view each : kSymbols)
        if (source_.substr(at_, each.size()) == each) return token(TokenKind::Symbol, at_ + each.size());
    if (source_[at_] == '=') return error(at_ + 1, "'=' is no operator; equality is '=='");
    if (source_[at_] == '&') return error(at_ + 1, "'&' is no operator; and is '&&'");
    if (source_[at_] == '|') return error(at_ + 1, "'|' is no operator; or is '||'");
    std::size_t end = at_ + 1;
    while ((static_cast<unsigned char>(at(end)) & 0xC0U) == 0x80U) ++end;
    return error(end, "this character means nothing here");
}

}  // namespace tollgate::cel
