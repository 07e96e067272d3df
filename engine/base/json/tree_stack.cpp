// SPDX-License-Identifier: Apache-2.0
#include "engine/base/json/tree_stack.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

namespace tollgate::json {
namespace {

struct SortEntry {
    std::uint64_t prefix;  // the first bytes of the key, so that most comparisons touch no key
    std::uint32_t position;
};

std::uint64_t prefix_of(const Value& key) {
    std::uint64_t prefix = 0;
    for (std::uint32_t i = 0; i < 8; ++i) {
        const unsigned char byte = i < key.size ? static_cast<unsigned char>(key.text[i]) : 0;
        prefix = (prefix << 8U) | byte;
    }
    return prefix;
}

bool same_key(const Value& a, const Value& b) {
    return a.size == b.size && (a.size == 0 || std::memcmp(a.text, b.text, a.size) == 0);
}

// Positions sorted by key; equal keys in document order.
std::vector<SortEntry> sort_by_key(const Value* slots, std::uint32_t count) {
    std::vector<SortEntry> entries(count);
    for (std::uint32_t i = 0; i < count; ++i) entries[i] = {prefix_of(slots[2 * i]), i};
    std::sort(entries.begin(), entries.end(), [slots](const SortEntry& a, const SortEntry& b) {
        if (a.prefix != b.prefix) return a.prefix < b.prefix;
        const int order = slots[2 * a.position].view().compare(slots[2 * b.position].view());
        return order != 0 ? order < 0 : a.position < b.position;
    });
    return entries;
}

// Drops members that a later one of the same key overrides; returns how many stay. For up to kLinearMembers.
std::uint32_t drop_duplicates_small(Value* slots, std::uint32_t count) {
    std::uint64_t seen = 0;
    bool suspicious = false;
    for (std::uint32_t i = 0; i < count; ++i) {
        const Value& key = slots[2 * i];
        std::uint32_t mix = key.size;
        if (key.size > 0) {
            mix += 5U * static_cast<unsigned char>(key.text[0]);
            mix += 11U * static_cast<unsigned char>(key.text[key.size - 1]);
        }
        const std::uint64_t bit = std::uint64_t{1} << (mix & 63U);
        suspicious = suspicious || (seen & bit) != 0;
        seen |= bit;
    }
    if (!suspicious) return count;

    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        bool overridden = false;
        for (std::uint32_t later = i + 1; later < count && !overridden; ++later) {
            overridden = same_key(slots[2 * i], slots[2 * later]);
        }
        if (overridden) continue;
        slots[2 * kept] = slots[2 * i];
        slots[2 * kept + 1] = slots[2 * i + 1];
        ++kept;
    }
    return kept;
}

// The same for any size, leaving `entries` sorted and pointing at the members that stayed.
std::uint32_t drop_duplicates_large(Value* slots, std::uint32_t count, std::vector<SortEntry>& entries) {
    entries = sort_by_key(slots, count);
    std::vector<bool> dropped(count, false);
    std::size_t unique = 0;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const bool overridden = i + 1 < entries.size() && entries[i].prefix == entries[i + 1].prefix &&
                                same_key(slots[2 * entries[i].position], slots[2 * entries[i + 1].position]);
        if (overridden) {
            dropped[entries[i].position] = true;
        } else {
            entries[unique++] = entries[i];
        }
    }
    entries.resize(unique);
    if (unique == count) return count;

    std::vector<std::uint32_t> moved_to(count);
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (dropped[i]) continue;
        slots[2 * kept] = slots[2 * i];
        slots[2 * kept + 1] = slots[2 * i + 1];
        moved_to[i] = kept++;
    }
    for (SortEntry& entry : entries) entry.position = moved_to[entry.position];
    return kept;
}

// Moves the members into the arena, followed by their sorted positions when there are many.
const Member* seal_members(Arena& arena, Value* slots, std::uint32_t& count) {
    std::vector<SortEntry> entries;
    count = count <= kLinearMembers ? drop_duplicates_small(slots, count)
                                    : drop_duplicates_large(slots, count, entries);
    const std::size_t member_bytes = count * sizeof(Member);
    const bool indexed = count > kLinearMembers;
    char* memory =
        static_cast<char*>(arena.allocate(member_bytes + (indexed ? count * sizeof(std::uint32_t) : 0)));
    std::memcpy(memory, slots, member_bytes);
    if (indexed) {
        auto* positions = static_cast<std::uint32_t*>(static_cast<void*>(memory + member_bytes));
        for (std::uint32_t i = 0; i < count; ++i) positions[i] = entries[i].position;
    }
    return static_cast<const Member*>(static_cast<const void*>(memory));
}

}  // namespace

void TreeStack::close(Arena& arena, std::size_t& duplicates) {
    Value& container = slots_[open_];
    Value* children = slots_ + open_ + 1;
    std::uint32_t count = size_ - open_ - 1;
    const std::uint32_t enclosing = container.size;
    if (count == 0) {
        container.elements = nullptr;
    } else if (container.kind() == Kind::Object) {
        const std::uint32_t members = count / 2;
        count = members;
        container.members = seal_members(arena, children, count);
        duplicates += members - count;
    } else {
        void* memory = arena.allocate(count * sizeof(Value));
        std::memcpy(memory, children, count * sizeof(Value));
        container.elements = static_cast<const Value*>(memory);
    }
    container.size = count;
    size_ = open_ + 1;
    open_ = enclosing;
    --depth_;
}

void TreeStack::grow() {
    const std::uint32_t capacity = capacity_ * 2;
    auto larger = std::make_unique<Value[]>(capacity);
    std::copy(slots_, slots_ + size_, larger.get());
    heap_ = std::move(larger);
    slots_ = heap_.get();
    capacity_ = capacity;
}

}  // namespace tollgate::json
