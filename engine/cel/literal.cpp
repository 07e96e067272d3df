// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/literal.hpp"

#include "engine/cel/library/go_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <system_error>
#include <utility>

namespace tollgate::cel {
namespace {

constexpr std::uint32_t kLastCodePoint = 0x10FFFF;

tl::unexpected<LiteralError> fail_at(std::size_t offset, std::string message) {
    return tl::unexpected<LiteralError>({offset, std::move(message)});
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The value of a digit of that base; the base when it is none.
std::uint32_t digit_value(char c, std::uint32_t base) {
    std::uint32_t value = base;
    if (is_digit(c))
        value = static_cast<std::uint32_t>(c - '0');
    else if (lower(c) >= 'a' && lower(c) <= 'f')
        value = static_cast<std::uint32_t>(lower(c) - 'a') + 10;
    return std::min(value, base);
}

bool is_code_point(std::uint32_t value) {
    return value <= kLastCodePoint && (value < 0xD800 || value > 0xDFFF);
}

void append_utf8(std::string& out, std::uint32_t code) {
    const auto tail = [&](std::uint32_t shift) {
        out += static_cast<char>(0x80U | ((code >> shift) & 0x3FU));
    };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0U | (code >> 6U));
        tail(0);
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0U | (code >> 12U));
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xF0U | (code >> 18U));
        tail(12);
        tail(6);
        tail(0);
    }
}

/// Escapes that stand for one character.
std::optional<char> simple_escape(char c) {
    constexpr std::string_view kNames = "abfnrtv\\'\"`?";
    constexpr std::string_view kValues = "\a\b\f\n\r\t\v\\'\"`?";
    const std::size_t at = kNames.find(c);
    return at == std::string_view::npos ? std::nullopt : std::optional<char>(kValues[at]);
}

class TextDecoder {
  public:
    explicit TextDecoder(std::string_view token) : token_(token) {}

    tl::expected<std::string, LiteralError> run() {
        if (auto error = frame(); error) return tl::unexpected(std::move(*error));
        out_.reserve(end_ - at_);
        while (at_ < end_) {
            if (token_[at_] != '\\' || raw_) {
                plain();
            } else if (auto error = escape(); error) {
                return tl::unexpected(std::move(*error));
            }
        }
        return std::move(out_);
    }

  private:
    using Failure = std::optional<LiteralError>;

    /// Takes prefix and quotes off.
    Failure frame() {
        std::size_t quote = 0;
        for (; quote < token_.size() && token_[quote] != '"' && token_[quote] != '\''; ++quote) {
            const char c = lower(token_[quote]);
            // The language has no rb"": the grammar puts b in front of any string.
            if (c == 'b' && (bytes_ || raw_)) return LiteralError{0, "raw bytes are written br\"...\""};
            if ((c != 'b' && c != 'r') || (c == 'r' && raw_)) return LiteralError{quote, "no text literal"};
            (c == 'b' ? bytes_ : raw_) = true;
        }
        const std::string_view rest = token_.substr(quote);
        const std::string_view three = rest.substr(0, 3);
        const bool triple = rest.size() >= 6 && (three == "'''" || three == "\"\"\"");
        const std::size_t width = triple ? 3 : 1;
        if (rest.size() < 2 * width || !rest.ends_with(rest.substr(0, width)))
            return LiteralError{token_.size(), "the text has no end: a quote is missing"};
        at_ = quote + width;
        end_ = token_.size() - width;
        return {};
    }

    void plain() {
        const char c = token_[at_];
        if (c == '\r') {
            out_ += '\n';
            at_ += at_ + 1 < end_ && token_[at_ + 1] == '\n' ? 2U : 1U;
        } else if (static_cast<unsigned char>(c) < 0x80) {
            out_ += c;
            ++at_;
        } else {
            const CodePoint point = code_point_at(token_.substr(0, end_), at_);
            if (point.valid)
                out_ += token_.substr(at_, point.bytes);
            else
                append_utf8(out_, 0xFFFD);
            at_ += point.bytes;
        }
    }

    Failure escape() {
        const std::size_t start = at_;
        if (at_ + 1 >= end_) return LiteralError{start, "'\\' at the end of a text: write '\\\\'"};
        const char kind = token_[at_ + 1];
        if (const std::optional<char> simple = simple_escape(kind); simple) {
            out_ += *simple;
            at_ += 2;
            return {};
        }
        if (kind >= '0' && kind <= '3') return number(start, 1, 3, 8);
        if (lower(kind) == 'x') return number(start, 2, 2, 16);
        if (lower(kind) == 'u') {
            if (bytes_) return LiteralError{start, "'\\u' and '\\U' mean nothing in bytes: write '\\x'"};
            return number(start, 2, kind == 'u' ? 4 : 8, 16);
        }
        return LiteralError{
            start, "no such escape; a backslash itself is written '\\\\', or r\"...\" around the text"};
    }

    /// That many digits, `skip` bytes after the backslash's place.
    Failure number(std::size_t start, std::size_t skip, std::size_t digits, std::uint32_t base) {
        std::uint32_t value = 0;
        for (std::size_t i = start + skip; i < start + skip + digits; ++i) {
            const std::uint32_t digit = i < end_ ? digit_value(token_[i], base) : base;
            if (digit == base) {
                const std::string_view kind = base == 8 ? " octal" : " hexadecimal";
                return LiteralError{start, std::string("this escape has ")
                                               .append(std::to_string(digits))
                                               .append(kind)
                                               .append(" digits")};
            }
            value = value * base + digit;
        }
        at_ = start + skip + digits;
        if (bytes_) {
            out_ += static_cast<char>(value);
            return {};
        }
        if (!is_code_point(value)) return LiteralError{start, "no Unicode character has this number"};
        append_utf8(out_, value);
        return {};
    }

    std::string_view token_;
    std::size_t at_ = 0, end_ = 0;  // of the content
    bool raw_ = false, bytes_ = false;
    std::string out_;
};

/// The whole text in digits of a base, decimal or with 0x in front.
tl::expected<std::uint64_t, LiteralError> decode_natural(std::string_view digits) {
    const bool hex = digits.starts_with("0x");
    const std::string_view rest = hex ? digits.substr(2) : digits;
    std::uint64_t value = 0;
    const char* const last = rest.data() + rest.size();
    const auto [end, code] = std::from_chars(rest.data(), last, value, hex ? 16 : 10);
    if (code == std::errc::result_out_of_range) return fail_at(0, "the number is too large for 64 bits");
    if (code != std::errc() || end != last) return fail_at(0, "no whole number");
    return value;
}

bool is_word(std::string_view text, std::string_view word) {
    return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                      [](char a, char b) { return lower(a) == b; });
}

/// Whether a number that does not fit is too large, not too small: its first digit that counts stands left of
/// the point, after its exponent moved that. Exponents are saturated.
bool is_huge(std::string_view text, bool hex) {
    const char mark = hex ? 'p' : 'e';
    const auto is_mark = [&](char c) { return lower(c) == mark; };
    const auto mark_at =
        static_cast<std::size_t>(std::find_if(text.begin(), text.end(), is_mark) - text.begin());
    const std::string_view mantissa = text.substr(0, mark_at);
    const std::size_t first = std::min(mantissa.find_first_not_of("0."), mantissa.size());
    const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
    const std::int64_t places = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
    constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();
    std::int64_t exponent = 0;
    if (mark_at < text.size()) {
        std::string_view digits = text.substr(mark_at + 1);
        const bool negative = digits.starts_with('-');
        if (digits.starts_with('-') || digits.starts_with('+')) digits.remove_prefix(1);
        for (const char c : digits) exponent = std::min(exponent * 10 + (c - '0'), kLargest * kLargest / 16);
        if (negative) exponent = -exponent;
    }
    return places * (hex ? 4 : 1) + exponent > 0;
}

/// Without '_', which Go allows between digits and after the prefix.
std::optional<std::string> without_underscores(std::string_view text, bool hex) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '_') {
            out += text[i];
            continue;
        }
        const std::uint32_t base = hex ? 16 : 10;
        const auto fits = [&](char c) { return digit_value(c, base) < base; };
        const bool after = i > 0 && (fits(text[i - 1]) || (hex && i == 2));
        if (!after || i + 1 >= text.size() || !fits(text[i + 1])) return std::nullopt;
    }
    return out;
}

/// A number without its sign.
std::optional<double> parse_magnitude(std::string_view text) {
    if (is_word(text, "inf") || is_word(text, "infinity")) return std::numeric_limits<double>::infinity();
    const bool hex = text.size() > 2 && text[0] == '0' && lower(text[1]) == 'x';
    std::string joined;
    if (text.find('_') != std::string_view::npos) {
        auto plain = without_underscores(text, hex);
        if (!plain) return std::nullopt;
        joined = std::move(*plain);
        text = joined;
    }
    if (hex) text.remove_prefix(2);
    // from_chars knows "inf" and a sign, which have been looked for; hexadecimal needs its exponent in Go.
    if (text.empty() || (text[0] != '.' && digit_value(text[0], hex ? 16 : 10) == (hex ? 16 : 10)))
        return std::nullopt;
    if (hex && text.find_first_of("pP") == std::string_view::npos) return std::nullopt;
    double value = 0;
    const char* const last = text.data() + text.size();
    const auto [end, code] =
        std::from_chars(text.data(), last, value, hex ? std::chars_format::hex : std::chars_format::general);
    if (end != last || code == std::errc::invalid_argument) return std::nullopt;
    if (code != std::errc::result_out_of_range) return value;
    return is_huge(text, hex) ? std::nullopt : std::optional<double>(0.0);
}

}  // namespace

bool is_bytes(std::string_view token) {
    const std::string_view prefix = token.substr(0, std::min(token.find_first_of("'\""), token.size()));
    return prefix.find_first_of("bB") != std::string_view::npos;
}

tl::expected<std::string, LiteralError> decode_string(std::string_view token) {
    return TextDecoder(token).run();
}

tl::expected<std::int64_t, LiteralError> decode_int(std::string_view token, bool negative) {
    const auto magnitude = decode_natural(token);
    if (!magnitude) return tl::unexpected(magnitude.error());
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    if (*magnitude > kMost + (negative ? 1 : 0))
        return fail_at(0, "the number is too large for an int of 64 bits");
    return static_cast<std::int64_t>(negative ? 0 - *magnitude : *magnitude);
}

tl::expected<std::uint64_t, LiteralError> decode_uint(std::string_view token) {
    if (!token.empty() && lower(token.back()) == 'u') token.remove_suffix(1);
    return decode_natural(token);
}

tl::expected<double, LiteralError> decode_double(std::string_view token) {
    const std::optional<double> value = parse_double(token);
    if (!value) return fail_at(0, "the number is too large for a double");
    return *value;
}

std::optional<double> parse_double(std::string_view text) {
    if (is_word(text, "nan")) return std::numeric_limits<double>::quiet_NaN();  // Go knows no sign of it
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    const std::optional<double> magnitude = parse_magnitude(text);
    if (!magnitude) return std::nullopt;
    return negative ? -*magnitude : *magnitude;
}

}  // namespace tollgate::cel
