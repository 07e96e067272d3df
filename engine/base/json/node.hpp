// SPDX-License-Identifier: Apache-2.0
// The one JSON tree: what requests, manifests, params and patches are read into. Immutable, arena-backed.
//
// Node is a view of 8 bytes; it is valid as long as its Document. A Node may be `missing` (no such member):
// every accessor works on a missing Node and gives missing / empty, so that paths can be walked without
// checks. Numbers keep their source text, so that "1e0" and 64-bit overflow are the reader's decision.
// Strings are UTF-8 as received; lone surrogates and odd numbers are kept and are no error (they are not our
// business). Duplicate keys: the last wins, as in the API server; Document::duplicate_keys() counts them.
// Thread rule: a Document is immutable once built; any number of threads may read it.
#pragma once

#include "engine/base/json/value.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tollgate::json {

class Node {
  public:
    Node() = default;
    explicit Node(const Value* value) : value_(value) {}

    Kind kind() const { return value_ == nullptr ? Kind::Missing : value_->kind(); }
    bool exists() const { return value_ != nullptr; }
    explicit operator bool() const { return value_ != nullptr; }
    bool is_null() const { return kind() == Kind::Null; }
    bool is_string() const { return kind() == Kind::String; }
    bool is_number() const { return kind() == Kind::Number; }
    bool is_bool() const { return kind() == Kind::Bool; }
    bool is_array() const { return kind() == Kind::Array; }
    bool is_object() const { return kind() == Kind::Object; }

    /// The content of a string, or the source text of a number; else "".
    std::string_view text() const { return is_string() || is_number() ? value_->view() : std::string_view{}; }
    /// The content of a string; else "".
    std::string_view string() const { return is_string() ? text() : std::string_view{}; }
    bool boolean(bool otherwise = false) const { return is_bool() ? value_->size != 0 : otherwise; }
    /// A whole number in 64 bits ("3", "3.0", "3e0"); else empty.
    std::optional<std::int64_t> integer() const;

    /// Elements of an array or members of an object; else 0.
    std::size_t size() const { return is_array() || is_object() ? value_->size : 0; }
    /// Array element; missing when out of range or not an array.
    Node operator[](std::size_t index) const {
        return is_array() && index < value_->size ? Node(value_->elements + index) : Node();
    }
    /// Member of an object; missing when absent or not an object. Linear up to 16 members, then a binary
    /// search.
    Node operator[](std::string_view key) const;
    /// The i-th member in document order (after duplicates were dropped).
    std::string_view key(std::size_t index) const {
        return is_object() && index < value_->size ? value_->members[index].key.view() : std::string_view{};
    }
    Node value(std::size_t index) const {
        return is_object() && index < value_->size ? Node(&value_->members[index].value) : Node();
    }

    /// Identity within the Document: same id, same place.
    const void* id() const { return value_; }
    /// The number given to Builder::tag for this value, else 0; below 2^24. Side tables such as source spans
    /// use it.
    std::uint32_t tag() const { return value_ == nullptr ? 0 : value_->tag(); }

    /// for (Node element : node.elements())
    class Elements;
    Elements elements() const;
    /// for (auto [key, value] : node.members())
    struct KeyValue;
    class Members;
    Members members() const;

  private:
    const Value* value_ = nullptr;
};

struct Node::KeyValue {
    std::string_view key;
    Node value;
};

class Node::Elements {
  public:
    explicit Elements(Node node) : node_(node), size_(node.is_array() ? node.size() : 0) {}
    struct Iterator {
        Node node;
        std::size_t index;
        Node operator*() const { return node[index]; }
        Iterator& operator++() {
            ++index;
            return *this;
        }
        bool operator!=(const Iterator& other) const { return index != other.index; }
    };
    Iterator begin() const { return {node_, 0}; }
    Iterator end() const { return {node_, size_}; }

  private:
    Node node_;
    std::size_t size_;
};

class Node::Members {
  public:
    explicit Members(Node node) : node_(node), size_(node.is_object() ? node.size() : 0) {}
    struct Iterator {
        Node node;
        std::size_t index;
        KeyValue operator*() const { return {node.key(index), node.value(index)}; }
        Iterator& operator++() {
            ++index;
            return *this;
        }
        bool operator!=(const Iterator& other) const { return index != other.index; }
    };
    Iterator begin() const { return {node_, 0}; }
    Iterator end() const { return {node_, size_}; }

  private:
    Node node_;
    std::size_t size_;
};

inline Node::Elements Node::elements() const {
    return Elements(*this);
}
inline Node::Members Node::members() const {
    return Members(*this);
}

/// Semantic equality: same shape, numbers equal as exact decimals, member order irrelevant.
bool equal(Node a, Node b);

}  // namespace tollgate::json
