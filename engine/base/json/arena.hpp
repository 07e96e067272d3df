// SPDX-License-Identifier: Apache-2.0
// Arena: bump allocation for one Document. Nothing is freed singly; all of it goes with the Document.
//
// The first chunk is part of the arena's own allocation, sized by the caller, so that a review of a few
// kilobytes costs one malloc. Chunks are never handed from one Document to the next: a 7 MiB body leaves with
// its Document instead of staying with a thread for ever (and malloc keeps the small ones warm anyway).
// Thread rule: filled by one thread; read-only afterwards.
#pragma once

#include <cstddef>
#include <memory>

namespace tollgate::json {

class Arena {
  public:
    static std::unique_ptr<Arena> make(std::size_t first_bytes);
    ~Arena();
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    static void operator delete(void* memory) { ::operator delete(memory); }

    /// Memory aligned for Value; never null.
    void* allocate(std::size_t bytes) {
        bytes = (bytes + kAlignment - 1) & ~(kAlignment - 1);
        if (bytes > static_cast<std::size_t>(end_ - at_)) return allocate_elsewhere(bytes);
        void* memory = at_;
        at_ += bytes;
        return memory;
    }

  private:
    static constexpr std::size_t kAlignment = 8;
    struct Chunk {
        Chunk* next;
    };

    Arena(char* begin, char* end) : at_(begin), end_(end) {}
    void* allocate_elsewhere(std::size_t bytes);

    char* at_;
    char* end_;
    Chunk* chunks_ = nullptr;
    std::size_t next_bytes_ = 16 * 1024;
};

}  // namespace tollgate::json
