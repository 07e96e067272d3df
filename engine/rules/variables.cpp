// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/variables.hpp"

#include "engine/base/result.hpp"
#include "engine/cel/library/library.hpp"
#include "engine/rules/kubernetes_variables.hpp"
#include "engine/rules/money_functions.hpp"
#include "engine/rules/outcome.hpp"
#include "engine/rules/variable_table.hpp"
#include "engine/workload/amount.hpp"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace tollgate::rules {
namespace {

using cel::Arena;
using cel::Value;

constexpr std::int64_t kBytesPerMib = std::int64_t{1} << 20;
constexpr int kNanoPlaces = 9;  // what a quantity holds

/// Fields of an object; those that are Absent are left out.
class Record {
  public:
    Record& add(std::string_view name, const Value& value) {
        if (!value.is(cel::Tag::Absent)) entries_.push_back({cel::string_value(name), value});
        return *this;
    }
    Value in(Arena& arena) const { return arena.map(entries_); }

  private:
    std::vector<cel::MapEntry> entries_;
};

template <class T, class Make>
Value if_known(const std::optional<T>& value, Make make) {
    return value.has_value() ? make(*value) : Value{};
}

Value text_if_any(std::string_view text) {
    return text.empty() ? Value{} : cel::string_value(text);
}

Value quantity(Arena& arena, const Ratio& amount) {
    if (!amount.is_known()) return {};
    return cel::make_quantity(arena, amount.to_decimal(kNanoPlaces));
}

/// Members of an object of the document; `{}` when there is none.
Value map_or_empty(Arena& arena, json::Node node) {
    return node.is_object() ? cel::from_json(node) : arena.map({});
}

// --- the workload ------------------------------------------------------------------------------------------

/// The owner that its controller vouches for, as any_kind_matches() believes it.
bool is_owned(const Context& context) {
    return context.controlled && context.workload.owner.present && !context.workload.owner.root_kind.empty();
}

Value kind(const Context& context, Arena& arena) {
    // The root's name may stand in what the owner's name was cut to.
    return is_owned(context) ? arena.copy_string(context.workload.owner.root_kind)
                             : cel::string_value(context.workload.ref.gvk.kind);
}
Value group(const Context& context, Arena& arena) {
    return is_owned(context) ? arena.copy_string(context.workload.owner.root_group)
                             : cel::string_value(context.workload.ref.gvk.group);
}
Value name(const Context& context, Arena& arena) {
    return is_owned(context) ? arena.copy_string(context.workload.owner.root_name)
                             : cel::string_value(context.workload.ref.name);
}
Value ns(const Context& context, Arena&) {
    return cel::string_value(context.workload.ref.ns);
}
Value labels(const Context& context, Arena& arena) {
    return map_or_empty(arena, context.workload.labels);
}
Value annotations(const Context& context, Arena& arena) {
    return map_or_empty(arena, context.workload.annotations);
}
Value cls(const Context& context, Arena&) {
    return cel::string_value(workload::to_string(context.workload.cls));
}
Value interactive(const Context& context, Arena&) {
    return cel::bool_value(context.workload.interactive);
}

/// The sum over all templates of what one pod has; absent when some part of it is not known.
template <class Each>
Value sum_over_pods(const Context& context, Each each) {
    std::int64_t sum = 0;
    bool known = true;
    for (const workload::Pod& pod : context.workload.pods) {
        const std::optional<std::int64_t> one = each(pod);
        if (!one.has_value()) return {};
        if (*one == 0) continue;
        if (!pod.replicas.has_value()) return {};
        sum = workload::saturating_add(sum, workload::saturating_multiply(*one, *pod.replicas, known), known);
    }
    return known ? cel::int_value(sum) : Value{};
}

std::optional<std::int64_t> devices_of(const workload::Pod& pod) {
    const std::int64_t devices = pod.devices();
    const bool exact = pod.demand_known() && devices != std::numeric_limits<std::int64_t>::max();
    return exact ? std::optional(devices) : std::nullopt;
}

Value replicas(const Context& context, Arena&) {
    return sum_over_pods(context, [](const workload::Pod&) { return std::optional<std::int64_t>(1); });
}
Value gpus(const Context& context, Arena&) {
    return sum_over_pods(context, devices_of);
}

Value lifetime(const Context& context, Arena& arena) {
    constexpr std::int64_t kNanoseconds = 1'000'000'000;
    return if_known(context.workload.lifetime.deadline_seconds, [&](std::int64_t seconds) {
        std::int64_t nanoseconds = 0;
        if (__builtin_mul_overflow(seconds, kNanoseconds, &nanoseconds))
            return arena.error("workload.lifetime: longer than a duration can be");
        return cel::duration_value(nanoseconds);
    });
}

/// The pod's word comes first, then the workload's: as needs are read.
Value model(const Context& context, Arena&) {
    constexpr std::string_view kModel = "tollgate.dev/model";
    for (const workload::Pod& pod : context.workload.pods)
        if (const std::string_view name = pod.annotations()[kModel].string(); !name.empty())
            return cel::string_value(name);
    return text_if_any(context.workload.annotations[kModel].string());
}

Value cost(const Context& context, Arena& arena) {
    const cost::WorkloadCost& now = context.cost_now();
    constexpr std::int64_t kHoursPerDay = 24;
    Record record;
    if (now.at_least) return record.in(arena);  // it may be more: not known
    const auto money = [&](const Money& amount) { return make_money(arena, amount); };
    record.add("hourly", if_known(now.hourly, money));
    record.add("daily", if_known(now.hourly, [&](const Money& hourly) {
                   return make_money(arena, hourly * Ratio(kHoursPerDay));
               }));
    record.add("total", if_known(now.total, money));
    return record.in(arena);
}

// --- pods and containers -----------------------------------------------------------------------------------

Value container_gpus(const workload::Pod& pod, std::uint32_t index) {
    std::int64_t devices = 0;
    bool known = true;
    for (const workload::Demand& demand : pod.demands) {
        if (demand.container != index || demand.cls == gpu::ResourceClass::DeviceAspect) continue;
        known = known && demand.known;
        devices = workload::saturating_add(devices, demand.count, known);
    }
    return known ? cel::int_value(devices) : Value{};
}

std::string_view role_name(workload::ContainerRole role) {
    switch (role) {
        case workload::ContainerRole::Init:
            return "Init";
        case workload::ContainerRole::Sidecar:
            return "Sidecar";
        case workload::ContainerRole::Main:
            return "Main";
        case workload::ContainerRole::Ephemeral:
            return "Ephemeral";
        case workload::ContainerRole::PodLevel:
            break;
    }
    return "";
}

void add_containers(const Context& context, Arena& arena, std::size_t pod_index, std::vector<Value>& out) {
    const workload::Pod& pod = context.workload.pods[pod_index];
    for (std::uint32_t i = 0; i < pod.containers.size() && !arena.is_full(); ++i) {
        const workload::Container& container = pod.containers[i];
        if (container.role == workload::ContainerRole::PodLevel) continue;
        Record record;
        record.add("name", cel::string_value(container.name));
        record.add("role", cel::string_value(role_name(container.role)));
        record.add("pod", cel::int_value(static_cast<std::int64_t>(pod_index)));
        record.add("image", text_if_any(container.node["image"].string()));
        record.add("gpus", container_gpus(pod, i));
        record.add("requests", map_or_empty(arena, container.resources["requests"]));
        record.add("limits", map_or_empty(arena, container.resources["limits"]));
        out.push_back(record.in(arena));
    }
}

Value containers(const Context& context, Arena& arena) {
    std::vector<Value> all;
    for (std::size_t i = 0; i < context.workload.pods.size(); ++i) add_containers(context, arena, i, all);
    return arena.list(all);
}

Value demand_of(const workload::Pod& pod, Arena& arena) {
    std::vector<Value> all;
    for (const workload::PodDemand& total : pod.totals) {
        Record record;
        record.add("resource", cel::string_value(total.resource));
        if (total.known) record.add("count", cel::int_value(total.count));
        all.push_back(record.in(arena));
    }
    return arena.list(all);
}

Value pod_at(const Context& context, Arena& arena, std::size_t index) {
    const workload::Pod& pod = context.workload.pods[index];
    const auto amount = [&](const std::optional<Ratio>& asked) {
        return pod.resources.readable && asked.has_value() ? quantity(arena, *asked) : Value{};
    };
    std::vector<Value> own;
    add_containers(context, arena, index, own);
    Record record;
    record.add("path", arena.copy_string(pod.field));
    record.add("replicas", if_known(pod.replicas, cel::int_value));
    record.add("gpus", if_known(devices_of(pod), cel::int_value));
    record.add("labels", map_or_empty(arena, pod.labels()));
    record.add("annotations", map_or_empty(arena, pod.annotations()));
    record.add("nodeSelector", map_or_empty(arena, pod.placement.node_selector));
    record.add("cpu", amount(pod.resources.cpu));
    record.add("memory", amount(pod.resources.memory));
    record.add("demand", demand_of(pod, arena));
    record.add("containers", arena.list(own));
    return record.in(arena);
}

Value pods(const Context& context, Arena& arena) {
    std::vector<Value> all;
    for (std::size_t i = 0; i < context.workload.pods.size() && !arena.is_full(); ++i)
        all.push_back(pod_at(context, arena, i));
    return arena.list(all);
}

struct Field {
    std::string_view name;
    Value (*make)(const Context&, Arena&);
};
/// In the order of the table's rows.
constexpr std::array<Field, VariableValues::kFields> kFields{{{"kind", kind},
                                                              {"group", group},
                                                              {"name", name},
                                                              {"namespace", ns},
                                                              {"labels", labels},
                                                              {"annotations", annotations},
                                                              {"class", cls},
                                                              {"interactive", interactive},
                                                              {"replicas", replicas},
                                                              {"gpus", gpus},
                                                              {"lifetime", lifetime},
                                                              {"model", model},
                                                              {"cost", cost},
                                                              {"pods", pods},
                                                              {"containers", containers}}};

// --- beside the workload -----------------------------------------------------------------------------------

Value saving(const Context& context, Arena& arena) {
    Record record;
    if (context.saving == nullptr) return record.in(arena);
    record.add("hourly", make_money(arena, context.saving->hourly));
    record.add("from", arena.copy_string(context.saving->from));
    record.add("to", arena.copy_string(context.saving->to));
    return record.in(arena);
}

Value fleet(const Context& context, Arena& arena) {
    const fleet::Market& market = context.market;
    std::vector<std::vector<Value>> resources(market.pools.size());
    for (const fleet::Offer& offer : market.offers) {
        std::vector<Value>& own = resources[static_cast<std::size_t>(offer.pool - market.pools.data())];
        const bool listed = std::any_of(own.begin(), own.end(),
                                        [&](const Value& each) { return each.view() == offer.resource; });
        if (!listed) own.push_back(cel::string_value(offer.resource));
    }
    std::vector<Value> pools;
    for (std::size_t i = 0; i < market.pools.size(); ++i) {
        const fleet::Pool& pool = market.pools[i];
        Record record;
        record.add("name", cel::string_value(pool.name));
        if (pool.sku != nullptr) record.add("gpu", cel::string_value(pool.sku->id));
        record.add("gpusPerNode", cel::int_value(pool.gpus_per_node));
        record.add("billing", cel::string_value(gpu::to_string(pool.billing)));
        record.add("price", if_known(pool.price_per_gpu_hour,
                                     [&](const Money& price) { return make_money(arena, price); }));
        record.add("resources", arena.list(resources[i]));
        pools.push_back(record.in(arena));
    }
    Record record;
    record.add("name", text_if_any(market.fleet_name));
    record.add("pools", arena.list(pools));
    return record.in(arena);
}

template <class T>
void raise(std::optional<T>& most, const std::optional<T>& other) {
    if (other.has_value() && (!most.has_value() || *most < *other)) most = other;
}

Value needs(const Context& context, Arena& arena) {
    std::optional<std::int64_t> memory_mib;
    std::optional<Ratio> compute;
    std::optional<workload::Isolation> isolation;
    std::optional<std::string> keep;
    for (std::size_t i = 0; i < context.workload.pods.size(); ++i) {
        if (!context.workload.pods[i].asks_for_accelerator()) continue;
        const workload::Need& need = context.declared_need(i);
        if (need.memory_mib.has_value()) raise(memory_mib, std::optional(need.memory_mib->value));
        if (need.compute.has_value()) raise(compute, std::optional(need.compute->value));
        raise(isolation, need.isolation);
        if (!keep.has_value()) keep = need.keep_reason;
    }
    Record record;
    record.add("memory", if_known(memory_mib, [&](std::int64_t mib) {
                   return quantity(arena, Ratio(mib) * Ratio(kBytesPerMib));
               }));
    record.add("compute", if_known(compute, [&](const Ratio& share) { return quantity(arena, share); }));
    record.add("isolation", if_known(isolation, [](workload::Isolation each) {
                   return cel::string_value(workload::to_string(each));
               }));
    record.add("keep", if_known(keep, [&](const std::string& why) { return arena.copy_string(why); }));
    return record.in(arena);
}

template <class Make>
const Value& once(std::optional<Value>& known, Make make) {
    if (!known.has_value()) known = make();
    return *known;
}

}  // namespace

Value ContextVariables::workload() {
    Arena& arena = context_.expressions->arena;
    Record record;
    for (const std::uint8_t field : fields_) {
        const Field& row = kFields[field];
        record.add(row.name,
                   once(context_.facts.variables.workload[field], [&] { return row.make(context_, arena); }));
    }
    return record.in(arena);
}

Value ContextVariables::get(std::uint32_t variable) {
    ExpressionScope& scope = *context_.expressions;
    VariableValues& own = context_.facts.variables;
    switch (static_cast<VariableSlot>(variable)) {
        case VariableSlot::Object:
            return cel::from_json(context_.workload.object);
        case VariableSlot::OldObject:
            return scope.request.old_object.exists() ? cel::from_json(scope.request.old_object)
                                                     : cel::null_value();
        case VariableSlot::Request:
            return once(scope.request_value, [&] { return request_value(scope); });
        case VariableSlot::NamespaceObject:
            return once(scope.namespace_value, [&] { return namespace_value(context_); });
        case VariableSlot::Workload:
            return workload();
        case VariableSlot::Saving:
            return once(own.saving, [&] { return saving(context_, scope.arena); });
        case VariableSlot::Fleet:
            return once(scope.fleet_value, [&] { return fleet(context_, scope.arena); });
        case VariableSlot::Needs:
            return once(own.needs, [&] { return needs(context_, scope.arena); });
    }
    return {};
}

}  // namespace tollgate::rules
