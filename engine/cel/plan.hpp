// SPDX-License-Identifier: Apache-2.0
// The plan of one expression. Private to this folder.
#pragma once

#include "engine/cel/expr.hpp"
#include "engine/cel/function.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::cel {

enum class Op : std::uint8_t {
    Constant,
    Variable,
    Local,
    Select,
    Has,
    And,
    Or,
    Condition,
    OrElse,
    Call,
    List,
    Map,
    Macro
};

/// An overload with what its arguments must look like at run time.
struct Candidate {
    static constexpr std::size_t kMaxArguments = 4;
    const Overload* overload = nullptr;
    std::size_t arguments = 0;
    std::array<std::uint32_t, kMaxArguments> tags{};           // a bit per Tag
    std::array<std::string_view, kMaxArguments> opaque_names;  // "": not an opaque type
};

struct PlanNode {
    Op op = Op::Constant;
    Macro macro = Macro::All;
    bool optional = false;
    bool filtered = false;  // args[1] is a filter
    bool on_value = false;  // an index or selection of something computed: costs one more
    std::uint32_t offset = 0;
    std::uint32_t slot = 0, second_slot = 0;
    bool is_free = false;         // costs nothing beside its arguments
    CostFn vague_cost = nullptr;  // where its types leave several overloads, and no single one sets the price
    bool is_indexing = false;
    Value constant;
    std::string_view field;
    std::vector<const PlanNode*> args;
    std::vector<bool> optional_at;
    std::vector<Candidate> candidates;
    std::shared_ptr<const re2::RE2> pattern;
    int pattern_argument = -1;
};

/// A name, or selections and indices from one or from something computed; cel-go's `attribute`.
bool is_attribute(const PlanNode& node);
bool is_index(const PlanNode& node);

struct Plan {
    std::deque<PlanNode> nodes;
    std::deque<std::string> texts;
    Arena constants;
    const PlanNode* root = nullptr;
    std::uint32_t locals = 0;
};

}  // namespace tollgate::cel
