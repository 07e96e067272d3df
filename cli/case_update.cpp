// SPDX-License-Identifier: Apache-2.0
#include "cli/case_update.hpp"

#include "cli/yaml_text.hpp"
#include "engine/base/text.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate::cli {
namespace {

constexpr std::string_view kKey = "expect:";

std::size_t indent_of(std::string_view line) {
    return std::min(line.find_first_not_of(' '), line.size());
}

bool is_blank_or_comment(std::string_view line) {
    const std::size_t at = indent_of(line);
    return at == line.size() || line[at] == '#' || line[at] == '\r';
}

/// One past the bracket that closes the flow collection beginning at `at`; npos when it never closes.
std::size_t flow_end(std::string_view text, std::size_t at) {
    int depth = 0;
    char quote = '\0';
    for (std::size_t i = at; i < text.size(); ++i) {
        const char c = text[i];
        if (quote != '\0') {
            if (quote == '"' && c == '\\')
                ++i;
            else if (c == quote)
                quote = '\0';
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            return i + 1;
        }
    }
    return std::string_view::npos;
}

/// One past the last line of the block below a key at `indent`.
std::size_t block_end(std::string_view text, std::size_t line_end, std::size_t indent) {
    std::size_t end = line_end;
    std::size_t at = line_end + 1;
    while (at < text.size()) {
        const std::size_t next = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(at, next - at);
        if (!is_blank_or_comment(line)) {
            if (indent_of(line) <= indent) break;
            end = next;
        }
        at = next + 1;
    }
    return end;
}

struct Region {
    std::size_t begin = 0, end = 0;  // of "expect: ..." without the last line feed
    std::size_t indent = 0;          // of the key
};

Result<Region> find_region(std::string_view text, const Span& key) {
    std::size_t start = 0;
    for (std::uint32_t line = 1; line < key.line; ++line) {
        start = text.find('\n', start);
        if (start == std::string_view::npos)
            return fail("line " + std::to_string(key.line) + ": no such line");
        ++start;
    }
    const std::size_t begin = start + key.column - 1;
    if (text.substr(begin, kKey.size()) != kKey) {
        return fail("line " + std::to_string(key.line) +
                    ": no plain `expect:` begins here; rewrite it by hand");
    }
    const std::size_t line_end = std::min(text.find('\n', begin), text.size());
    std::size_t value = begin + kKey.size();
    while (value < line_end && text[value] == ' ') ++value;
    Region region{begin, 0, key.column - 1};
    if (value < line_end && text[value] == '{') {
        region.end = flow_end(text, value);
        if (region.end == std::string_view::npos)
            return fail("line " + std::to_string(key.line) + ": never closed");
    } else if (value >= line_end || text[value] == '#' || text[value] == '\r') {
        region.end = block_end(text, line_end, region.indent);
    } else {
        return fail("line " + std::to_string(key.line) +
                    ": `expect` is an alias or a scalar; rewrite it by hand");
    }
    return region;
}

/// `part` with its leaves as they are in `whole`; what is not there becomes null ("must not be there").
void project(json::Builder& out, json::Node whole, json::Node part) {
    if (part.is_object()) {
        out.begin_object();
        for (const auto& [key, value] : part.members()) {
            out.key(key);
            project(out, whole[key], value);
        }
        out.end_object();
    } else if (part.is_array()) {
        out.begin_array();
        for (std::size_t i = 0; i < part.size(); ++i) project(out, whole[i], part[i]);
        out.end_array();
    } else if (whole.exists() && !whole.is_object() && !whole.is_array()) {
        out.copy(whole);
    } else {
        out.null();
    }
}

void add_findings(json::Builder& out, const decide::Decision& decision,
                  const std::vector<policies::ExpectedFinding>& before) {
    out.begin_array();
    for (const decide::Finding& finding : decision.findings) {
        const std::string rule = std::string(finding.by.policy) + "/" + std::string(finding.by.rule);
        const auto known =
            std::find_if(before.begin(), before.end(), [&](const auto& e) { return e.rule == rule; });
        out.begin_object();
        out.key("rule");
        out.string(rule);
        if (known == before.end() || !known->field.empty()) {
            out.key("field");
            out.string(finding.field);
        }
        if (known != before.end() && !known->message.empty() && message_fits(*known, finding)) {
            out.key("message");
            out.string(known->message);
        }
        out.end_object();
    }
    out.end_array();
}

void add_money(json::Builder& out, std::string_view key, const std::optional<Money>& money) {
    if (!money) return;
    out.key(key);
    out.string(to_decimal_string(*money));
}

json::Document new_expectation(const policies::Expectation& old, const decide::OfflineReview& review) {
    json::Builder out;
    out.begin_object();
    if (old.verdict) {
        out.key("verdict");
        out.string(decide::to_string(review.decision.verdict));
    }
    if (const auto mode = acting_mode(review.decision); old.mode && mode) {
        out.key("mode");
        out.string(rules::to_string(*mode));
    }
    if (old.findings) {
        out.key("findings");
        add_findings(out, review.decision, *old.findings);
    }
    if (old.patched.root()) {
        out.key("patched");
        project(out, review.patched.root(), old.patched.root());
    }
    if (old.hourly_before) add_money(out, "hourlyBefore", review.decision.before.hourly);
    if (old.hourly_after) add_money(out, "hourlyAfter", review.decision.after.hourly);
    out.end_object();
    return out.finish();
}

std::string indented_block(const json::Document& expectation, std::size_t indent) {
    std::string out(kKey);
    const std::string text = to_yaml(expectation.root());
    for (const std::string_view line : split(text, '\n')) {
        if (!line.empty()) out.append("\n").append(indent + 2, ' ').append(line);
    }
    return out;
}

}  // namespace

Result<std::string> updated_text(const std::string& text, const policies::CaseFile& file,
                                 const CaseFileResult& result) {
    std::string out = text;
    for (std::size_t i = result.cases.size(); i-- > 0;) {  // from the end, so that places before stay right
        if (result.cases[i].mismatches.empty()) continue;
        const policies::Case& each = file.cases[i];
        const auto region = find_region(out, each.expect_place);
        if (!region) return fail(file.path + ": " + each.name + ": " + region.error().message);
        const json::Document expectation = new_expectation(each.expect, result.cases[i].review);
        out.replace(region->begin, region->end - region->begin, indented_block(expectation, region->indent));
    }
    return out;
}

}  // namespace tollgate::cli
