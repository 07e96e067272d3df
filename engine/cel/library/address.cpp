// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/library/address.hpp"

#include "engine/cel/library/go_text.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>

namespace tollgate::cel {
namespace {

using Parsed = tl::expected<Address, AddressError>;

tl::unexpected<AddressError> wrong(std::string_view reason, std::string_view rest = {}) {
    return tl::unexpected(AddressError{reason, rest});
}

bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}
std::optional<std::uint32_t> hex_digit(char letter) {
    if (is_digit(letter)) return static_cast<std::uint32_t>(letter - '0');
    if (letter >= 'a' && letter <= 'f') return static_cast<std::uint32_t>(letter - 'a' + 10);
    if (letter >= 'A' && letter <= 'F') return static_cast<std::uint32_t>(letter - 'A' + 10);
    return std::nullopt;
}

// Four numbers with dots between them, nothing else.
std::optional<AddressError> read_v4(std::string_view text, std::span<std::uint8_t, 4> out) {
    std::size_t field = 0, digits = 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_digit(text[i])) {
            if (digits == 1 && value == 0) return AddressError{"IPv4 field has octet with leading zero", {}};
            value = value * 10 + static_cast<std::uint32_t>(text[i] - '0');
            ++digits;
            if (value > 255) return AddressError{"IPv4 field has value >255", {}};
        } else if (text[i] == '.') {
            if (digits == 0 || i + 1 == text.size())
                return AddressError{"IPv4 field must have at least one digit", text.substr(i)};
            if (field == 3) return AddressError{"IPv4 address too long", {}};
            out[field++] = static_cast<std::uint8_t>(value);
            value = 0;
            digits = 0;
        } else {
            return AddressError{"unexpected character", text.substr(i)};
        }
    }
    if (field < 3) return AddressError{"IPv4 address too short", {}};
    out[3] = static_cast<std::uint8_t>(value);
    return std::nullopt;
}

// Groups of hexadecimal digits, as far as 16 bytes go.
class V6Reader {
  public:
    explicit V6Reader(std::string_view text) : rest_(text) {}

    Parsed read() {
        if (rest_.starts_with("::")) {
            gap_ = 0;
            rest_.remove_prefix(2);
        }
        bool is_at_end = gap_ && rest_.empty();
        while (!is_at_end && filled_ < 16) {
            const tl::expected<bool, AddressError> more = read_group();
            if (!more) return tl::unexpected(more.error());
            is_at_end = !*more;
        }
        if (!rest_.empty()) return wrong("trailing garbage after address", rest_);
        if (filled_ < 16 && !gap_) return wrong("address string too short");
        if (filled_ == 16 && gap_) return wrong("the :: must expand to at least one field of zeros");
        if (gap_)
            std::rotate(bytes().begin() + offset(*gap_), bytes().begin() + offset(filled_), bytes().end());
        return address_;
    }

  private:
    std::array<std::uint8_t, 16>& bytes() { return address_.bytes; }
    static std::ptrdiff_t offset(std::size_t index) { return static_cast<std::ptrdiff_t>(index); }

    // True when more must follow.
    tl::expected<bool, AddressError> read_group() {
        std::uint32_t value = 0;
        std::size_t digits = 0;
        for (; digits < rest_.size(); ++digits) {
            const std::optional<std::uint32_t> digit = hex_digit(rest_[digits]);
            if (!digit) break;
            if (digits > 3) return wrong("each group must have 4 or less digits", rest_);
            value = value * 16 + *digit;
        }
        if (digits == 0) return wrong("each colon-separated field must have at least one digit", rest_);
        if (digits < rest_.size() && rest_[digits] == '.') return read_v4_end();
        bytes()[filled_] = static_cast<std::uint8_t>(value >> 8);
        bytes()[filled_ + 1] = static_cast<std::uint8_t>(value & 0xff);
        filled_ += 2;
        rest_.remove_prefix(digits);
        return rest_.empty() ? tl::expected<bool, AddressError>(false) : read_separator();
    }

    tl::expected<bool, AddressError> read_v4_end() {
        if (!gap_ && filled_ != 12)
            return wrong("embedded IPv4 address must replace the final 2 fields of the address", rest_);
        if (filled_ + 4 > 16)
            return wrong("too many hex fields to fit an embedded IPv4 at the end of the address", rest_);
        const std::span<std::uint8_t, 4> out(bytes().data() + filled_, 4);
        if (const std::optional<AddressError> error = read_v4(rest_, out)) return tl::unexpected(*error);
        filled_ += 4;
        rest_ = {};
        return false;
    }

    tl::expected<bool, AddressError> read_separator() {
        if (rest_[0] != ':') return wrong("unexpected character, want colon", rest_);
        if (rest_.size() == 1) return wrong("colon must be followed by more characters", rest_);
        rest_.remove_prefix(1);
        if (rest_[0] != ':') return true;
        if (gap_) return wrong("multiple :: in address", rest_);
        gap_ = filled_;
        rest_.remove_prefix(1);
        return !rest_.empty();
    }

    std::string_view rest_;
    Address address_{{}, true, {}};
    std::size_t filled_ = 0;          // bytes
    std::optional<std::size_t> gap_;  // the byte at which "::" stands
};

Parsed parse_v6(std::string_view text) {
    const std::size_t percent = text.find('%');
    const std::string_view zone =
        percent == std::string_view::npos ? std::string_view{} : text.substr(percent + 1);
    if (percent != std::string_view::npos && zone.empty()) return wrong("zone must be a non-empty string");
    Parsed parsed = V6Reader(text.substr(0, percent)).read();
    if (parsed) parsed->zone = zone;
    return parsed;
}

std::string v4_text(const Address& address) {
    std::string out;
    for (std::size_t i = 0; i < 4; ++i) {
        if (i > 0) out += '.';
        out += std::to_string(address.bytes[i]);
    }
    return out;
}

std::string v6_text(const Address& address) {
    std::array<unsigned, 8> groups{};
    for (std::size_t i = 0; i < 8; ++i)
        groups[i] = static_cast<unsigned>(address.bytes[2 * i] << 8 | address.bytes[2 * i + 1]);
    // The first of the longest runs of at least two zeros is "::".
    std::size_t gap = 8, gap_size = 1;
    for (std::size_t i = 0; i < 8; ++i) {
        std::size_t end = i;
        while (end < 8 && groups[end] == 0) ++end;
        if (end - i > gap_size) {
            gap = i;
            gap_size = end - i;
        }
    }
    std::string out;
    for (std::size_t i = 0; i < 8; ++i) {
        if (i == gap) {
            out += "::";
            i += gap_size - 1;
            continue;
        }
        if (!out.empty() && out.back() != ':') out += ':';
        char digits[8];
        out.append(digits, std::to_chars(digits, digits + sizeof(digits), groups[i], 16).ptr);
    }
    return out;
}

}  // namespace

bool Address::is_mapped_v4() const {
    if (!is_v6 || bytes[10] != 0xff || bytes[11] != 0xff) return false;
    return std::all_of(bytes.begin(), bytes.begin() + 10, [](std::uint8_t byte) { return byte == 0; });
}

Address Address::masked(std::size_t prefix_bits) const {
    Address out = *this;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const std::size_t kept = prefix_bits > i * 8 ? std::min<std::size_t>(prefix_bits - i * 8, 8) : 0;
        out.bytes[i] = static_cast<std::uint8_t>(out.bytes[i] & (0xff00U >> kept));
    }
    return out;
}

std::string Address::text() const {
    return is_v6 ? v6_text(*this) : v4_text(*this);
}

tl::expected<Address, AddressError> parse_address(std::string_view text) {
    const std::size_t first = text.find_first_of(".:%");
    if (first == std::string_view::npos) return wrong("unable to parse IP");
    if (text[first] == '%') return wrong("missing IPv6 address");
    if (text[first] == ':') return parse_v6(text);
    Address address;
    const std::span<std::uint8_t, 4> out(address.bytes.data(), 4);
    if (const std::optional<AddressError> error = read_v4(text, out)) return tl::unexpected(*error);
    return address;
}

std::string address_error(std::string_view text, const AddressError& error) {
    std::string out = "ParseAddr(" + quoted(text) + "): ";
    out += error.reason;
    if (!error.rest.empty()) out += " (at " + quoted(error.rest) + ")";
    return out;
}

}  // namespace tollgate::cel
