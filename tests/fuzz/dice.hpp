// SPDX-License-Identifier: Apache-2.0
// Choices drawn from the fuzzer's bytes, so that it can learn which ones lead somewhere. When the bytes are
// used up every choice is the first one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tollgate::fuzz {

class Dice {
  public:
    Dice(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

    /// 0 .. sides - 1
    std::size_t roll(std::size_t sides) {
        if (sides < 2) return 0;
        std::size_t value = next();
        if (sides > 256) value = value * 256 + next();
        return value % sides;
    }
    bool flip() { return roll(2) == 1; }
    /// True once in `sides` rolls: for what would hide everything else if it happened often.
    bool rarely(std::size_t sides = 8) { return roll(sides) == sides - 1; }

    std::string one_of(std::span<const std::string_view> choices) {
        return std::string(choices[roll(choices.size())]);
    }

  private:
    std::size_t next() { return at_ < size_ ? data_[at_++] : 0; }

    const std::uint8_t* data_;
    std::size_t size_;
    std::size_t at_ = 0;
};

}  // namespace tollgate::fuzz
