// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/library/go_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>

namespace tollgate::cel {
namespace {

// --- which code points Go's %q escapes ---------------------------------------------------------------------
// Everything but letters, marks, numbers, punctuation, symbols and the space. Runs from U+007F on: code
// points that are shown, then code points that are escaped. Source: the Unicode Character Database 15.0
// (categories).
constexpr std::array<std::uint32_t, 1422> kRuns{
    127,  34,    12,   1,    714,  2,    6,    4,     7,      1,    1,     1,    20,   1,    397,  1,    38,
    2,    50,    2,    3,    1,    55,   8,    27,    4,      6,    17,    22,   1,    192,  1,    48,   2,
    59,   2,     101,  14,   59,   2,    49,   2,     15,     1,    28,    2,    1,    1,    11,   5,    31,
    9,    74,    1,    161,  1,    8,    2,    2,     2,      22,   1,     7,    1,    1,    3,    4,    2,
    9,    2,     2,    2,    4,    8,    1,    4,     2,      1,    5,     2,    25,   2,    3,    1,    6,
    4,    2,     2,    22,   1,    7,    1,    2,     1,      2,    1,     2,    2,    1,    1,    5,    4,
    2,    2,     3,    3,    1,    7,    4,    1,     1,      7,    17,    10,   3,    1,    9,    1,    3,
    1,    22,    1,    7,    1,    2,    1,    5,     2,      10,   1,     3,    1,    3,    2,    1,    15,
    4,    2,     12,   7,    7,    1,    3,    1,     8,      2,    2,     2,    22,   1,    7,    1,    2,
    1,    5,     2,    9,    2,    2,    2,    3,     7,      3,    4,     2,    1,    5,    2,    18,   10,
    2,    1,     6,    3,    3,    1,    4,    3,     2,      1,    1,     1,    2,    3,    2,    3,    3,
    3,    12,    4,    5,    3,    3,    1,    4,     2,      1,    6,     1,    14,   21,   5,    13,   1,
    3,    1,     23,   1,    16,   2,    9,    1,     3,      1,    4,     7,    2,    1,    3,    2,    1,
    2,    4,     2,    10,   7,    22,   1,    3,     1,      23,   1,     10,   1,    5,    2,    9,    1,
    3,    1,     4,    7,    2,    6,    2,    1,     4,      2,    10,    1,    3,    12,   13,   1,    3,
    1,    51,    1,    3,    1,    6,    4,    16,    2,      26,   1,     3,    1,    18,   3,    24,   1,
    9,    1,     1,    2,    7,    3,    1,    4,     6,      1,    1,     1,    8,    6,    10,   2,    3,
    12,   58,    4,    29,   37,   2,    1,    1,     1,      5,    1,     24,   1,    1,    1,    23,   2,
    5,    1,     1,    1,    7,    1,    10,   2,     4,      32,   72,    1,    36,   4,    39,   1,    36,
    1,    15,    1,    13,   37,   198,  1,    1,     5,      1,    2,     377,  1,    4,    2,    7,    1,
    1,    1,     4,    2,    41,   1,    4,    2,     33,     1,    4,     2,    7,    1,    1,    1,    4,
    2,    15,    1,    57,   1,    4,    2,    67,    2,      32,   3,     26,   6,    86,   2,    6,    2,
    640,  1,     28,   3,    89,   7,    22,   9,     24,     9,    20,    12,   13,   1,    3,    1,    2,
    12,   94,    2,    10,   6,    10,   6,    14,    1,      11,   6,     89,   7,    43,   5,    70,   10,
    31,   1,     12,   4,    12,   4,    1,    3,     42,     2,    5,     11,   44,   4,    26,   6,    11,
    3,    62,    2,    65,   1,    29,   2,    11,    6,      10,   6,     14,   2,    31,   49,   77,   3,
    47,   1,     116,  8,    60,   3,    15,   3,     60,     7,    43,    2,    11,   8,    43,   5,    534,
    2,    6,     2,    38,   2,    6,    2,    8,     1,      1,    1,     1,    1,    1,    1,    31,   2,
    53,   1,     15,   1,    14,   2,    6,    1,     19,     2,    3,     1,    9,    17,   24,   8,    47,
    17,   2,     2,    27,   1,    13,   3,    33,    15,     33,   15,    140,  4,    663,  25,   11,   21,
    1812, 2,     32,   1,    349,  5,    45,   1,     1,      5,    1,     2,    56,   7,    2,    14,   24,
    9,    7,     1,    7,    1,    7,    1,    7,     1,      7,    1,     7,    1,    7,    1,    7,    1,
    126,  34,    26,   1,    89,   12,   214,  26,    12,     5,    63,    1,    86,   2,    103,  5,    43,
    1,    94,    1,    84,   12,   47,   1,    29293, 3,      55,   9,     348,  20,   184,  8,    203,  5,
    2,    1,     1,    1,    5,    24,   59,   3,     10,     6,    56,    8,    70,   8,    12,   6,    116,
    11,   30,    3,    78,   1,    11,   4,    33,    1,      55,   9,     14,   2,    10,   2,    103,  24,
    28,   10,    6,    2,    6,    2,    6,    9,     7,      1,    7,     1,    60,   4,    126,  2,    10,
    6,    11172, 12,   23,   4,    49,   8452, 366,   2,      106,  38,    7,    12,   5,    5,    26,   1,
    5,    1,     1,    1,    2,    1,    2,    1,     125,    16,   445,   2,    54,   7,    1,    32,   42,
    6,    51,    1,    19,   1,    4,    4,    5,     1,      135,  4,     190,  3,    6,    2,    6,    2,
    6,    2,     3,    3,    7,    1,    7,    13,    2,      2,    12,    1,    26,   1,    19,   1,    2,
    1,    15,    2,    14,   34,   123,  5,    3,     4,      45,   3,     88,   1,    13,   3,    1,    47,
    46,   130,   29,   3,    49,   15,   28,   4,     36,     9,    30,    5,    43,   5,    30,   1,    37,
    4,    14,    42,   158,  2,    10,   6,    36,    4,      36,   4,     40,   8,    52,   11,   12,   1,
    15,   1,     7,    1,    2,    1,    11,   1,     15,     1,    7,     1,    2,    67,   311,  9,    22,
    10,   8,     24,   6,    1,    42,   1,    9,     69,     6,    2,     1,    1,    44,   1,    2,    3,
    1,    2,     23,   1,    72,   8,    9,    48,    19,     1,    2,     5,    33,   3,    27,   5,    1,
    64,   56,    4,    20,   2,    50,   1,    2,     5,      8,    1,     3,    1,    29,   2,    3,    4,
    10,   7,     9,    7,    64,   32,   39,   4,     12,     9,    54,    3,    29,   2,    27,   5,    26,
    7,    4,     12,   7,    80,   73,   55,   51,    13,     51,   7,     46,   8,    10,   294,  31,   1,
    42,   1,     3,    2,    2,    75,   43,   8,     42,     22,   26,    38,   28,   20,   23,   9,    78,
    4,    36,    9,    62,   1,    5,    13,   25,    7,      10,   6,     53,   1,    18,   8,    39,   9,
    96,   1,     20,   11,   18,   1,    47,   62,    7,      1,    1,     1,    4,    1,    15,   1,    11,
    6,    59,    5,    10,   6,    4,    1,    8,     2,      2,    2,     22,   1,    7,    1,    2,    1,
    5,    1,     10,   2,    2,    2,    3,    2,     1,      6,    1,     5,    7,    2,    7,    3,    5,
    139,  92,    1,    5,    30,   72,   8,    10,    166,    54,   2,     38,   34,   69,   11,   10,   6,
    13,   19,    58,   6,    10,   54,   27,   2,     15,     4,    23,    185,  60,   100,  83,   12,   8,
    2,    1,     2,    8,    1,    2,    1,    30,    1,      2,    2,     12,   9,    10,   70,   8,    2,
    46,   2,     11,   27,   72,   8,    83,   13,    73,     7,    10,    246,  9,    1,    45,   1,    14,
    10,   29,    3,    32,   2,    22,   1,    14,    73,     7,    1,     2,    1,    44,   3,    1,    1,
    2,    1,     9,    8,    10,   6,    6,    1,     2,      1,    37,    1,    2,    1,    6,    7,    10,
    310,  25,    7,    17,   1,    41,   3,    28,    86,     1,    15,    50,   13,   923,  102,  111,  1,
    5,    11,    196,  2636, 99,   13,   1072, 16,    22,     4010, 583,   8633, 569,  7,    31,   1,    10,
    4,    81,    1,    10,   6,    30,   2,    6,     10,     70,   10,    10,   1,    7,    1,    21,   5,
    19,   688,   91,   101,  75,   4,    57,   7,     17,     64,   5,     11,   2,    14,   6136, 8,    1238,
    42,   9,     8935, 4,    1,    7,    1,    2,     1,      291,  15,    1,    29,   3,    2,    1,    14,
    4,    8,     396,  2308, 107,  5,    13,   3,     9,      7,    10,    2,    4,    4704, 46,   2,    23,
    9,    116,   60,   246,  10,   39,   2,    74,    8,      112,  21,    70,   122,  20,   12,   20,   12,
    87,   9,     25,   135,  85,   1,    71,   1,     2,      2,    1,     2,    2,    2,    4,    1,    12,
    1,    1,     1,    7,    1,    65,   1,    4,     2,      8,    1,     7,    1,    28,   1,    4,    1,
    5,    1,     1,    3,    7,    1,    340,  2,     292,    2,    702,   15,   5,    1,    15,   1104, 31,
    6,    6,     213,  7,    1,    17,   2,    7,     1,      2,    1,     5,    5,    62,   33,   1,    112,
    45,   3,     14,   2,    10,   4,    2,    320,   31,     17,   58,    5,    1,    464,  42,   742,  7,
    1,    4,     1,    2,    1,    15,   1,    197,   2,      16,   41,    76,   4,    10,   4,    2,    785,
    68,   76,    61,   194,  4,    1,    27,   1,     2,      1,    1,     2,    1,    1,    10,   1,    4,
    1,    1,     1,    1,    6,    1,    4,    1,     1,      1,    1,     1,    1,    3,    1,    2,    1,
    1,    2,     1,    1,    1,    1,    1,    1,     1,      1,    1,     1,    2,    1,    1,    2,    4,
    1,    7,     1,    4,    1,    4,    1,    1,     1,      10,   1,     17,   5,    3,    1,    5,    1,
    17,   52,    2,    270,  44,   4,    100,  12,    15,     2,    15,    1,    15,   1,    37,   10,   174,
    56,   29,    13,   44,   4,    9,    7,    2,     14,     6,    154,   984,  4,    17,   3,    13,   3,
    119,  4,     95,   6,    12,   4,    1,    15,    12,     4,    56,    8,    10,   6,    40,   8,    30,
    2,    2,     78,   340,  12,   14,   2,    13,    3,      9,    7,     46,   1,    7,    8,    14,   4,
    9,    7,     9,    7,    147,  1,    55,   37,    10,     1030, 42720, 32,   4154, 6,    222,  2,    5762,
    14,   7473,  3103, 542,  1506, 4939, 5,    4192,  712016, 240,  196112};

struct Range {
    std::uint32_t first = 0, last = 0;
};

constexpr auto kEscaped = [] {
    std::array<Range, kRuns.size() / 2> ranges;
    std::uint32_t at = 0;
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        ranges[i].first = at + kRuns[2 * i];
        at = ranges[i].first + kRuns[2 * i + 1];
        ranges[i].last = at - 1;
    }
    return ranges;
}();
static_assert(kEscaped.back().last == 0x10FFFF);

bool is_escaped(std::uint32_t code) {
    const auto ends_before = [](const Range& range, std::uint32_t value) { return range.last < value; };
    const auto range = std::lower_bound(kEscaped.begin(), kEscaped.end(), code, ends_before);
    return range != kEscaped.end() && range->first <= code;
}

// --- numbers and times -------------------------------------------------------------------------------------
constexpr int kMostDigits = 1'100;                    // no double has more after the point
constexpr std::uint64_t kMostPrecision = 10'000'009;  // past it Go's own parser of formats gives up
constexpr std::string_view kNoVerb = "%!(NOVERB)";    // and this is what it writes

/// std::to_chars with any format; the buffer holds the largest double with kMostDigits.
template <class... How>
std::string chars(double value, How... how) {
    std::array<char, kMostDigits + 320> buffer;
    const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, how...);
    return {buffer.data(), result.ptr};
}

/// "NaN" or an infinity, as the caller's formatter spells it; else empty.
std::string_view special(double value, std::string_view plus, std::string_view minus) {
    if (std::isnan(value)) return "NaN";
    if (!std::isinf(value)) return {};
    return value > 0 ? plus : minus;
}

/// Commas between the thousands of a text such as "-1234.5".
std::string grouped(std::string_view text) {
    const std::size_t first = text.starts_with('-') ? 1 : 0;
    const std::size_t point = std::min(text.find('.'), text.size());
    std::string out(text.substr(0, first));
    for (std::size_t i = first; i < point; ++i) {
        if (i > first && (point - i) % 3 == 0) out += ',';
        out += text[i];
    }
    return out += text.substr(point);
}

std::string padded(std::uint64_t value, std::size_t width) {
    const std::string text = std::to_string(value);
    return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

}  // namespace

CodePoint code_point_at(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
    };
    const std::uint32_t lead = byte(at);
    if (lead < 0x80) return {lead, 1, true};
    const std::uint32_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    const CodePoint none{lead, 1, false};
    if (lead < 0xC2 || lead > 0xF4 || bytes > text.size() - at) return none;
    std::uint32_t code = lead & (0x7FU >> bytes);
    for (std::uint32_t i = 1; i < bytes; ++i) {
        if ((byte(at + i) & 0xC0U) != 0x80U) return none;
        code = code << 6U | (byte(at + i) & 0x3FU);
    }
    const bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
    if (overlong || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return none;
    return {code, bytes, true};
}

bool is_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint point = code_point_at(text, at);
        if (!point.valid) return false;
        at += point.bytes;
    }
    return true;
}

void append_hex(std::string& out, std::uint32_t value, int digits) {
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
        out += "0123456789abcdef"[value >> static_cast<unsigned>(shift) & 0xFU];
}

/// As strconv.Quote does.
std::string quoted(std::string_view text) {
    constexpr std::string_view kShort = "\a\b\f\n\r\t\v\\\"";
    constexpr std::string_view kLetters = "abfnrtv\\\"";
    std::string out = "\"";
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint point = code_point_at(text, at);
        const std::size_t known = point.code < 0x80 ? kShort.find(text[at]) : std::string_view::npos;
        if (known != std::string_view::npos) {
            out += '\\';
            out += kLetters[known];
        } else if (!point.valid || point.code < 0x20 || point.code == 0x7F) {
            out += "\\x";
            append_hex(out, static_cast<unsigned char>(text[at]), 2);
        } else if (point.code >= 0x80 && is_escaped(point.code)) {
            out += point.code < 0x10000 ? "\\u" : "\\U";
            append_hex(out, point.code, point.code < 0x10000 ? 4 : 8);
        } else {
            out += text.substr(at, point.bytes);
        }
        at += point.bytes;
    }
    return out += '"';
}

std::string general_text(double value) {
    if (const std::string_view text = special(value, "+Inf", "-Inf"); !text.empty()) return std::string(text);
    std::string text = chars(value, std::chars_format::scientific);
    const std::size_t e = text.find('e');
    int exponent = 0;
    std::from_chars(text.data() + e + (text[e + 1] == '+' ? 2 : 1), text.data() + text.size(), exponent);
    return exponent < -4 || exponent >= 6 ? text : chars(value, std::chars_format::fixed);
}

std::string plain_text(double value, int digits) {
    if (const std::string_view text = special(value, "+Inf", "-Inf"); !text.empty()) return std::string(text);
    return chars(value, std::chars_format::fixed, digits);
}

/// %f of x/text. It keeps the least number of digits after the point in 8 bits and the largest in 16, signed:
/// %.300f writes at least 44 digits and at most 300.
std::string fixed_text(double value, std::uint64_t precision) {
    if (precision > kMostPrecision) return std::string(kNoVerb);
    if (const std::string_view text = special(value, "∞", "-∞"); !text.empty()) return std::string(text);
    const int least = static_cast<std::uint8_t>(precision);
    const int most = static_cast<std::int16_t>(static_cast<std::uint16_t>(precision));
    if (value == 0) value = 0;  // no sign
    std::string text = most < 0 ? chars(value, std::chars_format::fixed)
                                : chars(value, std::chars_format::fixed, std::min(most, kMostDigits));
    std::size_t point = text.find('.');
    if (point == std::string::npos) point = text.size();
    int digits = point == text.size() ? 0 : static_cast<int>(text.size() - point) - 1;
    for (; digits > least && text.back() == '0'; --digits) text.pop_back();
    if (digits == 0) text.resize(point);
    if (digits == 0 && least > 0) text += '.';
    if (digits < least) text.append(static_cast<std::size_t>(least - digits), '0');
    return grouped(text);
}

/// %e of x/text. cel-go hands the precision over as the width: there are always six digits after the point.
std::string scientific_text(double value, std::uint64_t precision) {
    constexpr std::array<std::string_view, 10> kRaised{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    if (precision > kMostPrecision) return std::string(kNoVerb);
    std::string text(special(value, "∞", "-∞"));
    if (text.empty()) {
        text = chars(value == 0 ? 0.0 : value, std::chars_format::scientific, 6);
        const std::size_t e = text.find('e');
        const std::string exponent = text.substr(e + 1);
        text.resize(e);
        text += "×10";
        if (exponent.front() == '-') text += "⁻";
        for (const char digit : std::string_view(exponent).substr(1))
            text += kRaised[static_cast<std::size_t>(digit - '0')];
    }
    const std::size_t width = static_cast<std::uint16_t>(precision);
    const std::size_t size = code_points(text);
    return size < width ? std::string(width - size, ' ') + text : text;
}

std::string timestamp_text(const Value& timestamp) {
    using std::chrono::days;
    using std::chrono::seconds;
    const std::chrono::sys_seconds moment{seconds(timestamp.integer)};
    const auto day = std::chrono::floor<days>(moment);
    const std::chrono::year_month_day date(day);
    const auto second = static_cast<std::uint64_t>((moment - day).count());
    std::string out = padded(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4) + "-";
    out += padded(static_cast<unsigned>(date.month()), 2) + "-";
    out += padded(static_cast<unsigned>(date.day()), 2) + "T";
    out += padded(second / 3600, 2) + ":" + padded(second / 60 % 60, 2) + ":" + padded(second % 60, 2);
    if (timestamp.size != 0) {
        out += "." + padded(timestamp.size, 9);
        out.resize(out.find_last_not_of('0') + 1);
    }
    return out += 'Z';
}

std::string duration_text(const Value& duration) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    const std::int64_t whole = duration.integer / kSecond;
    const double seconds = static_cast<double>(whole) + static_cast<double>(duration.integer % kSecond) / 1e9;
    return chars(seconds, std::chars_format::fixed) + "s";
}

}  // namespace tollgate::cel
