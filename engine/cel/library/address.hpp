// SPDX-License-Identifier: Apache-2.0
// Internet addresses as they are written: 192.0.2.1, 2001:db8::1, fe80::1%eth0.
// Sources: RFC 4291 section 2.2, RFC 5952 (the canonical form); what is accepted, and the reasons given:
// Go net/netip.
#pragma once

#include "engine/base/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tollgate::cel {

struct Address {
    std::array<std::uint8_t, 16> bytes{};  // of IPv4 the first four; the rest is 0
    bool is_v6 = false;
    std::string_view zone;  // of the text; "" is none

    std::size_t bits() const { return is_v6 ? 128 : 32; }
    /// ::ffff:192.0.2.1
    bool is_mapped_v4() const;
    /// The same address, all bits but the first ones 0.
    Address masked(std::size_t prefix_bits) const;
    /// The canonical form, without the zone; IPv4 in IPv6 is written in hexadecimal too.
    std::string text() const;
    /// Zones do not count.
    friend bool operator==(const Address& a, const Address& b) {
        return a.is_v6 == b.is_v6 && a.bytes == b.bytes;
    }
};

struct AddressError {
    std::string_view reason;
    std::string_view rest;  // of the text, where that says more; else ""
};

tl::expected<Address, AddressError> parse_address(std::string_view text);
/// `ParseAddr("1.2"): IPv4 address too short`
std::string address_error(std::string_view text, const AddressError& error);

}  // namespace tollgate::cel
