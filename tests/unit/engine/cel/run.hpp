// SPDX-License-Identifier: Apache-2.0
// Expressions and what they come to, as text.
#pragma once

#include "engine/base/json/document.hpp"
#include "engine/cel/program.hpp"
#include "engine/cel/text.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate::cel::test {

struct Ran {
    std::string text;  // the value; "error: ..." when running failed, "refused: ..." when compiling did
    std::string type;
    std::uint64_t cost = 0;
    std::uint32_t offset = 0;  // of the error
};

/// `object` is JSON, untyped as in Kubernetes; `x` and `y` are untyped too, and null.
inline Ran run_all(std::string_view expression, std::string_view object = "null",
                   std::uint64_t max_cost = limits::kMaxCelCost) {
    const Environment environment({{"object", dyn_type()}, {"x", dyn_type()}, {"y", dyn_type()}});
    auto program = compile(expression, environment);
    if (!program)
        return {"refused: " + program.error().front().message, "", 0, program.error().front().offset};
    const auto document = json::parse(object);
    const std::vector<Value> values{from_json(document->root()), null_value(), null_value()};
    FixedVariables variables(values);
    Arena arena;
    Evaluation evaluation{arena, variables, max_cost};
    const Value value = program->run(evaluation);
    return {to_text(value), to_string(program->type()), evaluation.cost,
            value.is_error() ? value.error->offset : 0};
}

inline std::string run(std::string_view expression, std::string_view object = "null") {
    return run_all(expression, object).text;
}

inline bool fails(std::string_view expression, std::string_view object = "null") {
    return run(expression, object).starts_with("error: ");
}

inline bool is_refused(std::string_view expression, std::string_view object = "null") {
    return run(expression, object).starts_with("refused: ");
}

}  // namespace tollgate::cel::test
