// SPDX-License-Identifier: Apache-2.0
#include "engine/vap/resource.hpp"

#include "tests/support/catch.hpp"

namespace tollgate::vap {
namespace {

TEST_CASE("the resource of a kind follows the rule of English, with few exceptions") {
    CHECK(resource_of("Pod") == "pods");
    CHECK(resource_of("NetworkPolicy") == "networkpolicies");
    CHECK(resource_of("Ingress") == "ingresses");
    CHECK(resource_of("Gateway") == "gateways");
    CHECK(resource_of("Endpoints") == "endpoints");
    CHECK(resource_of("EndpointSlice") == "endpointslices");
    CHECK(resource_of("StorageClass") == "storageclasses");
    CHECK(resource_of("PyTorchJob") == "pytorchjobs");
}

TEST_CASE("kinds that live in no namespace are known by group and kind") {
    CHECK(is_cluster_scoped("", "Namespace"));
    CHECK(is_cluster_scoped("rbac.authorization.k8s.io", "ClusterRole"));
    CHECK_FALSE(is_cluster_scoped("rbac.authorization.k8s.io", "Role"));
    CHECK_FALSE(is_cluster_scoped("example.com", "Namespace"));
}

}  // namespace
}  // namespace tollgate::vap
