// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/library/pattern.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>

namespace tollgate::cel {
namespace {

constexpr std::int64_t kPatternBytes = 8 << 20;  // RE2's own default: of one compiled expression

struct Wording {
    re2::RE2::ErrorCode code;
    std::string_view text;
};

constexpr std::array<Wording, 13> kWordings{
    {{re2::RE2::ErrorBadEscape, "invalid escape sequence"},
     {re2::RE2::ErrorBadCharClass, "invalid character class"},
     {re2::RE2::ErrorBadCharRange, "invalid character class range"},
     {re2::RE2::ErrorMissingBracket, "missing closing ]"},
     {re2::RE2::ErrorMissingParen, "missing closing )"},
     {re2::RE2::ErrorUnexpectedParen, "unexpected )"},
     {re2::RE2::ErrorTrailingBackslash, "trailing backslash at end of expression"},
     {re2::RE2::ErrorRepeatArgument, "missing argument to repetition operator"},
     {re2::RE2::ErrorRepeatSize, "invalid repeat count"},
     {re2::RE2::ErrorRepeatOp, "invalid nested repetition operator"},
     {re2::RE2::ErrorBadPerlOp, "invalid or unsupported Perl syntax"},
     {re2::RE2::ErrorBadUTF8, "invalid UTF-8"},
     {re2::RE2::ErrorBadNamedCapture, "invalid named capture"}}};

/// Go takes (?<name>...) besides (?P<name>...), which not every RE2 does.
std::string with_p(std::string_view text) {
    std::string out;
    bool in_class = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string_view rest = text.substr(i);
        out += text[i];
        if (rest.starts_with("\\Q") && !in_class) {
            const std::size_t end = std::min(rest.find("\\E"), rest.size());
            out += rest.substr(1, end - 1);
            i += end - 1;
        } else if (text[i] == '\\' && rest.size() > 1) {
            out += text[++i];
        } else if (in_class) {
            in_class = text[i] != ']';
            if (rest.starts_with("[:")) {
                const std::size_t end = rest.find(":]");
                if (end == std::string_view::npos) continue;
                out += rest.substr(1, end + 1);
                i += end + 1;
            }
        } else if (text[i] == '[') {
            in_class = true;
            for (const char first : {'^', ']'})
                if (i + 1 < text.size() && text[i + 1] == first) out += text[++i];
        } else if (rest.starts_with("(?<") && !rest.starts_with("(?<=") && !rest.starts_with("(?<!")) {
            out += "?P<";
            i += 2;
        }
    }
    return out;
}

}  // namespace

CompiledPattern compile_pattern(std::string_view text) {
    re2::RE2::Options options(re2::RE2::Quiet);
    options.set_max_mem(kPatternBytes);
    auto made = std::make_shared<const re2::RE2>(
        text.find("(?<") == std::string_view::npos ? std::string(text) : with_p(text), options);
    if (made->ok()) return {std::move(made), ""};
    const auto is_this = [&](const Wording& each) { return each.code == made->error_code(); };
    const auto wording = std::find_if(kWordings.begin(), kWordings.end(), is_this);
    if (wording == kWordings.end()) return {nullptr, "error parsing regexp: " + made->error()};
    return {nullptr,
            std::string("error parsing regexp: ").append(wording->text) + ": `" + made->error_arg() + "`"};
}

}  // namespace tollgate::cel
