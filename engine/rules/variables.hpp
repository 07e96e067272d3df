// SPDX-License-Identifier: Apache-2.0
// The values of the variables that expressions name, worked out when they are first asked for. What is not
// known is absent, so that reading it is an error and never 0.
// Thread rule: values of one review.
#pragma once

#include "engine/base/money.hpp"
#include "engine/cel/program.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace tollgate::rules {

struct Context;

/// What rewriting has saved on the way to a state of the object.
struct Saving {
    Money hourly;
    std::string from, to;
};

/// Of one state, kept between expressions; empty: not asked for yet.
struct VariableValues {
    static constexpr std::size_t kFields = 15;  // of `workload`
    std::array<std::optional<cel::Value>, kFields> workload;
    std::optional<cel::Value> saving, needs;
};

class ContextVariables : public cel::Variables {
  public:
    /// `fields`: those of `workload` that will be looked at.
    ContextVariables(const Context& context, std::span<const std::uint8_t> fields)
        : context_(context), fields_(fields) {}
    cel::Value get(std::uint32_t variable) override;

  private:
    cel::Value workload();

    const Context& context_;
    std::span<const std::uint8_t> fields_;
};

}  // namespace tollgate::rules
