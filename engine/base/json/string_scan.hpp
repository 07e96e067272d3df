// SPDX-License-Identifier: Apache-2.0
// The inner loop of string reading: 16 bytes at a time with SSE2, 8 with plain registers elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tollgate::json {

/// Readable zero bytes that must follow the text.
inline constexpr std::size_t kScanPadding = 16;

inline bool is_plain(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

#if defined(__SSE2__)
/// One bit for each of 16 bytes that is_plain denies.
inline unsigned special_bytes(const char* at) {
    const __m128i block = _mm_loadu_si128(static_cast<const __m128i*>(static_cast<const void*>(at)));
    const __m128i quotes = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
    const __m128i backslashes = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
    // Signed: bytes above 0x7F count as below the space too.
    const __m128i others = _mm_cmplt_epi8(block, _mm_set1_epi8(0x20));
    const __m128i special = _mm_or_si128(_mm_or_si128(quotes, backslashes), others);
    return static_cast<unsigned>(_mm_movemask_epi8(special));
}
#else
/// Not 0 if is_plain denies one of 8 bytes.
inline std::uint64_t special_bytes(const char* at) {
    constexpr std::uint64_t kOnes = 0x0101010101010101U;
    constexpr std::uint64_t kHighs = kOnes * 0x80U;
    const auto has_zero = [](std::uint64_t word) { return (word - kOnes) & ~word & kHighs; };
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof(word));
    return has_zero(word ^ (kOnes * '"')) | has_zero(word ^ (kOnes * '\\')) |
           ((word - kOnes * 0x20U) & ~word & kHighs) | (word & kHighs);
}
#endif

/// The first quote, backslash, control character or byte above 0x7F at or after `at`. The zero padding behind
/// the text stops it.
inline char* skip_plain(char* at) {
#if defined(__SSE2__)
    for (;; at += 16) {
        const unsigned special = special_bytes(at);
        if (special != 0) return at + __builtin_ctz(special);
    }
#else
    while (special_bytes(at) == 0) at += 8;
    while (is_plain(*at)) ++at;
    return at;
#endif
}

/// The same for text without padding; `end` when there is none.
inline const char* skip_plain(const char* at, const char* end) {
#if defined(__SSE2__)
    for (; end - at >= 16; at += 16) {
        const unsigned special = special_bytes(at);
        if (special != 0) return at + __builtin_ctz(special);
    }
#endif
    while (at != end && is_plain(*at)) ++at;
    return at;
}

}  // namespace tollgate::json
