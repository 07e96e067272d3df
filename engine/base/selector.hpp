// SPDX-License-Identifier: Apache-2.0
// Kubernetes label selectors (matchLabels and matchExpressions) and glob lists.
// Source: k8s.io/apimachinery/pkg/apis/meta/v1 LabelSelector.
#pragma once

#include "engine/base/json/node.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

struct LabelRequirement {
    enum class Operator : std::uint8_t { In, NotIn, Exists, DoesNotExist };
    std::string key;
    Operator op = Operator::In;
    std::vector<std::string> values;
};

/// All requirements must hold; an empty selector holds for everything (as in Kubernetes).
struct LabelSelector {
    std::vector<LabelRequirement> requirements;

    /// `labels`: a JSON object of strings, or missing (no labels).
    bool matches(json::Node labels) const;
};

struct GlobList {
    std::vector<std::string> patterns;
    bool matches(std::string_view text) const;  // any of; an empty list matches nothing
};

}  // namespace tollgate
