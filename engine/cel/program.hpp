// SPDX-License-Identifier: Apache-2.0
// An expression ready to run: names are slots, constants are folded, patterns compiled. Running it walks the
// plan, counts Kubernetes' cost and stops when the cost, the deadline or the memory is used up. Thread rule:
// a Program is immutable; each Evaluation belongs to one thread.
#pragma once

#include "engine/base/limits.hpp"
#include "engine/base/result.hpp"
#include "engine/cel/arena.hpp"
#include "engine/cel/checker.hpp"
#include "engine/cel/environment.hpp"

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::cel {

/// Where variables come from; asked for each use, so that it may work them out late. By position in the
/// Environment.
class Variables {
  public:
    Variables() = default;
    Variables(const Variables&) = delete;
    Variables& operator=(const Variables&) = delete;
    virtual ~Variables() = default;
    virtual Value get(std::uint32_t variable) = 0;
};

/// Variables that are all known.
class FixedVariables : public Variables {
  public:
    explicit FixedVariables(std::span<const Value> values) : values_(values) {}
    Value get(std::uint32_t variable) override {
        return variable < values_.size() ? values_[variable] : Value{};
    }

  private:
    std::span<const Value> values_;
};

struct Evaluation {
    Arena& arena;
    Variables& variables;
    std::uint64_t max_cost = limits::kMaxCelCost;
    const std::atomic<bool>* cancelled = nullptr;
    std::uint64_t max_steps = limits::kMaxCelSteps;
    // Afterwards:
    std::uint64_t cost = 0;
    bool out_of_budget = false;  // cost, deadline or memory: the result is an error
};

struct PlanNode;
struct Plan;

class Program {
  public:
    Program(Program&&) noexcept;
    Program& operator=(Program&&) noexcept;
    ~Program();

    const Type& type() const { return type_; }
    /// Whether this field of a variable may be looked at: it is named, or the variable is used as a whole.
    bool reads(std::uint32_t variable, std::string_view field) const;
    /// The value, or an error value with the place where it came about. Valid as long as the arena, the
    /// program and what the variables view.
    Value run(Evaluation& evaluation) const;

  private:
    friend tl::expected<Program, std::vector<Issue>> compile(std::string_view source,
                                                             const Environment& environment);
    Program(std::unique_ptr<Plan> plan, Type type);

    std::unique_ptr<Plan> plan_;
    Type type_;
};

/// Parse, check and plan. The source need not outlive the program.
tl::expected<Program, std::vector<Issue>> compile(std::string_view source, const Environment& environment);

}  // namespace tollgate::cel
