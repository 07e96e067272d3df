// SPDX-License-Identifier: Apache-2.0
#include "policies/scalar_place.hpp"

#include <algorithm>

namespace tollgate::policies {
namespace {

bool is_white(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

enum class Style : unsigned char { Plain, Single, Double, Block };

struct Scalar {
    Style style = Style::Plain;
    std::size_t begin = 0;  // of what is said, past quotes and the block's header
};

/// Past tags and anchors, and the one mark that tells the style.
Scalar find_scalar(std::string_view text, std::size_t at) {
    while (at < text.size() && (is_white(text[at]) || text[at] == '!' || text[at] == '&')) {
        const bool property = !is_white(text[at]);
        ++at;
        while (property && at < text.size() && !is_white(text[at])) ++at;
    }
    if (at >= text.size()) return {Style::Plain, text.size()};
    if (text[at] == '\'') return {Style::Single, at + 1};
    if (text[at] == '"') return {Style::Double, at + 1};
    if (text[at] != '|' && text[at] != '>') return {Style::Plain, at};
    const std::size_t line_end = text.find('\n', at);
    return {Style::Block, line_end == std::string_view::npos ? text.size() : line_end + 1};
}

/// Hexadecimal digits of the escape `\x41`, `\u0041`, `\U00000041`; 0 for the others.
std::size_t escape_digits(char c) {
    return c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
}

std::size_t utf8_length(char lead) {
    const auto byte = static_cast<unsigned char>(lead);
    return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/// Walks the text and the value side by side; only what is no white space is compared.
class Walk {
  public:
    Walk(std::string_view text, Scalar scalar, std::string_view value)
        : text_(text), style_(scalar.style), at_(scalar.begin), value_(value) {}

    std::optional<std::size_t> to(std::size_t offset) {
        while (true) {
            skip_value_space(offset);
            if (value_at_ >= offset) break;
            if (!step()) return std::nullopt;
        }
        // White space, or the end, is shown right behind what precedes it.
        const bool at_word = value_at_ == offset && offset < value_.size() && !is_white(value_[offset]);
        if (!at_word) return after_;
        skip_text_space();
        return at_;
    }

  private:
    void skip_value_space(std::size_t offset) {
        while (value_at_ < std::min(offset, value_.size()) && is_white(value_[value_at_])) ++value_at_;
    }
    void skip_text_space() {
        while (at_ < text_.size() && (is_white(text_[at_]) || is_escaped_space())) {
            at_ += is_white(text_[at_]) ? 1U : 2U;
        }
    }
    /// `\n`, `\t`, an escaped line end or blank: white space in a double-quoted scalar.
    bool is_escaped_space() const {
        if (style_ != Style::Double || text_[at_] != '\\' || at_ + 1 >= text_.size()) return false;
        constexpr std::string_view kBlanks = "nrt \t\n";
        return kBlanks.find(text_[at_ + 1]) != std::string_view::npos;
    }

    /// One character of both that is no white space.
    bool step() {
        skip_text_space();
        if (at_ >= text_.size()) return false;
        if (style_ == Style::Double && text_[at_] == '\\') {
            if (at_ + 1 >= text_.size()) return false;
            at_ += 2 + escape_digits(text_[at_ + 1]);
            value_at_ += utf8_length(value_[value_at_]);
        } else {
            if (text_[at_] != value_[value_at_]) return false;
            const bool doubled = style_ == Style::Single && text_[at_] == '\'';
            at_ += doubled ? 2U : 1U;
            ++value_at_;
        }
        after_ = at_;
        return at_ <= text_.size() && value_at_ <= value_.size();
    }

    std::string_view text_;
    Style style_;
    std::size_t at_;
    std::size_t after_ = at_;  // of the last character that was walked over
    std::string_view value_;
    std::size_t value_at_ = 0;
};

}  // namespace

std::optional<std::size_t> scalar_offset(std::string_view text, std::size_t start, std::string_view value,
                                         std::size_t offset) {
    const Scalar scalar = find_scalar(text, start);
    return Walk(text, scalar, value).to(std::min(offset, value.size()));
}

}  // namespace tollgate::policies
