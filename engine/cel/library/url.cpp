// SPDX-License-Identifier: Apache-2.0
// URLs: url("https://example.com:8080/a?k=v"). Accepted is what a request may name: an absolute URL or an
// absolute path.
// Sources: k8s.io/apiserver pkg/cel/library/urls.go, pkg/cel/url.go; Go 1.26 net/url; RFC 3986.
#include "engine/cel/library/url.hpp"

#include "engine/base/result.hpp"
#include "engine/cel/library/address.hpp"
#include "engine/cel/library/go_text.hpp"
#include "engine/cel/library/library.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::cel {
namespace {

constexpr std::string_view kType = "kubernetes.URL";
constexpr std::size_t kMaxParameters = 10'000;  // a query of more has none

// --- escapes
// -------------------------------------------------------------------------------------------------

// The parts of a URL differ in what stands for itself there, beside letters, digits and -._~
enum class Part : std::uint8_t { Path, Host, Zone, User, Query, Fragment };

constexpr std::string_view plain_in(Part part) {
    switch (part) {
        case Part::Path:
            return "$&+,/:;=@";
        case Part::Host:
        case Part::Zone:
            return "!\"$&'()*+,:;<=>[]";
        case Part::User:
            return "$&+,;=";
        case Part::Fragment:
            return "!$&()*+,/:;=?@";
        case Part::Query:
            break;
    }
    return "";
}
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool needs_escape(char c, Part part) {
    if (is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') return false;
    return plain_in(part).find(c) == std::string_view::npos;
}

std::optional<unsigned> hex_value(char c) {
    if (is_digit(c)) return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}
// The byte that "%41" at the start of a text stands for.
std::optional<char> escaped_byte(std::string_view text) {
    if (text.size() < 3) return std::nullopt;
    const auto high = hex_value(text[1]);
    const auto low = hex_value(text[2]);
    if (!high || !low) return std::nullopt;
    return static_cast<char>(*high * 16 + *low);
}

/// What is wrong, put into words only where somebody will read it: isURL() asks of any text.
struct Wrong {
    std::string_view reason, part, after;  // part: quoted between the two; of the text that is read
    std::optional<std::string> host = {};  // what is no address
    AddressError address = {};
};
template <class T>
using Checked = tl::expected<T, Wrong>;
tl::unexpected<Wrong> wrong(std::string_view reason, std::string_view part = {},
                            std::string_view after = {}) {
    return tl::unexpected(Wrong{reason, part, after});
}
tl::unexpected<Wrong> wrong_escape(std::string_view at) {
    return wrong("invalid URL escape ", at.substr(0, 3));
}
std::string text_of(const Wrong& error) {
    std::string out(error.reason);
    if (error.part.data() != nullptr) out += quoted(error.part);
    out += error.after;
    if (error.host) out += address_error(*error.host, error.address);
    return out;
}

bool is_allowed_escape(std::string_view text, char byte, Part part) {
    const bool is_percent = text.substr(0, 3) == "%25";
    if (part == Part::Host) return static_cast<unsigned char>(byte) >= 0x80 || is_percent;
    if (part == Part::Zone) return is_percent || byte == ' ' || !needs_escape(byte, Part::Host);
    return true;
}

Checked<std::string> unescaped(std::string_view text, Part part) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '%') {
            const std::string_view at = text.substr(i);
            const std::optional<char> byte = escaped_byte(at);
            if (!byte || !is_allowed_escape(at, *byte, part)) return wrong_escape(at);
            out += *byte;
            i += 2;
        } else if ((part == Part::Host || part == Part::Zone) && static_cast<unsigned char>(c) < 0x80 &&
                   needs_escape(c, part)) {
            return wrong("invalid character ", text.substr(i, 1), " in host name");
        } else {
            out += c == '+' && part == Part::Query ? ' ' : c;
        }
    }
    return out;
}

std::string escaped(std::string_view text, Part part) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (!needs_escape(c, part)) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += kHex[byte >> 4];
        out += kHex[byte & 15];
    }
    return out;
}

// Already written as it must be, if not as escaped() does it.
bool is_escaped(std::string_view text, Part part) {
    constexpr std::string_view kAlso = "!$&'()*+,;=:@[]%";
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return !needs_escape(c, part) || kAlso.find(c) != std::string_view::npos;
    });
}

// A path or fragment in its own notation where that is valid.
Checked<std::string> normal_escapes(std::string_view text, Part part) {
    Checked<std::string> plain = unescaped(text, part);
    if (!plain) return plain;
    std::string normal = escaped(*plain, part);
    if (text != normal && is_escaped(text, part)) return std::string(text);
    return part == Part::Path && *plain == "*" ? "*" : normal;
}

// --- reading
// -------------------------------------------------------------------------------------------------

struct Parts {
    std::string scheme;
    std::string_view opaque;  // of mailto:a@example.com
    bool has_user = false;
    std::string user;  // escaped, with the password
    std::string host;  // with the port
    std::string path;  // escaped
    std::string_view query;
    bool has_empty_query = false;
    bool omits_host = false;  // file:/a
    std::string fragment;     // escaped
};

bool is_port(std::string_view text) {
    if (text.empty()) return true;
    return text[0] == ':' && std::all_of(text.begin() + 1, text.end(), is_digit);
}
tl::unexpected<Wrong> wrong_port(std::string_view text) {
    return wrong("invalid port ", text, " after host");
}

// "[fe80::1%25eth0]:80"
Checked<std::string> read_ip_literal(std::string_view host) {
    const std::size_t close = host.rfind(']');
    if (close == std::string_view::npos) return wrong("missing ']' in host");
    const std::string_view port = host.substr(close + 1);
    if (!is_port(port)) return wrong_port(port);

    const std::string_view inside = host.substr(1, close - 1);
    const std::size_t zone = inside.find("%25");
    Checked<std::string> name = unescaped(inside.substr(0, zone), Part::Host);
    if (!name) return name;
    if (zone != std::string_view::npos) {
        Checked<std::string> zone_name = unescaped(inside.substr(zone), Part::Zone);
        if (!zone_name) return zone_name;
        *name += *zone_name;
    }
    const auto address = parse_address(*name);
    if (!address) return tl::unexpected(Wrong{"invalid host: ", {}, {}, *name, address.error()});
    if (!address->is_v6) return wrong("invalid IP-literal");
    return "[" + *name + "]" + std::string(port);
}

Checked<std::string> read_host(std::string_view scheme, std::string_view host) {
    const std::size_t open = host.rfind('[');
    if (open == 0) return read_ip_literal(host);
    if (open != std::string_view::npos) return wrong("invalid IP-literal");
    // Databases list their hosts: "postgres://a:1,b:2/".
    const bool is_strict = scheme == "http" || scheme == "https";
    const std::size_t colon = is_strict ? host.find(':') : host.rfind(':');
    if (colon != std::string_view::npos && !is_port(host.substr(colon)))
        return wrong_port(host.substr(colon));
    return unescaped(host, Part::Host);
}

bool is_user_info(std::string_view text) {
    constexpr std::string_view kAlso = "-._:~!$&'()*+,;=%@";
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return is_letter(c) || is_digit(c) || kAlso.find(c) != std::string_view::npos;
    });
}

std::optional<Wrong> read_user(std::string_view text, Parts& out) {
    if (!is_user_info(text)) return Wrong{"net/url: invalid userinfo", {}, {}};
    const std::size_t colon = text.find(':');
    const Checked<std::string> name = unescaped(text.substr(0, colon), Part::User);
    if (!name) return name.error();
    out.has_user = true;
    out.user = escaped(*name, Part::User);
    if (colon == std::string_view::npos) return std::nullopt;
    const Checked<std::string> password = unescaped(text.substr(colon + 1), Part::User);
    if (!password) return password.error();
    out.user += ':';
    out.user += escaped(*password, Part::User);
    return std::nullopt;
}

std::optional<Wrong> read_authority(std::string_view authority, Parts& out) {
    const std::size_t at = authority.rfind('@');
    const bool has_user = at != std::string_view::npos;
    Checked<std::string> host = read_host(out.scheme, has_user ? authority.substr(at + 1) : authority);
    if (!host) return host.error();
    out.host = std::move(*host);
    return has_user ? read_user(authority.substr(0, at), out) : std::nullopt;
}

// Takes "https:" off; "" where there is none.
Checked<std::string_view> take_scheme(std::string_view& text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (is_letter(c)) continue;
        if (c == ':') {
            if (i == 0) return wrong("missing protocol scheme");
            const std::string_view scheme = text.substr(0, i);
            text.remove_prefix(i + 1);
            return scheme;
        }
        if (i == 0 || !(is_digit(c) || c == '+' || c == '-' || c == '.')) break;
    }
    return std::string_view{};
}

// Takes "?k=v" off.
void take_query(std::string_view& text, Parts& out) {
    const std::size_t question = text.find('?');
    if (question == std::string_view::npos) return;
    out.query = text.substr(question + 1);
    out.has_empty_query = out.query.empty();
    text = text.substr(0, question);
}

// In a request, what begins with "//" and has no scheme is a path; a fragment is part of what is before it.
Checked<Parts> read_parts(std::string_view text, bool is_request) {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::any_of(text.begin(), text.end(), is_control))
        return wrong("net/url: invalid control character in URL");
    if (text.empty() && is_request) return wrong("empty url");
    Parts out;
    if (text == "*") {
        out.path = "*";
        return out;
    }
    std::string_view rest = text;
    const Checked<std::string_view> scheme = take_scheme(rest);
    if (!scheme) return tl::unexpected(scheme.error());
    for (const char c : *scheme) out.scheme += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    const bool has_scheme = !out.scheme.empty();
    take_query(rest, out);
    if (!rest.starts_with('/')) {
        if (!has_scheme) return wrong("invalid URI for request");
        out.opaque = rest;
        return out;
    }
    if (rest.starts_with("//") && (has_scheme || (!is_request && !rest.starts_with("///")))) {
        rest.remove_prefix(2);
        const std::string_view authority = rest.substr(0, rest.find('/'));
        rest.remove_prefix(authority.size());
        if (auto error = read_authority(authority, out)) return tl::unexpected(std::move(*error));
    } else {
        out.omits_host = has_scheme;
    }
    Checked<std::string> path = normal_escapes(rest, Part::Path);
    if (!path) return tl::unexpected(std::move(path.error()));
    out.path = std::move(*path);
    return out;
}

std::string parse_error(std::string_view text, const Wrong& error) {
    return "parse " + quoted(text) + ": " + text_of(error);
}

tl::expected<Parts, std::string> parse_url(std::string_view text) {
    if (const Checked<Parts> request = read_parts(text, true); !request)
        return tl::unexpected(parse_error(text, request.error()));
    const std::size_t hash = text.find('#');
    const std::string_view without_fragment = text.substr(0, hash);
    Checked<Parts> parts = read_parts(without_fragment, false);
    if (!parts) return tl::unexpected(parse_error(without_fragment, parts.error()));
    if (hash == std::string_view::npos) return *std::move(parts);
    Checked<std::string> fragment = normal_escapes(text.substr(hash + 1), Part::Fragment);
    if (!fragment) return tl::unexpected(parse_error(text, fragment.error()));
    parts->fragment = std::move(*fragment);
    return *std::move(parts);
}

std::string to_text(const Parts& parts) {
    std::string out;
    if (!parts.scheme.empty()) out += parts.scheme + ":";
    if (!parts.opaque.empty()) {
        out += parts.opaque;
    } else {
        const bool has_authority = !parts.host.empty() || parts.has_user;
        if (has_authority || (!parts.scheme.empty() && !parts.omits_host && !parts.path.empty())) out += "//";
        if (parts.has_user) out += parts.user + "@";
        out += escaped(parts.host, Part::Host);
        out += parts.path;
    }
    if (parts.has_empty_query || !parts.query.empty()) {
        out += '?';
        out += parts.query;
    }
    if (!parts.fragment.empty()) out += "#" + parts.fragment;
    return out;
}

// --- values
// --------------------------------------------------------------------------------------------------

bool equal_urls(const Opaque& a, const Opaque& b);

/// All there is to ask is known from the start: asking costs 1, however long the URL is.
struct Url : Opaque {
    Url() : Opaque(kType, equal_urls) {}
    std::string_view text, scheme, host, host_name, port, path;
    Value query;
};

bool equal_urls(const Opaque& a, const Opaque& b) {
    return static_cast<const Url&>(a).text == static_cast<const Url&>(b).text;
}

Value decoded(Arena& arena, std::string_view text) {
    if (text.find_first_of("%+") == std::string_view::npos) return string_value(text);
    return arena.copy_string(*unescaped(text, Part::Query));
}
bool has_valid_escapes(std::string_view text) {
    for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 3))
        if (!escaped_byte(text.substr(at))) return false;
    return true;
}

// Parameters that make no sense are left out.
Value query_map(Arena& arena, std::string_view query) {
    std::map<std::string_view, std::vector<Value>> found;
    const auto separators = static_cast<std::size_t>(std::count(query.begin(), query.end(), '&'));
    if (separators >= kMaxParameters) query = {};
    while (!query.empty()) {
        const std::string_view parameter = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(parameter.size() + 1, query.size()));
        if (parameter.empty() || parameter.find(';') != std::string_view::npos) continue;
        const std::size_t equals = std::min(parameter.find('='), parameter.size());
        if (!has_valid_escapes(parameter.substr(0, equals)) || !has_valid_escapes(parameter.substr(equals)))
            continue;
        const Value key = decoded(arena, parameter.substr(0, equals));
        found[key.view()].push_back(decoded(arena, parameter.substr(std::min(equals + 1, parameter.size()))));
    }
    std::vector<MapEntry> entries;
    entries.reserve(found.size());
    for (const auto& [key, values] : found) entries.push_back({string_value(key), arena.list(values)});
    return arena.map(entries);
}

Value made(CallContext& context, std::string_view source, const Parts& parts) {
    Arena& arena = context.arena;
    Url url;
    const std::string text = to_text(parts);
    url.text = text == source ? source : arena.copy(text);
    url.scheme = arena.copy(parts.scheme);
    url.path = arena.copy(parts.path);
    url.host = arena.copy(parts.host);
    const std::size_t colon = url.host.rfind(':');
    const bool has_port = colon != std::string_view::npos && is_port(url.host.substr(colon));
    url.host_name = has_port ? url.host.substr(0, colon) : url.host;
    url.port = has_port ? url.host.substr(colon + 1) : std::string_view{};
    if (url.host_name.size() >= 2 && url.host_name.front() == '[' && url.host_name.back() == ']')
        url.host_name = url.host_name.substr(1, url.host_name.size() - 2);
    url.query = query_map(arena, parts.query);
    if (url.query.is_error()) return url.query;
    const Url* out = arena.make<Url>(url);
    return out == nullptr || arena.is_full() ? context.error("") : opaque_value(out);
}

Value url(CallContext& context, Arguments arguments) {
    const std::string_view source = arguments[0].view();
    const auto parts = parse_url(source);
    if (parts) return made(context, source, *parts);
    return context.error("URL parse error during conversion from string: " + parts.error());
}
Value is_url(CallContext&, Arguments arguments) {
    return bool_value(read_parts(arguments[0].view(), true).has_value());
}
template <std::string_view Url::*Field>
Value get(CallContext&, Arguments arguments) {
    return string_value(static_cast<const Url&>(*arguments[0].opaque).*Field);
}
Value get_query(CallContext&, Arguments arguments) {
    return static_cast<const Url&>(*arguments[0].opaque).query;
}

std::uint64_t cost_text(Arguments arguments, const Value&) {
    return traversal_cost(cost_size(arguments[0]));
}

constexpr std::array<Overload, 8> kRows{{
    {"url", Style::Global, "string_to_url", "string->kubernetes.URL", url, cost_text},
    {"isURL", Style::Global, "is_url_string", "string->bool", is_url},
    {"getScheme", Style::Member, "url_get_scheme", "kubernetes.URL->string", get<&Url::scheme>},
    {"getHost", Style::Member, "url_get_host", "kubernetes.URL->string", get<&Url::host>},
    {"getHostname", Style::Member, "url_get_hostname", "kubernetes.URL->string", get<&Url::host_name>},
    {"getPort", Style::Member, "url_get_port", "kubernetes.URL->string", get<&Url::port>},
    {"getEscapedPath", Style::Member, "url_get_escaped_path", "kubernetes.URL->string", get<&Url::path>},
    {"getQuery", Style::Member, "url_get_query", "kubernetes.URL->map<string,list<string>>", get_query},
}};

}  // namespace

std::string url_error(std::string_view text) {
    const Checked<Parts> request = read_parts(text, true);
    return request ? std::string() : parse_error(text, request.error());
}

std::span<const Overload> url_overloads() {
    return kRows;
}

}  // namespace tollgate::cel
