// SPDX-License-Identifier: Apache-2.0
// Addresses and networks: ip("2001:db8::1"), cidr("10.0.0.0/8"). Zones and IPv4 written as IPv6
// (::ffff:192.0.2.1) are rejected, as are leading zeros.
// Source: k8s.io/apiserver pkg/cel/library/ip.go, cidr.go, pkg/cel/ip.go, cidr.go; Go net/netip.
#include "engine/cel/library/address.hpp"
#include "engine/cel/library/go_text.hpp"
#include "engine/cel/library/library.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace tollgate::cel {
namespace {

constexpr std::string_view kIpType = "net.IP", kCidrType = "net.CIDR";

bool equal_ips(const Opaque& a, const Opaque& b);
bool equal_cidrs(const Opaque& a, const Opaque& b);

struct Ip : Opaque {
    explicit Ip(const Address& value) : Opaque(kIpType, equal_ips), address(value) { address.zone = {}; }
    Address address;
};

/// The address keeps its bits behind the prefix: 10.0.0.1/8 is a network too.
struct Prefix {
    Address address;
    std::size_t bits = 0;

    bool contains(const Address& other) const {
        return address.is_v6 == other.is_v6 && address.masked(bits) == other.masked(bits);
    }
    std::string text() const { return address.text() + "/" + std::to_string(bits); }
};

struct Cidr : Opaque {
    explicit Cidr(const Prefix& value) : Opaque(kCidrType, equal_cidrs), prefix(value) {
        prefix.address.zone = {};
    }
    Prefix prefix;
};

bool equal_ips(const Opaque& a, const Opaque& b) {
    return static_cast<const Ip&>(a).address == static_cast<const Ip&>(b).address;
}
bool equal_cidrs(const Opaque& a, const Opaque& b) {
    const Prefix& left = static_cast<const Cidr&>(a).prefix;
    const Prefix& right = static_cast<const Cidr&>(b).prefix;
    return left.bits == right.bits && left.address == right.address;
}

// --- reading
// -------------------------------------------------------------------------------------------------

// What is wrong is put into words only where somebody will read it.
enum class Flaw : std::uint8_t { Syntax, Zone, Mapped, NoSlash, Bits, Range };
struct Wrong {
    Flaw flaw = Flaw::Syntax;
    AddressError address;  // of Syntax
};
tl::unexpected<Wrong> wrong(Flaw flaw, const AddressError& address = {}) {
    return tl::unexpected(Wrong{flaw, address});
}

tl::expected<Address, Wrong> parse_ip(std::string_view text) {
    const auto address = parse_address(text);
    if (!address) return wrong(Flaw::Syntax, address.error());
    if (!address->zone.empty()) return wrong(Flaw::Zone);
    if (address->is_mapped_v4()) return wrong(Flaw::Mapped);
    return *address;
}

tl::expected<Prefix, Wrong> parse_cidr(std::string_view text) {
    const std::size_t slash = text.rfind('/');
    if (slash == std::string_view::npos) return wrong(Flaw::NoSlash);
    const auto address = parse_address(text.substr(0, slash));
    if (!address) return wrong(Flaw::Syntax, address.error());
    if (!address->zone.empty()) return wrong(Flaw::Zone);

    const std::string_view digits = text.substr(slash + 1);
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos ||
        (digits.size() > 1 && digits[0] == '0'))
        return wrong(Flaw::Bits);
    std::int64_t bits = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), bits).ec != std::errc{})
        return wrong(Flaw::Bits);
    if (bits > static_cast<std::int64_t>(address->bits())) return wrong(Flaw::Range);
    if (address->is_mapped_v4()) return wrong(Flaw::Mapped);
    return Prefix{*address, static_cast<std::size_t>(bits)};
}

std::string ip_error(std::string_view text, const Wrong& error) {
    switch (error.flaw) {
        case Flaw::Zone:
            return "IP address " + quoted(text) + " with zone value is not allowed";
        case Flaw::Mapped:
            return "IPv4-mapped IPv6 address " + quoted(text) + " is not allowed";
        default:
            return "IP Address " + quoted(text) +
                   " parse error during conversion from string: " + address_error(text, error.address);
    }
}

std::string cidr_reason(std::string_view text, const Wrong& error) {
    const std::size_t slash = text.rfind('/');
    switch (error.flaw) {
        case Flaw::NoSlash:
            return "no '/'";
        case Flaw::Zone:
            return "IPv6 zones cannot be present in a prefix";
        case Flaw::Bits:
            return "bad bits after slash: " + quoted(text.substr(slash + 1));
        case Flaw::Range:
            return "prefix length out of range";
        default:
            return address_error(text.substr(0, slash), error.address);
    }
}
std::string cidr_error(std::string_view text, const Wrong& error) {
    constexpr std::string_view kWhat = "network address parse error during conversion from string: ";
    std::string out(kWhat);
    if (error.flaw == Flaw::Mapped) return out += ip_error(text, error);
    out += kWhat;
    return out += "netip.ParsePrefix(" + quoted(text) + "): " + cidr_reason(text, error);
}

template <class T, class From>
Value made(CallContext& context, const From& from) {
    const T* out = context.arena.make<T>(from);
    return out == nullptr ? context.error("") : opaque_value(out);
}

const Address& address_of(const Value& value) {
    return static_cast<const Ip&>(*value.opaque).address;
}
const Prefix& prefix_of(const Value& value) {
    return static_cast<const Cidr&>(*value.opaque).prefix;
}

// --- addresses
// -----------------------------------------------------------------------------------------------

Value ip(CallContext& context, Arguments arguments) {
    const std::string_view text = arguments[0].view();
    const auto address = parse_ip(text);
    return address ? made<Ip>(context, *address) : context.error(ip_error(text, address.error()));
}
Value is_ip(CallContext&, Arguments arguments) {
    return bool_value(parse_ip(arguments[0].view()).has_value());
}
Value is_canonical(CallContext& context, Arguments arguments) {
    const std::string_view text = arguments[0].view();
    const auto address = parse_ip(text);
    if (!address) return context.error(ip_error(text, address.error()));
    return bool_value(address->text() == text);
}
Value family(CallContext&, Arguments arguments) {
    return int_value(address_of(arguments[0]).is_v6 ? 6 : 4);
}

bool unspecified(const Address& address) {
    return std::all_of(address.bytes.begin(), address.bytes.end(),
                       [](std::uint8_t byte) { return byte == 0; });
}
bool loopback(const Address& address) {
    if (!address.is_v6) return address.bytes[0] == 127;
    Address one{{}, true, {}};
    one.bytes[15] = 1;
    return address == one;
}
bool multicast(const Address& address) {
    return address.is_v6 ? address.bytes[0] == 0xff : (address.bytes[0] & 0xf0) == 0xe0;
}
bool link_local_multicast(const Address& address) {
    const auto& bytes = address.bytes;
    if (!address.is_v6) return bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0;
    return bytes[0] == 0xff && (bytes[1] & 0x0f) == 0x02;  // whatever its flags are
}
bool link_local_unicast(const Address& address) {
    const auto& bytes = address.bytes;
    if (!address.is_v6) return bytes[0] == 169 && bytes[1] == 254;
    return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}
bool broadcast(const Address& address) {
    const auto& bytes = address.bytes;
    return !address.is_v6 && bytes[0] == 255 && bytes[1] == 255 && bytes[2] == 255 && bytes[3] == 255;
}
// Private networks are global in this sense.
bool global_unicast(const Address& address) {
    return !unspecified(address) && !broadcast(address) && !loopback(address) && !multicast(address) &&
           !link_local_unicast(address);
}

template <bool (*Is)(const Address&)>
Value check(CallContext&, Arguments arguments) {
    return bool_value(Is(address_of(arguments[0])));
}

// --- networks
// ------------------------------------------------------------------------------------------------

Value cidr(CallContext& context, Arguments arguments) {
    const std::string_view text = arguments[0].view();
    const auto prefix = parse_cidr(text);
    return prefix ? made<Cidr>(context, *prefix) : context.error(cidr_error(text, prefix.error()));
}
Value is_cidr(CallContext&, Arguments arguments) {
    return bool_value(parse_cidr(arguments[0].view()).has_value());
}
Value contains_ip(CallContext&, Arguments arguments) {
    return bool_value(prefix_of(arguments[0]).contains(address_of(arguments[1])));
}
Value contains_ip_text(CallContext& context, Arguments arguments) {
    const std::string_view text = arguments[1].view();
    const auto address = parse_ip(text);
    if (!address) return context.error(ip_error(text, address.error()));
    return bool_value(prefix_of(arguments[0]).contains(*address));
}
bool contains(const Prefix& outer, const Prefix& inner) {
    return outer.bits <= inner.bits && outer.contains(inner.address);
}
Value contains_cidr(CallContext&, Arguments arguments) {
    return bool_value(contains(prefix_of(arguments[0]), prefix_of(arguments[1])));
}
Value contains_cidr_text(CallContext& context, Arguments arguments) {
    const std::string_view text = arguments[1].view();
    const auto prefix = parse_cidr(text);
    if (!prefix) return context.error(cidr_error(text, prefix.error()));
    return bool_value(contains(prefix_of(arguments[0]), *prefix));
}
Value ip_of(CallContext& context, Arguments arguments) {
    return made<Ip>(context, prefix_of(arguments[0]).address);
}
Value prefix_length(CallContext&, Arguments arguments) {
    return int_value(static_cast<std::int64_t>(prefix_of(arguments[0]).bits));
}
Value masked(CallContext& context, Arguments arguments) {
    const Prefix& prefix = prefix_of(arguments[0]);
    return made<Cidr>(context, Prefix{prefix.address.masked(prefix.bits), prefix.bits});
}

Value text_value(CallContext& context, const std::string& text) {
    const Value out = context.arena.copy_string(text);
    return out.size < text.size() ? context.error("") : out;
}
Value ip_text(CallContext& context, Arguments arguments) {
    return text_value(context, address_of(arguments[0]).text());
}
Value cidr_text(CallContext& context, Arguments arguments) {
    return text_value(context, prefix_of(arguments[0]).text());
}

// --- cost
// ----------------------------------------------------------------------------------------------------

std::uint64_t cost_text(Arguments arguments, const Value&) {
    return traversal_cost(cost_size(arguments[0]));
}
std::uint64_t cost_canonical(Arguments arguments, const Value&) {
    return traversal_cost(2 * cost_size(arguments[0]));
}
// A network is as large as the bytes its prefix is in: none for /0. What is no network counts 1: where an
// argument is an error, the cost is asked for too.
std::uint64_t prefix_bytes(const Value& value) {
    if (!value.is(Tag::Opaque) || value.opaque->type_name != kCidrType) return 1;
    return (prefix_of(value).bits + 7) / 8;
}
std::uint64_t cost_contains_ip(Arguments arguments, const Value&) {
    return traversal_cost(2 * prefix_bytes(arguments[0]));
}
std::uint64_t cost_contains_cidr(Arguments arguments, const Value&) {
    const std::uint64_t bytes = prefix_bytes(arguments[0]);
    return traversal_cost(2 * bytes) + traversal_cost(bytes) + 1;
}
template <CostFn Other>
std::uint64_t cost_with_text(Arguments arguments, const Value& result) {
    return Other(arguments, result) + traversal_cost(cost_size(arguments[1]));
}

constexpr std::array<Overload, 20> kRows{{
    {"ip", Style::Global, "string_to_ip", "string->net.IP", ip, cost_text},
    {"isIP", Style::Global, "is_ip", "string->bool", is_ip, cost_text},
    {"ip.isCanonical", Style::Global, "ip_is_canonical", "string->bool", is_canonical, cost_canonical},
    {"family", Style::Member, "ip_family", "net.IP->int", family},
    {"isUnspecified", Style::Member, "ip_is_unspecified", "net.IP->bool", check<unspecified>},
    {"isLoopback", Style::Member, "ip_is_loopback", "net.IP->bool", check<loopback>},
    {"isLinkLocalMulticast", Style::Member, "ip_is_link_local_multicast", "net.IP->bool",
     check<link_local_multicast>},
    {"isLinkLocalUnicast", Style::Member, "ip_is_link_local_unicast", "net.IP->bool",
     check<link_local_unicast>},
    {"isGlobalUnicast", Style::Member, "ip_is_global_unicast", "net.IP->bool", check<global_unicast>},
    {"string", Style::Global, "ip_to_string", "net.IP->string", ip_text},
    {"cidr", Style::Global, "string_to_cidr", "string->net.CIDR", cidr, cost_text},
    {"isCIDR", Style::Global, "is_cidr", "string->bool", is_cidr, cost_text},
    {"containsIP", Style::Member, "cidr_contains_ip_string", "net.CIDR,string->bool", contains_ip_text,
     cost_with_text<cost_contains_ip>},
    {"containsIP", Style::Member, "cidr_contains_ip_ip", "net.CIDR,net.IP->bool", contains_ip,
     cost_contains_ip},
    {"containsCIDR", Style::Member, "cidr_contains_cidr_string", "net.CIDR,string->bool", contains_cidr_text,
     cost_with_text<cost_contains_cidr>},
    {"containsCIDR", Style::Member, "cidr_contains_cidr", "net.CIDR,net.CIDR->bool", contains_cidr,
     cost_contains_cidr},
    {"ip", Style::Member, "cidr_ip", "net.CIDR->net.IP", ip_of},
    {"prefixLength", Style::Member, "cidr_prefix_length", "net.CIDR->int", prefix_length},
    {"masked", Style::Member, "cidr_masked", "net.CIDR->net.CIDR", masked},
    {"string", Style::Global, "cidr_to_string", "net.CIDR->string", cidr_text},
}};

}  // namespace

std::span<const Overload> network_overloads() {
    return kRows;
}

}  // namespace tollgate::cel
