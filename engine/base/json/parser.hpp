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
    // Each takes the place where it begins and leaves the one where it ended.
    Step read_value(char*& at);
    Step after_value(char*& at);
    Step open_container(char*& at, Kind kind, char closer);
    Step close_container(char*& at);
    Step read_key(char*& at);
    Step read_word(char*& at, std::string_view word, Kind kind, std::uint32_t size);
    Step read_number(char*& at);
    bool read_string(char*& at);
    bool read_string_tail(char*& at, char* begin, char* write);
    bool read_escape(char*& at, char*& write);
    bool read_hex4(char*& at, std::uint32_t& code);
    bool is_left_out(const char* at) const;
    Step read_over_array(char*& at);
    bool read_over_string(char*& at);

    Step fail_at(const char* place, std::string_view what, ParseFailure failure = ParseFailure::Syntax);
    Step fail_unexpected(const char* at, std::string_view expected);
    Step fail_too_deep(const char* at);
    Step fail_in_string(const char* at);

    std::size_t length_;
    std::size_t max_depth_;
    LeftOut left_out_;
    Document document_;
    char* begin_;
    char* at_;  // before and after read_tree()
    TreeStack stack_;
    ParseError error_;
};

}  // namespace tollgate::json
