// SPDX-License-Identifier: Apache-2.0
// Texts: the standard functions, regular expressions, version 2 of cel-go's strings library.
// Positions count code points. A part of a text is a view of it, never a copy.
// Sources: cel-go common/stdlib, ext/strings.go; k8s.io/apiserver pkg/cel/library/{regex,cost}.go.
#include "engine/base/limits.hpp"
#include "engine/cel/library/go_text.hpp"
#include "engine/cel/library/library.hpp"
#include "engine/cel/library/pattern.hpp"
#include "engine/cel/library/string_format.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace tollgate::cel {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

// --- positions ---------------------------------------------------------------------------------------------
bool starts_code_point(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

/// The byte at which the code point of this number starts; the text's size for the one past the last; else
/// kNone.
std::size_t byte_of(std::string_view text, std::size_t index) {
    if (index > text.size()) return kNone;
    std::size_t seen = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (starts_code_point(text[i]) && seen++ == index) return i;
    return seen == index ? text.size() : kNone;
}

/// The first byte after the code point at `at`.
std::size_t after(std::string_view text, std::size_t at) {
    do ++at;
    while (at < text.size() && !starts_code_point(text[at]));
    return at;
}

Value index_error(CallContext& context, std::int64_t index) {
    return context.error("index out of range: " + std::to_string(index));
}

/// Linear in both texts, which std::string_view::find is not.
std::size_t find(std::string_view text, std::string_view part, std::size_t from = 0) {
    if (part.empty()) return from;
    if (from >= text.size()) return kNone;
    const void* at = ::memmem(text.data() + from, text.size() - from, part.data(), part.size());
    return at == nullptr ? kNone : static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
}

std::size_t find_last(std::string_view text, std::string_view part) {
    constexpr std::size_t kFewSteps = 65'536;
    if (part.empty()) return text.size();
    if (part.size() > text.size()) return kNone;
    if (part.size() <= kFewSteps / text.size()) return text.rfind(part);
    const std::string backwards(text.rbegin(), text.rend());
    const std::string part_backwards(part.rbegin(), part.rend());
    const std::size_t at = find(backwards, part_backwards);
    return at == kNone ? kNone : text.size() - at - part.size();
}

// --- questions ---------------------------------------------------------------------------------------------
Value call_contains(CallContext&, Arguments args) {
    return bool_value(find(args[0].view(), args[1].view()) != kNone);
}

Value call_starts_with(CallContext&, Arguments args) {
    return bool_value(args[0].view().starts_with(args[1].view()));
}

Value call_ends_with(CallContext&, Arguments args) {
    return bool_value(args[0].view().ends_with(args[1].view()));
}

Value call_index_of(CallContext& context, Arguments args) {
    const std::string_view text = args[0].view();
    const std::string_view part = args[1].view();
    const std::int64_t offset = args.size() > 2 ? args[2].integer : 0;
    if (offset < 0) return index_error(context, offset);
    const std::size_t from = byte_of(text, static_cast<std::size_t>(offset));
    if (from == kNone) return int_value(part.empty() ? static_cast<std::int64_t>(code_points(text)) : -1);
    const std::size_t at = find(text, part, from);
    if (at == kNone) return int_value(-1);
    return int_value(offset + static_cast<std::int64_t>(code_points(text.substr(from, at - from))));
}

/// The offset is the last place where the part may start.
Value call_last_index_of(CallContext& context, Arguments args) {
    std::string_view text = args[0].view();
    const std::string_view part = args[1].view();
    const auto size = static_cast<std::int64_t>(code_points(text));
    if (args.size() > 2) {
        const std::int64_t offset = args[2].integer;
        if (offset < 0) return index_error(context, offset);
        if (part.empty()) return int_value(std::min(offset, size));
        if (offset >= size) return int_value(-1);
        text = text.substr(0, byte_of(text, static_cast<std::size_t>(offset)) + part.size());
    }
    if (part.empty()) return int_value(size);
    const std::size_t at = find_last(text, part);
    return int_value(at == kNone ? -1 : static_cast<std::int64_t>(code_points(text.substr(0, at))));
}

// --- parts -------------------------------------------------------------------------------------------------
Value call_char_at(CallContext& context, Arguments args) {
    const std::string_view text = args[0].view();
    const std::int64_t index = args[1].integer;
    const std::size_t at = index < 0 ? kNone : byte_of(text, static_cast<std::size_t>(index));
    if (at == kNone) return index_error(context, index);
    if (at == text.size()) return string_value({});
    return string_value(text.substr(at, after(text, at) - at));
}

Value call_substring(CallContext& context, Arguments args) {
    const std::string_view text = args[0].view();
    const std::int64_t first = args[1].integer;
    const bool has_end = args.size() > 2;
    if (has_end && first > args[2].integer)
        return context.error("invalid substring range. start: " + std::to_string(first) +
                             ", end: " + std::to_string(args[2].integer));
    const std::size_t from = first < 0 ? kNone : byte_of(text, static_cast<std::size_t>(first));
    if (from == kNone) return index_error(context, first);
    if (!has_end) return string_value(text.substr(from));
    const std::string_view rest = text.substr(from);
    const std::size_t size = byte_of(rest, static_cast<std::size_t>(args[2].integer - first));
    if (size == kNone) return index_error(context, args[2].integer);
    return string_value(rest.substr(0, size));
}

/// White space of Unicode, as Go's unicode.IsSpace lists it; zero-width spaces are none.
constexpr std::array<std::string_view, 25> kSpaces{" ",
                                                   "\t",
                                                   "\n",
                                                   "\v",
                                                   "\f",
                                                   "\r",
                                                   "\xC2\x85",
                                                   "\xC2\xA0",
                                                   "\xE1\x9A\x80",
                                                   "\xE2\x80\x80",
                                                   "\xE2\x80\x81",
                                                   "\xE2\x80\x82",
                                                   "\xE2\x80\x83",
                                                   "\xE2\x80\x84",
                                                   "\xE2\x80\x85",
                                                   "\xE2\x80\x86",
                                                   "\xE2\x80\x87",
                                                   "\xE2\x80\x88",
                                                   "\xE2\x80\x89",
                                                   "\xE2\x80\x8A",
                                                   "\xE2\x80\xA8",
                                                   "\xE2\x80\xA9",
                                                   "\xE2\x80\xAF",
                                                   "\xE2\x81\x9F",
                                                   "\xE3\x80\x80"};

Value call_trim(CallContext&, Arguments args) {
    std::string_view text = args[0].view();
    const auto starts = [&](std::string_view space) { return text.starts_with(space); };
    const auto ends = [&](std::string_view space) { return text.ends_with(space); };
    for (;;) {
        const auto space = std::find_if(kSpaces.begin(), kSpaces.end(), starts);
        if (space == kSpaces.end()) break;
        text.remove_prefix(space->size());
    }
    for (;;) {
        const auto space = std::find_if(kSpaces.begin(), kSpaces.end(), ends);
        if (space == kSpaces.end()) break;
        text.remove_suffix(space->size());
    }
    return string_value(text);
}

/// Go's strings.SplitN: at most `limit` parts, the last with the rest; an empty separator splits code points.
Value call_split(CallContext& context, Arguments args) {
    std::string_view text = args[0].view();
    const std::string_view separator = args[1].view();
    const std::int64_t limit = args.size() > 2 ? args[2].integer : -1;
    Collected<Value> parts(context.arena);
    if (limit == 0 || (separator.empty() && text.empty())) return context.arena.list({});
    while (limit < 0 || static_cast<std::int64_t>(parts.size()) + 1 < limit) {
        const std::size_t at = separator.empty() ? after(text, 0) : find(text, separator);
        if (at == kNone || (separator.empty() && at >= text.size())) break;
        if (!context.meter.take()) return context.stopped();
        if (parts.size() > limits::kMaxCelBytes / sizeof(Value)) return context.error("too many parts");
        parts.add(string_value(text.substr(0, at)));
        text.remove_prefix(at + separator.size());
    }
    parts.add(string_value(text));
    return context.arena.list(parts.all());
}

// --- new texts ---------------------------------------------------------------------------------------------
/// Fills a text of known size piece by piece.
class Builder {
  public:
    Builder(CallContext& context, std::size_t size)
        : context_(context), first_(static_cast<char*>(context.arena.allocate(size))), at_(first_) {}
    bool has_room() const { return first_ != nullptr; }
    void add(std::string_view text) {
        if (!text.empty()) std::memcpy(at_, text.data(), text.size());
        at_ += text.size();
    }
    Value value() const { return string_value({first_, static_cast<std::size_t>(at_ - first_)}); }
    Value error() const { return context_.error(""); }

  private:
    CallContext& context_;
    char* first_;
    char* at_;
};

/// Only the letters of ASCII, whatever the language.
template <char kFirst>
Value call_change_case(CallContext& context, Arguments args) {
    const std::string_view text = args[0].view();
    const auto changes = [](char c) { return c >= kFirst && c <= kFirst + 25; };
    if (std::none_of(text.begin(), text.end(), changes)) return args[0];
    char* out = static_cast<char*>(context.arena.allocate(text.size()));
    if (out == nullptr) return context.error("");
    std::transform(text.begin(), text.end(), out,
                   [&](char c) { return changes(c) ? static_cast<char>(c ^ 0x20) : c; });
    return string_value({out, text.size()});
}

/// Go's strings.Replace: an empty part is found before every code point and at the end.
Value call_replace(CallContext& context, Arguments args) {
    const std::string_view text = args[0].view();
    const std::string_view part = args[1].view();
    const std::string_view with = args[2].view();
    const std::int64_t limit = args.size() > 3 ? args[3].integer : -1;
    const auto next = [&](std::size_t from, bool is_first) {
        if (!part.empty()) return find(text, part, from);
        if (is_first) return from;
        return from < text.size() ? after(text, from) : kNone;
    };
    // Calls each(start of a kept piece, its end) for every replacement; the start of the last piece.
    const auto replacements = [&](auto each) {
        std::size_t kept = 0;
        for (std::int64_t i = 0; limit < 0 || i < limit; ++i) {
            const std::size_t at = next(kept, i == 0);
            if (at == kNone) break;
            each(kept, at);
            kept = at + part.size();
        }
        return kept;
    };
    std::size_t count = 0;
    replacements([&](std::size_t, std::size_t) {
        if (context.meter.take()) ++count;
    });
    if (context.meter.has_ended()) return context.stopped();
    if (count == 0) return args[0];
    Builder out(context, text.size() - count * part.size() + count * with.size());
    if (!out.has_room()) return out.error();
    const std::size_t last = replacements([&](std::size_t from, std::size_t to) {
        out.add(text.substr(from, to - from));
        out.add(with);
    });
    out.add(text.substr(last));
    return out.value();
}

Value call_join(CallContext& context, Arguments args) {
    const std::string_view separator = args.size() > 1 ? args[1].view() : std::string_view();
    const std::size_t count = size_of(args[0]);
    std::size_t size = count == 0 ? 0 : (count - 1) * separator.size();
    for (std::size_t i = 0; i < count; ++i) {
        if (!context.meter.take()) return context.stopped();
        const Value each = element(args[0], i);
        if (!each.is(Tag::String))
            return context.error(std::string("join: invalid input: ").append(type_name(each)));
        size += each.size;
    }
    Builder out(context, size);
    if (!out.has_room()) return out.error();
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) out.add(separator);
        out.add(element(args[0], i).view());
    }
    return out.value();
}

Value call_quote(CallContext& context, Arguments args) {
    constexpr std::string_view kEscaped = "\a\b\f\n\r\t\v\\\"";
    constexpr std::string_view kLetters = "abfnrtv\\\"";
    const std::string_view text = args[0].view();
    std::string out = "\"";
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint point = code_point_at(text, at);
        const std::size_t known = kEscaped.find(text[at]);
        if (!point.valid)
            out += "\uFFFD";
        else if (known == kNone)
            out += text.substr(at, point.bytes);
        else
            out.append("\\").append(1, kLetters[known]);
        at += point.bytes;
    }
    out += '"';
    const std::string_view copy = context.arena.copy(out);
    return context.arena.is_full() ? context.error("") : string_value(copy);
}

// --- regular expressions -----------------------------------------------------------------------------------
/// use(RE2) with the expression that is compiled already, or else with the one made of the text.
template <class Use>
Value with_pattern(CallContext& context, const Value& text, std::string_view error_prefix, Use use) {
    if (context.pattern != nullptr) return use(*context.pattern);
    const CompiledPattern made = compile_pattern(text.view());
    return made.pattern == nullptr ? context.error(std::string(error_prefix) + made.error)
                                   : use(*made.pattern);
}

/// The first match in text.substr(from); its data() is null when there is none.
std::string_view match(const re2::RE2& pattern, std::string_view text, std::size_t from) {
    re2::StringPiece found;
    const re2::StringPiece whole(text.data() == nullptr ? "" : text.data(), text.size());
    if (!pattern.Match(whole, from, text.size(), re2::RE2::UNANCHORED, &found, 1)) return {};
    return {found.data(), found.size()};
}

Value call_matches(CallContext& context, Arguments args) {
    return with_pattern(context, args[1], "", [&](const re2::RE2& pattern) {
        return bool_value(match(pattern, args[0].view(), 0).data() != nullptr);
    });
}

Value call_find(CallContext& context, Arguments args) {
    return with_pattern(context, args[1], "Illegal regex: ", [&](const re2::RE2& pattern) {
        return string_value(match(pattern, args[0].view(), 0));
    });
}

/// Go's FindAllString: an empty match right after another match does not count.
Value call_find_all(CallContext& context, Arguments args) {
    const std::string_view text = args[0].view();
    const std::int64_t limit = args.size() > 2 ? args[2].integer : -1;
    return with_pattern(context, args[1], "Illegal regex: ", [&](const re2::RE2& pattern) {
        Collected<Value> matches(context.arena);
        std::size_t last_end = kNone;
        for (std::size_t at = 0; at <= text.size();) {
            if (limit >= 0 && static_cast<std::int64_t>(matches.size()) >= limit) break;
            const std::string_view found = match(pattern, text, at);
            if (found.data() == nullptr) break;
            if (!context.meter.take()) return context.stopped();
            const std::size_t from = text.empty() ? 0 : static_cast<std::size_t>(found.data() - text.data());
            const std::size_t to = from + found.size();
            const bool counts = !found.empty() || from != last_end;
            at = to > at ? to : at < text.size() ? after(text, at) : at + 1;
            last_end = to;
            if (!counts) continue;
            if (matches.size() > limits::kMaxCelBytes / sizeof(Value))
                return context.error("too many matches");
            matches.add(string_value(found));
        }
        return context.arena.list(matches.all());
    });
}

// --- costs -------------------------------------------------------------------------------------------------
std::uint64_t cost_traversal(Arguments args, const Value&) {
    return traversal_cost(cost_size(args[0]));
}

std::uint64_t cost_twice(Arguments args, const Value&) {
    return traversal_cost(2 * cost_size(args[0]));
}

std::uint64_t cost_join(Arguments, const Value& result) {
    return traversal_cost(2 * cost_size(result));
}

std::uint64_t cost_contains(Arguments args, const Value&) {
    return traversal_cost(cost_size(args[0])) * traversal_cost(cost_size(args[1]));
}

/// An expression is taken to have a part per four characters.
std::uint64_t cost_pattern(Arguments args, const Value&) {
    return traversal_cost(cost_size(args[0]) + 1) * ((cost_size(args[1]) + 3) / 4);
}

/// Kubernetes counts the bytes here, and rounds down.
std::uint64_t cost_index_of(Arguments args, const Value&) {
    return args[0].is(Tag::String) ? args[0].size / 10 : 0;
}

constexpr std::array<Overload, 26> kOverloads{{
    {"contains", Style::Member, "contains_string", "string,string->bool", call_contains, cost_contains},
    {"startsWith", Style::Member, "starts_with_string", "string,string->bool", call_starts_with,
     cost_traversal},
    {"endsWith", Style::Member, "ends_with_string", "string,string->bool", call_ends_with, cost_traversal},
    {"matches", Style::Global, "matches", "string,string->bool", call_matches, cost_pattern, 0, 1},
    {"matches", Style::Member, "matches_string", "string,string->bool", call_matches, cost_pattern, 0, 1},
    {"find", Style::Member, "string_find_string", "string,string->string", call_find, cost_pattern, 0, 1},
    {"findAll", Style::Member, "string_find_all_string", "string,string->list<string>", call_find_all,
     cost_pattern, 0, 1},
    {"findAll", Style::Member, "string_find_all_string_int", "string,string,int->list<string>", call_find_all,
     cost_pattern, 0, 1},
    {"charAt", Style::Member, "string_char_at_int", "string,int->string", call_char_at},
    {"indexOf", Style::Member, "string_index_of_string", "string,string->int", call_index_of, cost_index_of},
    {"indexOf", Style::Member, "string_index_of_string_int", "string,string,int->int", call_index_of,
     cost_index_of},
    {"lastIndexOf", Style::Member, "string_last_index_of_string", "string,string->int", call_last_index_of,
     cost_index_of},
    {"lastIndexOf", Style::Member, "string_last_index_of_string_int", "string,string,int->int",
     call_last_index_of, cost_index_of},
    {"lowerAscii", Style::Member, "string_lower_ascii", "string->string", call_change_case<'A'>,
     cost_traversal},
    {"upperAscii", Style::Member, "string_upper_ascii", "string->string", call_change_case<'a'>,
     cost_traversal},
    {"replace", Style::Member, "string_replace_string_string", "string,string,string->string", call_replace,
     cost_twice},
    {"replace", Style::Member, "string_replace_string_string_int", "string,string,string,int->string",
     call_replace, cost_twice},
    {"split", Style::Member, "string_split_string", "string,string->list<string>", call_split, cost_twice},
    {"split", Style::Member, "string_split_string_int", "string,string,int->list<string>", call_split,
     cost_twice},
    {"substring", Style::Member, "string_substring_int", "string,int->string", call_substring,
     cost_traversal},
    {"substring", Style::Member, "string_substring_int_int", "string,int,int->string", call_substring,
     cost_traversal},
    {"trim", Style::Member, "string_trim", "string->string", call_trim, cost_traversal},
    {"join", Style::Member, "list_join", "list<string>->string", call_join, cost_join},
    {"join", Style::Member, "list_join_string", "list<string>,string->string", call_join, cost_join},
    {"strings.quote", Style::Global, "strings_quote", "string->string", call_quote, cost_traversal, 29},
    {"format", Style::Member, "string_format", "string,list<dyn>->string", format_string, cost_traversal, 29},
}};

}  // namespace

std::span<const Overload> string_overloads() {
    return kOverloads;
}

}  // namespace tollgate::cel
