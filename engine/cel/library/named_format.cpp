// SPDX-License-Identifier: Apache-2.0
// Named formats: format.dns1123Label().validate("a"), format.named("uuid"). Nothing is wrong: no value.
// Sources: k8s.io/apiserver pkg/cel/library/format.go (names, costs), k8s.io/apimachinery
// pkg/api/validate/content (names of objects and labels), k8s.io/kube-openapi pkg/validation/strfmt.
#include "engine/cel/library/go_text.hpp"
#include "engine/cel/library/library.hpp"
#include "engine/cel/library/url.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace tollgate::cel {
namespace {

constexpr std::string_view kType = "kubernetes.NamedFormat";

using Messages = std::vector<std::string>;

// --- names
// ---------------------------------------------------------------------------------------------------

constexpr std::size_t kMaxLabel = 63, kMaxSubdomain = 253;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_name_end(char c) {
    return is_digit(c) || is_lower(c);
}
bool is_name_inside(char c) {
    return is_name_end(c) || c == '-';
}
bool is_key_end(char c) {
    return is_name_end(c) || (c >= 'A' && c <= 'Z');
}
bool is_key_inside(char c) {
    return is_key_end(c) || c == '-' || c == '_' || c == '.';
}

using Is = bool (*)(char);
bool is_word(std::string_view text, Is first, Is inside, Is last) {
    return !text.empty() && first(text.front()) && last(text.back()) &&
           std::all_of(text.begin(), text.end(), inside);
}
bool is_dns1123_label(std::string_view text) {
    return is_word(text, is_name_end, is_name_inside, is_name_end);
}
bool is_dns1035_label(std::string_view text) {
    return is_word(text, is_lower, is_name_inside, is_name_end);
}
bool is_dns1123_subdomain(std::string_view text) {
    while (true) {
        const std::size_t dot = text.find('.');
        if (!is_dns1123_label(text.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        text.remove_prefix(dot + 1);
    }
}
bool is_key(std::string_view text) {
    return is_word(text, is_key_end, is_key_inside, is_key_end);
}

// Rules hand these texts on to people, and compare them: they are those of Kubernetes, to the letter.
constexpr std::string_view kLabelText =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
    "and "
    "end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kSubdomainText =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kDns1035Text =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for "
    "validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kKeyText =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view kLabelValueText =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used "
    "for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

// Bytes are meant in any case.
std::string too_long(std::size_t limit, std::string_view unit) {
    return "must be no more than " + std::to_string(limit) + std::string(unit);
}
constexpr std::string_view kCharacters = " characters", kBytes = " bytes";

Messages check_label(std::string_view text) {
    Messages out;
    if (text.size() > kMaxLabel) out.push_back(too_long(kMaxLabel, kCharacters));
    if (!is_dns1123_label(text))
        out.emplace_back(is_dns1123_subdomain(text) ? "must not contain dots" : kLabelText);
    return out;
}
Messages subdomain_messages(std::string_view text, std::string_view unit) {
    Messages out;
    if (text.size() > kMaxSubdomain) out.push_back(too_long(kMaxSubdomain, unit));
    if (!is_dns1123_subdomain(text)) out.emplace_back(kSubdomainText);
    return out;
}
Messages check_subdomain(std::string_view text) {
    return subdomain_messages(text, kCharacters);
}
Messages check_dns1035_label(std::string_view text) {
    Messages out;
    if (text.size() > kMaxLabel) out.push_back(too_long(kMaxLabel, kCharacters));
    if (!is_dns1035_label(text)) out.emplace_back(kDns1035Text);
    return out;
}
Messages check_label_value(std::string_view text) {
    Messages out;
    if (text.size() > kMaxLabel) out.push_back(too_long(kMaxLabel, kBytes));
    if (!text.empty() && !is_key(text)) out.emplace_back(kLabelValueText);
    return out;
}

// "example.com/name", "name"
Messages check_qualified_name(std::string_view text) {
    Messages out;
    const std::size_t slash = text.find('/');
    std::string_view name = text;
    if (slash != std::string_view::npos) {
        const std::string_view prefix = text.substr(0, slash);
        name = text.substr(slash + 1);
        if (name.find('/') != std::string_view::npos)
            return {"a valid label key " + std::string(kKeyText) +
                    " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"};
        if (prefix.empty()) out.emplace_back("prefix part must be non-empty");
        if (!prefix.empty())
            for (const std::string& message : subdomain_messages(prefix, kBytes))
                out.push_back("prefix part " + message);
    }
    if (name.empty()) out.emplace_back("name part must be non-empty");
    if (name.size() > kMaxLabel) out.push_back("name part " + too_long(kMaxLabel, kBytes));
    if (!is_key(name)) out.push_back("name part " + std::string(kKeyText));
    return out;
}

// What a name may be generated from. As Kubernetes does it: the "-" at the end and the character before it
// together become one "a".
template <Messages (*Check)(std::string_view)>
Messages check_prefix(std::string_view text) {
    if (text.size() < 2 || !text.ends_with('-')) return Check(text);
    return Check(std::string(text.substr(0, text.size() - 2)) + "a");
}

// --- data
// ----------------------------------------------------------------------------------------------------

Messages check_uri(std::string_view text) {
    std::string error = url_error(text);
    return error.empty() ? Messages{} : Messages{std::move(error)};
}

bool takes(std::string_view& text, std::size_t count, Is is) {
    if (text.size() < count ||
        !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(count), is))
        return false;
    text.remove_prefix(count);
    return true;
}
bool takes(std::string_view& text, char letter) {
    if (!text.starts_with(letter)) return false;
    text.remove_prefix(1);
    return true;
}
bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_uuid(std::string_view text) {
    constexpr std::array<std::size_t, 5> kGroups{8, 4, 4, 4, 12};
    for (std::size_t i = 0; i < kGroups.size(); ++i) {
        if (i > 0) takes(text, '-');
        if (!takes(text, kGroups[i], is_hex)) return false;
    }
    return text.empty();
}

// Padded, not empty.
bool is_base64(std::string_view text) {
    if (text.empty() || text.size() % 4 != 0) return false;
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return is_key_end(c) || c == '+' || c == '/'; });
}

int number(std::string_view digits) {
    int out = 0;
    for (const char c : digits) out = out * 10 + (c - '0');
    return out;
}

bool is_date(std::string_view text) {
    constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    std::string_view rest = text;
    if (!takes(rest, 4, is_digit) || !takes(rest, '-') || !takes(rest, 2, is_digit) || !takes(rest, '-') ||
        !takes(rest, 2, is_digit) || !rest.empty())
        return false;
    const int year = number(text.substr(0, 4));
    const int month = number(text.substr(5, 2));
    const int day = number(text.substr(8, 2));
    if (month < 1 || month > 12) return false;
    const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day >= 1 && day <= kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && is_leap ? 1 : 0);
}

// One character of any kind and digits, or nothing.
void take_fraction(std::string_view& text) {
    if (text.empty() || text[0] == '\n') return;
    const std::size_t separator = code_point_at(text, 0).bytes;
    const std::string_view digits = text.substr(separator);
    const std::size_t count =
        static_cast<std::size_t>(std::find_if_not(digits.begin(), digits.end(), is_digit) - digits.begin());
    if (count > 0) text.remove_prefix(separator + count);
}

// "10:20:30.5Z", "10:20:30+01:00"
bool is_time(std::string_view text) {
    std::string_view rest = text;
    if (!takes(rest, 2, is_digit) || !takes(rest, ':') || !takes(rest, 2, is_digit) || !takes(rest, ':') ||
        !takes(rest, 2, is_digit))
        return false;
    if (number(text.substr(0, 2)) > 23 || number(text.substr(3, 2)) > 59 || number(text.substr(6, 2)) > 59)
        return false;
    // "+01:00" begins like a fraction of "+01", but does not go on like one.
    const auto is_zone = [](std::string_view zone) {
        if (zone == "z" || zone == "Z") return true;
        return (takes(zone, '+') || takes(zone, '-')) && takes(zone, 2, is_digit) && takes(zone, ':') &&
               takes(zone, 2, is_digit) && zone.empty();
    };
    if (is_zone(rest)) return true;
    take_fraction(rest);
    return is_zone(rest);
}

// As kube-openapi reads it: what follows a second "T" does not count.
bool is_date_time(std::string_view text) {
    const std::size_t t = text.find_first_of("tT");
    if (t == std::string_view::npos || !is_date(text.substr(0, t))) return false;
    const std::string_view behind = text.substr(t + 1);
    return is_time(behind.substr(0, behind.find_first_of("tT")));
}

constexpr char kNoUuid[] = "does not match the UUID format", kNoBase64[] = "invalid base64",
               kNoDate[] = "invalid date", kNoDateTime[] = "invalid datetime";

template <bool (*Holds)(std::string_view), const char* Message>
Messages check_data(std::string_view text) {
    return Holds(text) ? Messages{} : Messages{Message};
}

// --- values
// --------------------------------------------------------------------------------------------------

bool same_format(const Opaque& a, const Opaque& b) {
    return &a == &b;  // there is one of each
}

struct NamedFormat : Opaque {
    using Check = Messages (*)(std::string_view);
    constexpr NamedFormat(std::string_view format_name, Check checked, std::uint64_t pattern_size)
        : Opaque(kType, same_format), name(format_name), check(checked), size(pattern_size) {}
    std::string_view name;
    Check check;
    std::uint64_t size;  // of a regular expression that costs as much
};

constexpr std::array<NamedFormat, 13> kFormats{{
    {"dns1123Label", check_label, 30},
    {"dns1123Subdomain", check_subdomain, 60},
    {"dns1035Label", check_dns1035_label, 30},
    {"qualifiedName", check_qualified_name, 60},
    {"dns1123LabelPrefix", check_prefix<check_label>, 30},
    {"dns1123SubdomainPrefix", check_prefix<check_subdomain>, 60},
    {"dns1035LabelPrefix", check_prefix<check_dns1035_label>, 30},
    {"labelValue", check_label_value, 40},
    {"uri", check_uri, 1103},
    {"uuid", check_data<is_uuid, kNoUuid>, 70},
    {"byte", check_data<is_base64, kNoBase64>, 84},
    {"date", check_data<is_date, kNoDate>, 71},
    {"datetime", check_data<is_date_time, kNoDateTime>, 71},
}};

template <std::size_t Index>
Value format(CallContext&, Arguments) {
    return opaque_value(&kFormats[Index]);
}
Value named(CallContext& context, Arguments arguments) {
    const auto found = std::find_if(kFormats.begin(), kFormats.end(), [&](const NamedFormat& each) {
        return each.name == arguments[0].view();
    });
    return found == kFormats.end() ? Arena::none() : context.arena.optional(opaque_value(&*found));
}

const NamedFormat& format_of(const Value& value) {
    return static_cast<const NamedFormat&>(*value.opaque);
}
Value validate(CallContext& context, Arguments arguments) {
    const Messages messages = format_of(arguments[0]).check(arguments[1].view());
    if (messages.empty()) return Arena::none();
    std::vector<Value> texts;
    texts.reserve(messages.size());
    for (const std::string& message : messages) texts.push_back(context.arena.copy_string(message));
    const Value list = context.arena.list(texts);
    return context.arena.is_full() ? context.error("") : context.arena.optional(list);
}

// Where an argument is an error, the cost is asked for too.
std::uint64_t cost_validate(Arguments arguments, const Value&) {
    if (!arguments[0].is(Tag::Opaque) || arguments[0].opaque->type_name != kType) return 1;
    return traversal_cost(cost_size(arguments[1]) + 1) * ((format_of(arguments[0]).size + 3) / 4);
}

template <std::size_t Index>
constexpr Overload format_row(std::string_view function) {
    return {function, Style::Global, function, "->kubernetes.NamedFormat", format<Index>};
}

constexpr std::array<Overload, 15> kRows{{
    format_row<0>("format.dns1123Label"),
    format_row<1>("format.dns1123Subdomain"),
    format_row<2>("format.dns1035Label"),
    format_row<3>("format.qualifiedName"),
    format_row<4>("format.dns1123LabelPrefix"),
    format_row<5>("format.dns1123SubdomainPrefix"),
    format_row<6>("format.dns1035LabelPrefix"),
    format_row<7>("format.labelValue"),
    format_row<8>("format.uri"),
    format_row<9>("format.uuid"),
    format_row<10>("format.byte"),
    format_row<11>("format.date"),
    format_row<12>("format.datetime"),
    {"format.named", Style::Global, "format-named", "string->optional<kubernetes.NamedFormat>", named},
    {"validate", Style::Member, "format-validate", "kubernetes.NamedFormat,string->optional<list<string>>",
     validate, cost_validate},
}};

}  // namespace

std::span<const Overload> format_overloads() {
    return kRows;
}

}  // namespace tollgate::cel
