// SPDX-License-Identifier: Apache-2.0
// The variables of one policy while it is judged with one param: `request` and `variables.*` are made when
// they are first asked for and kept, the cost of a variable is charged to whoever asked first.
// Source: k8s.io/apiserver pkg/admission/plugin/cel (activation.go, composition.go).
// Limits: limits::kMaxVapVariableNesting. Thread rule: one thread.
#pragma once

#include "engine/cel/program.hpp"
#include "engine/vap/policy.hpp"

#include <atomic>
#include <cstdint>
#include <vector>

namespace tollgate::vap {

class Activation final : public cel::Variables {
  public:
    Activation(const Input& input, const World& world, const std::atomic<bool>* cancelled);

    /// Begins anew: for another policy, or another param of the same.
    void begin(const Policy& policy, json::Node params);
    /// Matching sees no Namespace; afterwards it is looked up when it is asked for.
    void show_namespace(bool shown) { shows_namespace_ = shown; }
    /// Values of variables are kept, and charged once more: each kind of expression pays for its own.
    void charge_again();

    /// The cost of the expression and of the variables it was the first to ask for.
    struct Outcome {
        cel::Value value;
        std::uint64_t cost = 0;
        std::uint64_t repeated_cost = 0;  // of it, for variables that were known already
        bool over_limit = false;          // its own cost, the deadline or the memory: the value is an error
    };
    /// The value lives until the next begin().
    Outcome run(const Expression& expression);

    cel::Value get(std::uint32_t variable) override;
    bool is_late() const { return cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed); }

  private:
    struct Memo {
        cel::Value value;  // Absent: not asked for yet
        std::uint64_t cost = 0;
        bool charged = false, was_charged = false;
    };
    cel::Value run_counted(const Expression& expression, std::uint64_t& cost, bool& over_limit);
    cel::Value variable(std::size_t index);
    cel::Value all_variables();
    cel::Value request();
    cel::Value namespace_object();
    cel::Value object_of(std::initializer_list<cel::MapEntry> entries);

    const Input& input_;
    const World& world_;
    const std::atomic<bool>* cancelled_;
    const Policy* policy_ = nullptr;
    json::Node params_;
    cel::Arena arena_, request_arena_;
    cel::Value request_;
    std::vector<Memo> memos_;
    std::uint64_t selections_ = 0;  // of variables.x, by the expression that runs
    std::uint64_t repeated_cost_ = 0;
    std::uint64_t variables_cost_ = 0;  // of those it was the first to ask for
    std::size_t nesting_ = 0;
    bool shows_namespace_ = true;
};

}  // namespace tollgate::vap
