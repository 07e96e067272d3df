// SPDX-License-Identifier: Apache-2.0
#include "engine/base/json/document.hpp"

#include "engine/base/json/arena.hpp"
#include "engine/base/json/number_text.hpp"
#include "engine/base/json/tree_stack.hpp"

#include <cstring>
#include <limits>
#include <new>
#include <utility>

namespace tollgate::json {

Document::Document() = default;
Document::Document(Document&& other) noexcept
    : arena_(std::move(other.arena_)),
      root_(std::exchange(other.root_, Node())),
      duplicate_keys_(std::exchange(other.duplicate_keys_, 0)) {}
Document& Document::operator=(Document&& other) noexcept {
    arena_ = std::move(other.arena_);
    root_ = std::exchange(other.root_, Node());
    duplicate_keys_ = std::exchange(other.duplicate_keys_, 0);
    return *this;
}
Document::~Document() = default;

struct Builder::State {
    std::unique_ptr<Arena> arena = Arena::make(4 * 1024);
    TreeStack stack;
    std::size_t duplicate_keys = 0;
    std::uint32_t tag = 0;

    bool expects_key() const { return stack.open_kind() == Kind::Object && stack.finished() % 2 == 0; }

    // Every value passes here: the tag is used up, and events out of order are a bug of the caller.
    std::uint32_t take_tag() {
        TOLLGATE_ASSERT(!expects_key());
        TOLLGATE_ASSERT(stack.depth() > 0 || stack.finished() == 0);
        return std::exchange(tag, 0);
    }

    void push_text(Kind kind, std::uint32_t value_tag, std::string_view text) {
        TOLLGATE_ASSERT(text.size() <= std::numeric_limits<std::uint32_t>::max());
        char* memory = nullptr;
        if (!text.empty()) {
            memory = static_cast<char*>(arena->allocate(text.size()));
            std::memcpy(memory, text.data(), text.size());
        }
        stack.push(kind, value_tag, memory, static_cast<std::uint32_t>(text.size()));
    }
};

Builder::Builder() : state_(std::make_unique<State>()) {}
Builder::~Builder() = default;
Builder::Builder(Builder&&) noexcept = default;
Builder& Builder::operator=(Builder&&) noexcept = default;

void Builder::tag(std::uint32_t number) {
    TOLLGATE_ASSERT(number <= kMaxTag);
    state_->tag = number;
}

void Builder::null() {
    state_->stack.push(Kind::Null, state_->take_tag(), nullptr, 0);
}

void Builder::boolean(bool value) {
    state_->stack.push(Kind::Bool, state_->take_tag(), nullptr, value ? 1 : 0);
}

void Builder::number(std::string_view source_text) {
    TOLLGATE_ASSERT(is_number_text(source_text));
    state_->push_text(Kind::Number, state_->take_tag(), source_text);
}

void Builder::string(std::string_view content) {
    state_->push_text(Kind::String, state_->take_tag(), content);
}

void Builder::begin_array() {
    state_->stack.open(Kind::Array, state_->take_tag());
}

void Builder::end_array() {
    TOLLGATE_ASSERT(state_->stack.open_kind() == Kind::Array);
    state_->stack.close(*state_->arena, state_->duplicate_keys);
}

void Builder::begin_object() {
    state_->stack.open(Kind::Object, state_->take_tag());
}

void Builder::key(std::string_view name) {
    TOLLGATE_ASSERT(state_->expects_key());
    state_->push_text(Kind::String, 0, name);
}

void Builder::end_object() {
    TOLLGATE_ASSERT(state_->expects_key());
    state_->stack.close(*state_->arena, state_->duplicate_keys);
}

// Recursive: trees are at most as deep as their reader allows (limits::kMaxJsonDepthCeiling).
void Builder::copy(Node node) {
    switch (node.kind()) {
        case Kind::Missing:
        case Kind::Null:
            null();
            break;
        case Kind::Bool:
            boolean(node.boolean());
            break;
        case Kind::Number:
            state_->push_text(Kind::Number, state_->take_tag(), node.text());
            break;
        case Kind::String:
            string(node.text());
            break;
        case Kind::Array:
            begin_array();
            for (const Node element : node.elements()) copy(element);
            end_array();
            break;
        case Kind::Object:
            begin_object();
            for (const auto [name, value] : node.members()) {
                key(name);
                copy(value);
            }
            end_object();
            break;
    }
}

void Builder::share(Node node) {
    if (!node.exists()) return null();
    state_->take_tag();
    state_->stack.push(*static_cast<const Value*>(node.id()));
}

Document Builder::finish() {
    TOLLGATE_ASSERT(state_->stack.depth() == 0 && state_->stack.finished() == 1);
    Document document;
    void* memory = state_->arena->allocate(sizeof(Value));
    document.root_ = Node(::new (memory) Value(state_->stack.top()));
    document.duplicate_keys_ = state_->duplicate_keys;
    document.arena_ = std::move(state_->arena);
    state_ = std::make_unique<State>();
    return document;
}

}  // namespace tollgate::json
