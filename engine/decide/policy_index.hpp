// SPDX-License-Identifier: Apache-2.0
// Which policies may apply to an object: the look-up of candidates, by the kind and the namespace without
// which a policy's match cannot hold. A policy says so in match.kinds and match.namespaces, or in a condition
// such as `workload.kind == "Job"`. The rest of a match is decided on each candidate.
// Limits: kMaxKeys of one policy; beyond it is looked at in every namespace.
// Thread rule: constant once filled.
#pragma once

#include "engine/rules/policy.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tollgate::decide {

class PolicyIndex {
  public:
    void add(std::uint32_t policy, const rules::Match& match);  // in ascending order of `policy`
    /// Ascending positions in Rulebook::policies. `kinds`: the object's own, its owner's and its root
    /// owner's.
    std::vector<std::uint32_t> candidates(std::initializer_list<std::string_view> kinds,
                                          std::string_view ns) const;
    /// All that were added.
    std::vector<std::uint32_t> all() const;

  private:
    static constexpr std::size_t kMaxKeys = 256;

    struct KeyView {
        std::string_view kind, ns;  // "": any
        friend bool operator==(const KeyView&, const KeyView&) = default;
    };
    struct Key {
        std::string kind, ns;
        operator KeyView() const { return {kind, ns}; }
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(const KeyView& key) const {
            const std::hash<std::string_view> hash;
            return hash(key.kind) * 31 + hash(key.ns);
        }
    };
    struct Same {
        using is_transparent = void;
        bool operator()(const KeyView& a, const KeyView& b) const { return a == b; }
    };

    std::unordered_map<Key, std::vector<std::uint32_t>, Hash, Same> lists_;
    std::size_t size_ = 0;
};

}  // namespace tollgate::decide
