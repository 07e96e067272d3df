// SPDX-License-Identifier: Apache-2.0
// Document: owns a JSON tree. Filled by parse() (JSON text), by Builder (YAML events, patch-apply) and by
// nothing else; nobody above this folder sees a parser.
#pragma once

#include "engine/base/json/node.hpp"
#include "engine/base/limits.hpp"
#include "engine/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tollgate::json {

class Arena;

class Document {
  public:
    Document();
    Document(Document&&) noexcept;
    Document& operator=(Document&&) noexcept;
    ~Document();
    Document(const Document&) = delete;
    Document& operator=(const Document&) = delete;

    Node root() const { return root_; }
    /// How many members were dropped because a later one had the same key.
    std::size_t duplicate_keys() const { return duplicate_keys_; }

  private:
    friend class Builder;
    friend class Parser;
    std::unique_ptr<Arena> arena_;
    Node root_;
    std::size_t duplicate_keys_ = 0;
};

/// Arrays that nobody will look at: members `name` of objects that are members `parent`. They are read over,
/// not kept; of their text only brackets, strings and depth are checked.
struct LeftOut {
    std::string_view parent, name;
};

struct ParseOptions {
    std::size_t max_depth = limits::kMaxJsonDepth;
    LeftOut left_out = {};  // nothing, while `name` is empty
};

enum class ParseFailure : unsigned char { Syntax, TooDeep };
struct ParseError {
    ParseFailure failure = ParseFailure::Syntax;
    std::string message;  // one line, with the byte offset
    std::size_t offset = 0;
};

/// Parses one JSON text (RFC 8259). Strings are copied into the arena: the text may go away afterwards.
tl::expected<Document, ParseError> parse(std::string_view text, const ParseOptions& options = {});

/// Builds a tree from events, in document order, as a SAX writer: begin_object, key, value..., end_object.
class Builder {
  public:
    Builder();
    ~Builder();
    Builder(Builder&&) noexcept;
    Builder& operator=(Builder&&) noexcept;

    /// Attaches a number below 2^24 to the next value (for arrays and objects: call before begin_*).
    void tag(std::uint32_t number);
    void null();
    void boolean(bool value);
    void number(std::string_view source_text);
    void string(std::string_view content);
    void begin_array();
    void end_array();
    void begin_object();
    void key(std::string_view name);
    void end_object();
    /// Copies a whole subtree of another document.
    void copy(Node node);
    /// Takes it over without a copy: the other document must outlive the one that is built.
    void share(Node node);

    /// Ends the document. The events must have formed exactly one value.
    Document finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Compact JSON text of a tree (numbers as their source text).
std::string to_json(Node node);
/// Appends to `out`; for the reply path.
void append_json(std::string& out, Node node);
/// Appends a JSON string literal with escapes.
void append_json_string(std::string& out, std::string_view text);

}  // namespace tollgate::json
