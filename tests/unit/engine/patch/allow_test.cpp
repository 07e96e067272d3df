// SPDX-License-Identifier: Apache-2.0
#include "engine/patch/allow.hpp"

#include "tests/support/catch.hpp"

#include <string_view>

using tollgate::patch::is_allowed;

namespace {

bool nvidia(std::string_view resource) {
    return resource.substr(0, 11) == "nvidia.com/";
}

}  // namespace

TEST_CASE("what a rewrite may touch") {
    for (const char* pointer : {"/spec/containers/0/resources/requests/nvidia.com~1gpu",
                                "/spec/containers/12/resources/limits/nvidia.com~1mig-1g.10gb",
                                "/spec/initContainers/0/resources/limits/nvidia.com~1gpu",
                                "/spec/resources/limits/nvidia.com~1gpu",
                                "/spec/containers/0/resources/claims",
                                "/spec/containers/0/resources/claims/0/name",
                                "/spec/resourceClaims/-",
                                "/spec/nodeSelector",
                                "/spec/nodeSelector/nvidia.com~1gpu.product",
                                "/spec/tolerations",
                                "/spec/tolerations/-",
                                "/spec/tolerations/0/key",
                                "/spec/affinity/nodeAffinity",
                                "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/"
                                "nodeSelectorTerms/0/matchExpressions/-",
                                "/spec/schedulerName",
                                "/metadata/labels/kueue.x-k8s.io~1queue-name",
                                "/metadata/labels/kai.scheduler~1queue",
                                "/metadata/labels/runai~1queue",
                                "/metadata/annotations/gpu-fraction",
                                "/metadata/annotations/gpu-memory",
                                "/metadata/annotations/gpu-fraction-num-devices",
                                "/metadata/annotations/tollgate.dev~1expires-at"}) {
        INFO(pointer);
        CHECK(is_allowed(pointer, nvidia));
    }
}

TEST_CASE("what it never touches") {
    for (const char* pointer : {"",
                                "/",
                                "/spec",
                                "/metadata",
                                "/spec/containers",
                                "/spec/containers/0",
                                "/spec/containers/-",
                                "/spec/containers/0/image",
                                "/spec/containers/0/env",
                                "/spec/containers/0/env/0/value",
                                "/spec/containers/0/args",
                                "/spec/containers/0/command/0",
                                "/spec/containers/0/securityContext/privileged",
                                "/spec/securityContext",
                                "/spec/priorityClassName",
                                "/spec/runtimeClassName",
                                "/spec/serviceAccountName",
                                "/spec/hostNetwork",
                                "/spec/containers/0/resources",
                                "/spec/containers/0/resources/limits",
                                "/spec/containers/0/resources/limits/cpu",
                                "/spec/containers/x/resources/limits/nvidia.com~1gpu",
                                "/spec/containers/-/resources/limits/nvidia.com~1gpu",
                                "/spec/containers/0/resources/limits/nvidia.com~1gpu/x",
                                "/spec/ephemeralContainers/0/resources/limits/nvidia.com~1gpu",
                                "/spec/affinity",
                                "/spec/affinity/podAffinity",
                                "/spec/affinity/podAntiAffinity/x",
                                "/spec/nodeSelector/a/b",
                                "/spec/nodeName",
                                "/metadata/labels",
                                "/metadata/annotations",
                                "/metadata/labels/app",
                                "/metadata/annotations/kubernetes.io~1psp",
                                "/metadata/annotations/xtollgate.dev~1keep",
                                "/metadata/finalizers/0",
                                "/metadata/annotations/tollgate.dev",
                                "/metadata/ownerReferences/-",
                                "/spec/volumes/-",
                                "/status/phase",
                                "spec/schedulerName",
                                "/spec/schedulerName/",
                                "/spec/activeDeadlineSeconds",
                                "/spec/tolerations~2"}) {
        INFO(pointer);
        CHECK_FALSE(is_allowed(pointer, nvidia));
    }
    CHECK_FALSE(is_allowed("/spec/containers/0/resources/limits/nvidia.com~1gpu", nullptr));
}

TEST_CASE("lifetime fields are allowed by name alone") {
    const std::string_view lifetime[] = {"/spec/activeDeadlineSeconds"};
    CHECK(is_allowed("/spec/activeDeadlineSeconds", nvidia, lifetime));
    CHECK_FALSE(is_allowed("/spec/activeDeadlineSeconds/x", nvidia, lifetime));
    CHECK_FALSE(is_allowed("/spec/ttlSecondsAfterFinished", nvidia, lifetime));
}
