// SPDX-License-Identifier: Apache-2.0
#include "engine/fleet/discovery/labels.hpp"

#include <algorithm>
#include <charconv>

namespace tollgate::fleet {

bool is_label_text(std::string_view text) {
    constexpr std::size_t kLongest = 253 + 1 + 63;  // a key with its domain
    return text.size() <= kLongest && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_' || c == '.' || c == '/';
           });
}

std::optional<std::int64_t> Labels::number(std::string_view key) const {
    const std::string_view text = (*this)[key];
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < 0)
        return std::nullopt;
    return value;
}

}  // namespace tollgate::fleet
