// SPDX-License-Identifier: Apache-2.0
#include "engine/patch/allow.hpp"

#include "engine/base/text.hpp"
#include "engine/patch/pointer.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace tollgate::patch {
namespace {

// Segments: "#" an index, "@" the name of an accelerator resource, "**" at the end one segment or more;
// others are globs on the escaped segment.
constexpr std::array<std::string_view, 35> kAllowed = {
    "/spec/containers/#/resources/requests/@",
    "/spec/containers/#/resources/limits/@",
    "/spec/containers/#/resources/claims",
    "/spec/containers/#/resources/claims/**",
    "/spec/initContainers/#/resources/requests/@",
    "/spec/initContainers/#/resources/limits/@",
    "/spec/initContainers/#/resources/claims",
    "/spec/initContainers/#/resources/claims/**",
    "/spec/resources/requests/@",
    "/spec/resources/limits/@",
    "/spec/resources/claims",
    "/spec/resources/claims/**",
    "/spec/resourceClaims",
    "/spec/resourceClaims/**",
    "/spec/nodeSelector",
    "/spec/nodeSelector/*",
    "/spec/affinity/nodeAffinity",
    "/spec/affinity/nodeAffinity/**",
    "/spec/tolerations",
    "/spec/tolerations/**",
    "/spec/schedulerName",
    "/metadata/labels/kueue.x-k8s.io~1queue-name",
    "/metadata/labels/kai.scheduler~1queue",
    "/metadata/labels/runai~1queue",
    "/metadata/annotations/scheduling.volcano.sh~1queue-name",
    "/metadata/annotations/kai.scheduler~1topology",
    "/metadata/annotations/kai.scheduler~1topology-required-placement",
    "/metadata/annotations/kai.scheduler~1topology-preferred-placement",
    "/metadata/annotations/kueue.x-k8s.io~1podset-required-topology",
    "/metadata/annotations/kueue.x-k8s.io~1podset-preferred-topology",
    "/metadata/annotations/gpu-fraction",
    "/metadata/annotations/gpu-memory",
    "/metadata/annotations/gpu-fraction-num-devices",
    "/metadata/annotations/gpu-fraction-container-name",
    "/metadata/annotations/tollgate.dev~1*",
};

struct Row {
    std::string_view pattern;
    std::string_view fixed;  // what stands before its first "#", "@" or "*": settles nearly every row
};

constexpr auto kRows = [] {
    std::array<Row, kAllowed.size()> rows;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::size_t end = kAllowed[i].find_first_of("#@*");
        rows[i] = {kAllowed[i], kAllowed[i].substr(0, end)};
    }
    return rows;
}();

/// The segment that `rest` begins with, after its slash, still escaped; `rest` becomes what follows.
std::string_view take_segment(std::string_view& rest) {
    const std::string_view segment = rest.substr(1, rest.find('/', 1) - 1);
    rest.remove_prefix(1 + segment.size());
    return segment;
}

bool segment_matches(std::string_view pattern, std::string_view segment,
                     bool (*is_accelerator)(std::string_view)) {
    if (pattern == "#") return parse_index(segment).has_value();
    if (pattern == "@") return is_accelerator != nullptr && is_accelerator(unescape(segment).value_or(""));
    return glob_match(pattern, segment);
}

bool pattern_matches(std::string_view pattern, std::string_view pointer,
                     bool (*is_accelerator)(std::string_view)) {
    while (!pattern.empty()) {
        if (pointer.empty()) return false;
        const std::string_view wanted = take_segment(pattern);
        if (wanted == "**") return true;
        if (!segment_matches(wanted, take_segment(pointer), is_accelerator)) return false;
    }
    return pointer.empty();
}

}  // namespace

bool is_allowed(std::string_view pointer, bool (*is_accelerator)(std::string_view resource),
                std::span<const std::string_view> extra) {
    if (std::find(extra.begin(), extra.end(), pointer) != extra.end()) return true;
    if (pointer.empty() || !is_pointer(pointer)) return false;
    // Each name has one escaped form, so segments are compared as they stand.
    return std::any_of(kRows.begin(), kRows.end(), [&](const Row& row) {
        return pointer.starts_with(row.fixed) && pattern_matches(row.pattern, pointer, is_accelerator);
    });
}

}  // namespace tollgate::patch
