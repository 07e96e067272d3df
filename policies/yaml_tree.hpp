// SPDX-License-Identifier: Apache-2.0
// The tree of one YAML document as it is written: aliases are references, scalars are text. Filled by
// yaml_reader.cpp from events, read once by emit_tree(), which expands it into a json::Document.
// Limits: limits::kMaxYamlNodes counts what expansion makes, merged keys included; limits::kMaxYamlDepth.
// Thread rule: plain data.
#pragma once

#include "policies/yaml_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tollgate::policies {

inline constexpr std::uint32_t kNoNode = UINT32_MAX;

struct RawNode {
    enum class Kind : std::uint8_t { Null, Scalar, Sequence, Map, Alias };
    Kind kind = Kind::Null;
    bool merge_key = false;  // a plain `<<`
    bool open = false;       // being expanded now: an alias to it would never end
    std::uint32_t line = 0;  // 1-based in the file
    std::uint32_t byte_column = 0;
    std::uint32_t first_child = kNoNode, next_sibling = kNoNode;  // maps: key, value, key, value
    std::uint32_t target = kNoNode;                               // of an alias
    std::string tag, text;
};

struct RawTree {
    std::vector<RawNode> nodes;
    std::uint32_t root = kNoNode;
    std::size_t end_offset = 0;  // of the document in the file
};

/// Expands the tree into `out.doc` (and `out.spans`). On an error `out.doc` keeps no root and the
/// error is in `out.diagnostics`.
void emit_tree(RawTree& tree, const SourceText& source, const YamlOptions& options, YamlDocument& out);

}  // namespace tollgate::policies
