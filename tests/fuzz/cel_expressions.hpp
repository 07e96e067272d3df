// SPDX-License-Identifier: Apache-2.0
// Expressions drawn from dice: mostly well typed, with a mistake now and then. Variables are `object`, which
// is untyped, and those of the macros that stand around.
#pragma once

#include "tests/fuzz/dice.hpp"

#include <string>
#include <string_view>

namespace tollgate::fuzz {

/// The object that the expressions select from.
constexpr std::string_view kExpressionObject =
    R"({"metadata": {"name": "n", "labels": {"a": "b", "app": "x"}}, "spec": {"replicas": 3, "ratio": 0.5,
    "none": null, "time": "2026-11-22T00:00:00Z", "list": [1, 2, 3], "names": ["a", "b"], "cpu": "500m",
    "flag": true}})";

std::string draw_expression(Dice& dice);

}  // namespace tollgate::fuzz
