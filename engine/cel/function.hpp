// SPDX-License-Identifier: Apache-2.0
// Functions of the language: what libraries declare. One row per overload: its name, how it is written, its
// types, what it does and what it costs.
#pragma once

#include "engine/cel/arena.hpp"
#include "engine/cel/meter.hpp"
#include "engine/cel/type.hpp"
#include "engine/cel/value.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace tollgate::cel {

/// What a function may use while it runs.
struct CallContext {
    Arena& arena;
    Meter& meter;
    std::uint32_t offset = 0;           // of the call in the source, for errors
    const re2::RE2* pattern = nullptr;  // the compiled Overload::pattern, where that argument is a constant

    Value error(std::string_view message) const { return arena.error(message, offset); }
    /// What a function returns when the meter ends it.
    Value stopped() const { return error("the evaluation was stopped"); }
};

using Arguments = std::span<const Value>;
/// Arguments are never errors, and have the tags that the overload's types say (dyn: any). May return an
/// error. Whatever takes more than a few steps for a value that is not large, and whatever walks into values,
/// takes its steps from the meter; text among the arguments was counted before.
using CallFn = Value (*)(CallContext&, Arguments);
/// Runtime cost in Kubernetes' units, after the call. Asked also where there was none: arguments may then be
/// of any tag, also Error and (behind the first error) Absent, and `result` is an error. Where arguments are
/// large it is asked before the call too: `result` is Absent, and what comes out is what it costs at least.
/// Looks at no argument that it has not asked for its tag. Source: cel-go interpreter/runtimecost.go,
/// k8s.io/apiserver pkg/cel/library/cost.go.
using CostFn = std::uint64_t (*)(Arguments, const Value& result);

std::uint64_t cost_one(Arguments, const Value&);

enum class Style : std::uint8_t { Global, Member };

struct Overload {
    std::string_view function;  // "startsWith", "_+_"
    Style style = Style::Global;
    std::string_view id;  // "starts_with_string"
    /// "string,string->bool": receiver first. Written as declared_type() reads it.
    std::string_view signature;
    CallFn call = nullptr;
    CostFn cost = cost_one;
    std::uint32_t since = 0;  // minor version of Kubernetes; of the whole library where it is smaller
    int pattern =
        -1;  // index of the argument that is a regular expression: compiled once when it is a constant
    bool folds = false;  // a conversion: of a constant it is worked out, and refused, when compiled
};

/// How large a value is to the cost model: code points of a string, bytes, elements of a list or map; else 1.
/// Source: cel-go, CostTracker.ActualSize.
std::uint64_t cost_size(const Value& value);
/// ceil(size * 0.1): walking over a text once.
std::uint64_t traversal_cost(std::uint64_t size);

/// One library: its rows, and the minor version of Kubernetes it came with (0: always there).
/// Source: k8s.io/apiserver pkg/cel/environment/base.go.
struct Library {
    std::string_view name;
    std::span<const Overload> overloads;
    std::uint32_t since = 0;
    bool mutating = false;  // for policies that patch alone
};

}  // namespace tollgate::cel
