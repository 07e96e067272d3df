// SPDX-License-Identifier: Apache-2.0
// Semantic versions: semver("1.2.3-rc.1+build.5"), with `true` also "v1.2" and "01.02.03".
// Source: semver.org 2.0.0, k8s.io/apiserver pkg/cel/library/semverlib.go, github.com/blang/semver/v4.
#include "engine/base/result.hpp"
#include "engine/cel/library/library.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

namespace tollgate::cel {
namespace {

constexpr std::string_view kType = "kubernetes.Semver";
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kIdentifier = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";

constexpr std::string_view kEmpty = "Version string empty";
constexpr std::string_view kNoElements = "No Major.Minor.Patch elements found";
constexpr std::string_view kShort = "short version cannot contain PreRelease/Build meta data";
constexpr std::string_view kNoNumber =
    "major, minor and patch must be numbers of 64 bits without leading zeros";
constexpr std::string_view kNoPreRelease =
    "a pre-release is letters, digits, '-' and dots between them, its numbers without leading zeros";
constexpr std::string_view kNoBuild = "build meta data is letters, digits, '-' and dots between them";

bool equal_versions(const Opaque& a, const Opaque& b);

struct Semver : Opaque {
    Semver() : Opaque(kType, equal_versions) {}
    std::uint64_t major = 0, minor = 0, patch = 0;
    std::string_view pre_release;  // of the text it was made of; "" is none. Build meta data has no order.
};

using Parsed = tl::expected<Semver, std::string_view>;

bool is_made_of(std::string_view text, std::string_view letters) {
    return text.find_first_not_of(letters) == std::string_view::npos;
}

// The text up to a dot, and the text behind it.
std::string_view next_identifier(std::string_view& rest) {
    const std::size_t dot = rest.find('.');
    const std::string_view identifier = rest.substr(0, dot);
    rest.remove_prefix(dot == std::string_view::npos ? rest.size() : dot + 1);
    return identifier;
}

std::optional<std::uint64_t> number(std::string_view text) {
    if (text.empty() || !is_made_of(text, kDigits) || (text.size() > 1 && text[0] == '0'))
        return std::nullopt;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return std::nullopt;
    return value;
}

bool is_pre_release_identifier(std::string_view text) {
    return is_made_of(text, kDigits) ? number(text).has_value() : is_made_of(text, kIdentifier);
}
bool is_build_identifier(std::string_view text) {
    return !text.empty() && is_made_of(text, kIdentifier);
}

// Identifiers with dots between them; "" and "a." have an empty one.
bool all_identifiers(std::string_view text, bool (*is_valid)(std::string_view)) {
    if (text.empty() || text.back() == '.') return false;
    while (!text.empty())
        if (!is_valid(next_identifier(text))) return false;
    return true;
}

// Zeros in front of a number go.
std::string_view without_zeros(std::string_view text) {
    const std::size_t zeros = std::min(text.find_first_not_of('0'), text.size());
    return text.substr(zeros == text.size() && zeros > 0 ? zeros - 1 : zeros);
}

bool read_numbers(std::array<std::string_view, 3> texts, bool normalize, Semver& version) {
    std::array<std::uint64_t, 3> numbers{};
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const std::optional<std::uint64_t> value = number(normalize ? without_zeros(texts[i]) : texts[i]);
        if (!value) return false;
        numbers[i] = *value;
    }
    version.major = numbers[0];
    version.minor = numbers[1];
    version.patch = numbers[2];
    return true;
}

// Normalized, a "v" in front goes, minor and patch may be missing, and numbers may have zeros in front;
// blanks are wrong in any case.
Parsed parse(std::string_view text, bool normalize) {
    if (normalize && text.starts_with('v')) text.remove_prefix(1);
    if (text.empty()) return tl::unexpected(kEmpty);
    std::array<std::string_view, 3> parts{"0", "0", "0"};
    const auto dots = static_cast<std::size_t>(std::count(text.begin(), text.end(), '.'));
    const std::size_t last = std::min<std::size_t>(dots, 2);
    if (last < 2 && !normalize) return tl::unexpected(kNoElements);
    for (std::size_t i = 0; i < last; ++i) parts[i] = next_identifier(text);
    parts[last] = text;
    if (last < 2 && text.find_first_of("+-") != std::string_view::npos) return tl::unexpected(kShort);

    Semver version;
    std::string_view& patch = parts[2];
    if (const std::size_t plus = patch.find('+'); plus != std::string_view::npos) {
        if (!all_identifiers(patch.substr(plus + 1), is_build_identifier)) return tl::unexpected(kNoBuild);
        patch = patch.substr(0, plus);
    }
    const std::size_t dash = patch.find('-');
    if (dash != std::string_view::npos) {
        version.pre_release = patch.substr(dash + 1);
        if (!all_identifiers(version.pre_release, is_pre_release_identifier))
            return tl::unexpected(kNoPreRelease);
        patch = patch.substr(0, dash);
    }
    // "1.2.-rc" and "1.2.+5": a 0 is put there too.
    if (normalize && patch.empty() && !text.empty()) patch = "0";
    if (!read_numbers(parts, normalize, version)) return tl::unexpected(kNoNumber);
    return version;
}

// --- order
// -------------------------------------------------------------------------------------------------------

template <class T>
int order(const T& a, const T& b) {
    return a < b ? -1 : (b < a ? 1 : 0);
}

// Numbers come before words; both are valid.
int compare_identifiers(std::string_view a, std::string_view b) {
    const std::optional<std::uint64_t> left = number(a);
    const std::optional<std::uint64_t> right = number(b);
    if (left && right) return order(*left, *right);
    if (left || right) return left ? -1 : 1;
    return order(a, b);
}

int compare_pre_releases(std::string_view a, std::string_view b) {
    if (a.empty() || b.empty()) return order(a.empty(), b.empty());  // a release comes after its pre-releases
    while (!a.empty() && !b.empty())
        if (const int result = compare_identifiers(next_identifier(a), next_identifier(b)); result != 0)
            return result;
    return order(!a.empty(), !b.empty());
}

int compare_versions(const Semver& a, const Semver& b) {
    if (const int result = order(a.major, b.major); result != 0) return result;
    if (const int result = order(a.minor, b.minor); result != 0) return result;
    if (const int result = order(a.patch, b.patch); result != 0) return result;
    return compare_pre_releases(a.pre_release, b.pre_release);
}

bool equal_versions(const Opaque& a, const Opaque& b) {
    return compare_versions(static_cast<const Semver&>(a), static_cast<const Semver&>(b)) == 0;
}

// --- functions
// ---------------------------------------------------------------------------------------------------

bool wants_normalizing(Arguments arguments) {
    return arguments.size() > 1 && arguments[1].is_true();
}
const Semver& version_of(const Value& value) {
    return static_cast<const Semver&>(*value.opaque);
}
int compared(Arguments arguments) {
    return compare_versions(version_of(arguments[0]), version_of(arguments[1]));
}
// As the API server does: what is above the largest int becomes negative.
Value wrapped(std::uint64_t value) {
    return int_value(static_cast<std::int64_t>(value));
}

Value semver(CallContext& context, Arguments arguments) {
    const Parsed parsed = parse(arguments[0].view(), wants_normalizing(arguments));
    if (!parsed) return context.error(parsed.error());
    const Semver* version = context.arena.make<Semver>(*parsed);
    return version == nullptr ? context.error("") : opaque_value(version);
}
Value is_semver(CallContext&, Arguments arguments) {
    return bool_value(parse(arguments[0].view(), wants_normalizing(arguments)).has_value());
}
Value is_greater_than(CallContext&, Arguments arguments) {
    return bool_value(compared(arguments) > 0);
}
Value is_less_than(CallContext&, Arguments arguments) {
    return bool_value(compared(arguments) < 0);
}
Value compare_to(CallContext&, Arguments arguments) {
    return int_value(compared(arguments));
}
Value major_of(CallContext&, Arguments arguments) {
    return wrapped(version_of(arguments[0]).major);
}
Value minor_of(CallContext&, Arguments arguments) {
    return wrapped(version_of(arguments[0]).minor);
}
Value patch_of(CallContext&, Arguments arguments) {
    return wrapped(version_of(arguments[0]).patch);
}

std::uint64_t cost_text(Arguments arguments, const Value&) {
    return traversal_cost(cost_size(arguments[0]));
}

constexpr std::array<Overload, 10> kRows{{
    {"semver", Style::Global, "string_to_semver", "string->kubernetes.Semver", semver, cost_text},
    {"semver", Style::Global, "string_bool_to_semver", "string,bool->kubernetes.Semver", semver, cost_text},
    {"isSemver", Style::Global, "is_semver_string", "string->bool", is_semver, cost_text},
    {"isSemver", Style::Global, "is_semver_string_bool", "string,bool->bool", is_semver, cost_text},
    {"isGreaterThan", Style::Member, "semver_is_greater_than", "kubernetes.Semver,kubernetes.Semver->bool",
     is_greater_than},
    {"isLessThan", Style::Member, "semver_is_less_than", "kubernetes.Semver,kubernetes.Semver->bool",
     is_less_than},
    {"compareTo", Style::Member, "semver_compare_to", "kubernetes.Semver,kubernetes.Semver->int", compare_to},
    {"major", Style::Member, "semver_major", "kubernetes.Semver->int", major_of},
    {"minor", Style::Member, "semver_minor", "kubernetes.Semver->int", minor_of},
    {"patch", Style::Member, "semver_patch", "kubernetes.Semver->int", patch_of},
}};

}  // namespace

std::span<const Overload> semver_overloads() {
    return kRows;
}

}  // namespace tollgate::cel
