// SPDX-License-Identifier: Apache-2.0
// Any object: extraction under several kinds, the pre-check, the search by structure and the needs must end,
// stay within their bounds and agree with each other. The same bytes are also read as a path and as a
// schedule.
#include "engine/base/json/document.hpp"
#include "engine/base/limits.hpp"
#include "engine/workload/need.hpp"
#include "engine/workload/schedule.hpp"
#include "engine/workload/workload.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

namespace limits = tollgate::limits;
namespace json = tollgate::json;
using namespace tollgate::workload;

PodPath pod_path(std::string_view at, Shape shape) {
    PodPath pod;
    pod.path = *parse_path(at);
    pod.shape = shape;
    return pod;
}

KindSpec every_shape() {
    KindSpec spec;
    spec.kind = "Pod";
    spec.pods = {pod_path("spec", Shape::PodSpec),
                 pod_path("spec.template", Shape::PodTemplate),
                 pod_path("spec.*.template", Shape::PodTemplate),
                 pod_path("spec.predictor", Shape::PodSpecInline),
                 pod_path("spec.container", Shape::Container),
                 pod_path("spec.resources", Shape::Resources)};
    spec.pods[1].replicas = {{.paths = {*parse_path("spec.replicas")}}};
    spec.pods[1].at_most = parse_path("spec.completions").value();
    spec.pods[2].replicas = {{.paths = {*parse_path("spec.*.replicas")}}};
    spec.lifetime.deadline_seconds = *parse_path("spec.*.activeDeadlineSeconds");
    spec.lifetime.suspend = *parse_path("spec.suspend");
    spec.schedule = *parse_path("spec.schedule");
    spec.concurrency_policy = *parse_path("spec.concurrencyPolicy");
    return spec;
}

void check(json::Node object, const KindSpec& spec) {
    const auto workload = extract(object, spec, {"", "v1", "Pod"});
    if (!workload.has_value()) {
        TOLLGATE_ASSERT(!workload.error().message.empty());
        return;
    }
    TOLLGATE_ASSERT(workload->pods.size() <= limits::kMaxPodsPerWorkload);
    bool holds = false;
    for (const Pod& pod : workload->pods) {
        TOLLGATE_ASSERT(pod.demands.size() <= limits::kMaxDemandsPerPod);
        TOLLGATE_ASSERT(pod.totals.size() <= limits::kMaxResourcesPerPod);
        TOLLGATE_ASSERT(pod.devices() >= 0);
        TOLLGATE_ASSERT(!pod.replicas.has_value() || *pod.replicas >= 0);
        for (const Demand& demand : pod.demands) {
            TOLLGATE_ASSERT(demand.container < pod.containers.size());
            TOLLGATE_ASSERT(demand.known == demand.why_unknown.empty());
            (void)resources_field(pod, pod.containers[demand.container]);
        }
        holds =
            holds || !pod.demands.empty() || !pod.device_access.empty() || !pod.unknown_accelerators.empty();
        (void)read_declared_need(*workload, pod);
    }
    TOLLGATE_ASSERT(!holds || mentions_accelerator(object, spec));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(static_cast<const char*>(static_cast<const void*>(data)), size);
    static const KindSpec kKind = every_shape();
    if (const auto path = parse_path(text); path.has_value()) TOLLGATE_ASSERT(path->text == text);
    if (const auto period = shortest_period_seconds(text); period.has_value()) TOLLGATE_ASSERT(*period > 0);
    const auto document = json::parse(text, {.max_depth = 64});
    if (!document.has_value()) return 0;
    check(document->root(), kKind);
    KindSpec found;
    found.kind = "Found";
    found.pods = find_pod_specs(document->root());
    check(document->root(), found);
    return 0;
}
