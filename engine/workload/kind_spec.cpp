// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/kind_spec.hpp"

#include "engine/base/limits.hpp"

#include <algorithm>

namespace tollgate::workload {
namespace {

tl::unexpected<Error> bad_path(std::string_view text, std::string_view what) {
    return fail("path '" + std::string(text) + "': " + std::string(what));
}

/// Takes one segment off `rest`; what follows is empty or begins with the dot.
Result<Path::Segment> take_segment(std::string_view text, std::string_view& rest) {
    Path::Segment segment;
    if (rest.starts_with('\'')) {
        const std::size_t close = rest.find('\'', 1);
        if (close == std::string_view::npos) return bad_path(text, "a quoted key has no closing '");
        if (close == 1) return bad_path(text, "a quoted key is empty");
        segment.key = std::string(rest.substr(1, close - 1));
        rest.remove_prefix(close + 1);
        if (!rest.empty() && rest.front() != '.') return bad_path(text, "a dot must follow a quoted key");
        return segment;
    }
    const std::size_t end = std::min(rest.find('.'), rest.size());
    const std::string_view key = rest.substr(0, end);
    if (key.empty())
        return bad_path(text, "a key is empty; write 'spec.template', without a dot at either end");
    if (key.find_first_of("[]{}") != std::string_view::npos) {
        return bad_path(text,
                        "brackets are not part of a path; write '.*' for each element of a list or map");
    }
    if (key.find_first_of("'/ \t\r\n") != std::string_view::npos) {
        return bad_path(text, "a key with quotes, slashes or spaces must stand in single quotes as a whole");
    }
    segment.wildcard = key == "*";
    if (!segment.wildcard) {
        if (key.find('*') != std::string_view::npos) {
            return bad_path(text, "'*' stands for a whole key, not for a part of one");
        }
        segment.key = std::string(key);
    }
    rest.remove_prefix(end);
    return segment;
}

/// "ReplicaSet.apps" names kind ReplicaSet of group apps; "Pod" a kind of the core group.
bool names_kind(std::string_view owner_kind, std::string_view group, std::string_view kind) {
    if (!owner_kind.starts_with(kind)) return false;
    owner_kind.remove_prefix(kind.size());
    if (group.empty()) return owner_kind.empty();
    return owner_kind.size() == group.size() + 1 && owner_kind.front() == '.' &&
           owner_kind.substr(1) == group;
}

/// "key" or "key=value", as the pod's labels have it.
bool carries(json::Node labels, std::string_view label) {
    const std::size_t equals = label.find('=');
    if (equals == std::string_view::npos) return labels[label].exists();
    return labels[label.substr(0, equals)].string() == label.substr(equals + 1);
}

}  // namespace

std::string_view to_string(Class cls) {
    switch (cls) {
        case Class::Unclassified:
            return "Unclassified";
        case Class::Training:
            return "Training";
        case Class::Serving:
            return "Serving";
        case Class::Interactive:
            return "Interactive";
        case Class::Batch:
            return "Batch";
    }
    return "";
}

Result<Path> parse_path(std::string_view text) {
    if (text.empty())
        return fail("a path is empty; write the fields from the object's root, as 'spec.template'");
    if (text.size() > limits::kMaxPatternBytes) return fail("a path is longer than 4096 bytes");
    Path path;
    path.text = std::string(text);
    std::string_view rest = text;
    while (true) {
        TOLLGATE_TRY(Path::Segment segment, take_segment(text, rest));
        path.segments.push_back(std::move(segment));
        if (path.segments.size() > limits::kMaxPathSegments) {
            return bad_path(text, "more than " + std::to_string(limits::kMaxPathSegments) + " segments");
        }
        if (rest.empty()) return path;
        rest.remove_prefix(1);
    }
}

KindTable::KindTable(std::vector<KindSpec> kinds) : kinds_(std::move(kinds)) {
    for (std::size_t i = 0; i < kinds_.size(); ++i) {
        by_kind_.emplace(kinds_[i].kind, i);
        for (const std::string& owner : kinds_[i].owner_kinds)
            by_owner_.emplace(owner.substr(0, owner.find('.')), i);
    }
}

const KindSpec* KindTable::find(std::string_view group, std::string_view version,
                                std::string_view kind) const {
    // Documents are few per kind. The one that names the version wins; else the first in document order,
    // because with matchPolicy Equivalent one spec usually reads all versions of a kind.
    const KindSpec* any = nullptr;
    const auto [begin, end] = by_kind_.equal_range(kind);
    for (auto it = begin; it != end; ++it) {
        const KindSpec& spec = kinds_[it->second];
        if (spec.group != group) continue;
        if (std::find(spec.versions.begin(), spec.versions.end(), version) != spec.versions.end())
            return &spec;
        if (any == nullptr || &spec < any) any = &spec;
    }
    return any;
}

const KindSpec* KindTable::find_parent(std::string_view group, std::string_view owner_kind,
                                       json::Node labels) const {
    const auto [begin, end] = by_owner_.equal_range(owner_kind);
    if (begin == end) return nullptr;
    const bool described = find(group, {}, owner_kind) != nullptr;
    const auto is_parent = [&](const KindSpec& spec) {
        if (spec.group == group && spec.kind == owner_kind) return false;
        const bool lists =
            std::any_of(spec.owner_kinds.begin(), spec.owner_kinds.end(),
                        [&](const std::string& each) { return names_kind(each, group, owner_kind); });
        if (!lists) return false;
        if (spec.child_labels.empty()) return !described;
        return std::any_of(spec.child_labels.begin(), spec.child_labels.end(),
                           [&](const std::string& label) { return carries(labels, label); });
    };
    const KindSpec* first = nullptr;  // in document order
    for (auto it = begin; it != end; ++it) {
        const KindSpec& spec = kinds_[it->second];
        if ((first == nullptr || &spec < first) && is_parent(spec)) first = &spec;
    }
    return first;
}

}  // namespace tollgate::workload
