// SPDX-License-Identifier: Apache-2.0
// limits: ceilings on how many devices a pod and a workload ask for. What cannot be counted is an evaluation
// error, unless what can be counted is too much already.
#include "engine/gpu/catalog.hpp"
#include "engine/rules/run.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace tollgate::rules {
namespace {

std::string devices_text(std::int64_t devices) {
    return plural(devices, "GPU");
}

/// `path: value` for each place a container names the resource, so that requests and limits stay equal.
std::string device_fix(const workload::Pod& pod, const workload::Demand& demand, std::int64_t count) {
    if (demand.encoding == workload::Encoding::Annotation) {
        return fix_line(annotation_field(pod, "gpu-fraction-num-devices"), quoted(std::to_string(count)));
    }
    const std::string base = workload::resources_field(pod, pod.containers[demand.container]);
    const std::string name = dotted("/" + escaped(demand.resource));
    std::string text;
    const auto line = [&](std::string_view section) {
        if (!text.empty()) text += '\n';
        text += fix_line(base + std::string(section) + name, quoted(std::to_string(count)));
    };
    if (demand.in_limits || !demand.in_requests) line(".limits.");
    if (demand.in_requests) line(".requests.");
    return text;
}

const workload::Demand* largest_demand(const workload::Pod& pod) {
    const workload::Demand* largest = nullptr;
    for (const workload::Demand& demand : pod.demands) {
        if (!demand.known || demand.cls == gpu::ResourceClass::DeviceAspect) continue;
        if (largest == nullptr || demand.count > largest->count) largest = &demand;
    }
    return largest;
}

/// What the container with the largest request may ask so that the pod stays within `limit`; "" when lowering
/// that one alone does not do.
std::string pod_fix(const workload::Pod& pod, const workload::Demand& largest, std::int64_t limit) {
    const std::int64_t others = pod.devices() - largest.count;
    const std::int64_t left = limit - std::max<std::int64_t>(others, 0);
    return left >= 1 && left < largest.count ? device_fix(pod, largest, left) : "";
}

void report_uncounted(Run& run, const workload::Pod& pod) {
    if (pod.demand_known()) return run.error("unbounded", unbounded_text(pod));
    for (const workload::Demand& demand : pod.demands) {
        if (demand.known) continue;
        return run.error("unmeasurable", demand_field(pod, demand) + ": " + demand.why_unknown);
    }
    run.error("unmeasurable", pod.field + ": how many devices it asks for is not known");
}

void check_pod(Run& run, const workload::Pod& pod, std::int64_t limit) {
    const std::int64_t devices = pod.devices();
    if (devices <= limit) {
        if (!pod.demand_known()) report_uncounted(run, pod);
        return;
    }
    const workload::Demand* largest = largest_demand(pod);
    Finding& finding = run.add(Code::GpusPerPod, pod.field);
    finding.magnitude = Ratio(devices);
    finding.hourly = hourly_or_zero(run.context);
    finding.field = largest == nullptr ? pod.field : demand_field(pod, *largest);
    finding.what = "one pod asks for " + devices_text(devices) + "; at most " + std::to_string(limit) +
                   " are allowed here" + in_all(run.context.cost_now().hourly) + ".";
    if (largest != nullptr) finding.fix = pod_fix(pod, *largest, limit);
}

void check_workload(Run& run, std::int64_t limit) {
    Ratio total;
    const workload::Pod* largest = nullptr;
    const workload::Pod* unknown = nullptr;
    Ratio largest_part;
    for (const workload::Pod& pod : run.context.workload.pods) {
        const Ratio devices(pod.devices());
        if (!pod.demand_known() || (!devices.is_zero() && !pod.replicas.has_value())) unknown = &pod;
        const Ratio part = devices * Ratio(pod.replicas.value_or(1));
        total += part;
        if (largest == nullptr || part > largest_part) {
            largest = &pod;
            largest_part = part;
        }
    }
    if (!(total > Ratio(limit)) || largest == nullptr) {
        if (unknown == nullptr) return;
        return report_uncounted(run, *unknown);
    }
    Finding& finding = run.add(Code::GpusPerWorkload, "");
    finding.magnitude = unknown == nullptr ? std::optional(total) : std::nullopt;
    finding.hourly = hourly_or_zero(run.context);
    finding.what = "asks for " + total.to_decimal(0) + " GPUs in all; at most " + std::to_string(limit) +
                   " are allowed here" + in_all(run.context.cost_now().hourly) + ".";
    const std::string field = replicas_field(*largest);
    finding.field = field.empty() ? largest->field : field;
    const Ratio each(largest->devices());
    const auto replicas = ((Ratio(limit) - (total - largest_part)) / each).floor();
    if (largest->replicas.value_or(1) > 1) {
        if (!field.empty() && replicas.value_or(0) >= 1)
            finding.fix = fix_line(field, std::to_string(*replicas));
        return;
    }
    const workload::Demand* demand = largest_demand(*largest);
    if (demand == nullptr) return;
    finding.field = demand_field(*largest, *demand);
    const auto left = (Ratio(limit) - (total - largest_part)).floor();
    if (left.has_value()) finding.fix = pod_fix(*largest, *demand, *left);
}

/// The slice of a GPU one unit of a resource is: as offered where the pod stands, else by the catalog, else
/// all.
Ratio share_of(const workload::PodDemand& demand, const cost::Location& location,
               const gpu::Catalog& catalog) {
    if (demand.share.has_value()) return *demand.share;
    if (location.offer != nullptr && location.offer->resource == demand.resource)
        return location.offer->gpu_share;
    std::optional<Ratio> largest;
    if (!demand.meaning.mig_profile.empty()) {
        for (const gpu::MigTable& table : catalog.mig_tables()) {
            const gpu::MigProfile* profile = table.find(demand.meaning.mig_profile);
            if (profile == nullptr) continue;
            const Ratio share = max(Ratio::of(profile->compute_slices, table.compute_slices_total),
                                    Ratio::of(profile->memory_slices, table.memory_slices_total));
            largest = largest.has_value() ? max(*largest, share) : share;
        }
    }
    return largest.value_or(Ratio(1));
}

void check_share(Run& run, const Ratio& limit) {
    Ratio total, largest_part, largest_each;
    const workload::Pod* unknown = nullptr;
    const workload::Pod* largest = nullptr;
    const auto& pods = run.context.workload.pods;
    const cost::WorkloadCost& priced = run.context.cost_now();
    for (std::size_t i = 0; i < pods.size(); ++i) {
        const cost::Location location = i < priced.pods.size() ? priced.pods[i].location : cost::Location{};
        Ratio gpus;
        for (const workload::PodDemand& demand : pods[i].totals) {
            if (!demand.known || demand.meaning.cls == gpu::ResourceClass::DeviceAspect) continue;
            gpus += share_of(demand, location, run.context.catalog) * Ratio(demand.count);
        }
        if (!pods[i].demand_known() || (!gpus.is_zero() && !pods[i].replicas.has_value())) unknown = &pods[i];
        const Ratio part = gpus * Ratio(pods[i].replicas.value_or(1));
        total += part;
        if (largest != nullptr && !(part > largest_part)) continue;
        largest = &pods[i];
        largest_part = part;
        largest_each = gpus;
    }
    if (!total.is_known()) return run.error("unmeasurable", "its share of GPUs is too large to be counted");
    if (!(total > limit)) {
        if (unknown != nullptr) report_uncounted(run, *unknown);
        return;
    }
    Finding& finding = run.add(Code::GpuShare, "");
    finding.magnitude = unknown == nullptr ? std::optional(total) : std::nullopt;
    finding.hourly = hourly_or_zero(run.context);
    finding.field = pods.front().field;
    finding.what = "takes as much as " + total.to_decimal(2) + " whole GPUs; at most " + limit.to_decimal(2) +
                   " are allowed here" + in_all(priced.hourly) + ".";
    const std::string field = replicas_field(*largest);
    const auto replicas = ((limit - (total - largest_part)) / largest_each).floor();
    if (field.empty() || largest->replicas.value_or(1) <= 1 || replicas.value_or(0) < 1) return;
    finding.field = field;
    finding.fix = fix_line(field, std::to_string(*replicas));
}

}  // namespace

void check_limits(const Limits& rule, const Policy& policy, const Rule& of, const Context& context,
                  std::vector<Finding>& out, std::vector<EvalError>& errors) {
    Run run{policy, of, context, out, errors};
    bool asks = false;
    for (const workload::Pod& pod : context.workload.pods) {
        if (!run.spend(4 * steps_of(pod))) return;
        asks = asks || pod.asks_for_accelerator();
        if (rule.gpus_per_pod.has_value()) check_pod(run, pod, *rule.gpus_per_pod);
    }
    if (!asks) return;  // a gate for GPUs: CPU pods are never its business
    if (rule.gpus_per_workload.has_value()) check_workload(run, *rule.gpus_per_workload);
    if (rule.gpu_share.has_value()) check_share(run, *rule.gpu_share);
    check_per_gpu(run, rule);
    check_cost_limits(run, rule);
    if (rule.idle_seconds.has_value()) check_idle(run, *rule.idle_seconds);
}

}  // namespace tollgate::rules
