// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/walk.hpp"

#include <algorithm>
#include <charconv>

namespace tollgate::workload {
namespace {

std::optional<std::size_t> list_index(std::string_view key) {
    std::size_t index = 0;
    const char* end = key.data() + key.size();
    const auto [stopped, error] = std::from_chars(key.data(), end, index);
    if (error != std::errc{} || stopped != end) return std::nullopt;
    return index;
}

bool is_plain_key(std::string_view key) {
    return !key.empty() && key.find_first_of(".'[]* \t\n") == std::string_view::npos;
}

}  // namespace

const Step* Trail::wildcard(std::size_t n) const {
    for (std::size_t i = 0; i < size_; ++i) {
        if (!steps_[i].wildcard) continue;
        if (n == 0) return &steps_[i];
        --n;
    }
    return nullptr;
}

void append_token(std::string& pointer, std::string_view key) {
    pointer += '/';
    if (key.find_first_of("~/") == std::string_view::npos) {
        pointer += key;
        return;
    }
    for (const char c : key) {
        if (c == '~') {
            pointer += "~0";
        } else if (c == '/') {
            pointer += "~1";
        } else {
            pointer += c;
        }
    }
}

std::string pointer_of(const Trail& trail, std::size_t count) {
    std::string pointer;
    for (std::size_t i = 0; i < std::min(count, trail.size()); ++i) {
        if (trail[i].in_list) {
            pointer += '/';
            pointer += std::to_string(trail[i].index);
        } else {
            append_token(pointer, trail[i].key);
        }
    }
    return pointer;
}

std::string pointer_to(const Path& path, const Trail& trail) {
    std::string pointer;
    std::size_t wildcards = 0;
    for (const Path::Segment& segment : path.segments) {
        const Step* taken = segment.wildcard ? trail.wildcard(wildcards++) : nullptr;
        if (taken == nullptr) {
            append_token(pointer, segment.key);
        } else if (taken->in_list) {
            pointer += '/';
            pointer += std::to_string(taken->index);
        } else {
            append_token(pointer, taken->key);
        }
    }
    return pointer;
}

std::string field_of(const Trail& trail, std::size_t count) {
    std::string field;
    for (std::size_t i = 0; i < std::min(count, trail.size()); ++i) {
        if (trail[i].in_list) {
            field += '[';
            field += std::to_string(trail[i].index);
            field += ']';
            continue;
        }
        if (i != 0) field += '.';
        if (is_plain_key(trail[i].key)) {
            field += trail[i].key;
        } else {
            field += '\'';
            field += trail[i].key;
            field += '\'';
        }
    }
    return field;
}

json::Node child(json::Node node, std::string_view key, Step& step) {
    if (node.is_array()) {
        const std::optional<std::size_t> index = list_index(key);
        if (!index.has_value()) return {};
        step = {.key = {}, .index = *index, .in_list = true, .wildcard = false};
        return node[*index];
    }
    step = {.key = key, .index = 0, .in_list = false, .wildcard = false};
    return node[key];
}

json::Node follow(json::Node root, const Path& path, const Trail& trail, bool& bound) {
    json::Node node = root;
    std::size_t wildcards = 0;
    bound = true;
    for (const Path::Segment& segment : path.segments) {
        if (!segment.wildcard) {
            Step step;
            node = child(node, segment.key, step);
            continue;
        }
        const Step* taken = trail.wildcard(wildcards++);
        if (taken == nullptr) {
            bound = false;
            return {};
        }
        node = taken->in_list ? node[taken->index] : node[taken->key];
    }
    return node;
}

}  // namespace tollgate::workload
