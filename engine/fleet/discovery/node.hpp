// SPDX-License-Identifier: Apache-2.0
// One Node of a cluster as a Fleet sees it: where it stands, how it is paid, what it has and who is kept off.
// Thread rule: pure functions; views of the Document the Node is in.
// Source: well-known labels of Kubernetes, EKS, GKE, AKS and Karpenter, as in the catalog; spec.providerID.
#pragma once

#include "engine/base/result.hpp"
#include "engine/fleet/discovery/devices.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::fleet {

struct Amount {
    Ratio value;
    std::string text;  // as the node has it
};

struct NodeFacts {
    json::Node object;
    std::string name;
    std::string provider, region, zone;  // "" when nothing tells
    std::string instance;                // type
    std::string arch, os;
    Billing billing = Billing::OnDemand;
    std::string billing_from;  // the label that says so; "" when it is assumed
    std::string driver;
    std::vector<Toleration> tolerations;  // of its lasting taints, in order
    std::vector<std::string> passing_taints;
    std::map<std::string, Amount> resources;  // allocatable, devices left out
    bool in_service = true;                   // ready and not cordoned
    bool devices_missing = false;             // some that it has are not allocatable
    DeviceCounts devices;                     // by resource
    std::vector<Supply> supplies;             // none: it has no accelerator
};

/// `place` is how errors call it: "items[3]".
Result<NodeFacts> read_node(json::Node object, const std::string& place);

}  // namespace tollgate::fleet
