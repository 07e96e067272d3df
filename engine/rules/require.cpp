// SPDX-License-Identifier: Apache-2.0
// require: what must be declared (labels, a reason for a whole GPU), and names that must mean something.
#include "engine/base/json/document.hpp"
#include "engine/base/text.hpp"
#include "engine/rules/run.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace tollgate::rules {
namespace {

bool asks(const workload::Workload& workload) {
    return std::any_of(workload.pods.begin(), workload.pods.end(),
                       [](const workload::Pod& pod) { return pod.asks_for_accelerator(); });
}

// --- labels ------------------------------------------------------------------------------------------------

enum class Found : std::uint8_t { No, WrongValue, Yes };

Found judge_value(const RequiredLabel& label, std::string_view value) {
    if (label.values.empty()) return value.empty() ? Found::No : Found::Yes;
    const bool allowed = std::any_of(label.values.begin(), label.values.end(),
                                     [&](const std::string& glob) { return glob_match(glob, value); });
    return allowed ? Found::Yes : Found::WrongValue;
}

Found find_in(const RequiredLabel& label, json::Node labels) {
    const json::Node value = labels[label.key];
    return value.exists() ? judge_value(label, value.string()) : Found::No;
}

/// On the templates it must stand on every one that asks for an accelerator.
Found find_in_templates(const RequiredLabel& label, const workload::Workload& workload) {
    Found least = Found::Yes;
    for (const workload::Pod& pod : workload.pods) {
        if (pod.asks_for_accelerator()) least = std::min(least, find_in(label, pod.labels()));
    }
    return least;
}

/// Empty: the namespace has not been seen, so nobody can tell.
std::optional<Found> find_in_namespace(const RequiredLabel& label, const Context& context) {
    if (context.cluster == nullptr) return std::nullopt;
    const auto* labels = context.cluster->find_namespace(context.workload.ref.ns);
    if (labels == nullptr) return std::nullopt;
    for (const auto& [key, value] : *labels) {
        if (key == label.key) return judge_value(label, value);
    }
    return Found::No;
}

std::string places_text(const RequiredLabel& label) {
    std::vector<std::string> places;
    if (label.on_workload) places.emplace_back("the object");
    if (label.on_template) places.emplace_back("its pod template");
    if (label.on_namespace) places.emplace_back("its namespace");
    return join(places, " or ");
}

/// A value that can be pasted when only one is allowed, else what to choose from.
std::string example_value(const RequiredLabel& label) {
    const bool literal =
        label.values.size() == 1 && label.values.front().find_first_of("*?") == std::string::npos;
    if (literal) return quoted(label.values.front());
    return label.values.empty() ? quoted("<" + label.key + ">")
                                : quoted("<" + join(label.values, " or ") + ">");
}

std::string label_field(const RequiredLabel& label, const workload::Workload& workload) {
    const std::string tail = "/labels/" + escaped(label.key);
    if (label.on_workload) return dotted("/metadata" + tail);
    if (!label.on_template) return "";
    for (const workload::Pod& pod : workload.pods) {
        if (pod.asks_for_accelerator() && !pod.metadata_pointer.empty())
            return dotted(pod.metadata_pointer + tail);
    }
    return "";
}

void check_label(Run& run, const RequiredLabel& label) {
    const workload::Workload& workload = run.context.workload;
    if (run.context.controlled && label.on_workload) return;  // its parent may have it, and was judged
    Found found = Found::No;
    if (label.on_workload) found = std::max(found, find_in(label, workload.labels));
    if (label.on_template) found = std::max(found, find_in_templates(label, workload));
    if (found == Found::Yes) return;
    if (label.on_namespace) {
        const std::optional<Found> there = find_in_namespace(label, run.context);
        if (!there.has_value()) {
            return run.error("namespace_unknown", "the labels of namespace " + shown(workload.ref.ns) +
                                                      " are not known, and label " + label.key +
                                                      " may be there");
        }
        found = std::max(found, *there);
        if (found == Found::Yes) return;
    }
    const bool wrong = found == Found::WrongValue;
    Finding& finding = run.add(wrong ? Code::LabelValue : Code::LabelMissing, label.key);
    finding.magnitude = devices_in_all(workload);
    finding.hourly = hourly_or_zero(run.context);
    finding.field = label_field(label, workload);
    const std::string values = label.values.empty() ? "" : " (one of: " + join(label.values, ", ") + ")";
    finding.what = "label " + label.key + (wrong ? " has a value that is not allowed" : " is missing") +
                   values + "; it must be on " + places_text(label) + ".";
    if (!finding.field.empty()) finding.fix = fix_line(finding.field, example_value(label));
}

// --- wholeGpuReason ----------------------------------------------------------------------------------------

bool takes_whole_gpus(const Context& context, std::size_t index) {
    const cost::WorkloadCost& priced = context.cost_now();
    const fleet::Offer* offer = index < priced.pods.size() ? priced.pods[index].location.offer : nullptr;
    for (const workload::PodDemand& demand : context.workload.pods[index].totals) {
        if (demand.meaning.cls != gpu::ResourceClass::WholeGpu) continue;
        const bool located = offer != nullptr && offer->resource == demand.resource;
        // A unit of nvidia.com/gpu is a part of one where the nodes are configured so.
        if (!located || offer->form == fleet::Form::Whole) return true;
    }
    return false;
}

/// What is declared, or what the model takes where that is computed and more.
void count_floor(workload::Need& need) {
    if (!need.floor.has_value() || !need.floor->doubt.empty()) return;
    const std::int64_t floor = need.floor->memory_mib;
    if (need.memory_mib.has_value() && need.memory_mib->value >= floor) return;
    need.memory_mib = workload::Sourced<std::int64_t>{floor, workload::Confidence::Computed, "its model"};
}

/// A known need that nothing cheaper in the fleet meets says why, too. Without it a workload that has just
/// been moved to the cheapest GPU that holds it would be told to ask not to be moved.
bool need_is_reason(Run& run, std::size_t index, workload::Need need) {
    const Context& context = run.context;
    count_floor(need);
    if (!need.memory_mib.has_value() || context.cost_now().pods[index].location.offer == nullptr)
        return false;
    plan::Query query;
    query.pod = &context.workload.pods[index];
    query.need = &need;
    query.cost = context.pod_cost(index);
    query.pools = {"*"};
    const plan::Plan plan = plan::plan(query, context.market, context.catalog, false);
    return context.budget.spend(plan.steps) && plan.chosen == nullptr;
}

void check_reasons(Run& run) {
    const workload::Workload& workload = run.context.workload;
    for (std::size_t i = 0; i < workload.pods.size(); ++i) {
        const workload::Pod& pod = workload.pods[i];
        if (!takes_whole_gpus(run.context, i)) continue;
        const workload::Need& need = run.context.declared_need(i);
        const std::string_view reason =
            need.keep_reason.has_value() ? std::string_view(*need.keep_reason) : "";
        if (reason.find_first_not_of(" \t\r\n") != std::string_view::npos) continue;
        if (need_is_reason(run, i, need)) continue;
        Finding& finding = run.add(Code::WholeGpuReason, pod.field);
        finding.magnitude = in_all_pods(pod, pod.devices());
        finding.hourly = hourly_or_zero(run.context);
        finding.field = annotation_field(pod, kKeep);
        finding.what = "asks for " + plural(pod.devices(), "whole GPU") + " without saying why it needs " +
                       (pod.devices() == 1 ? "a whole one" : "whole ones") +
                       in_all(run.context.cost_now().hourly) + ".";
        finding.fix = fix_line(finding.field, quoted("<why>"));
    }
}

// --- knownAccelerators -------------------------------------------------------------------------------------

/// MIG names have a shape, but only those that some board can be cut into mean anything.
bool is_impossible_profile(const Context& context, const workload::Demand& demand) {
    const gpu::ResourceMeaning meaning = gpu::classify_resource(demand.resource);
    if (meaning.cls != gpu::ResourceClass::Mig || meaning.mig_profile.empty()) return false;
    const auto tables = context.catalog.mig_tables();
    return std::none_of(tables.begin(), tables.end(), [&](const gpu::MigTable& table) {
        return table.find(meaning.mig_profile) != nullptr;
    });
}

bool is_offered(const Context& context, std::string_view resource) {
    return std::any_of(context.market.offers.begin(), context.market.offers.end(),
                       [&](const fleet::Offer& offer) { return offer.resource == resource; });
}

std::string_view nearest_accelerator(const Run& run, std::string_view resource) {
    // Comparing names is the dearest thing here, and who misspelt several needs the first few.
    if (run.out.size() - run.first >= limits::kMaxSuggestions) return {};
    std::vector<std::string_view> names;
    for (const gpu::ResourceFact& fact : run.context.catalog.resources()) names.push_back(fact.name);
    for (const gpu::MigTable& table : run.context.catalog.mig_tables()) {
        for (const gpu::MigProfile& profile : table.profiles) names.push_back(profile.resource);
    }
    for (const fleet::Offer& offer : run.context.market.offers) names.push_back(offer.resource);
    return nearest(resource, names);
}

void report_unknown(Run& run, const workload::Pod& pod, const workload::Container& container,
                    std::string_view resource, bool is_profile) {
    if (is_offered(run.context, resource) || run.skip()) return;
    const std::string_view near = nearest_accelerator(run, resource);
    const json::Node amounts = container.resources;
    const bool in_limits = amounts["limits"][resource].exists();
    const std::string base =
        workload::resources_field(pod, container) + (in_limits ? ".limits." : ".requests.");
    Finding& finding = run.add(Code::UnknownAccelerator,
                               pod.field + "/" + std::string(container.name) + "/" + std::string(resource));
    finding.magnitude = in_all_pods(pod, 1);
    finding.hourly = hourly_or_zero(run.context);
    finding.field = base + dotted("/" + escaped(resource));
    finding.what = container_label(container) + " asks for " + shown(resource) +
                   (is_profile ? ", and no GPU can be cut into that MIG profile"
                               : ", which is no accelerator that the catalog or the Fleet knows") +
                   (near.empty() ? "." : "; did you mean " + std::string(near) + "?");
    if (near.empty()) return;
    const json::Node amount = amounts[in_limits ? "limits" : "requests"][resource];
    finding.fix =
        "remove " + finding.field + "\n" +
        fix_line(base + dotted("/" + escaped(near)), amount.exists() ? json::to_json(amount) : quoted("1"));
}

/// Lines that take the volumes at `host_path`, and what mounts them, out of the pod; indices from the last,
/// so that each is right when it is used.
std::string remove_volumes(const workload::Pod& pod, std::string_view host_path) {
    const std::string spec = workload::container_field(pod, pod.containers.back());
    std::string text;
    const auto remove = [&](const std::string& field) {
        text += (text.empty() ? "remove " : "\nremove ") + field;
    };
    const json::Node volumes = pod.spec["volumes"];
    std::unordered_set<std::string_view> meant;
    for (const json::Node volume : volumes.elements())
        if (volume["hostPath"]["path"].string() == host_path) meant.insert(volume["name"].string());
    for (const workload::Container& container : pod.containers) {
        const json::Node mounts = container.node["volumeMounts"];
        if (container.role == workload::ContainerRole::PodLevel || !mounts.is_array()) continue;
        for (std::size_t i = mounts.size(); i-- > 0;) {
            if (!meant.contains(mounts[i]["name"].string())) continue;
            remove(workload::container_field(pod, container) + ".volumeMounts[" + std::to_string(i) + "]");
        }
    }
    for (std::size_t i = volumes.size(); i-- > 0;) {
        if (volumes[i]["hostPath"]["path"].string() == host_path)
            remove(spec + ".volumes[" + std::to_string(i) + "]");
    }
    return text;
}

bool asks_itself(const workload::Pod& pod, std::uint32_t container) {
    return std::any_of(pod.demands.begin(), pod.demands.end(), [&](const workload::Demand& demand) {
        return demand.container == container && (!demand.known || demand.count > 0);
    });
}

std::string remove_variable(const workload::Container& container, const std::string& env,
                            std::string_view name) {
    const json::Node list = container.node["env"];
    std::string text;
    for (std::size_t i = list.size(); i-- > 0;) {
        if (list[i]["name"].string() != name) continue;
        text += (text.empty() ? "remove " : "\nremove ") + env + "[" + std::to_string(i) + "]";
    }
    return text;
}

/// Devices are asked for by name; the other ways around the scheduler are told apart, and no value is quoted.
void report_access(Run& run, const workload::Pod& pod, const workload::Demand& access) {
    if (run.skip()) return;
    const workload::Container& container = pod.containers[access.container];
    const bool by_env = access.resource == "NVIDIA_VISIBLE_DEVICES";
    const bool by_runtime = access.resource == "runtimeClassName";
    const workload::Container* asks_in = &container;
    for (const workload::Container& each : pod.containers) {
        if (by_env || asks_in->role != workload::ContainerRole::PodLevel) break;
        if (each.role == workload::ContainerRole::Main) asks_in = &each;
    }
    Finding& finding = run.add(Code::DeviceAccess, pod.field + "/" + std::string(container.name) + "/" +
                                                       std::string(access.resource));
    finding.magnitude = in_all_pods(pod, 1);
    finding.hourly = hourly_or_zero(run.context);
    finding.field = workload::container_field(pod, container);
    const bool asks = by_env ? asks_itself(pod, access.container) : pod.asks_for_accelerator();
    if (by_env) {
        finding.field += ".env";
        finding.what =
            container_label(container) + " opens GPUs by the environment variable NVIDIA_VISIBLE_DEVICES";
        if (asks) {
            finding.what += ", which takes the place of the device it asks for; drop that.";
            finding.fix = remove_variable(container, finding.field, access.resource);
            return;
        }
    } else if (by_runtime) {
        finding.field += ".runtimeClassName";
        finding.what = "the pod opens GPUs by its runtimeClassName";
    } else {
        finding.field += ".volumes";
        finding.what = "the pod opens GPUs by the host path " + shown(access.resource);
    }
    const std::string ask =
        fix_line(workload::resources_field(pod, *asks_in) + ".limits.'nvidia.com/gpu'", quoted("1"));
    if (by_env || by_runtime) {
        finding.what += " without asking for one, so nobody counts them; ask for the device, or drop that.";
        finding.fix = ask;
        return;
    }
    finding.what += asks ? ", and not only those it asks for; drop that."
                         : " without asking for one, so nobody counts them; ask for the device instead.";
    finding.fix = remove_volumes(pod, access.resource) + (asks ? "" : "\n" + ask);
}

void check_accelerators(Run& run) {
    for (const workload::Pod& pod : run.context.workload.pods) {
        const std::uint64_t names = pod.unknown_accelerators.size() + pod.demands.size();
        if (!run.spend(1 + names + pod.device_access.size())) return;
        for (const workload::UnknownAccelerator& unknown : pod.unknown_accelerators)
            report_unknown(run, pod, pod.containers[unknown.container], unknown.resource, false);
        for (const workload::Demand& demand : pod.demands) {
            if (!is_impossible_profile(run.context, demand)) continue;
            report_unknown(run, pod, pod.containers[demand.container], demand.resource, true);
        }
        for (const workload::Demand& access : pod.device_access) report_access(run, pod, access);
    }
}

}  // namespace

void check_require(const Require& rule, const Policy& policy, const Rule& of, const Context& context,
                   std::vector<Finding>& out, std::vector<EvalError>& errors) {
    Run run{policy, of, context, out, errors};
    if (!run.spend(1 + (rule.labels.size() + 2) * (1 + context.workload.pods.size()))) return;
    if (asks(context.workload)) {
        for (const RequiredLabel& label : rule.labels) check_label(run, label);
        if (rule.whole_gpu_reason) check_reasons(run);
    }
    // Also for pods that ask for nothing: that is what this looks for.
    if (rule.known_accelerators) check_accelerators(run);
}

}  // namespace tollgate::rules
