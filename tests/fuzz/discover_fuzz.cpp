// SPDX-License-Identifier: Apache-2.0
// Whatever Nodes a cluster has: discovery never crashes, says the same of them in any order, and the Fleet it
// writes loads without an error.
#include "cli/fleet_text.hpp"
#include "engine/base/limits.hpp"
#include "policies/load.hpp"
#include "policies/manifest.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tollgate;
    const std::string text(static_cast<const char*>(static_cast<const void*>(data)), size);
    const auto documents = policies::load_manifests("fuzz", text);
    std::vector<fleet::NodeFacts> nodes;
    for (const auto& document : documents) {
        const json::Node root = document.doc.root();
        const json::Node items = root.is_array() ? root : root["items"];
        if (auto node = fleet::read_node(root, "document")) nodes.push_back(std::move(*node));
        for (const json::Node item : items.elements()) {
            if (auto node = fleet::read_node(item, "item")) nodes.push_back(std::move(*node));
        }
    }
    std::vector<fleet::NodeFacts> turned(nodes.rbegin(), nodes.rend());
    const auto found = fleet::discover(std::move(nodes));
    if (!found || found->pools.empty()) return 0;
    const std::string written = cli::fleet_text(*found, "");
    constexpr std::int64_t kNow = 1'795'305'600'000;  // 2026-11-22T00:00:00Z
    const auto loaded = policies::load_sources({{"fleet.yaml", written}}, {kNow, ""});
    TOLLGATE_ASSERT(loaded.ok());
    TOLLGATE_ASSERT(loaded.market.pools.size() == found->pools.size());
    const auto again = fleet::discover(std::move(turned));
    // Nodes of one name are told apart by nothing.
    TOLLGATE_ASSERT(again && again->pools.size() == found->pools.size());
    return 0;
}
