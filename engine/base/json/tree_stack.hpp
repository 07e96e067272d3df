// SPDX-License-Identifier: Apache-2.0
// TreeStack: the scratch on which a tree is put together, by the parser and by Builder.
//
// Finished values lie on one stack. Opening a container pushes a marker that remembers the enclosing marker;
// closing it moves everything above the marker into the arena and turns the marker into the container's
// value. Depth costs 16 bytes a level and no recursion. A small review fits in the part that lies on the
// caller's stack.
#pragma once

#include "engine/base/json/arena.hpp"
#include "engine/base/json/value.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace tollgate::json {

class TreeStack {
  public:
    TreeStack() = default;
    TreeStack(const TreeStack&) = delete;
    TreeStack& operator=(const TreeStack&) = delete;

    void push(Kind kind, std::uint32_t tag, const char* text, std::uint32_t size) {
        if (size_ == capacity_) grow();
        Value& value = slots_[size_++];
        value.kind_and_tag = Value::head(kind, tag);
        value.size = size;
        value.text = text;
    }
    /// A finished value whose text and children stay where they are.
    void push(const Value& value) {
        if (size_ == capacity_) grow();
        slots_[size_++] = value;
    }
    void open(Kind kind, std::uint32_t tag) {
        push(kind, tag, nullptr, open_);
        open_ = size_ - 1;
        ++depth_;
    }
    /// Closes the innermost container; counts members dropped for a later one of the same key.
    void close(Arena& arena, std::size_t& duplicates);

    std::size_t depth() const { return depth_; }
    Kind open_kind() const { return depth_ == 0 ? Kind::Missing : slots_[open_].kind(); }
    /// The name under which the innermost open container is a member; "" when it is no member.
    std::string_view open_name() const {
        if (depth_ < 2 || slots_[slots_[open_].size].kind() != Kind::Object) return {};
        return slots_[open_ - 1].view();
    }
    /// Takes back the last push.
    void pop() { --size_; }
    /// Values finished in the innermost open container, or at the top; keys count.
    std::uint32_t finished() const { return depth_ == 0 ? size_ : size_ - open_ - 1; }
    const Value& top() const { return slots_[size_ - 1]; }

  private:
    static constexpr std::uint32_t kInlineSlots = 256;

    void grow();

    Value* slots_ = inline_;
    std::uint32_t size_ = 0;
    std::uint32_t capacity_ = kInlineSlots;
    std::uint32_t open_ = 0;
    std::size_t depth_ = 0;
    std::unique_ptr<Value[]> heap_;
    Value inline_[kInlineSlots];
};

}  // namespace tollgate::json
