// SPDX-License-Identifier: Apache-2.0
// string.format(list): the clauses %s %d %f %e %b %x %X %o and %%, as version 2 of cel-go's strings library
// writes them for the locale en_US. Internal to the library folder, except check_format().
// Source: cel-go ext/formatting.go; golang.org/x/text/message for %f and %e.
#pragma once

#include "engine/cel/function.hpp"
#include "engine/cel/type.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tollgate::cel {

/// The overload's call: text, list of values.
Value format_string(CallContext& context, Arguments arguments);

/// What is wrong with a constant format text and the types of a literal list of arguments; "" when nothing
/// is. Looks at the arguments themselves, not at what is inside of lists and maps.
std::string check_format(std::string_view format, std::span<const Type> arguments);

}  // namespace tollgate::cel
