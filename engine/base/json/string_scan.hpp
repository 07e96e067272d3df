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

/// The first quote, backslash, control character or byte above 0x7F at or after `at`. The zero padding behind
/// the text stops it.
inline char* skip_plain(char* at) {
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i space = _mm_set1_epi8(0x20);  // signed: bytes above 0x7F count as below it
    for (;; at += 16) {
        const __m128i block = _mm_loadu_si128(static_cast<const __m128i*>(static_cast<const void*>(at)));
        const __m128i special =
            _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash)),
                         _mm_cmplt_epi8(block, space));
        const auto mask = static_cast<unsigned>(_mm_movemask_epi8(special));
        if (mask != 0) return at + __builtin_ctz(mask);
    }
#else
    constexpr std::uint64_t kOnes = 0x0101010101010101U;
    constexpr std::uint64_t kHighs = kOnes * 0x80U;
    const auto has_zero = [](std::uint64_t word) { return (word - kOnes) & ~word & kHighs; };
    for (;; at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof(word));
        const std::uint64_t special = has_zero(word ^ (kOnes * '"')) | has_zero(word ^ (kOnes * '\\')) |
                                      (((word - kOnes * 0x20U) & ~word) & kHighs) | (word & kHighs);
        if (special != 0) break;
    }
    for (;; ++at) {
        const auto byte = static_cast<unsigned char>(*at);
        if (byte == '"' || byte == '\\' || byte < 0x20 || byte > 0x7F) return at;
    }
#endif
}

}  // namespace tollgate::json
