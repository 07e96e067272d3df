// SPDX-License-Identifier: Apache-2.0
// UTF-8 one code point at a time (RFC 3629), and the two forms a lone surrogate takes: an escape in JSON
// text, three bytes in memory (WTF-8), so that a stray \ud800 survives a round trip instead of blocking a
// review.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tollgate::json {

/// Length of the well-formed sequence at `at` (its first byte >= 0x80), 0 when malformed. Reads no further
/// than the first byte that does not fit, so the text must end in NUL or the like.
inline std::size_t utf8_length(const unsigned char* at) {
    const auto continues = [](unsigned char byte) { return (byte & 0xC0U) == 0x80U; };
    const unsigned char lead = at[0];
    if (lead >= 0xC2 && lead <= 0xDF) return continues(at[1]) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const unsigned char low = lead == 0xE0 ? 0xA0 : 0x80;
        const unsigned char high = lead == 0xED ? 0x9F : 0xBF;
        return at[1] >= low && at[1] <= high && continues(at[2]) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const unsigned char low = lead == 0xF0 ? 0x90 : 0x80;
        const unsigned char high = lead == 0xF4 ? 0x8F : 0xBF;
        return at[1] >= low && at[1] <= high && continues(at[2]) && continues(at[3]) ? 4 : 0;
    }
    return 0;
}

/// Writes the code point (surrogates included) and returns one past it; at most four bytes.
inline char* write_utf8(char* out, std::uint32_t code) {
    const auto byte = [](std::uint32_t bits) { return static_cast<char>(static_cast<unsigned char>(bits)); };
    if (code < 0x80) {
        *out++ = byte(code);
    } else if (code < 0x800) {
        *out++ = byte(0xC0U | (code >> 6U));
        *out++ = byte(0x80U | (code & 0x3FU));
    } else if (code < 0x10000) {
        *out++ = byte(0xE0U | (code >> 12U));
        *out++ = byte(0x80U | ((code >> 6U) & 0x3FU));
        *out++ = byte(0x80U | (code & 0x3FU));
    } else {
        *out++ = byte(0xF0U | (code >> 18U));
        *out++ = byte(0x80U | ((code >> 12U) & 0x3FU));
        *out++ = byte(0x80U | ((code >> 6U) & 0x3FU));
        *out++ = byte(0x80U | (code & 0x3FU));
    }
    return out;
}

}  // namespace tollgate::json
