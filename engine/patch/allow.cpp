// SPDX-License-Identifier: Apache-2.0
#include "engine/patch/allow.hpp"

#include "engine/base/text.hpp"
#include "engine/patch/pointer.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace tollgate::patch {
namespace {

// Segments: "#" an index, "@" the name of an accelerator resource, "**" at the end one segment or more;
// others are globs on the unescaped segment.
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

bool segment_matches(std::string_view pattern, std::string_view segment,
                     bool (*is_accelerator)(std::string_view)) {
    if (pattern == "#") return parse_index(segment).has_value();
    if (pattern == "@") return is_accelerator != nullptr && is_accelerator(segment);
    return glob_match(pattern, segment);
}

bool pattern_matches(std::string_view pattern, const std::vector<std::string>& segments,
                     bool (*is_accelerator)(std::string_view)) {
    const auto wanted = parse_pointer(pattern);
    if (!wanted) return false;
    const bool open_end = wanted->back() == "**";
    const std::size_t fixed = wanted->size() - (open_end ? 1 : 0);
    if (open_end ? segments.size() <= fixed : segments.size() != fixed) return false;
    for (std::size_t i = 0; i < fixed; ++i) {
        if (!segment_matches((*wanted)[i], segments[i], is_accelerator)) return false;
    }
    return true;
}

}  // namespace

bool is_allowed(std::string_view pointer, bool (*is_accelerator)(std::string_view resource),
                std::span<const std::string_view> extra) {
    if (std::find(extra.begin(), extra.end(), pointer) != extra.end()) return true;
    const auto segments = parse_pointer(pointer);
    if (!segments || segments->empty()) return false;
    return std::any_of(kAllowed.begin(), kAllowed.end(), [&](std::string_view pattern) {
        return pattern_matches(pattern, *segments, is_accelerator);
    });
}

}  // namespace tollgate::patch
