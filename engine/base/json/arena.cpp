// SPDX-License-Identifier: Apache-2.0
#include "engine/base/json/arena.hpp"

#include <algorithm>
#include <new>

namespace tollgate::json {
namespace {

constexpr std::size_t kLargestChunk = 1024 * 1024;

}  // namespace

std::unique_ptr<Arena> Arena::make(std::size_t first_bytes) {
    char* memory = static_cast<char*>(::operator new(sizeof(Arena) + first_bytes));
    char* begin = memory + sizeof(Arena);
    return std::unique_ptr<Arena>(::new (memory) Arena(begin, begin + first_bytes));
}

Arena::~Arena() {
    while (chunks_ != nullptr) {
        Chunk* next = chunks_->next;
        ::operator delete(chunks_);
        chunks_ = next;
    }
}

void* Arena::allocate_elsewhere(std::size_t bytes) {
    // A request that would fill most of a chunk gets its own, so that the rest of the current one is still
    // used.
    const bool own_chunk = bytes > next_bytes_ / 2;
    const std::size_t room = own_chunk ? bytes : next_bytes_;
    char* memory = static_cast<char*>(::operator new(sizeof(Chunk) + room));
    chunks_ = ::new (memory) Chunk{chunks_};
    char* begin = memory + sizeof(Chunk);
    if (own_chunk) return begin;
    at_ = begin + bytes;
    end_ = begin + room;
    next_bytes_ = std::min(next_bytes_ * 2, kLargestChunk);
    return begin;
}

}  // namespace tollgate::json
