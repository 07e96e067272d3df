// SPDX-License-Identifier: Apache-2.0
#include "engine/base/json/node.hpp"

#include "engine/base/json/number_text.hpp"

#include <algorithm>
#include <cstring>

namespace tollgate::json {
namespace {

/// The first and the last byte tell most keys of one length apart, without a call.
bool is_key(const Value& key, std::string_view name) {
    if (key.size != name.size()) return false;
    if (name.empty()) return true;
    if (key.text[0] != name.front() || key.text[key.size - 1] != name.back()) return false;
    return std::memcmp(key.text, name.data(), name.size()) == 0;
}

bool equal_numbers(std::string_view a, std::string_view b) {
    if (a == b) return true;
    const std::optional<ExactDecimal> exact_a = exact_decimal(a);
    const std::optional<ExactDecimal> exact_b = exact_decimal(b);
    return exact_a && exact_b && *exact_a == *exact_b;
}

bool equal_arrays(Node a, Node b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!equal(a[i], b[i])) return false;
    }
    return true;
}

bool equal_objects(Node a, Node b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
        // Mostly both are in the same order; a look-up only where they are not.
        const Node other = a.key(i) == b.key(i) ? b.value(i) : b[a.key(i)];
        if (!other || !equal(a.value(i), other)) return false;
    }
    return true;
}

}  // namespace

std::optional<std::int64_t> Node::integer() const {
    return is_number() ? whole_number(text()) : std::nullopt;
}

Node Node::operator[](std::string_view name) const {
    if (!is_object()) return {};
    const Member* members = value_->members;
    if (value_->size <= kLinearMembers) {
        for (const Member* member = members; member != members + value_->size; ++member) {
            if (is_key(member->key, name)) return Node(&member->value);
        }
        return {};
    }
    const std::uint32_t* positions = sorted_positions(*value_);
    const std::uint32_t* end = positions + value_->size;
    const std::uint32_t* found =
        std::lower_bound(positions, end, name, [members](std::uint32_t position, std::string_view wanted) {
            return members[position].key.view() < wanted;
        });
    if (found == end || members[*found].key.view() != name) return {};
    return Node(&members[*found].value);
}

bool equal(Node a, Node b) {
    if (a.id() == b.id()) return true;
    if (a.kind() != b.kind() || a.size() != b.size()) return false;
    switch (a.kind()) {
        case Kind::Missing:
        case Kind::Null:
            return true;
        case Kind::Bool:
            return a.boolean() == b.boolean();
        case Kind::Number:
            return equal_numbers(a.text(), b.text());
        case Kind::String:
            return a.text() == b.text();
        case Kind::Array:
            return equal_arrays(a, b);
        case Kind::Object:
            return equal_objects(a, b);
    }
    return false;
}

}  // namespace tollgate::json
