// SPDX-License-Identifier: Apache-2.0
// What admission policies judge: one request, as the API server's AdmissionRequest has it, and what else of
// the cluster they may ask for. Views only; whoever fills it keeps the texts and trees.
// Source: k8s.io/api/admission/v1 AdmissionRequest.
// Thread rule: plain data; a World is only read.
#pragma once

#include "engine/base/json/node.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tollgate::vap {

enum class Operation : std::uint8_t { Create, Update, Delete, Connect };
std::string_view to_string(Operation operation);  // "CREATE"

struct GroupVersionKind {
    std::string_view group, version, kind;
};
struct GroupVersionResource {
    std::string_view group, version, resource;
};

struct Input {
    GroupVersionKind kind;
    GroupVersionResource resource;
    // As the client sent it, before the API server's conversion; empty: the same.
    GroupVersionKind request_kind;
    GroupVersionResource request_resource;
    std::string_view subresource, request_subresource, name;
    std::string_view ns;  // "" when the object is cluster-scoped; of a Namespace its own name
    Operation operation = Operation::Create;
    bool dry_run = false;
    std::string_view user, user_uid;
    std::span<const std::string_view> groups;
    json::Node extra;               // of the user: a map of lists
    json::Node object, old_object;  // missing: null (DELETE, CREATE)
    json::Node options;

    bool is_namespace() const { return resource.group.empty() && resource.resource == "namespaces"; }
};

/// What lies beside the object: Namespaces and parameters.
class World {
  public:
    World() = default;
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    virtual ~World() = default;
    /// The Namespace of this name; missing when it was not seen.
    virtual json::Node find_namespace(std::string_view name) const = 0;
    /// All objects of a kind that are known, in all namespaces.
    virtual std::vector<json::Node> find_objects(std::string_view api_version,
                                                 std::string_view kind) const = 0;
};

}  // namespace tollgate::vap
