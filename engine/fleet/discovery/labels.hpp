// SPDX-License-Identifier: Apache-2.0
// The labels of a Node as discovery reads them. A key or value that is no Kubernetes label (other characters,
// too long) counts as absent: the API server would have refused it, so it is no cluster's.
// Thread rule: views of a Document; pure.
#pragma once

#include "engine/base/json/node.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace tollgate::fleet {

/// Letters, digits, '-', '_', '.' and '/': what labels, taints, zones and resource names are made of.
bool is_label_text(std::string_view text);

class Labels {
  public:
    explicit Labels(json::Node object) : labels_(object["metadata"]["labels"]) {}

    /// "" when absent.
    std::string_view operator[](std::string_view key) const {
        const std::string_view value = labels_[key].string();
        return is_label_text(value) ? value : std::string_view();
    }
    /// A whole number, not negative.
    std::optional<std::int64_t> number(std::string_view key) const;
    json::Node node() const { return labels_; }

  private:
    json::Node labels_;
};

}  // namespace tollgate::fleet
