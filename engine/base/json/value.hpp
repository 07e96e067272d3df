// SPDX-License-Identifier: Apache-2.0
// The cells of the tree: 16 bytes for a value, 32 for a member (its key is a value too). Private to this
// folder; everybody else walks json::Node.
//
// An object of more than kLinearMembers members is followed in memory by one std::uint32_t per member: the
// positions sorted by key, so that a look-up is logarithmic and no choice of keys makes it quadratic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tollgate::json {

enum class Kind : std::uint8_t { Missing, Null, Bool, Number, String, Array, Object };

struct Member;

inline constexpr std::uint32_t kLinearMembers = 16;
inline constexpr std::uint32_t kMaxTag = (1U << 24U) - 1;

struct Value {
    std::uint32_t kind_and_tag = 0;
    std::uint32_t size = 0;  // bytes of text, elements, members; a Bool's value
    union {
        const char* text = nullptr;
        const Value* elements;
        const Member* members;
    };

    static std::uint32_t head(Kind kind, std::uint32_t tag) {
        return static_cast<std::uint32_t>(kind) | (tag << 8U);
    }
    Kind kind() const { return static_cast<Kind>(kind_and_tag & 0xFFU); }
    std::uint32_t tag() const { return kind_and_tag >> 8U; }
    std::string_view view() const { return {text, size}; }
};
static_assert(sizeof(Value) == 16);

struct Member {
    Value key;
    Value value;
};
static_assert(sizeof(Member) == 2 * sizeof(Value));

/// The sorted positions that follow the members of a large object.
inline const std::uint32_t* sorted_positions(const Value& object) {
    return static_cast<const std::uint32_t*>(static_cast<const void*>(object.members + object.size));
}

}  // namespace tollgate::json
