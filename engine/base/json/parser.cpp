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
char* skip_space(char* at) {
    while (is_space(*at)) ++at;
    return at;
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
    at_ = skip_space(at_);
    if (at_ != begin_ + length_) {
        fail_at(at_, "unexpected " + printable(*at_) + " after the end of the JSON value");
        return tl::unexpected(std::move(error_));
    }
    void* memory = document_.arena_->allocate(sizeof(Value));
    document_.root_ = Node(::new (memory) Value(stack_.top()));
    return std::move(document_);
}

// The place is a local of the loop, handed from step to step: a member would be stored and loaded for every
// byte.
bool Parser::read_tree() {
    char* at = at_;
    for (;;) {
        at = skip_space(at);
        Step step = read_value(at);
        while (step == Step::Finished) {
            if (stack_.depth() == 0) break;
            step = after_value(at);
        }
        if (step == Step::Entered) continue;
        at_ = at;
        return step == Step::Finished;
    }
}

inline Parser::Step Parser::read_value(char*& at) {
    switch (*at) {
        case '"':
            return read_string(at) ? Step::Finished : Step::Failed;
        case '{':
            return open_container(at, Kind::Object, '}');
        case '[':
            return open_container(at, Kind::Array, ']');
        case 't':
            return read_word(at, "true", Kind::Bool, 1);
        case 'f':
            return read_word(at, "false", Kind::Bool, 0);
        case 'n':
            return read_word(at, "null", Kind::Null, 0);
        default:
            return read_number(at);
    }
}

inline Parser::Step Parser::open_container(char*& at, Kind kind, char closer) {
    if (stack_.depth() >= max_depth_) return fail_too_deep(at);
    stack_.open(kind, 0);
    at = skip_space(at + 1);
    if (*at == closer) return close_container(at);
    return kind == Kind::Object ? read_key(at) : Step::Entered;
}

inline Parser::Step Parser::close_container(char*& at) {
    ++at;
    stack_.close(*document_.arena_, document_.duplicate_keys_);
    return Step::Finished;
}

inline Parser::Step Parser::after_value(char*& at) {
    at = skip_space(at);
    const bool in_object = stack_.open_kind() == Kind::Object;
    if (*at == ',') {
        ++at;
        if (!in_object) return Step::Entered;
        at = skip_space(at);
        return read_key(at);
    }
    if (*at == (in_object ? '}' : ']')) return close_container(at);
    return fail_unexpected(at, in_object ? "',' or '}' after a member" : "',' or ']' after an element");
}

inline Parser::Step Parser::read_key(char*& at) {
    if (*at != '"') return fail_unexpected(at, "a member name in double quotes");
    if (!read_string(at)) return Step::Failed;
    at = skip_space(at);
    if (*at != ':') return fail_unexpected(at, "':' after a member name");
    ++at;
    if (left_out_.name.size() == stack_.top().size && !left_out_.name.empty() && is_left_out(at))
        return read_over_array(at);
    return Step::Entered;
}

bool Parser::is_left_out(const char* at) const {
    if (stack_.top().view() != left_out_.name || stack_.open_name() != left_out_.parent) return false;
    while (is_space(*at)) ++at;
    return *at == '[';
}

/// The array that follows, without its name on the stack: as if the member were not there.
Parser::Step Parser::read_over_array(char*& at) {
    std::string open;  // the brackets that are open, by what closes them
    stack_.pop();
    at = skip_space(at);
    for (;;) {
        const char c = *at;
        if (c == '"') {
            if (!read_over_string(at)) return Step::Failed;
            continue;
        }
        if (c == '[' || c == '{') {
            if (stack_.depth() + open.size() >= max_depth_) return fail_too_deep(at);
            open += c == '[' ? ']' : '}';
        } else if (c == ']' || c == '}') {
            if (open.back() != c) return fail_unexpected(at, std::string{'\'', open.back(), '\''});
            open.pop_back();
        } else if (is_control(c) && !is_space(c)) {
            return fail_unexpected(at, "a JSON value");
        }
        ++at;
        if (open.empty()) return Step::Finished;
    }
}

bool Parser::read_over_string(char*& at) {
    ++at;
    for (;;) {
        at = skip_plain(at);
        if (*at == '"') break;
        if (*at == '\\') {
            if (!is_control(at[1])) ++at;
        } else if (is_control(*at)) {
            fail_in_string(at);
            return false;
        }
        ++at;
    }
    ++at;
    return true;
}

Parser::Step Parser::read_word(char*& at, std::string_view word, Kind kind, std::uint32_t size) {
    if (std::memcmp(at, word.data(), word.size()) != 0) return fail_unexpected(at, "a JSON value");
    stack_.push(kind, 0, nullptr, size);
    at += word.size();
    return Step::Finished;
}

Parser::Step Parser::read_number(char*& at) {
    if (*at != '-' && (*at < '0' || *at > '9')) return fail_unexpected(at, "a JSON value");
    const char* end = scan_number(at);
    if (end == nullptr) return fail_at(at, "malformed number");
    stack_.push(Kind::Number, 0, at, static_cast<std::uint32_t>(end - at));
    at += end - at;
    return Step::Finished;
}

inline bool Parser::read_string(char*& at) {
    char* begin = at + 1;
    at = skip_plain(begin);
    if (*at != '"') return read_string_tail(at, begin, at);
    stack_.push(Kind::String, 0, begin, static_cast<std::uint32_t>(at - begin));
    ++at;
    return true;
}

// The rest of a string with escapes or bytes above 0x7F: `write` follows `at` through the copy.
bool Parser::read_string_tail(char*& at, char* begin, char* write) {
    while (*at != '"') {
        if (*at == '\\') {
            if (!read_escape(at, write)) return false;
        } else if (is_control(*at)) {
            fail_in_string(at);
            return false;
        } else {
            const std::size_t sequence =
                utf8_length(static_cast<const unsigned char*>(static_cast<void*>(at)));
            if (sequence == 0) {
                fail_at(at, printable(*at) + " in a string is not valid UTF-8");
                return false;
            }
            std::memmove(write, at, sequence);
            write += sequence;
            at += sequence;
        }
        char* stop = skip_plain(at);
        const auto run = static_cast<std::size_t>(stop - at);
        std::memmove(write, at, run);
        write += run;
        at = stop;
    }
    stack_.push(Kind::String, 0, begin, static_cast<std::uint32_t>(write - begin));
    ++at;
    return true;
}

bool Parser::read_escape(char*& at, char*& write) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char* start = at;
    const char name = at[1];
    if (name != 'u') {
        const std::size_t which = kNames.find(name);
        if (which == std::string_view::npos) {
            fail_at(start, "unknown escape in a string: '\\' followed by " + printable(name));
            return false;
        }
        *write++ = kMeanings[which];
        at += 2;
        return true;
    }
    at += 2;
    std::uint32_t code = 0;
    if (!read_hex4(at, code)) return false;
    const bool high_surrogate = code >= 0xD800 && code <= 0xDBFF;
    if (high_surrogate && at[0] == '\\' && at[1] == 'u') {
        char* second = at;
        std::uint32_t low = 0;
        at += 2;
        if (!read_hex4(at, low)) return false;
        if (low >= 0xDC00 && low <= 0xDFFF) {
            code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
        } else {
            at = second;  // a lone surrogate; what follows is read by itself
        }
    }
    write = write_utf8(write, code);
    return true;
}

bool Parser::read_hex4(char*& at, std::uint32_t& code) {
    code = 0;
    for (int i = 0; i < 4; ++i, ++at) {
        const char c = *at;
        std::uint32_t digit = 0;
        if (c >= '0' && c <= '9') {
            digit = static_cast<std::uint32_t>(c - '0');
        } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
            digit = static_cast<std::uint32_t>((c | 0x20) - 'a') + 10;
        } else {
            fail_at(at, "\\u in a string needs four hexadecimal digits");
            return false;
        }
        code = (code << 4U) | digit;
    }
    return true;
}

Parser::Step Parser::fail_at(const char* place, std::string_view what, ParseFailure failure) {
    error_.failure = failure;
    error_.offset = static_cast<std::size_t>(place - begin_);
    error_.message = "at byte " + std::to_string(error_.offset) + ": ";
    error_.message += what;
    return Step::Failed;
}

Parser::Step Parser::fail_too_deep(const char* at) {
    return fail_at(at, "nested deeper than " + std::to_string(max_depth_) + " levels", ParseFailure::TooDeep);
}

Parser::Step Parser::fail_in_string(const char* at) {
    const bool at_end = at == begin_ + length_;
    return fail_at(at, at_end ? "the text ends inside a string"
                              : printable(*at) + " in a string; control characters must be escaped");
}

Parser::Step Parser::fail_unexpected(const char* at, std::string_view expected) {
    const bool at_end = at == begin_ + length_;
    std::string what = "expected ";
    what += expected;
    what += at_end ? ", but the text ends" : ", got " + printable(*at);
    if (at == begin_ && length_ >= 3 && std::memcmp(begin_, "\xEF\xBB\xBF", 3) == 0) {
        what = "the text starts with a byte order mark; save it as UTF-8 without one";
    }
    return fail_at(at, what);
}

tl::expected<Document, ParseError> parse(std::string_view text, const ParseOptions& options) {
    return Parser(text, options).run();
}

}  // namespace tollgate::json
