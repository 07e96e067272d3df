// SPDX-License-Identifier: Apache-2.0
// Where an evaluation's values live. Memory is taken in blocks, never given back before reset(), and bounded:
// past the bound every request fails, which the evaluator turns into an error.
// Thread rule: one thread.
#pragma once

#include "engine/base/limits.hpp"
#include "engine/cel/value.hpp"

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace tollgate::cel {

class Arena {
  public:
    explicit Arena(std::size_t max_bytes = limits::kMaxCelBytes) : max_bytes_(max_bytes) {}
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;

    /// Null when the bound is reached; aligned for any value.
    void* allocate(std::size_t bytes);
    /// True once an allocation failed.
    bool is_full() const { return full_; }
    std::size_t used() const { return used_; }
    /// Forgets everything; keeps one block, so that the next evaluation need not ask for memory.
    void reset();

    /// A copy of text; "" when full.
    std::string_view copy(std::string_view text);
    Value copy_string(std::string_view text) { return string_value(copy(text)); }

    /// Null when full.
    template <class T, class... Args>
    const T* make(Args&&... args) {
        static_assert(std::is_trivially_destructible_v<T>);
        void* place = allocate(sizeof(T));
        return place == nullptr ? nullptr : new (place) T{std::forward<Args>(args)...};
    }
    /// Room for `count` values; null when full.
    Value* values(std::size_t count);

    Value list(std::span<const Value> items);
    Value optional(const Value& content);
    static Value none();
    /// The last of equal keys counts. Numbers of equal value are one key.
    Value map(std::span<const MapEntry> entries);
    Value error(std::string_view message, std::uint32_t offset = 0);
    /// The parts in a row.
    Value error(std::initializer_list<std::string_view> message, std::uint32_t offset);

    /// For what comes one by one, before it is known how many there are: stacks, on which whoever pushes pops
    /// too (see Collected). Kept by reset().
    template <class T>
    std::vector<T>& scratch() {
        if constexpr (std::is_same_v<T, Value>)
            return values_;
        else
            return entries_;
    }

  private:
    static constexpr std::size_t kFirstBlock = 4096;
    static constexpr std::size_t kKeptBytes = 256 * 1024;
    Value small_map(std::span<const MapEntry> entries);

    struct Block {
        std::unique_ptr<std::byte[]> bytes;
        std::size_t size = 0;
    };
    std::vector<Block> blocks_;
    std::size_t at_ = 0;  // in the last block
    std::size_t used_ = 0;
    std::size_t max_bytes_;
    bool full_ = false;
    std::vector<Value> values_;
    std::vector<MapEntry> entries_;
};

/// Values or entries of maps: those that were added, gone when it goes.
template <class T>
class Collected {
  public:
    explicit Collected(Arena& arena) : stack_(arena.scratch<T>()), first_(stack_.size()) {}
    ~Collected() { stack_.resize(first_); }
    Collected(const Collected&) = delete;
    Collected& operator=(const Collected&) = delete;

    void add(const T& value) { stack_.push_back(value); }
    std::size_t size() const { return stack_.size() - first_; }
    /// Until the next is added, to this or to one that was made later.
    std::span<const T> all() const { return std::span<const T>(stack_).subspan(first_); }

  private:
    std::vector<T>& stack_;
    std::size_t first_;
};

}  // namespace tollgate::cel
