// SPDX-License-Identifier: Apache-2.0
#include "engine/patch/draft.hpp"

#include "engine/patch/pointer.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace tollgate::patch {
namespace {

bool is_nothing(json::Node node) {
    return !node || node.is_null();
}

// Makes a value ready to hold changes below it; false when it is a scalar.
bool open(Draft& draft, std::string_view next_segment) {
    if (draft.state == Draft::State::Object || draft.state == Draft::State::Array) return true;
    if (draft.state == Draft::State::Removed) draft = draft_of({});
    const bool starts_list = next_segment == "-" || next_segment == "0";
    if (draft.node.is_object() || (is_nothing(draft.node) && !starts_list)) {
        draft.state = Draft::State::Object;
    } else if (draft.node.is_array() || is_nothing(draft.node)) {
        draft.state = Draft::State::Array;
    } else {
        return false;
    }
    return true;
}

Draft& overlaid(Draft& parent, const std::string& segment, std::size_t index, json::Node below) {
    const auto found = std::find_if(parent.children.begin(), parent.children.end(),
                                    [&segment](const DraftChild& known) { return known.segment == segment; });
    if (found != parent.children.end()) return found->draft;
    return parent.children.emplace_back(DraftChild{segment, index, draft_of(below)}).draft;
}

// The child of an opened container, added to the changes. Null when the segment is no place of the list.
Draft* child_of(Draft& parent, const std::string& segment) {
    if (parent.state == Draft::State::Object) {
        return &overlaid(parent, segment, 0, parent.node[std::string_view(segment)]);
    }
    const std::size_t size = parent.node.size();
    if (segment == "-") return &parent.appended.emplace_back(draft_of({}));
    const std::optional<std::size_t> index = parse_index(segment);
    if (!index || *index > size + parent.appended.size()) return nullptr;
    if (*index < size) return &overlaid(parent, segment, *index, parent.node[*index]);
    if (*index == size + parent.appended.size()) return &parent.appended.emplace_back(draft_of({}));
    return &parent.appended[*index - size];
}

// Whether there is something to remove, without leaving a trace.
bool is_there(const Draft& root, std::span<const std::string> segments) {
    const Draft* draft = &root;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        if (draft->state == Draft::State::Removed) return false;
        const auto known =
            std::find_if(draft->children.begin(), draft->children.end(),
                         [&](const DraftChild& child) { return child.segment == segments[i]; });
        if (known != draft->children.end()) {
            draft = &known->draft;
            continue;
        }
        const std::optional<std::size_t> index = parse_index(segments[i]);
        const std::size_t size = draft->node.size();
        if (draft->state == Draft::State::Array && index && *index >= size) {
            if (*index - size >= draft->appended.size()) return false;
            draft = &draft->appended[*index - size];
            continue;
        }
        json::Node node = draft->node;
        for (; i < segments.size(); ++i) node = child(node, segments[i]);
        return node.exists();
    }
    return draft->state != Draft::State::Removed;
}

void write_object(json::Builder& builder, const Draft& draft) {
    const auto find = [&draft](std::string_view key) -> const Draft* {
        for (const DraftChild& child : draft.children) {
            if (child.segment == key) return &child.draft;
        }
        return nullptr;
    };
    builder.begin_object();
    for (const auto [key, value] : draft.node.members()) {
        const Draft* changed = find(key);
        if (changed != nullptr && changed->is_void()) continue;
        builder.key(key);
        if (changed != nullptr) {
            write(builder, *changed);
        } else {
            builder.copy(value);
        }
    }
    for (const DraftChild& child : draft.children) {
        if (child.draft.is_void() || draft.node[std::string_view(child.segment)]) continue;
        builder.key(child.segment);
        write(builder, child.draft);
    }
    builder.end_object();
}

void write_array(json::Builder& builder, const Draft& draft) {
    std::vector<const Draft*> changed(draft.node.size(), nullptr);
    for (const DraftChild& child : draft.children) changed[child.index] = &child.draft;
    builder.begin_array();
    for (std::size_t i = 0; i < changed.size(); ++i) {
        if (changed[i] == nullptr) {
            builder.copy(draft.node[i]);
        } else if (!changed[i]->is_void()) {
            write(builder, *changed[i]);
        }
    }
    for (const Draft& element : draft.appended) {
        if (!element.is_void()) write(builder, element);
    }
    builder.end_array();
}

}  // namespace

Draft draft_of(json::Node node) {
    Draft draft;
    draft.node = node;
    return draft;
}

bool Draft::is_void() const {
    if (state == State::Removed) return true;
    if (state == State::Value) return !node.exists();
    return !node.exists() && std::all_of(children.begin(), children.end(), [](const DraftChild& c) {
        return c.draft.is_void();
    }) && std::all_of(appended.begin(), appended.end(), [](const Draft& d) { return d.is_void(); });
}

Result<void> set(Draft& root, std::span<const std::string> segments, json::Node value) {
    if (!value && !is_there(root, segments)) return {};
    Draft* draft = &root;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        if (!open(*draft, segments[i])) {
            return fail("cannot change " + build_pointer(segments) + ": " + build_pointer(segments.first(i)) +
                        " is neither an object nor a list");
        }
        Draft* next = child_of(*draft, segments[i]);
        if (next == nullptr) {
            return fail("cannot change " + build_pointer(segments) + ": the list has no place '" +
                        segments[i] + "' (it has " + std::to_string(draft->node.size()) + " elements)");
        }
        draft = next;
    }
    *draft = draft_of(value);
    if (!value) draft->state = Draft::State::Removed;
    return {};
}

void write(json::Builder& builder, const Draft& draft) {
    switch (draft.state) {
        case Draft::State::Value:
            builder.copy(draft.node);
            break;
        case Draft::State::Object:
            write_object(builder, draft);
            break;
        case Draft::State::Array:
            write_array(builder, draft);
            break;
        case Draft::State::Removed:
            TOLLGATE_ASSERT(false);
            break;
    }
}

}  // namespace tollgate::patch
