// SPDX-License-Identifier: Apache-2.0
// Whom to believe. An owner reference can be written by anyone who may create a Pod, so it alone grants
// nothing: the requester must be the controller that makes such objects. Likewise a mirror-pod annotation
// counts only from a node.
#include "engine/decide/exempt.hpp"
#include "engine/decide/state.hpp"

#include <algorithm>
#include <array>

namespace tollgate::decide {

namespace {

constexpr std::string_view kNodesGroup = "system:nodes";
constexpr std::string_view kNodeUserPrefix = "system:node:";

/// The installed webhooks never send it; `check` says the same offline.
bool is_never_sent(std::string_view ns) {
    return ns == kOwnNamespace ||
           std::find(kExemptNamespaces.begin(), kExemptNamespaces.end(), ns) != kExemptNamespaces.end();
}

bool in_group(const User& user, std::string_view group) {
    return std::find(user.groups.begin(), user.groups.end(), group) != user.groups.end();
}

bool is_node(const User& user) {
    return in_group(user, kNodesGroup) && user.name.substr(0, kNodeUserPrefix.size()) == kNodeUserPrefix;
}

/// Annotations by which a pod asks for a share of a device; what they say is no mere metadata.
constexpr std::array<std::string_view, 4> kSharingAnnotations = {
    "gpu-fraction", "gpu-memory", "gpu-fraction-num-devices", "gpu-fraction-container-name"};

bool same_sharing(json::Node a, json::Node b) {
    const json::Node before = a["metadata"]["annotations"], after = b["metadata"]["annotations"];
    return std::all_of(kSharingAnnotations.begin(), kSharingAnnotations.end(), [&](std::string_view key) {
        return before[key].exists() == after[key].exists() && before[key].text() == after[key].text();
    });
}

/// Everything but metadata and status is the same.
bool same_but_metadata(json::Node a, json::Node b) {
    if (!same_sharing(a, b)) return false;
    const auto relevant = [](std::string_view key) { return key != "metadata" && key != "status"; };
    for (auto [key, value] : a.members())
        if (relevant(key) && !json::equal(value, b[key])) return false;
    for (auto [key, value] : b.members())
        if (relevant(key) && !a[key].exists()) return false;
    return true;
}

bool gate_is_off(const Snapshot& snapshot, std::string_view ns) {
    if (snapshot.cluster == nullptr) return false;
    const auto* labels = snapshot.cluster->find_namespace(ns);
    if (labels == nullptr) return false;
    return std::any_of(labels->begin(), labels->end(), [](const auto& label) {
        return label.first == "tollgate.dev/gate" && label.second == "off";
    });
}

}  // namespace

bool is_controlled(const Request& request, const workload::Workload& workload,
                   const workload::KindTable& kinds) {
    const workload::Owner& owner = workload.owner;
    if (!owner.present) return false;
    const workload::Gvk gvk = workload::parse_gvk(owner.api_version, owner.kind);
    const workload::KindSpec* spec = kinds.find(gvk.group, gvk.version, gvk.kind);
    if (spec == nullptr) return false;
    return std::find(spec->controllers.begin(), spec->controllers.end(), request.user.name) !=
           spec->controllers.end();
}

void believe_owner(const Review& review, workload::Workload& workload) {
    const workload::Owner& owner = workload.owner;
    if (!owner.present) return;
    const workload::KindSpec* root = review.snapshot.rules->kinds.find(owner.root_group, "", owner.root_kind);
    if (root == nullptr) return;
    if (review.controlled) {
        workload::classify_by_root(workload, *root);
    } else {
        workload.training_claimed = root->cls == workload::Class::Training;
    }
}

namespace {

void find_root(const workload::KindTable& kinds, workload::Workload& workload) {
    workload::Owner& owner = workload.owner;
    if (!owner.present || !workload.is_pod()) return;
    const workload::KindSpec* parent = kinds.find_parent(owner.root_group, owner.root_kind, workload.labels);
    if (parent == nullptr) return;
    const bool root_is_known = owner.root_kind != owner.kind;
    (root_is_known ? owner.maker_group : owner.root_group) = parent->group;
    (root_is_known ? owner.maker_kind : owner.root_kind) = parent->kind;
}

}  // namespace

Result<State> read_state(const Review& review, json::Node object, const workload::KindSpec& kind) {
    auto workload = workload::extract(object, kind, review.request.kind);
    if (!workload.has_value()) return fail(workload.error().message);
    State state;
    state.object = object;
    state.workload = std::move(*workload);
    if (!review.request.ns.empty()) state.workload.ref.ns = review.request.ns;
    find_root(review.snapshot.rules->kinds, state.workload);
    believe_owner(review, state.workload);
    return state;
}

std::string exemption(const Request& request, const Snapshot& snapshot, const workload::Workload& workload) {
    if (snapshot.rules->policies.empty()) return "";  // nobody would have judged it
    if (workload.is_pod() && workload.mirror && is_node(request.user)) return "mirror pod made by its node";
    if (request.operation == Operation::Update && request.subresource.empty() &&
        same_but_metadata(request.object, request.old_object))
        return "metadata-only update";
    if (gate_is_off(snapshot, workload.ref.ns)) return "namespace has the gate off";
    if (request.check && is_never_sent(workload.ref.ns))
        return "namespace " + std::string(workload.ref.ns) + " is excluded by the installed webhooks";
    return "";
}

}  // namespace tollgate::decide
