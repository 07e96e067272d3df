// SPDX-License-Identifier: Apache-2.0
// Words of an expression. Never fails half-way: what is no word is an Error token with its reason.
#pragma once

#include <cstdint>
#include <string_view>

namespace tollgate::cel {

enum class TokenKind : std::uint8_t {
    End,
    Error,        // text: what is wrong, a constant
    Ident,        // also reserved words; true, false, null, in are told by their text
    QuotedIdent,  // `app.kubernetes.io/name`, without the backquotes
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Symbol,  // ( ) [ ] { } . , : ? ?. [? {? && || ! == != < <= > >= + - * / %
};

struct Token {
    TokenKind kind = TokenKind::End;
    std::uint32_t offset = 0, end = 0;
    std::string_view text;
    bool is(std::string_view symbol) const { return kind == TokenKind::Symbol && text == symbol; }
    bool is_word(std::string_view word) const { return kind == TokenKind::Ident && text == word; }
};

class Lexer {
  public:
    explicit Lexer(std::string_view source) : source_(source) {}
    Token next();

  private:
    void skip_space();
    Token token(TokenKind kind, std::size_t end);
    Token error(std::size_t end, std::string_view why);
    Token number();
    Token string();
    Token word();
    Token quoted();
    Token symbol();
    char at(std::size_t index) const { return index < source_.size() ? source_[index] : '\0'; }

    std::string_view source_;
    std::size_t at_ = 0;
};

}  // namespace tollgate::cel
