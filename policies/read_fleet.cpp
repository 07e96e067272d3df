// SPDX-License-Identifier: Apache-2.0
#include "engine/base/limits.hpp"
#include "policies/read_documents.hpp"
#include "policies/values.hpp"

#include <algorithm>

namespace tollgate::policies {

ReadFleet read_fleet(Scope& scope, json::Node root) {
    ReadFleet out;
    Fields document(scope, root, "");
    const Metadata metadata = read_metadata(document);
    out.name = metadata.name;
    out.place = metadata.place;
    Fields spec(scope, document.need("spec", "the pools"), "spec");
    if (!spec.is_map()) return out;
    if (const json::Node node = spec.get("prices"); node.exists()) {
        Fields prices(scope, node, "spec.prices");
        assign(out.provider, read_text(scope, prices.get("provider"), "spec.prices.provider"));
        assign(out.region, read_text(scope, prices.get("region"), "spec.prices.region"));
    }
    const json::Node pools = spec.need("pools", "at least one pool of nodes");
    if (pools.size() > limits::kMaxPools) {
        scope.error_at_key(DocCode::TooMany, pools,
                           "spec.pools: at most " + std::to_string(limits::kMaxPools) + " pools");
        return out;
    }
    read_list(scope, pools, "spec.pools", "pools", [&](json::Node element, const std::string& path) {
        fleet::Pool pool = read_pool(scope, element, path);
        const auto same = [&](const fleet::Pool& each) {
            return !pool.name.empty() && each.name == pool.name;
        };
        if (std::any_of(out.pools.begin(), out.pools.end(), same)) {
            scope.error(DocCode::DuplicateName, element["name"],
                        path + ": another pool is called '" + pool.name + "'");
        }
        const json::Node name = element["name"];
        out.pool_names.push_back(scope.place(name.exists() ? name : element));
        out.pools.push_back(std::move(pool));
    });
    return out;
}

}  // namespace tollgate::policies
