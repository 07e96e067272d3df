// SPDX-License-Identifier: Apache-2.0
// Single values of documents: texts, numbers, quantities, durations, money, shares, times, globs,
// enumerations. Each reader takes a node that may be missing (then the answer is empty and nothing is said)
// and reports what does not belong there, with what would. Thread rule: pure but for the Diagnostics behind
// the Scope.
#pragma once

#include "engine/base/money.hpp"
#include "engine/base/ratio.hpp"
#include "engine/base/selector.hpp"
#include "policies/fields.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate::policies {

/// Text that is not empty.
std::optional<std::string> read_text(Scope& scope, json::Node node, const std::string& path);
/// A name as Kubernetes has them: lower-case letters, digits, '-' and '.'.
std::optional<std::string> read_name(Scope& scope, json::Node node, const std::string& path);
/// The name of a rule: capitals are welcome.
std::optional<std::string> read_rule_name(Scope& scope, json::Node node, const std::string& path);
std::optional<bool> read_bool(Scope& scope, json::Node node, const std::string& path);
std::optional<std::int64_t> read_integer(Scope& scope, json::Node node, const std::string& path,
                                         std::int64_t least, std::int64_t most);
/// A Kubernetes quantity that is not negative.
std::optional<Ratio> read_amount(Scope& scope, json::Node node, const std::string& path);
/// A quantity of bytes in whole MiB, rounded up; at least 1.
std::optional<std::int64_t> read_mib(Scope& scope, json::Node node, const std::string& path);
/// A Go duration (or with days) in whole seconds; at least 1.
std::optional<std::int64_t> read_seconds(Scope& scope, json::Node node, const std::string& path);
/// USD as an exact decimal, not negative.
std::optional<Money> read_money(Scope& scope, json::Node node, const std::string& path);
/// "10%" or a number from 0 to 1.
std::optional<Ratio> read_share(Scope& scope, json::Node node, const std::string& path);
std::optional<std::int64_t> read_time(Scope& scope, json::Node node, const std::string& path);
/// A glob of `*`, `?` and literal characters.
std::optional<std::string> read_glob(Scope& scope, json::Node node, const std::string& path);

/// Calls `each(element, path)` for every element; reports what is no list, and an empty list (leaving a field
/// out says that better).
void read_list(Scope& scope, json::Node node, const std::string& path, std::string_view of_what,
               const std::function<void(json::Node, const std::string&)>& each);
/// The same for the members of a map whose keys are names of the writer's choice.
void read_map(Scope& scope, json::Node node, const std::string& path, std::string_view of_what,
              const std::function<void(std::string_view, json::Node, const std::string&)>& each);
std::vector<std::string> read_texts(Scope& scope, json::Node node, const std::string& path,
                                    std::string_view of_what);
GlobList read_globs(Scope& scope, json::Node node, const std::string& path, std::string_view of_what);
/// A map of texts: labels, annotations, selectors.
std::vector<std::pair<std::string, std::string>> read_text_map(Scope& scope, json::Node node,
                                                               const std::string& path);
std::optional<LabelSelector> read_selector(Scope& scope, json::Node node, const std::string& path);

template <class E>
struct Choice {
    std::string_view name;
    E value;
};
/// Position in `names`; reports anything else, with the nearest name.
std::optional<std::size_t> read_choice(Scope& scope, json::Node node, const std::string& path,
                                       std::span<const std::string_view> names);

template <class E>
std::optional<E> read_enum(Scope& scope, json::Node node, const std::string& path,
                           std::span<const Choice<E>> choices) {
    std::vector<std::string_view> names;
    for (const Choice<E>& choice : choices) names.push_back(choice.name);
    const std::optional<std::size_t> at = read_choice(scope, node, path, names);
    if (!at) return std::nullopt;
    return choices[*at].value;
}

/// Keeps what was there when the value is missing or wrong.
template <class T>
void assign(T& out, std::optional<T> value) {
    if (value) out = std::move(*value);
}

}  // namespace tollgate::policies
