// SPDX-License-Identifier: Apache-2.0
#include "engine/decide/policy_index.hpp"

#include <algorithm>
#include <numeric>

namespace tollgate::decide {
namespace {

using Names = std::vector<std::string_view>;

/// "" alone: any.
Names kinds_of(const rules::Match& match) {
    for (const rules::Condition& condition : match.conditions)
        if (!condition.when.only_kind.empty()) return {condition.when.only_kind};
    Names kinds;
    for (const rules::KindPattern& pattern : match.kinds) kinds.push_back(pattern.kind);
    if (kinds.empty()) kinds.emplace_back();
    return kinds;
}

Names namespaces_of(const rules::Match& match) {
    for (const rules::Condition& condition : match.conditions)
        if (!condition.when.only_namespace.empty()) return {condition.when.only_namespace};
    Names namespaces;
    for (const std::string& pattern : match.namespaces.patterns) {
        if (pattern.empty() || pattern.find_first_of("*?") != std::string::npos) return {""};
        namespaces.emplace_back(pattern);
    }
    if (namespaces.empty()) namespaces.emplace_back();
    return namespaces;
}

}  // namespace

void PolicyIndex::add(std::uint32_t policy, const rules::Match& match) {
    const Names kinds = kinds_of(match);
    Names namespaces = namespaces_of(match);
    if (kinds.size() * namespaces.size() > kMaxKeys) namespaces = {""};
    for (const std::string_view kind : kinds) {
        for (const std::string_view ns : namespaces) {
            std::vector<std::uint32_t>& list = lists_[Key{std::string(kind), std::string(ns)}];
            if (list.empty() || list.back() != policy) list.push_back(policy);
        }
    }
    ++size_;
}

std::vector<std::uint32_t> PolicyIndex::candidates(std::initializer_list<std::string_view> kinds,
                                                   std::string_view ns) const {
    std::vector<std::uint32_t> found;
    const auto append = [&](const KeyView& key) {
        const auto list = lists_.find(key);
        if (list != lists_.end()) found.insert(found.end(), list->second.begin(), list->second.end());
    };
    const auto append_kind = [&](std::string_view kind) {
        append({kind, ""});
        if (!ns.empty()) append({kind, ns});
    };
    append_kind("");
    for (const std::string_view kind : kinds)
        if (!kind.empty()) append_kind(kind);
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

std::vector<std::uint32_t> PolicyIndex::all() const {
    std::vector<std::uint32_t> every(size_);
    std::iota(every.begin(), every.end(), 0U);
    return every;
}

}  // namespace tollgate::decide
