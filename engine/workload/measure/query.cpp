// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/measure/query.hpp"

namespace tollgate::workload {
namespace {

/// What tells one device of one container from another. With honor_labels off, what the exporter says of pods
/// is called exported_*, and the plain names are those of the exporter's own pod.
constexpr std::string_view kDevice =
    "job, namespace, pod, container, exported_namespace, exported_pod, exported_container, UUID, GPU_I_ID, "
    "vgpu";

struct Ranges {
    std::string window, subquery;  // "[1209600s]", "[1209600s:300s]"
};

std::string over(std::string_view how, std::string_view function, const std::string& range) {
    return std::string(how) + " by (" + std::string(kDevice) + ") (" + std::string(function) + "(" + range +
           "))";
}

std::string metric_text(Query query, const Ranges& ranges) {
    const auto in_window = [&](std::string_view how, std::string_view function, std::string_view metric) {
        return over(how, function, std::string(metric) + ranges.window);
    };
    const auto largest = [&](std::string_view metric) { return in_window("max", "max_over_time", metric); };
    const auto mean = [&](std::string_view metric) { return in_window("avg", "avg_over_time", metric); };
    const std::string times = "timestamp(" + std::string(kMemoryMetric) + ")" + ranges.subquery;
    switch (query) {
        case Query::Samples:
            return in_window("sum", "count_over_time", kMemoryMetric);
        case Query::First:
            return over("min", "min_over_time", times);
        case Query::Last:
            return over("max", "max_over_time", times);
        case Query::EngineMax:
            return largest("DCGM_FI_PROF_GR_ENGINE_ACTIVE");
        case Query::EngineMean:
            return mean("DCGM_FI_PROF_GR_ENGINE_ACTIVE");
        case Query::UtilMax:
            return largest("DCGM_FI_DEV_GPU_UTIL");
        case Query::UtilMean:
            return mean("DCGM_FI_DEV_GPU_UTIL");
        case Query::TensorMax:
            return largest("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE");
        case Query::TensorMean:
            return mean("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE");
        case Query::DramMax:
            return largest("DCGM_FI_PROF_DRAM_ACTIVE");
        case Query::DramMean:
            return mean("DCGM_FI_PROF_DRAM_ACTIVE");
        default:
            return largest(kMemoryMetric);
    }
}

std::string replaced(const std::string& vector, std::string_view label, std::string_view from) {
    return "label_replace(" + vector + ", \"" + std::string(label) + "\", \"$1\", \"" + std::string(from) +
           "\", \"(.+)\")";
}

/// Who is told of in `namespace` and `label`, wherever those names ended up; one series for each of `labels`.
std::string told_of(std::string_view metric, std::string_view label, std::string_view labels,
                    const Ranges& ranges) {
    const std::string exported = "exported_" + std::string(label);
    const std::string all = "max by (namespace, exported_namespace, " + exported + ", " +
                            std::string(labels) + ") (max_over_time(" + std::string(metric) + ranges.window +
                            "))";
    return "max by (namespace, " + std::string(labels) + ") (" +
           replaced(replaced(all, "namespace", "exported_namespace"), label, exported) + ")";
}

std::string owners_of(std::string_view metric, std::string_view label, const Ranges& ranges) {
    return told_of(metric, label, std::string(label) + ", owner_kind, owner_name", ranges);
}

/// Of all pods of a cluster, those that have a device.
std::string pod_owners(const Ranges& ranges) {
    return owners_of("kube_pod_owner", "pod", ranges) + " and on (namespace, pod) " +
           told_of(kMemoryMetric, "pod", "pod", ranges);
}

/// Of all ReplicaSets or Jobs, those that own such pods.
std::string second_owners(std::string_view metric, std::string_view label, const Ranges& ranges) {
    const std::string owners = "max by (namespace, owner_name) (" + pod_owners(ranges) + ")";
    return owners_of(metric, label, ranges) + " and on (namespace, " + std::string(label) + ") " +
           replaced(owners, label, "owner_name");
}

}  // namespace

std::string query_text(Query query, std::int64_t window_seconds, std::int64_t step_seconds) {
    const std::string window = std::to_string(window_seconds) + "s";
    const Ranges ranges{"[" + window + "]", "[" + window + ":" + std::to_string(step_seconds) + "s]"};
    if (query == Query::PodOwners) return pod_owners(ranges);
    if (query == Query::ReplicaSetOwners) return second_owners("kube_replicaset_owner", "replicaset", ranges);
    if (query == Query::JobOwners) return second_owners("kube_job_owner", "job_name", ranges);
    return metric_text(query, ranges);
}

}  // namespace tollgate::workload
