// SPDX-License-Identifier: Apache-2.0
#include "engine/base/selector.hpp"

#include "engine/base/text.hpp"

#include <algorithm>

namespace tollgate {
namespace {

bool holds(const LabelRequirement& requirement, json::Node labels) {
    const json::Node label = labels[std::string_view(requirement.key)];
    const auto listed = [&] {
        return std::find(requirement.values.begin(), requirement.values.end(), label.string()) !=
               requirement.values.end();
    };
    switch (requirement.op) {
        case LabelRequirement::Operator::In:
            return label.is_string() && listed();
        case LabelRequirement::Operator::NotIn:
            return !label.is_string() || !listed();
        case LabelRequirement::Operator::Exists:
            return label.exists();
        case LabelRequirement::Operator::DoesNotExist:
            return !label.exists();
    }
    return false;
}

}  // namespace

bool LabelSelector::matches(json::Node labels) const {
    return std::all_of(requirements.begin(), requirements.end(),
                       [labels](const LabelRequirement& requirement) { return holds(requirement, labels); });
}

bool GlobList::matches(std::string_view text) const {
    return std::any_of(patterns.begin(), patterns.end(),
                       [text](const std::string& pattern) { return glob_match(pattern, text); });
}

}  // namespace tollgate
