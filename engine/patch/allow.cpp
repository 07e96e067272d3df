// SPDX-License-Identifier: Apache-2.0
#include "engine/patch/allow.hpp"

#include "engine/base/text.hpp"
#include "engine/patch/pointer.hpp"

#include <algorithm>
#include <array>

namespace tollgate::patch {
namespace {

// Segments: "#" an index, "@" the name of an accelerator resource, "**" at the end one segment or more;
// others are globs on the escaped segment.
constexpr std::array<std::string_view, 29> kAllowed = {
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
    "/metadata/annotations/gpu-fraction",
    "/metadata/annotations/gpu-memory",
    "/metadata/annotations/gpu-fraction-num-devices",
    "/metadata/annotations/gpu-fraction-container-name",
    "/metadata/annotations/tollgate.dev~1*",
};

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
    return std::any_of(kAllowed.begin(), kAllowed.end(), [&](std::string_view pattern) {
        return pattern_matches(pattern, pointer, is_accelerator);
    });
}

}  // namespace tollgate::patch
