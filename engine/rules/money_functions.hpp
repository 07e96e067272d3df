// SPDX-License-Identifier: Apache-2.0
// Money in expressions: money("50") and what can be done with it. Exact, as everywhere; no double ever
// becomes money. The environment of Tollgate's own documents alone has it.
// Thread rule: constant data, pure functions.
#pragma once

#include "engine/base/money.hpp"
#include "engine/cel/function.hpp"

namespace tollgate::rules {

inline constexpr std::string_view kMoneyType = "tollgate.Money";

const cel::Library& money_library();

/// An error when the amount is not known.
cel::Value make_money(cel::Arena& arena, const Money& amount);

}  // namespace tollgate::rules
