// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/replicas.hpp"

#include "engine/base/limits.hpp"
#include "engine/workload/amount.hpp"

#include <algorithm>
#include <charconv>

namespace tollgate::workload {
namespace {

/// The number in an annotation is text; anywhere else text is none.
bool is_annotation(const Path& path) {
    const std::size_t size = path.segments.size();
    return size > 1 && path.segments[size - 2].key == "annotations";
}

/// A number of pods, or a switch that is on or off.
std::optional<std::int64_t> whole_number(json::Node node, const Path& path) {
    if (node.is_bool()) return node.boolean() ? 1 : 0;
    std::optional<std::int64_t> value;
    if (node.is_number()) {
        value = node.integer();
    } else if (is_annotation(path)) {
        const std::string_view text = node.string();
        std::int64_t number = 0;
        const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error == std::errc{} && stopped == text.data() + text.size()) value = number;
    }
    return value.has_value() && *value >= 0 ? value : std::nullopt;
}

bool is_there(json::Node node) {
    return node.exists() && !node.is_null();
}

/// Reads the factors of one place. Each function is empty where something is there that is no number.
class Reader {
  public:
    Reader(json::Node object, const Trail& trail) : object_(object), trail_(trail) {}

    std::optional<std::int64_t> factor(const Factor& factor) const {
        std::optional<std::int64_t> value =
            factor.membership.has_value() ? of_group(*factor.membership, factor.absent) : first(factor);
        if (!value.has_value()) return std::nullopt;
        if (factor.divided_by.has_value()) {
            const std::optional<std::int64_t> divisor = at(*factor.divided_by, 1);
            if (!divisor.has_value()) return std::nullopt;
            value = std::max<std::int64_t>(1, *value / std::max<std::int64_t>(1, *divisor));
        }
        if (factor.at_least.has_value()) {
            const std::optional<std::int64_t> least = at(*factor.at_least, *value);
            if (!least.has_value()) return std::nullopt;
            value = std::max(*value, *least);
        }
        if (factor.at_most.has_value()) {
            const std::optional<std::int64_t> most = at(*factor.at_most, *value);
            if (!most.has_value()) return std::nullopt;
            value = std::min(*value, *most);
        }
        value = std::max(*value, factor.minimum);
        const bool less = !factor.less_with.has_value() || is_there(node(*factor.less_with));
        return less ? std::max<std::int64_t>(0, *value - factor.less) : value;
    }

    std::optional<std::int64_t> at(const Path& path, std::int64_t absent) const {
        bool bound = true;
        const json::Node found = follow(object_, path, trail_, bound);
        if (!bound) return std::nullopt;
        return is_there(found) ? whole_number(found, path) : absent;
    }

  private:
    json::Node node(const Path& path) const {
        bool bound = true;
        return follow(object_, path, trail_, bound);
    }

    std::optional<std::int64_t> first(const Factor& factor) const {
        for (const Path& path : factor.paths) {
            bool bound = true;
            const json::Node found = follow(object_, path, trail_, bound);
            if (!bound) return std::nullopt;
            if (is_there(found)) return whole_number(found, path);
        }
        return factor.absent;
    }

    std::optional<std::int64_t> of_group(const Membership& membership, std::int64_t absent) const {
        const std::string_view name = node(membership.name).string();
        const Trail none;
        bool bound = true;
        std::size_t looked_at = 0;
        for (const json::Node group : node(membership.groups).elements()) {
            for (const json::Node member : follow(group, membership.members, none, bound).elements()) {
                if (++looked_at > limits::kMaxGroupMembers) return std::nullopt;
                if (name.empty() || member.string() != name) continue;
                const json::Node count = follow(group, membership.count, none, bound);
                return is_there(count) ? whole_number(count, membership.count) : absent;
            }
        }
        return absent;
    }

    json::Node object_;
    const Trail& trail_;
};

}  // namespace

bool is_counted(json::Node object, const PodPath& path) {
    return std::none_of(path.uncounted_with.begin(), path.uncounted_with.end(), [&](const Path& each) {
        bool found = false;
        for_each_place(object, each, [&](json::Node node, json::Node, const Trail&) {
            found = is_there(node);
            return !found;
        });
        return found;
    });
}

std::optional<std::int64_t> read_replicas(json::Node object, const PodPath& path, const Trail& trail,
                                          bool counted) {
    if (path.per_node) return std::nullopt;
    const Reader reader(object, trail);
    std::int64_t replicas = 1;
    bool exact = true;
    for (const Factor& factor : path.replicas) {
        const std::optional<std::int64_t> value = reader.factor(factor);
        if (!value.has_value()) return std::nullopt;
        replicas = saturating_multiply(replicas, *value, exact);
    }
    if (!path.at_most.has_value()) return exact && counted ? std::optional(replicas) : std::nullopt;
    constexpr std::int64_t kNone = -1;
    const std::optional<std::int64_t> cap = reader.at(*path.at_most, kNone);
    if (!cap.has_value()) return std::nullopt;
    if (*cap != kNone && (!counted || *cap < replicas)) return cap;
    return exact && counted ? std::optional(replicas) : std::nullopt;
}

}  // namespace tollgate::workload
