// SPDX-License-Identifier: Apache-2.0
// Where an evaluation's values live. Memory is taken in blocks, never given back before reset(), and bounded:
// past the bound every request fails, which the evaluator turns into an error.
// Thread rule: one thread.
#pragma once

#include "engine/base/limits.hpp"
#include "engine/cel/value.hpp"

#include <cstddef>
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
    /// Forgets everything; keeps the first block.
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

  private:
    static constexpr std::size_t kFirstBlock = 4096;
    struct Block {
        std::unique_ptr<std::byte[]> bytes;
        std::size_t size = 0;
    };
    std::vector<Block> blocks_;
    std::size_t at_ = 0;  // in the last block
    std::size_t used_ = 0;
    std::size_t max_bytes_;
    bool full_ = false;
};

}  // namespace tollgate::cel
