// SPDX-License-Identifier: Apache-2.0
// Kinds and objects for tests of this room, without YAML. The built-in kinds say the same as policies/kinds/.
#pragma once

#include "engine/base/json/document.hpp"
#include "engine/workload/kind_spec.hpp"
#include "engine/workload/workload.hpp"
#include "tests/support/catch.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate::workload::test {

inline Path path(std::string_view text) {
    Result<Path> parsed = parse_path(text);
    if (!parsed.has_value()) throw std::runtime_error(parsed.error().message);
    return std::move(*parsed);
}

inline PodPath pods(std::string_view at, Shape shape, std::vector<std::string_view> replicas = {}) {
    PodPath pod;
    pod.path = path(at);
    pod.shape = shape;
    for (const std::string_view each : replicas) pod.replicas.push_back({.paths = {path(each)}});
    return pod;
}

inline KindSpec kind(std::string group, std::string name, std::vector<PodPath> paths) {
    KindSpec spec;
    spec.name = name;
    spec.group = std::move(group);
    spec.kind = std::move(name);
    spec.versions = {"v1"};
    spec.pods = std::move(paths);
    return spec;
}

inline KindSpec pod_kind() {
    KindSpec spec = kind("", "Pod", {pods("spec", Shape::PodSpec)});
    spec.lifetime.deadline_seconds = path("spec.activeDeadlineSeconds");
    return spec;
}

inline KindSpec deployment_kind() {
    KindSpec spec =
        kind("apps", "Deployment", {pods("spec.template", Shape::PodTemplate, {"spec.replicas"})});
    spec.cls = Class::Serving;
    spec.owner_kinds = {"ReplicaSet.apps"};
    return spec;
}

inline KindSpec daemonset_kind() {
    KindSpec spec = kind("apps", "DaemonSet", {pods("spec.template", Shape::PodTemplate)});
    spec.pods[0].per_node = true;
    return spec;
}

inline KindSpec job_kind() {
    KindSpec spec = kind("batch", "Job", {pods("spec.template", Shape::PodTemplate, {"spec.parallelism"})});
    spec.cls = Class::Batch;
    spec.pods[0].at_most = path("spec.completions");
    spec.lifetime.deadline_seconds = path("spec.activeDeadlineSeconds");
    spec.lifetime.ttl_seconds_after_finished = path("spec.ttlSecondsAfterFinished");
    spec.lifetime.suspend = path("spec.suspend");
    spec.immutable_template = true;
    return spec;
}

inline KindSpec cronjob_kind() {
    KindSpec spec = kind(
        "batch", "CronJob",
        {pods("spec.jobTemplate.spec.template", Shape::PodTemplate, {"spec.jobTemplate.spec.parallelism"})});
    spec.cls = Class::Batch;
    spec.pods[0].at_most = path("spec.jobTemplate.spec.completions");
    spec.lifetime.deadline_seconds = path("spec.jobTemplate.spec.activeDeadlineSeconds");
    spec.lifetime.suspend = path("spec.suspend");
    spec.concurrency_policy = path("spec.concurrencyPolicy");
    spec.schedule = path("spec.schedule");
    return spec;
}

/// A workload together with the document and the kind it points into.
struct Read {
    json::Document document;
    std::unique_ptr<KindSpec> kind;
    Workload workload;

    const Pod& pod(std::size_t index = 0) const { return workload.pods.at(index); }
};

inline json::Document parse(std::string_view text) {
    auto document = json::parse(text);
    if (!document.has_value()) throw std::runtime_error(document.error().message + ": " + std::string(text));
    return std::move(*document);
}

inline Read read(std::string_view text, KindSpec spec) {
    Read result{parse(text), std::make_unique<KindSpec>(std::move(spec)), {}};
    auto workload =
        extract(result.document.root(), *result.kind, {result.kind->group, "v1", result.kind->kind});
    if (!workload.has_value()) throw std::runtime_error(workload.error().message);
    result.workload = std::move(*workload);
    return result;
}

/// A Pod with this spec.
inline Read read_pod(const std::string& spec,
                     const std::string& metadata = R"({"name":"p","namespace":"n"})") {
    return read(R"({"apiVersion":"v1","kind":"Pod","metadata":)" + metadata + R"(,"spec":)" + spec + "}",
                pod_kind());
}

/// {"name": "main", "resources": {"limits": {"nvidia.com/gpu": COUNT}}} and such.
inline std::string gpu_container(const std::string& list, const std::string& count,
                                 const std::string& extra = "",
                                 const std::string& resource = "nvidia.com/gpu") {
    return R"({"name":"c","image":"i")" + extra + R"(,"resources":{")" + list + R"(":{")" + resource +
           R"(":)" + count + "}}}";
}

}  // namespace tollgate::workload::test
