// SPDX-License-Identifier: Apache-2.0
#include "policies/values.hpp"

#include "engine/base/limits.hpp"
#include "engine/base/quantity.hpp"
#include "engine/base/text.hpp"

#include <algorithm>

namespace tollgate::policies {
namespace {

constexpr std::int64_t kBytesPerMib = 1024 * 1024;
constexpr std::int64_t kMaxSeconds = std::int64_t{100} * 366 * 24 * 3600;
constexpr std::size_t kMaxNameBytes = 253;  // a DNS-1123 subdomain

void wrong_type(Scope& scope, json::Node node, const std::string& path, std::string_view wanted,
                std::string hint = {}) {
    scope.error(DocCode::WrongType, node,
                path + ": expected " + std::string(wanted) + ", found " + describe(node), std::move(hint));
}

void bad_value(Scope& scope, json::Node node, const std::string& path, std::string_view message,
               std::string hint = {}) {
    scope.error(DocCode::BadValue, node, path + ": " + std::string(message), std::move(hint));
}

/// `capitals`: names of rules, which are no Kubernetes names and often repeat a field's (cpuPerGpu).
bool is_name(std::string_view text, bool capitals = false) {
    const auto is_inner = [capitals](char c) {
        return (c >= 'a' && c <= 'z') || (capitals && c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.';
    };
    return !text.empty() && text.size() <= kMaxNameBytes && std::all_of(text.begin(), text.end(), is_inner) &&
           text.front() != '-' && text.front() != '.' && text.back() != '-' && text.back() != '.';
}

}  // namespace

std::optional<std::string> read_text(Scope& scope, json::Node node, const std::string& path) {
    if (!node.exists()) return std::nullopt;
    if (!node.is_string()) {
        wrong_type(scope, node, path, "a text",
                   node.is_bool() ? "yes, no, on, off, y and n are true and false in YAML; put it in quotes"
                   : node.is_number() ? "put it in quotes"
                                      : "");
        return std::nullopt;
    }
    if (node.string().empty()) {
        bad_value(scope, node, path, "the text is empty");
        return std::nullopt;
    }
    return std::string(node.string());
}

std::optional<std::string> read_name(Scope& scope, json::Node node, const std::string& path) {
    std::optional<std::string> text = read_text(scope, node, path);
    if (text && !is_name(*text)) {
        bad_value(scope, node, path, "'" + std::string(truncated(*text, 60)) + "' is no name",
                  "lower-case letters, digits, '-' and '.', at most 253, beginning and ending with a letter "
                  "or digit");
        return std::nullopt;
    }
    return text;
}

std::optional<std::string> read_rule_name(Scope& scope, json::Node node, const std::string& path) {
    std::optional<std::string> text = read_text(scope, node, path);
    if (text && !is_name(*text, true)) {
        bad_value(scope, node, path, "'" + std::string(truncated(*text, 60)) + "' is no name",
                  "letters, digits, '-' and '.', at most 253, beginning and ending with a letter or digit");
        return std::nullopt;
    }
    return text;
}

std::optional<bool> read_bool(Scope& scope, json::Node node, const std::string& path) {
    if (!node.exists()) return std::nullopt;
    if (!node.is_bool()) {
        wrong_type(scope, node, path, "true or false");
        return std::nullopt;
    }
    return node.boolean();
}

std::optional<std::int64_t> read_integer(Scope& scope, json::Node node, const std::string& path,
                                         std::int64_t least, std::int64_t most) {
    if (!node.exists()) return std::nullopt;
    const std::optional<std::int64_t> value = node.integer();
    if (!node.is_number() || !value) {
        wrong_type(scope, node, path, "a whole number");
        return std::nullopt;
    }
    if (*value < least || *value > most) {
        scope.error(DocCode::OutOfRange, node,
                    path + ": " + std::to_string(*value) + " is outside " + std::to_string(least) + " to " +
                        std::to_string(most));
        return std::nullopt;
    }
    return value;
}

std::optional<Ratio> read_amount(Scope& scope, json::Node node, const std::string& path) {
    if (!node.exists()) return std::nullopt;
    if (!node.is_number() && !node.is_string()) {
        wrong_type(scope, node, path, "a quantity such as 8, 500m or 16Gi");
        return std::nullopt;
    }
    Result<Ratio> value = read_quantity(node);
    if (!value) {
        bad_value(scope, node, path, value.error().message);
        return std::nullopt;
    }
    if (value->is_negative() || !value->is_known()) {
        scope.error(DocCode::OutOfRange, node, path + ": a quantity here is not negative");
        return std::nullopt;
    }
    return *value;
}

std::optional<std::int64_t> read_mib(Scope& scope, json::Node node, const std::string& path) {
    const std::optional<Ratio> bytes = read_amount(scope, node, path);
    if (!bytes) return std::nullopt;
    const std::optional<std::int64_t> mib = (*bytes / Ratio(kBytesPerMib)).ceil();
    // Less than a MiB of GPU memory is a number whose unit was forgotten.
    if (!mib || *bytes < Ratio(kBytesPerMib)) {
        scope.error(DocCode::OutOfRange, node, path + ": less than 1Mi of memory", "give a unit, as in 16Gi");
        return std::nullopt;
    }
    return mib;
}

std::optional<std::int64_t> read_seconds(Scope& scope, json::Node node, const std::string& path) {
    if (!node.exists()) return std::nullopt;
    if (!node.is_string()) {
        wrong_type(scope, node, path, "a duration such as 30m, 24h or 7d",
                   node.is_number() ? "give a unit, as in " + std::string(node.text()) + "h" : "");
        return std::nullopt;
    }
    const Result<std::int64_t> ms = parse_duration_ms(node.string());
    if (!ms) {
        bad_value(scope, node, path, ms.error().message);
        return std::nullopt;
    }
    if (*ms < 1000 || *ms % 1000 != 0 || *ms / 1000 > kMaxSeconds) {
        scope.error(DocCode::OutOfRange, node,
                    path + ": '" + std::string(node.string()) +
                        "' is not a whole number of seconds from 1s to 36600d");
        return std::nullopt;
    }
    return *ms / 1000;
}

std::optional<Money> read_money(Scope& scope, json::Node node, const std::string& path) {
    if (!node.exists()) return std::nullopt;
    if (!node.is_number() && !node.is_string()) {
        wrong_type(scope, node, path, "an amount of USD such as 6.88");
        return std::nullopt;
    }
    const std::optional<Ratio> usd = parse_decimal(node.text());
    if (!usd) {
        const bool sign = node.text().find('$') != std::string_view::npos;
        bad_value(scope, node, path, "'" + std::string(truncated(node.text(), 60)) + "' is no amount of USD",
                  sign ? "leave the $ out" : "write it as 6.88");
        return std::nullopt;
    }
    if (usd->is_negative() || *usd > Ratio(1'000'000'000'000)) {
        scope.error(DocCode::OutOfRange, node, path + ": an amount from 0 to 1e12 USD is expected");
        return std::nullopt;
    }
    return Money{*usd};
}

std::optional<Ratio> read_share(Scope& scope, json::Node node, const std::string& path) {
    if (!node.exists()) return std::nullopt;
    if (!node.is_number() && !node.is_string()) {
        wrong_type(scope, node, path, "a share such as 10%");
        return std::nullopt;
    }
    std::string_view text = node.text();
    const bool percent = !text.empty() && text.back() == '%';
    if (percent) text.remove_suffix(1);
    std::optional<Ratio> value = parse_decimal(text);
    if (!value) {
        bad_value(scope, node, path, "'" + std::string(truncated(node.text(), 60)) + "' is no share",
                  "write it as 10%");
        return std::nullopt;
    }
    if (percent) value = *value / Ratio(100);
    if (value->is_negative() || *value > Ratio(1)) {
        scope.error(DocCode::OutOfRange, node, path + ": a share from 0% to 100% is expected",
                    percent ? "" : "write it as " + std::string(truncated(text, 60)) + "%");
        return std::nullopt;
    }
    return value;
}

std::optional<std::int64_t> read_time(Scope& scope, json::Node node, const std::string& path) {
    if (!node.exists()) return std::nullopt;
    if (!node.is_string()) {
        wrong_type(scope, node, path, "a time such as 2026-12-01T00:00:00Z");
        return std::nullopt;
    }
    const Result<std::int64_t> ms = parse_time_ms(node.string());
    if (!ms) {
        bad_value(scope, node, path, ms.error().message);
        return std::nullopt;
    }
    return *ms;
}

std::optional<std::string> read_glob(Scope& scope, json::Node node, const std::string& path) {
    std::optional<std::string> text = read_text(scope, node, path);
    if (!text) return std::nullopt;
    if (text->size() > limits::kMaxPatternBytes) {
        scope.error(DocCode::BadGlob, node,
                    path + ": longer than " + std::to_string(limits::kMaxPatternBytes) + " bytes");
        return std::nullopt;
    }
    if (text->find_first_of("[]{}^$|\\") != std::string::npos) {
        scope.error(DocCode::BadGlob, node, path + ": '" + std::string(truncated(*text, 60)) + "' is no glob",
                    "a glob has '*' for any text and '?' for one character, and nothing else");
        return std::nullopt;
    }
    return text;
}

void read_list(Scope& scope, json::Node node, const std::string& path, std::string_view of_what,
               const std::function<void(json::Node, const std::string&)>& each) {
    if (!node.exists()) return;
    if (!node.is_array()) {
        const bool single = node.is_string() || node.is_object();
        wrong_type(scope, node, path, "a list of " + std::string(of_what),
                   single ? "a single one is a list too: [...]" : "");
        return;
    }
    if (node.size() == 0) {
        scope.error(DocCode::OutOfRange, node, path + ": the list is empty",
                    "name at least one, or leave the field out");
        return;
    }
    std::size_t index = 0;
    for (const json::Node element : node.elements()) {
        each(element, path + "[" + std::to_string(index++) + "]");
    }
}

void read_map(Scope& scope, json::Node node, const std::string& path, std::string_view of_what,
              const std::function<void(std::string_view, json::Node, const std::string&)>& each) {
    if (!node.exists()) return;
    if (!node.is_object()) return wrong_type(scope, node, path, "a map of " + std::string(of_what));
    for (const auto& [key, value] : node.members()) each(key, value, path + "." + std::string(key));
}

std::vector<std::string> read_texts(Scope& scope, json::Node node, const std::string& path,
                                    std::string_view of_what) {
    std::vector<std::string> out;
    read_list(scope, node, path, of_what, [&](json::Node element, const std::string& where) {
        if (auto text = read_text(scope, element, where)) out.push_back(std::move(*text));
    });
    return out;
}

GlobList read_globs(Scope& scope, json::Node node, const std::string& path, std::string_view of_what) {
    GlobList out;
    read_list(scope, node, path, of_what, [&](json::Node element, const std::string& where) {
        if (auto glob = read_glob(scope, element, where)) out.patterns.push_back(std::move(*glob));
    });
    return out;
}

std::vector<std::pair<std::string, std::string>> read_text_map(Scope& scope, json::Node node,
                                                               const std::string& path) {
    std::vector<std::pair<std::string, std::string>> out;
    read_map(scope, node, path, "texts",
             [&](std::string_view key, json::Node value, const std::string& where) {
                 if (value.is_string()) {
                     out.emplace_back(std::string(key), std::string(value.string()));
                 } else {
                     wrong_type(scope, value, where, "a text", "put it in quotes");
                 }
             });
    return out;
}

namespace {

constexpr Choice<LabelRequirement::Operator> kOperators[] = {
    {"In", LabelRequirement::Operator::In},
    {"NotIn", LabelRequirement::Operator::NotIn},
    {"Exists", LabelRequirement::Operator::Exists},
    {"DoesNotExist", LabelRequirement::Operator::DoesNotExist},
};

LabelRequirement read_requirement(Scope& scope, json::Node node, const std::string& path) {
    using Operator = LabelRequirement::Operator;
    LabelRequirement out;
    Fields fields(scope, node, path);
    assign(out.key, read_text(scope, fields.need("key", "the label"), fields.path_of("key")));
    assign(out.op, read_enum<Operator>(scope, fields.need("operator", "In, NotIn, Exists or DoesNotExist"),
                                       fields.path_of("operator"), kOperators));
    const bool wants_values = out.op == Operator::In || out.op == Operator::NotIn;
    const json::Node values =
        wants_values ? fields.need("values", "the values to compare with") : fields.get("values");
    out.values = read_texts(scope, values, fields.path_of("values"), "texts");
    if (!wants_values && values.exists()) {
        scope.error_at_key(DocCode::Contradiction, values, path + ": Exists and DoesNotExist take no values");
    }
    return out;
}

}  // namespace

std::optional<LabelSelector> read_selector(Scope& scope, json::Node node, const std::string& path) {
    if (!node.exists()) return std::nullopt;
    LabelSelector out;
    Fields fields(scope, node, path);
    for (auto& [key, value] :
         read_text_map(scope, fields.get("matchLabels"), fields.path_of("matchLabels"))) {
        out.requirements.push_back({key, LabelRequirement::Operator::In, {value}});
    }
    read_list(scope, fields.get("matchExpressions"), fields.path_of("matchExpressions"), "requirements",
              [&](json::Node element, const std::string& where) {
                  out.requirements.push_back(read_requirement(scope, element, where));
              });
    if (fields.is_map() && node.size() == 0) {
        scope.error(DocCode::OutOfRange, node, path + ": an empty selector selects everything",
                    "leave the field out, or give matchLabels");
    }
    return out;
}

std::optional<std::size_t> read_choice(Scope& scope, json::Node node, const std::string& path,
                                       std::span<const std::string_view> names) {
    if (!node.exists()) return std::nullopt;
    const std::string_view text = node.string();
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (node.is_string() && names[i] == text) return i;
    }
    std::vector<std::string> listed(names.begin(), names.end());
    const std::string_view right = node.is_string() ? nearest(text, names) : std::string_view{};
    scope.error(DocCode::BadEnum, node,
                path + ": expected " + (names.size() > 1 ? "one of " : "") + join(listed, ", ") + "; found " +
                    describe(node),
                right.empty() ? "" : "did you mean '" + std::string(right) + "'?");
    return std::nullopt;
}

}  // namespace tollgate::policies
