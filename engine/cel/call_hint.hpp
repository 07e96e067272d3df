// SPDX-License-Identifier: Apache-2.0
// What to write instead of a call that no overload takes. Thread rule: pure function.
#pragma once

#include "engine/cel/environment.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tollgate::cel {

/// "" when nothing is near. `arguments`: the receiver first, for a member call.
std::string call_hint(const Environment& environment, std::string_view function, bool member,
                      const std::vector<Type>& arguments);

}  // namespace tollgate::cel
