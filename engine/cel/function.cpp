// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/function.hpp"

namespace tollgate::cel {

std::uint64_t cost_one(Arguments, const Value&) {
    return 1;
}

std::uint64_t cost_size(const Value& value) {
    if (value.is(Tag::String)) return code_points(value.view());
    if (value.is(Tag::Bytes)) return value.size;
    if (value.is_list() || value.is_map()) return size_of(value);
    return 1;
}

std::uint64_t traversal_cost(std::uint64_t size) {
    return (size + 9) / 10;
}

}  // namespace tollgate::cel
