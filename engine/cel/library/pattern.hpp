// SPDX-License-Identifier: Apache-2.0
// Regular expressions as Go reads them, compiled with RE2: the two share their syntax but for a few corners.
// For constant patterns (Overload::pattern) and for those that only the evaluation makes.
// Source: Go regexp/syntax.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace tollgate::cel {

struct CompiledPattern {
    std::shared_ptr<const re2::RE2> pattern;  // null when there is an error
    std::string error;  // as Go words it: "error parsing regexp: missing closing ): `(`"
};

/// Silent, and bounded in memory.
CompiledPattern compile_pattern(std::string_view text);

}  // namespace tollgate::cel
