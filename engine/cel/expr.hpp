// SPDX-License-Identifier: Apache-2.0
// The syntax tree of one expression. Macros are nodes of their own, not folds: what they are made of in
// cel-go's expansion only shows in their cost. Source: the CEL language definition, grammar and macros.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tollgate::cel {

enum class ExprKind : std::uint8_t {
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Ident,   // text
    Select,  // args[0], text: field; optional: a.?b
    Has,     // has(args[0].text); optional: has(a.?b)
    Call,    // text: function; member: args[0] is the receiver
    List,    // args; optional_at: [?x]
    Map,     // args: key, value, key, value; optional_at: {?k: v}, by entry
    Struct,  // text: its name; args: values; names: fields
    Macro,   // macro, names: variables, args[0]: range or optional, args[1...]: bodies
};

enum class Macro : std::uint8_t {
    All,
    Exists,
    ExistsOne,
    Map,  // args[1]: transform; with three arguments args[1]: filter, args[2]: transform
    Filter,
    TransformList,  // as Map, two variables
    TransformMap,
    TransformMapEntry,
    OptMap,
    OptFlatMap,
    SortBy,
};

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

struct Expr {
    ExprKind kind = ExprKind::Null;
    Macro macro = Macro::All;
    bool member = false;    // of a Call
    bool optional = false;  // of Select and Has
    bool boolean = false;
    std::uint32_t offset = 0;  // byte in the source, of the token that names it
    std::uint32_t end = 0;     // one past that token
    std::int64_t integer = 0;
    std::uint64_t natural = 0;
    double real = 0;
    std::string text;
    std::vector<ExprPtr> args;
    std::vector<std::string> names;
    std::vector<bool> optional_at;
};

/// Where and why an expression is no expression, does not fit its types, or is too large.
struct Issue {
    std::uint32_t offset = 0;
    std::uint32_t length = 1;
    std::string message;
    std::string hint;  // "did you mean 'replicas'?"; "" when there is none
};

/// An expression as text that parses to the same tree, with the parentheses that it needs.
std::string to_source(const Expr& expr);

}  // namespace tollgate::cel
