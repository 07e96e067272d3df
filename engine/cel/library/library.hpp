// SPDX-License-Identifier: Apache-2.0
// The functions of the language, a table per library.
// Sources: the CEL language definition, cel-go ext/, k8s.io/apiserver pkg/cel/library.
#pragma once

#include "engine/cel/function.hpp"

#include <span>
#include <string_view>

namespace tollgate::cel {

std::span<const Overload> operator_overloads();    // arithmetic, order, size, in, [], type, dyn
std::span<const Overload> conversion_overloads();  // int(), uint(), double(), string(), bytes(), bool()
std::span<const Overload> time_overloads();        // timestamp(), duration(), their arithmetic, get...()
std::span<const Overload> string_overloads();  // contains ... matches, find, charAt ... split, format, quote
std::span<const Overload> list_overloads();    // sum, min, max, isSorted, indexOf, includes
std::span<const Overload> more_list_overloads();  // slice, flatten, distinct, sort, ... of cel-go's lists
std::span<const Overload> set_overloads();        // sets.*
std::span<const Overload> loop_overloads();       // what two-variable loops are made of
std::span<const Overload> optional_overloads();   // optional.of, orValue, ...
std::span<const Overload> quantity_overloads();
/// As quantity(text) makes it: an error when the text is none.
Value make_quantity(Arena& arena, std::string_view text);
std::span<const Overload> semver_overloads();
std::span<const Overload> network_overloads();  // ip(), cidr()
std::span<const Overload> url_overloads();
std::span<const Overload> authorizer_overloads();
std::span<const Overload> json_patch_overloads();
std::span<const Overload> format_overloads();  // format.dns1123Label() and friends: named formats

}  // namespace tollgate::cel
