// SPDX-License-Identifier: Apache-2.0
#include "engine/base/json/parser.hpp"

#include "engine/base/json/number_text.hpp"
#include "engine/base/json/string_scan.hpp"
#include "engine/base/json/utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>

namespace tollgate::json {
namespace {

constexpr std::size_t kSmallText = 64 * 1024;
constexpr std::size_t kLargestText = std::numeric_limits<std::uint32_t>::max() - kScanPadding;

// The copy of the text and about twice its size for the cells: what a review needs, in one allocation.
std::size_t first_chunk_bytes(std::size_t length) {
    return length <= kSmallText ? 3 * length + 1024 : 16 * 1024;
}

bool is_space(char c) {
    if (c > ' ') return false;  // what stands between the tokens of compact text
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20;
}

std::string printable(char c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F) return {'\'', c, '\''};
    return std::string("byte 0x") + kHex[byte >> 4U] + kHex[byte & 15U];
}

}  // namespace

Parser::Parser(std::string_view text, const ParseOptions& options)
    : length_(std::min(text.size(), kLargestText)),
      max_depth_(std::min(options.max_depth, limits::kMaxJsonDepthCeiling)),
      left_out_(options.left_out) {
    document_.arena_ = Arena::make(first_chunk_bytes(length_));
    begin_ = static_cast<char*>(document_.arena_->allocate(length_ + kScanPadding));
    if (length_ > 0) std::memcpy(begin_, text.data(), length_);
    std::memset(begin_ + length_, 0, kScanPadding);
    at_ = begin_;
    if (text.size() > kLargestText) fail_at(begin_, "the text is longer than 4 GiB");
}

tl::expected<Document, ParseError> Parser::run() {
    if (!error_.message.empty() || !read_tree()) return tl::unexpected(std::move(error_));
    skip_space();
    if (at_ != begin_ + length_) {
        fail_at(at_, "unexpected " + printable(*at_) + " after the end of the JSON value");
        return tl::unexpected(std::move(error_));
    }
    void* memory = document_.arena_->allocate(sizeof(Value));
    document_.root_ = Node(::new (memory) Value(stack_.top()));
    return std::move(document_);
}

bool Parser::read_tree() {
    for (;;) {
        skip_space();
        Step step = read_value();
        while (step == Step::Finished) {
            if (stack_.depth() == 0) return true;
            step = after_value();
        }
        if (step == Step::Failed) return false;
    }
}

Parser::Step Parser::read_value() {
    switch (*at_) {
        case '"':
            return read_string() ? Step::Finished : Step::Failed;
        case '{':
            return open_container(Kind::Object, '}');
        case '[':
            return open_container(Kind::Array, ']');
        case 't':
            return read_word("true", Kind::Bool, 1);
        case 'f':
            return read_word("false", Kind::Bool, 0);
        case 'n':
            return read_word("null", Kind::Null, 0);
        default:
            return read_number();
    }
}

Parser::Step Parser::open_container(Kind kind, char closer) {
    if (stack_.depth() >= max_depth_) {
        return fail_at(at_, "nested deeper than " + std::to_string(max_depth_) + " levels",
                       ParseFailure::TooDeep);
    }
    stack_.open(kind, 0);
    ++at_;
    skip_space();
    if (*at_ == closer) return close_container();
    return kind == Kind::Object ? read_key() : Step::Entered;
}

Parser::Step Parser::close_container() {
    ++at_;
    stack_.close(*document_.arena_, document_.duplicate_keys_);
    return Step::Finished;
}

Parser::Step Parser::after_value() {
    skip_space();
    const bool in_object = stack_.open_kind() == Kind::Object;
    if (*at_ == ',') {
        ++at_;
        if (!in_object) return Step::Entered;
        skip_space();
        return read_key();
    }
    if (*at_ == (in_object ? '}' : ']')) return close_container();
    return fail_unexpected(in_object ? "',' or '}' after a member" : "',' or ']' after an element");
}

Parser::Step Parser::read_key() {
    if (*at_ != '"') return fail_unexpected("a member name in double quotes");
    if (!read_string()) return Step::Failed;
    skip_space();
    if (*at_ != ':') return fail_unexpected("':' after a member name");
    ++at_;
    if (!left_out_.name.empty() && is_left_out()) return read_over_array();
    return Step::Entered;
}

bool Parser::is_left_out() const {
    if (stack_.top().view() != left_out_.name || stack_.open_name() != left_out_.parent) return false;
    const char* value = at_;
    while (is_space(*value)) ++value;
    return *value == '[';
}

/// The array that follows, without its name on the stack: as if the member were not there.
Parser::Step Parser::read_over_array() {
    std::string open;  // the brackets that are open, by what closes them
    stack_.pop();
    skip_space();
    for (;;) {
        const char c = *at_;
        if (c == '"') {
            if (!read_over_string()) return Step::Failed;
            continue;
        }
        if (c == '[' || c == '{') {
            if (stack_.depth() + open.size() >= max_depth_) {
                return fail_at(at_, "nested deeper than " + std::to_string(max_depth_) + " levels",
                               ParseFailure::TooDeep);
            }
            open += c == '[' ? ']' : '}';
        } else if (c == ']' || c == '}') {
            if (open.back() != c) return fail_unexpected(std::string{'\'', open.back(), '\''});
            open.pop_back();
        } else if (is_control(c) && !is_space(c)) {
            return fail_unexpected("a JSON value");
        }
        ++at_;
        if (open.empty()) return Step::Finished;
    }
}

bool Parser::read_over_string() {
    ++at_;
    for (;;) {
        at_ = skip_plain(at_);
        if (*at_ == '"') break;
        if (*at_ == '\\') {
            if (!is_control(at_[1])) ++at_;
        } else if (is_control(*at_)) {
            fail_in_string();
            return false;
        }
        ++at_;
    }
    ++at_;
    return true;
}

Parser::Step Parser::read_word(std::string_view word, Kind kind, std::uint32_t size) {
    if (std::memcmp(at_, word.data(), word.size()) != 0) return fail_unexpected("a JSON value");
    stack_.push(kind, 0, nullptr, size);
    at_ += word.size();
    return Step::Finished;
}

Parser::Step Parser::read_number() {
    if (*at_ != '-' && (*at_ < '0' || *at_ > '9')) return fail_unexpected("a JSON value");
    const char* end = scan_number(at_);
    if (end == nullptr) return fail_at(at_, "malformed number");
    stack_.push(Kind::Number, 0, at_, static_cast<std::uint32_t>(end - at_));
    at_ += end - at_;
    return Step::Finished;
}

bool Parser::read_string() {
    char* begin = ++at_;
    at_ = skip_plain(at_);
    if (*at_ != '"') return read_string_tail(begin, at_);
    stack_.push(Kind::String, 0, begin, static_cast<std::uint32_t>(at_ - begin));
    ++at_;
    return true;
}

// The rest of a string with escapes or bytes above 0x7F: `write` follows `at_` through the copy.
bool Parser::read_string_tail(char* begin, char* write) {
    while (*at_ != '"') {
        if (*at_ == '\\') {
            if (!read_escape(write)) return false;
        } else if (is_control(*at_)) {
            fail_in_string();
            return false;
        } else {
            const std::size_t sequence =
                utf8_length(static_cast<const unsigned char*>(static_cast<void*>(at_)));
            if (sequence == 0) {
                fail_at(at_, printable(*at_) + " in a string is not valid UTF-8");
                return false;
            }
            std::memmove(write, at_, sequence);
            write += sequence;
            at_ += sequence;
        }
        char* stop = skip_plain(at_);
        const auto run = static_cast<std::size_t>(stop - at_);
        std::memmove(write, at_, run);
        write += run;
        at_ = stop;
    }
    stack_.push(Kind::String, 0, begin, static_cast<std::uint32_t>(write - begin));
    ++at_;
    return true;
}

bool Parser::read_escape(char*& write) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char* start = at_;
    const char name = at_[1];
    if (name != 'u') {
        const std::size_t which = kNames.find(name);
        if (which == std::string_view::npos) {
            fail_at(start, "unknown escape in a string: '\\' followed by " + printable(name));
            return false;
        }
        *write++ = kMeanings[which];
        at_ += 2;
        return true;
    }
    at_ += 2;
    std::uint32_t code = 0;
    if (!read_hex4(code)) return false;
    const bool high_surrogate = code >= 0xD800 && code <= 0xDBFF;
    if (high_surrogate && at_[0] == '\\' && at_[1] == 'u') {
        char* second = at_;
        std::uint32_t low = 0;
        at_ += 2;
        if (!read_hex4(low)) return false;
        if (low >= 0xDC00 && low <= 0xDFFF) {
            code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
        } else {
            at_ = second;  // a lone surrogate; what follows is read by itself
        }
    }
    write = write_utf8(write, code);
    return true;
}

bool Parser::read_hex4(std::uint32_t& code) {
    code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
        const char c = *at_;
        std::uint32_t digit = 0;
        if (c >= '0' && c <= '9') {
            digit = static_cast<std::uint32_t>(c - '0');
        } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
            digit = static_cast<std::uint32_t>((c | 0x20) - 'a') + 10;
        } else {
            fail_at(at_, "\\u in a string needs four hexadecimal digits");
            return false;
        }
        code = (code << 4U) | digit;
    }
    return true;
}

void Parser::skip_space() {
    while (is_space(*at_)) ++at_;
}

Parser::Step Parser::fail_at(const char* place, std::string_view what, ParseFailure failure) {
    error_.failure = failure;
    error_.offset = static_cast<std::size_t>(place - begin_);
    error_.message = "at byte " + std::to_string(error_.offset) + ": ";
    error_.message += what;
    return Step::Failed;
}

Parser::Step Parser::fail_in_string() {
    const bool at_end = at_ == begin_ + length_;
    return fail_at(at_, at_end ? "the text ends inside a string"
                               : printable(*at_) + " in a string; control characters must be escaped");
}

Parser::Step Parser::fail_unexpected(std::string_view expected) {
    const bool at_end = at_ == begin_ + length_;
    std::string what = "expected ";
    what += expected;
    what += at_end ? ", but the text ends" : ", got " + printable(*at_);
    if (at_ == begin_ && length_ >= 3 && std::memcmp(begin_, "\xEF\xBB\xBF", 3) == 0) {
        what = "the text starts with a byte order mark; save it as UTF-8 without one";
    }
    return fail_at(at_, what);
}

tl::expected<Document, ParseError> parse(std::string_view text, const ParseOptions& options) {
    return Parser(text, options).run();
}

}  // namespace tollgate::json
