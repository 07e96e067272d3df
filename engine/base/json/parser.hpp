// SPDX-License-Identifier: Apache-2.0
// Parser: strict RFC 8259 text into a Document, in one pass and without recursion. Private to this folder;
// see json::parse.
//
// The text is copied into the arena once, and strings are unescaped in place in that copy (an escape is never
// shorter than what it stands for), so that no string is allocated by itself. Zero bytes behind the copy end
// every scan.
#pragma once

#include "engine/base/json/document.hpp"
#include "engine/base/json/tree_stack.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace tollgate::json {

class Parser {
  public:
    Parser(std::string_view text, const ParseOptions& options);
    tl::expected<Document, ParseError> run();

  private:
    enum class Step : unsigned char {
        Failed,
        Finished,  // a value is complete
        Entered,   // the next thing to read is a value
    };

    bool read_tree();
    Step read_value();
    Step after_value();
    Step open_container(Kind kind, char closer);
    Step read_key();
    bool is_left_out() const;
    Step read_over_array();
    Step read_word(std::string_view word, Kind kind, std::uint32_t size);
    Step read_number();
    bool read_string();
    bool read_string_tail(char* begin, char* write);
    bool read_over_string();
    bool read_escape(char*& write);
    bool read_hex4(std::uint32_t& code);
    void skip_space();

    Step close_container();
    Step fail_at(const char* place, std::string_view what, ParseFailure failure = ParseFailure::Syntax);
    Step fail_in_string();
    Step fail_unexpected(std::string_view expected);

    std::size_t length_;
    std::size_t max_depth_;
    LeftOut left_out_;
    Document document_;
    char* begin_;
    char* at_;
    TreeStack stack_;
    ParseError error_;
};

}  // namespace tollgate::json
